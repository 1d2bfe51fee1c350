"""Regrouping: lone certificates become chains, by names and key identifiers."""

from __future__ import annotations

from functools import partial

from cryptography import x509

from check_tls_cert.fetch import formats
from check_tls_cert.fetch.formats import Entry, group
from check_tls_cert.fetch.formats.entry import lone, lost
from check_tls_cert.x509.certificate import Certificate, parse
from tests import files, pki
from tests.files import ISSUING, ISSUING_NAME, OTHER, OTHER_NAME, ROOT, ROOT_NAME, SITE, SITE_NAME
from tests.pki import Entity


def entries(*found: Entity) -> list[Entry]:
    """Return lone certificates, their aliases being numbers."""
    return [lone(str(number), entity.der) for number, entity in enumerate(found)]


def regrouped(*found: Entity) -> list[tuple[str, list[str]]]:
    return files.contents(formats.end_entities(entries(*found)))


def test_chain_in_any_order() -> None:
    """Site <- issuing <- root, upside down and mixed up."""
    expected = [SITE_NAME, ISSUING_NAME, ROOT_NAME]
    assert regrouped(SITE, ISSUING, ROOT) == [("0", expected)]
    assert regrouped(ROOT, ISSUING, SITE) == [("2", expected)]
    assert regrouped(ROOT, SITE, ISSUING) == [("1", expected)]


def test_bundle_that_begins_with_the_ca() -> None:
    """The server's certificate is what matters, wherever it stands; a truststore is a bundle as well."""
    upside_down = Entry("bundle", tuple(partial(parse, one.der) for one in (ISSUING, SITE, ROOT)), is_chain=True)
    assert files.contents(formats.end_entities([upside_down])) == [("bundle", [SITE_NAME, ISSUING_NAME, ROOT_NAME])]
    broken = Entry("broken", (lost("", "broken").parsers[0], partial(parse, SITE.der)), is_chain=True)
    assert files.contents(formats.end_entities([broken])) == [("broken", ["!broken", SITE_NAME])]
    alone = Entry("broken", (lost("", "broken").parsers[0],), is_chain=True)
    assert files.contents(formats.end_entities([alone])) == [("broken", ["!broken"])]


def test_issuer_of_what_is_in_a_chain_is_no_end_entity() -> None:
    """A root beside bundles that leave it out; another one of its name and no relation stays."""
    chain = Entry("bundle", (partial(parse, SITE.der), partial(parse, ISSUING.der)), is_chain=True)
    stranger = pki.authority(ROOT_NAME)
    found = formats.end_entities([chain, *entries(ROOT, stranger)])
    assert files.contents(found) == [("bundle", [SITE_NAME, ISSUING_NAME]), ("1", [ROOT_NAME])]


def test_end_entities_share_their_issuers() -> None:
    """Site <- issuing <- root -> mail."""
    assert regrouped(OTHER, ROOT, ISSUING, SITE) == [
        ("0", [OTHER_NAME, ROOT_NAME]),
        ("3", [SITE_NAME, ISSUING_NAME, ROOT_NAME]),
    ]


def test_certificates_that_have_nothing_to_do_with_each_other() -> None:
    """What a trust store holds: nothing is anybody's issuer, so each is to be judged by itself."""
    stranger = pki.authority("Stranger Root")
    assert regrouped(SITE, stranger, ROOT) == [("0", [SITE_NAME]), ("1", ["Stranger Root"]), ("2", [ROOT_NAME])]


def test_namesake_with_another_key_is_not_on_the_way_up() -> None:
    namesake = pki.authority(ISSUING_NAME, ROOT)
    assert regrouped(SITE, namesake, ISSUING) == [("0", [SITE_NAME, ISSUING_NAME]), ("1", [ISSUING_NAME])]


