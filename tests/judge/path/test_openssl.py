"""OpenSSL's verdict on explicit paths: what of it we take, in which words, and the one reason that we do not take."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from check_tls_cert.judge.path import constraints, rights
from check_tls_cert.judge.path.candidate import Path
from check_tls_cert.judge.path.openssl import OpenSsl
from check_tls_cert.judge.path.work import Work
from check_tls_cert.model.finding import Finding
from check_tls_cert.x509.certificate import parse
from tests import pki
from tests.pki import Entity, authority, end_entity, tlv

ROOT = authority("Example Root R1")


def reasons(*certificates: bytes) -> list[Finding]:
    path = Path(tuple(map(parse, certificates)), anchored=True)
    return OpenSsl(Work()).reasons(path, list(rights.judge_rights(path)))


def constrained(permitted: str) -> Entity:
    extension = x509.NameConstraints([x509.DNSName(permitted)], None)
    return authority("Example Constrained CA", ROOT, extensions=[(extension, True)])


def test_good() -> None:
    assert reasons(end_entity(ROOT).der, ROOT.der) == []


class TestCommonName:
    """OpenSSL applies DNS constraints to a common name where there is no DNS SAN. It names no host (RFC 9525, 2)."""

    def test_beside_addresses_it_names_no_host(self) -> None:
        issuing = constrained("example.org")
        site = end_entity(issuing, names=("192.0.2.1",), common_name="www.example.net")
        certificates = tuple(parse(one.der) for one in (site, issuing, ROOT))
        assert list(constraints.Examiner(Work()).violations(certificates)) == []
        assert reasons(site.der, issuing.der, ROOT.der) == []

    def test_without_any_san_old_clients_may_take_it_for_one(self) -> None:
        issuing = constrained("example.org")
        site = end_entity(issuing, names=(), common_name="www.example.net")
        (finding,) = reasons(site.der, issuing.der, ROOT.der)
        assert finding.id == "chain.name-constraints"

    def test_constraint_that_both_see_is_said_once(self) -> None:
        issuing = constrained("example.org")
        site = end_entity(issuing, names=("www.example.net",))
        assert reasons(site.der, issuing.der, ROOT.der) == []


def test_certificate_that_openssl_cannot_read() -> None:
    """A validity period is a SEQUENCE of two times; ours says more about what it can read than OpenSSL does."""
    site = end_entity(ROOT)
    broken = pki.forge(site, ROOT, lambda tbs: tbs.replace(b"\x17\x0d", b"\x04\x0d"))
    found = reasons(broken, ROOT.der)
    assert [finding.id for finding in found] == ["chain.malformed"]
    assert found[0].reason.startswith("OpenSSL cannot read it: ")
    assert found[0].certificate == parse(broken)
    assert found[0].reason.isascii()


@pytest.mark.parametrize("at", [0, 1])
def test_wrong_signature_is_charged_to_the_certificate(at: int) -> None:
    stranger = authority("Example Root R1")
    issuing = authority("Example Issuing CA 3", ROOT)
    chain = [end_entity(issuing).der, issuing.der, ROOT.der]
    original = (end_entity(issuing), issuing)[at]
    chain[at] = pki.forge(original, stranger, bytes)
    (finding,) = reasons(*chain)
    assert (finding.id, finding.certificate) == ("chain.bad-signature", parse(chain[at]))


def test_key_of_an_unknown_kind() -> None:
    """Whoever cannot use the key of an issuer cannot tell whether it signed."""
    info = ROOT.key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    unknown = tlv(0x30, tlv(0x30, bytes.fromhex("06032a0304")) + tlv(0x03, b"\0key"))
    root = pki.forge(ROOT, ROOT, lambda tbs: tbs.replace(info, unknown))
    (finding,) = reasons(end_entity(ROOT).der, root)
    assert finding.id in ("chain.malformed", "chain.refused")
