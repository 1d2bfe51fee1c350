"""The names in a certificate: what is presented, what constraints apply to, and how they are written."""

from __future__ import annotations

import ipaddress

import pytest
from cryptography import x509

from check_tls_cert.x509 import der
from check_tls_cert.x509.certificate import OID_SUBJECT_ALT_NAME, Certificate, Extension, parse
from check_tls_cert.x509.general_names import (
    DIRECTORY,
    DNS,
    EMAIL,
    IP,
    URI,
    GeneralName,
    PresentedNames,
    address_text,
    general_name,
    names_in,
    names_of,
    presented_names,
    spelled_names,
)
from check_tls_cert.x509.identity import covered, reference_identifier
from tests import pki
from tests.pki import tlv

SITE = pki.end_entity(pki.authority("Example Root R1"))


def names(*dns: str, ip: tuple[str, ...] = ()) -> PresentedNames:
    return PresentedNames(dns, tuple(ipaddress.ip_address(address).packed for address in ip))


def san(*members: tuple[int, bytes]) -> bytes:
    """Return the value of a subjectAltName of members (tag, content)."""
    return tlv(0x30, b"".join(tlv(tag, content) for tag, content in members))


def with_san(value: bytes | None, subject: bytes | None = None) -> Certificate:
    """Return a certificate with that subjectAltName and no other extension."""
    extensions = () if value is None else (Extension(OID_SUBJECT_ALT_NAME, False, value),)
    site = parse(SITE.der)._replace(extensions=extensions)
    return site if subject is None else site._replace(subject=subject)


def subject(*attributes: tuple[str, bytes]) -> bytes:
    """Return a distinguished name of attributes: type OID in hexadecimal, and UTF-8."""
    rdns = [tlv(0x31, tlv(0x30, tlv(0x06, bytes.fromhex(oid)) + tlv(0x0C, text))) for oid, text in attributes]
    return tlv(0x30, b"".join(rdns))


COMMON_NAME, EMAIL_ADDRESS = "550403", "2a864886f70d010901"


def test_tags() -> None:
    """RFC 5280, 4.2.1.6: the numbers of the CHOICE, as cryptography encodes it."""
    every = [
        (x509.RFC822Name("root@example.org"), EMAIL),
        (x509.DNSName("example.org"), DNS),
        (x509.DirectoryName(pki.name("example.org")), DIRECTORY),
        (x509.UniformResourceIdentifier("https://example.org/"), URI),
        (x509.IPAddress(ipaddress.ip_address("192.0.2.1")), IP),
    ]
    for name, tag in every:
        (element,) = der.sequence(x509.SubjectAlternativeName([name]).public_bytes())
        assert general_name(element) == GeneralName(tag, element.content)
        assert element.tag == tag


# The subjectAltName


def test_presented_names_of_a_certificate() -> None:
    site = parse(pki.end_entity(None, names=("www.example.org", "*.example.net", "192.0.2.1", "2001:db8::1")).der)
    extension = site.extension(OID_SUBJECT_ALT_NAME)
    assert extension is not None
    assert presented_names(extension) == names("www.example.org", "*.example.net", ip=("192.0.2.1", "2001:db8::1"))


def test_other_kinds_of_names_are_passed_over() -> None:
    extension = san(
        (0xA0, b"\x06\x01\x2a"),
        (0x81, b"www.example.org"),  # rfc822Name
        (0x82, b"a.example"),
        (0xA4, b"\x30\x00"),
        (0x86, b"https://www.example.org/"),  # uniformResourceIdentifier
        (0x88, b"\x2a"),
    )
    presented = presented_names(extension)
    assert presented == names("a.example")
    assert not covered(reference_identifier("www.example.org"), presented)


@pytest.mark.parametrize("extension", [san(), san((0x81, b"webmaster@example.org"))])
def test_no_names(extension: bytes) -> None:
    assert presented_names(extension) == PresentedNames((), ())


def test_names_are_kept_as_presented() -> None:
    """Case, bytes that are no ASCII and NUL: it is the message that needs them, and the comparison that refuses them."""
    extension = san((0x82, b"WWW.Example.ORG"), (0x82, b"b\xfccher.example"), (0x82, b"www.example.org\0.evil.example"))
    presented = presented_names(extension)
    assert presented.dns == ("WWW.Example.ORG", "b\u00fccher.example", "www.example.org\0.evil.example")
    assert not covered(reference_identifier("b\u00fccher.example"), presented)


def test_embedded_nul_does_not_shorten_a_name() -> None:
    """Verdict: mismatch. The name ends where its DER says, not at the first NUL."""
    presented = presented_names(san((0x82, b"www.example.org\0.evil.example")))
    assert not covered(reference_identifier("www.example.org"), presented)


def test_malformed_extension_keeps_the_names_before_the_defect() -> None:
    broken = tlv(0x30, tlv(0x82, b"www.example.org") + b"\x82\x40cut")
    presented = presented_names(broken)
    assert presented == PresentedNames(("www.example.org",), (), "element cut short")
    assert covered(reference_identifier("www.example.org"), presented)


@pytest.mark.parametrize(
    ("extension", "malformed"),
    [
        (b"", "element cut short"),
        (b"\x31\x00", "tag 0x31 where 0x30 belongs"),
        (b"\x30\x10\x82", "element cut short"),
        (tlv(0x30, b"\x9f\x02\x01a"), "multi-byte tag"),
    ],
)
def test_malformed_extension(extension: bytes, malformed: str) -> None:
    assert presented_names(extension) == PresentedNames((), (), malformed)