def test_cross_certificates_are_both_on_the_way_up() -> None:
    """Site <- issuing <- root, and issuing <- other root: file order decides."""
    other_root = pki.authority("Other Root")
    cross = pki.authority(ISSUING_NAME, other_root, key=ISSUING.key)
    assert regrouped(other_root, cross, ROOT, ISSUING, SITE) == [
        ("4", [SITE_NAME, ISSUING_NAME, ISSUING_NAME, "Other Root", ROOT_NAME])
    ]


def test_loop_of_issuers_stays() -> None:
    """A <- B <- A: nobody is at the end, but nothing may get lost."""
    a, b = pki.authority("A"), pki.authority("B")
    a_by_b, b_by_a = pki.authority("A", b, key=a.key), pki.authority("B", a, key=b.key)
    assert regrouped(a_by_b, b_by_a) == [("0", ["A", "B"])]


def test_renewed_root_is_no_issuer_of_its_predecessor() -> None:
    """Two self-signed roots of one name and key are two end-entity certificates, as in a trust store."""
    renewed = pki.authority(ROOT_NAME, key=ROOT.key, not_after=pki.EPOCH + pki.days(3000))
    assert [alias for alias, _ in regrouped(ROOT, renewed)] == ["0", "1"]


def test_end_entity_certificate_is_nobodys_issuer() -> None:
    """Mail claims to be issued by site, which is no CA (RFC 5280, 4.2.1.9)."""
    not_a_ca = pki.authority("www.example.org", ROOT, is_ca=False)
    child = pki.end_entity(not_a_ca, common_name="mail.example.org")
    assert regrouped(child, not_a_ca) == [("0", [OTHER_NAME]), ("1", [SITE_NAME])]


def test_copies_are_dropped() -> None:
    assert regrouped(SITE, ISSUING, SITE, ISSUING) == [("0", [SITE_NAME, ISSUING_NAME])]


def test_chains_stay_as_they_are() -> None:
    """Java presents a key's chain alone: a trusted certificate must not hide that an issuer is missing in it."""
    chain = Entry("shop", (lone("", SITE.der).parsers[0],), is_chain=True)
    found = formats.end_entities([*entries(ISSUING, ROOT), chain, *entries(SITE)])
    assert files.contents(found) == [("shop", [SITE_NAME])]


def test_copy_of_what_is_in_a_chain_is_dropped() -> None:
    parsers = tuple(entry.parsers[0] for entry in [*entries(SITE, ROOT), lost("", "broken")])
    chain = Entry("shop", parsers, is_chain=True)
    assert files.contents(formats.end_entities([chain, *entries(ROOT)])) == [
        ("shop", [SITE_NAME, ROOT_NAME, "!broken"])
    ]


def test_what_cannot_be_read_stays_an_entry() -> None:
    """Nobody knows what it was: it might be an end-entity certificate."""
    found = formats.end_entities([lone("ca", ISSUING.der), lost("odd", "broken"), lone("shop", SITE.der)])
    assert files.contents(found) == [("odd", ["!broken"]), ("shop", [SITE_NAME, ISSUING_NAME])]


def test_several_certificates_of_an_entry_that_is_no_chain() -> None:
    parsers = tuple(entry.parsers[0] for entry in entries(ISSUING, SITE))
    assert files.contents(formats.end_entities([Entry("set", parsers)])) == [("set", [SITE_NAME, ISSUING_NAME])]


def test_nothing() -> None:
    assert formats.end_entities([]) == []


def test_many_namesakes_cost_no_more_than_few() -> None:
    """Each of the same subject and issuer, without key identifiers: any may have issued any."""
    found = {number: group._Lone("", _bare(number), b"X", b"X") for number in range(200)}
    issuers = group._issuers(found)
    assert max(len(above) for above in issuers.values()) == 32
    assert len(group._way_up(199, issuers)) == 32


def _bare(number: int) -> Certificate:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "X")])
    return lone("", SITE.der).parsers[0]()._replace(serial=number, extensions=(), subject=name.public_bytes())
