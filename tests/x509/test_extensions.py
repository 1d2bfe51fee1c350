"""Extensions as values: as libraries encode them, as odd CAs do, and what cannot be read."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from check_tls_cert.x509.certificate import (
    OID_AUTHORITY_INFO_ACCESS,
    OID_AUTHORITY_KEY_IDENTIFIER,
    OID_BASIC_CONSTRAINTS,
    OID_EXTENDED_KEY_USAGE,
    OID_KEY_USAGE,
    OID_SUBJECT_KEY_IDENTIFIER,
    Certificate,
    Extension,
    parse,
)
from check_tls_cert.x509.der import DerError
from check_tls_cert.x509.extensions import (
    DECISIVE,
    BasicConstraints,
    basic_constraints,
    extended_key_usage,
    issuer_urls,
    key_identifiers_agree,
    key_usage,
)
from tests import pki
from tests.pki import tlv

SITE = pki.end_entity(pki.authority("Example Root R1"))

TRUE, FALSE = b"\x01\x01\xff", b"\x01\x01\x00"


def with_extension(oid: str, value: bytes) -> Certificate:
    """Return a certificate with one extension and no other."""
    return parse(SITE.der)._replace(extensions=(Extension(oid, False, value),))


def of_library(extension: x509.ExtensionType) -> Certificate:
    """Return a certificate with one extension as cryptography encodes it."""
    return with_extension(extension.oid.dotted_string, extension.public_bytes())


WITHOUT = parse(SITE.der)._replace(extensions=())


# basicConstraints


@pytest.mark.parametrize(
    ("is_ca", "path_length"), [(True, None), (True, 0), (True, 3), (True, 200), (True, 100_000), (False, None)]
)
def test_basic_constraints_as_a_library_encodes_them(is_ca: bool, path_length: int | None) -> None:
    found = basic_constraints(of_library(x509.BasicConstraints(is_ca, path_length)))
    assert found == BasicConstraints(is_ca, path_length)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (FALSE, BasicConstraints(False, None)),  # DER omits the default, some CAs do not
        (b"\x01\x01\x01", BasicConstraints(True, None)),  # BER: anything but zero is true
        (FALSE + b"\x02\x01\x00", BasicConstraints(False, 0)),
        (b"\x02\x01\x05", BasicConstraints(False, 5)),  # a limit, but not a CA
        (TRUE + b"\x02\x01\xff", BasicConstraints(True, -1)),  # RFC 5280, 4.2.1.9, has no such limit
        (b"\x05\x00" + TRUE, BasicConstraints(False, None)),  # cA is the first field
        (b"\x02\x01\x02" + b"\x02\x01\x09", BasicConstraints(False, 2)),
    ],
)
def test_odd_basic_constraints(fields: bytes, expected: BasicConstraints) -> None:
    assert basic_constraints(with_extension(OID_BASIC_CONSTRAINTS, tlv(0x30, fields))) == expected


# keyUsage


@pytest.mark.parametrize(
    ("usages", "expected"),
    [
        (["digital_signature"], 0x80),
        (["key_cert_sign"], 0x04),
        (["key_cert_sign", "crl_sign"], 0x06),
        (["key_agreement", "encipher_only"], 0x09),
        (["key_agreement", "decipher_only"], 0x08),  # the ninth bit is in a second byte
    ],
)
def test_key_usage_as_a_library_encodes_it(usages: list[str], expected: int) -> None:
    """RFC 5280, 4.2.1.3: bits are counted from the top."""
    assert key_usage(of_library(pki.key_usage(*usages))) == expected


def test_key_usage_without_a_bit() -> None:
    """Verdict: for nothing, which is not the same as absent."""
    assert key_usage(with_extension(OID_KEY_USAGE, b"\x03\x01\x00")) == 0


# extendedKeyUsage


def test_extended_key_usage_as_a_library_encodes_it() -> None:
    usages = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.OCSP_SIGNING])
    assert extended_key_usage(of_library(usages)) == ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.9"]


def test_extended_key_usage_without_a_purpose() -> None:
    assert extended_key_usage(with_extension(OID_EXTENDED_KEY_USAGE, b"\x30\x00")) == []


# Absent and unreadable

READERS = {
    OID_BASIC_CONSTRAINTS: basic_constraints,
    OID_KEY_USAGE: key_usage,
    OID_EXTENDED_KEY_USAGE: extended_key_usage,
}

UNREADABLE = [
    (OID_BASIC_CONSTRAINTS, b""),
    (OID_BASIC_CONSTRAINTS, b"\x31\x00"),
    (OID_BASIC_CONSTRAINTS, b"\x30\x03\x01\x01"),
    (OID_BASIC_CONSTRAINTS, tlv(0x30, TRUE + b"\x02\x00")),
    (OID_KEY_USAGE, b""),
    (OID_KEY_USAGE, b"\x03\x00"),
    (OID_KEY_USAGE, b"\x04\x02\x00\x80"),
    (OID_EXTENDED_KEY_USAGE, b"\x31\x00"),
    (OID_EXTENDED_KEY_USAGE, tlv(0x30, b"\x05\x00")),
]


@pytest.mark.parametrize("oid", READERS)
def test_absent(oid: str) -> None:
    assert READERS[oid](WITHOUT) is None


@pytest.mark.parametrize(("oid", "value"), UNREADABLE)
def test_unreadable(oid: str, value: bytes) -> None:
    """None here; whoever judges finds out by `DECISIVE`."""
    assert READERS[oid](with_extension(oid, value)) is None
    readers = [take for decisive, take in DECISIVE.values() if decisive == oid]
    assert len(readers) == 1
    with pytest.raises(DerError):
        readers[0](value)


def test_extensions_that_decide_by_the_names_rfc_5280_gives_them() -> None:
    assert {name: oid for name, (oid, _) in DECISIVE.items()} == {
        "basicConstraints": "2.5.29.19",
        "keyUsage": "2.5.29.15",
        "extendedKeyUsage": "2.5.29.37",
    }


# Key identifiers


def with_authority_key(*fields: bytes) -> Certificate:
    """Return a certificate with an authorityKeyIdentifier of these fields (RFC 5280, 4.2.1.1)."""
    return with_extension(OID_AUTHORITY_KEY_IDENTIFIER, tlv(0x30, b"".join(fields)))


def with_subject_key(identifier: bytes) -> Certificate:
    return with_extension(OID_SUBJECT_KEY_IDENTIFIER, tlv(0x04, identifier))


ISSUER_AND_SERIAL = tlv(0xA1, b"\x30\x00") + tlv(0x82, b"\x01")


def test_key_identifiers_as_a_library_makes_them() -> None:
    issuer, other = pki.ec_key().public_key(), pki.ec_key().public_key()
    issued = of_library(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer))
    assert key_identifiers_agree(issued, of_library(x509.SubjectKeyIdentifier.from_public_key(issuer)))
    assert not key_identifiers_agree(issued, of_library(x509.SubjectKeyIdentifier.from_public_key(other)))


@pytest.mark.parametrize(
    ("certificate", "issuer", "agree"),
    [
        (with_authority_key(tlv(0x80, b"abc")), with_subject_key(b"abc"), True),
        (with_authority_key(tlv(0x80, b"abc")), with_subject_key(b"abcd"), False),
        (with_authority_key(tlv(0x80, b"abc")), with_subject_key(b""), False),
        (with_authority_key(ISSUER_AND_SERIAL + tlv(0x80, b"abc")), with_subject_key(b"abd"), False),
        (with_authority_key(ISSUER_AND_SERIAL), with_subject_key(b"abc"), True),  # no keyIdentifier
        (with_authority_key(tlv(0x80, b"")), with_subject_key(b"abc"), True),  # an empty one says nothing
        (with_authority_key(tlv(0x80, b"abc") + tlv(0x80, b"xyz")), with_subject_key(b"abc"), True),
        (with_authority_key(), with_subject_key(b"abc"), True),
        (WITHOUT, with_subject_key(b"abc"), True),
        (with_authority_key(tlv(0x80, b"abc")), WITHOUT, True),
        (WITHOUT, WITHOUT, True),
        (with_extension(OID_AUTHORITY_KEY_IDENTIFIER, b"\x30\x05"), with_subject_key(b"abc"), True),  # unreadable
        (with_authority_key(tlv(0x80, b"abc")), with_extension(OID_SUBJECT_KEY_IDENTIFIER, b"\x04\x05"), True),
    ],
)
def test_key_identifiers(certificate: Certificate, issuer: Certificate, agree: bool) -> None:
    """Hints for whoever builds paths, so that only two that are there and differ speak against an issuer."""
    assert key_identifiers_agree(certificate, issuer) is agree


# Where the issuer's certificate is

CA_ISSUERS, OCSP = bytes.fromhex("06082b06010505073002"), bytes.fromhex("06082b06010505073001")


def access(method: bytes, location: bytes) -> bytes:
    """Return an AccessDescription."""
    return tlv(0x30, method + location)


@pytest.mark.parametrize(
    ("value", "urls"),
    [
        (b"\x30\x00", []),
        (tlv(0x30, access(OCSP, tlv(0x86, b"http://ocsp.example.org/"))), []),
        (
            tlv(
                0x30,
                access(OCSP, tlv(0x86, b"http://ocsp.example.org/"))
                + access(CA_ISSUERS, tlv(0x86, b"http://ca.example.org/a.cer"))
                + access(CA_ISSUERS, tlv(0xA4, b"\x30\x00"))  # a directoryName
                + access(CA_ISSUERS, tlv(0x86, b"ldap://ca.example.org/\xe9")),
            ),
            ["http://ca.example.org/a.cer", "ldap://ca.example.org/\u00e9"],
        ),
        (b"", []),
        (b"\x31\x00", []),
        (tlv(0x30, access(CA_ISSUERS, b"")), []),
        (tlv(0x30, access(b"\x05\x00", tlv(0x86, b"http://ca.example.org/a.cer"))), []),
        (tlv(0x30, tlv(0x86, b"http://ca.example.org/a.cer")), []),
    ],
)
def test_issuer_urls(value: bytes, urls: list[str]) -> None:
    """RFC 5280, 4.2.2.1: the caIssuers that are URIs; what cannot be read is no hint."""
    assert issuer_urls(with_extension(OID_AUTHORITY_INFO_ACCESS, value)) == urls


def test_no_issuer_urls() -> None:
    assert issuer_urls(parse(SITE.der)) == []