def test_ten_thousand_names() -> None:
    extension = san(*((0x82, b"host-%d.example.org" % number) for number in range(10_000)))
    presented = presented_names(extension)
    assert len(presented.dns) == 10_000
    assert covered(reference_identifier("host-9999.example.org"), presented)
    assert not covered(reference_identifier("host-10000.example.org"), presented)


# Addresses


@pytest.mark.parametrize(
    ("address", "text"),
    [
        (b"\xc0\x00\x02\x01", "192.0.2.1"),
        (bytes.fromhex("20010db8000000000000000000000001"), "2001:db8::1"),
        (b"\xc0\x00\x02\x01\xff\xff\xff\xff", "c0000201ffffffff"),
        (b"", ""),
    ],
)
def test_text_of_an_address(address: bytes, text: str) -> None:
    assert address_text(address) == text


# What is presented, for people


def test_names_of_a_certificate() -> None:
    assert names_of(with_san(san((0x82, b"www.example.org")))) == names("www.example.org")
    assert names_of(with_san(None)) == PresentedNames((), (), "")
    assert names_of(with_san(b"")) == PresentedNames((), (), "element cut short")


def test_presented_names_as_they_are_printed() -> None:
    presented = names("WWW.example.org", "XN--bcher-kva.example", "a|b\n", "", ip=("192.0.2.1", "2001:db8::1"))
    assert list(spelled_names(presented)) == [
        "WWW.example.org",
        "XN--bcher-kva.example (b\\xfccher.example)",
        "a/b\\x0a",
        '""',
        "IP 192.0.2.1",
        "IP 2001:db8::1",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (GeneralName(EMAIL, b"root@example.org"), "email root@example.org"),
        (GeneralName(DNS, b".example.org"), "DNS .example.org"),
        (GeneralName(DNS, b""), "DNS (all)"),  # in a constraint: every name (RFC 5280, 4.2.1.10)
        (GeneralName(URI, b"\x1b[31m"), "URI \\x1b[31m"),
        (GeneralName(DIRECTORY, subject((COMMON_NAME, b"Example CA"))), 'directory name "Example CA"'),
        (GeneralName(IP, b"\xc0\x00\x02\x01"), "IP 192.0.2.1"),
        (GeneralName(IP, bytes.fromhex("c0000200ffffff00")), "IP 192.0.2.0/255.255.255.0"),
        (GeneralName(IP, bytes.fromhex("20010db8" + "00" * 12 + "ffffffff" + "00" * 12)), "IP 2001:db8::/ffff:ffff::"),
        (GeneralName(IP, b"\xc0\x00"), "IP c000"),
        (GeneralName(IP, bytes(16)), "IP ::"),
        (GeneralName(0x88, b"\x2a"), "kind 0x88 *"),
    ],
)
def test_any_name_as_it_is_printed(name: GeneralName, text: str) -> None:
    assert str(name) == text


# What constraints apply to

WWW = GeneralName(DNS, b"www.example.org")
ROOT_AT = GeneralName(EMAIL, b"root@example.org")
NAMED = subject((COMMON_NAME, b"www"), (EMAIL_ADDRESS, b"admin@example.net"))


def test_names_that_constraints_apply_to() -> None:
    """Subject and SANs, of every kind."""
    value = san((0x82, b"www.example.org"), (0x86, b"x:"), (0x87, b"\xc0\x00\x02\x01"))
    certificate = with_san(value, subject((COMMON_NAME, b"www")))
    assert list(names_in(certificate)) == [
        GeneralName(DIRECTORY, certificate.subject),
        WWW,
        GeneralName(URI, b"x:"),
        GeneralName(IP, b"\xc0\x00\x02\x01"),
    ]


def test_an_empty_subject_is_no_name() -> None:
    assert list(names_in(with_san(san((0x82, b"www.example.org")), b"\x30\x00"))) == [WWW]


def test_without_sans_the_subject_remains() -> None:
    named = GeneralName(DIRECTORY, NAMED)
    assert list(names_in(with_san(None, NAMED))) == [named, GeneralName(EMAIL, b"admin@example.net")]


def test_an_email_address_in_the_subject_counts_where_no_san_has_one() -> None:
    """RFC 5280, 4.2.1.10: constraints on addresses apply to the subject's if there is no rfc822Name."""
    named = GeneralName(DIRECTORY, NAMED)
    with_none = with_san(san((0x82, b"www.example.org")), NAMED)
    assert list(names_in(with_none)) == [named, GeneralName(EMAIL, b"admin@example.net"), WWW]
    with_one = with_san(san((0x82, b"www.example.org"), (0x81, b"root@example.org")), NAMED)
    assert list(names_in(with_one)) == [named, WWW, ROOT_AT]


@pytest.mark.parametrize(("value", "name"), [(b"\x31\x00", NAMED), (b"\x30\x05\x82", NAMED), (None, b"\x30\x05")])
def test_names_that_cannot_be_read(value: bytes | None, name: bytes) -> None:
    """Verdict: whoever judges constraints must know, or a name would escape them."""
    with pytest.raises(der.DerError):
        list(names_in(with_san(value, name)))
