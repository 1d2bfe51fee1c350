"""Name constraints: which names they apply to, what is inside a subtree, and how a violation is told."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from check_tls_cert.judge.path.constraints import Examiner, Violation
from check_tls_cert.judge.path.work import Work
from check_tls_cert.x509 import der
from check_tls_cert.x509.certificate import Certificate, parse
from tests import pki
from tests.pki import Entity

ROOT = pki.authority()


def dns(*names: str) -> list[x509.GeneralName]:
    return [x509.DNSName(name) for name in names]


def ip(*networks: str) -> list[x509.GeneralName]:
    return [x509.IPAddress(ipaddress.ip_network(network)) for network in networks]


def email(*names: str) -> list[x509.GeneralName]:
    return [x509.RFC822Name(name) for name in names]


def uri(*hosts: str) -> list[x509.GeneralName]:
    return [x509.UniformResourceIdentifier(host) for host in hosts]


def directory(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in attributes])


ORGANIZATION = directory((NameOID.ORGANIZATION_NAME, "Example"))


def constrained(
    permitted: Iterable[x509.GeneralName] | None = None, excluded: Iterable[x509.GeneralName] | None = None
) -> Entity:
    """Return a CA that may issue only for ``permitted``, and not for ``excluded``."""
    return pki.authority("Example Constrained CA", ROOT, extensions=[(x509.NameConstraints(permitted, excluded), True)])


def issued(
    issuer: Entity,
    *names: x509.GeneralName,
    subject: x509.Name | None = None,
    extension: x509.ExtensionType | None = None,
) -> Entity:
    """Return an end-entity certificate for ``names``."""
    san = extension or x509.SubjectAlternativeName(names)
    return pki.issue(
        subject if subject is not None else x509.Name([]),
        issuer,
        not_before=pki.EPOCH,
        not_after=pki.EPOCH + pki.days(90),
        extensions=[(san, True)] if names or extension else [],
    )


def path(*entities: Entity) -> tuple[Certificate, ...]:
    return tuple(parse(entity.der) for entity in entities)


def told(site: Entity, *above: Entity) -> list[Violation]:
    return list(Examiner(Work()).violations(path(site, *above, ROOT)))


PERMITTED_CASES = [
    (dns("example.org"), dns("example.org"), True),
    (dns("example.org"), dns("WWW.Example.ORG"), True),
    (dns("example.org"), dns("*.example.org"), True),
    (dns("example.org"), dns("a.b.example.org"), True),
    (dns("example.org"), dns("notexample.org"), False),
    (dns("example.org"), dns("example.net"), False),
    (dns("example.org"), dns("org"), False),
    (dns("a.example.org"), dns("*.example.org"), False),
    (dns(".example.org"), dns("example.org"), False),
    (dns(".example.org"), dns("www.example.org"), True),
    (dns("example.org", "example.net"), dns("www.example.net"), True),
    (dns(""), dns("www.example.net"), True),
    (dns("example.org"), [x509.IPAddress(ipaddress.ip_address("192.0.2.1"))], True),
    (ip("192.0.2.0/24"), [x509.IPAddress(ipaddress.ip_address("192.0.2.1"))], True),
    (ip("192.0.2.0/24"), [x509.IPAddress(ipaddress.ip_address("198.51.100.1"))], False),
    (ip("192.0.2.0/24"), [x509.IPAddress(ipaddress.ip_address("2001:db8::1"))], False),
    (ip("2001:db8::/32"), [x509.IPAddress(ipaddress.ip_address("2001:db8::1"))], True),
    (email("example.org"), email("mail@example.org"), True),
    (email("example.org"), email("mail@www.example.org"), False),
    (email(".example.org"), email("mail@www.example.org"), True),
    (email("Mail@Example.org"), email("Mail@example.org"), True),
    (email("Mail@example.org"), email("mail@example.org"), False),
    (uri("www.example.org"), uri("https://user@www.example.org:8443/x"), True),
    (uri("example.org"), uri("https://www.example.org/"), False),
    (uri(".example.org"), uri("https://www.example.org/"), True),
    ([x509.DirectoryName(ORGANIZATION)], [x509.DirectoryName(ORGANIZATION)], True),
    ([x509.DirectoryName(ORGANIZATION)], [x509.DirectoryName(pki.name("Example"))], False),
    ([x509.DirectoryName(x509.Name([]))], [x509.DirectoryName(pki.name("Example"))], True),
]


@pytest.mark.parametrize(("permitted", "names", "inside"), PERMITTED_CASES)
def test_permitted_subtrees(permitted: list[x509.GeneralName], names: list[x509.GeneralName], inside: bool) -> None:
    """RFC 5280, 4.2.1.10, kind by kind; a constraint on one kind says nothing of another."""
    issuer = constrained(permitted)
    assert (told(issued(issuer, *names), issuer) == []) is inside


@pytest.mark.parametrize(
    ("excluded", "names", "inside"),
    [
        (dns("example.org"), dns("www.example.org"), True),
        (dns("example.org"), dns("www.example.net"), False),
        (dns("a.example.org"), dns("*.example.org"), True),
        (dns("a.example.org"), dns("*.EXAMPLE.org"), True),
        (dns("A.Example.org"), dns("*.example.org"), True),
        (dns("example.org"), dns("WWW.EXAMPLE.ORG"), True),
        (dns("a.b.example.org"), dns("*.example.org"), False),
        (dns("a.example.org"), dns("*.example.net"), False),
        (ip("192.0.2.0/24"), [x509.IPAddress(ipaddress.ip_address("192.0.2.1"))], True),
        (ip("192.0.2.0/24"), [x509.IPAddress(ipaddress.ip_address("198.51.100.1"))], False),
        (email("example.org"), email("mail@example.net"), False),
    ],
)
def test_excluded_subtrees(excluded: list[x509.GeneralName], names: list[x509.GeneralName], inside: bool) -> None:
    """A wildcard reaches into an excluded subtree if it stands for its base (CVE-2025-61727)."""
    issuer = constrained(None, excluded)
    assert (told(issued(issuer, *names), issuer) != []) is inside


def shown(violations: list[Violation]) -> list[tuple[int, str, str]]:
    return [(one.position, str(one.name), one.rule) for one in violations]


def test_violations_name_the_name_and_the_constraint() -> None:
    issuer = constrained([*dns("example.org", "example.net"), *ip("192.0.2.0/24")], dns("a.example.org"))
    address = x509.IPAddress(ipaddress.ip_address("2001:db8::1"))
    site = issued(issuer, *dns("www.example.com", "a.example.org"), address)
    ca = '"Example Constrained CA"'
    assert shown(told(site, issuer)) == [
        (0, "DNS www.example.com", f"{ca} may issue for DNS example.org, DNS example.net only"),
        (0, "DNS a.example.org", f"{ca} may not issue for DNS a.example.org"),
        (0, "IP 2001:db8::1", f"{ca} may issue for IP 192.0.2.0/255.255.255.0 only"),
    ]


def test_subject_is_a_directory_name() -> None:
    issuer = constrained([x509.DirectoryName(ORGANIZATION)])
    inside = directory((NameOID.ORGANIZATION_NAME, "example"), (NameOID.COMMON_NAME, "www.example.org"))
    assert told(issued(issuer, *dns("www.example.org"), subject=inside), issuer) == []
    permitted = '"Example Constrained CA" may issue for directory name "Example" only'
    outside = issued(issuer, *dns("www.example.org"), subject=pki.name("www.example.org"))
    assert shown(told(outside, issuer)) == [(0, 'directory name "www.example.org"', permitted)]


def test_email_address_in_the_subject_counts_where_no_san_has_one() -> None:
    issuer = constrained(email("example.org"))
    subject = directory((NameOID.EMAIL_ADDRESS, "mail@example.net"))
    rule = '"Example Constrained CA" may issue for email example.org only'
    violations = told(issued(issuer, *dns("www.example.org"), subject=subject), issuer)
    assert shown(violations) == [(0, "email mail@example.net", rule)]
    assert told(issued(issuer, *email("mail@example.org"), subject=subject), issuer) == []


def test_common_name_names_no_host() -> None:
    """No violation, chain root <- CA (DNS example.org) <- CN=www.example.net with an IP SAN only (RFC 9525, 2)."""
    issuer = constrained(dns("example.org"))
    address = x509.IPAddress(ipaddress.ip_address("192.0.2.1"))
    assert told(issued(issuer, address, subject=pki.name("www.example.net")), issuer) == []


def test_certificate_without_any_name_violates_nothing() -> None:
    issuer = constrained(dns("example.org"))
    assert told(issued(issuer), issuer) == []


def test_intermediate_is_judged_unless_self_issued() -> None:
    """RFC 5280, 6.1.3 (b): root <- constrained <- constrained (new key) <- other CA."""
    upper = constrained([x509.DirectoryName(ORGANIZATION)])
    rollover = pki.authority("Example Constrained CA", upper)
    lower = pki.authority("Example Issuing CA 3", rollover)
    certificates = path(issued(lower, *dns("www.example.org")), lower, rollover, upper, ROOT)
    (violation,) = Examiner(Work()).violations(certificates)
    assert violation.position == 1


def test_unknown_kind_of_name_is_left_to_openssl() -> None:
    issuer = constrained([x509.RegisteredID(x509.ObjectIdentifier("1.2.3.4"))])
    assert told(issued(issuer, x509.RegisteredID(x509.ObjectIdentifier("1.2.3.5"))), issuer) == []


def test_odd_octets_are_shown_as_they_are() -> None:
    issuer = constrained(ip("192.0.2.0/24"))
    names = x509.UnrecognizedExtension(
        x509.ObjectIdentifier("2.5.29.17"), pki.tlv(0x30, pki.tlv(0x87, b"\x01\x02\x03"))
    )
    (violation,) = told(issued(issuer, extension=names), issuer)
    assert str(violation.name) == "IP 010203"


@pytest.mark.parametrize("value", [b"\x30\x02\xa0\x7f", b"\x05\x00"])
def test_malformed_constraints_raise(value: bytes) -> None:
    malformed = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.30"), value)
    issuer = pki.authority("Example Constrained CA", ROOT, extensions=[(malformed, True)])
    with pytest.raises(der.DerError):
        told(issued(issuer, *dns("www.example.org")), issuer)


def test_subtree_without_base_and_of_no_kind_constrains_nothing() -> None:
    """The first is empty, the second of a tag that is neither permittedSubtrees nor excludedSubtrees."""
    value = pki.tlv(0x30, pki.tlv(0xA0, b"\x30\x00") + pki.tlv(0xA2, pki.tlv(0x30, pki.tlv(0x82, b"example.org"))))
    odd = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.5.29.30"), value)
    issuer = pki.authority("Example Constrained CA", ROOT, extensions=[(odd, True)])
    assert told(issued(issuer, *dns("www.example.org")), issuer) == []


def test_many_names_times_many_constraints() -> None:
    """Ten thousand names, ten thousand subtrees: looked up, not compared one with another."""
    issuer = constrained(dns(*(f"n{number}.example.org" for number in range(10_000))))
    site = issued(issuer, *dns(*(f"www.n{number}.example.org" for number in range(10_000))))
    assert told(site, issuer) == []
