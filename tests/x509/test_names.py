"""Distinguished names: what to call one, and when two are the same. OpenSSL is asked for a second opinion."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from OpenSSL import crypto

from check_tls_cert.x509 import der
from check_tls_cert.x509.names import attributes, canonical_name, display_name, distinguished_name
from tests import pki
from tests.pki import tlv

UTF8, NUMERIC, PRINTABLE, T61, IA5, UNIVERSAL, BMP = 0x0C, 0x12, 0x13, 0x14, 0x16, 0x1C, 0x1E
COMMON_NAME, ORGANIZATION, COUNTRY = "550403", "55040a", "550406"

ROOT = pki.authority("Example Root R1")
SITE = pki.end_entity(ROOT)


class Attribute(NamedTuple):
    """An AttributeTypeAndValue in the making."""

    tag: int
    content: bytes
    kind: str = COMMON_NAME

    @property
    def der(self) -> bytes:
        return tlv(0x30, tlv(0x06, bytes.fromhex(self.kind)) + tlv(self.tag, self.content))


def name(*attributes_: Attribute) -> bytes:
    """Return a distinguished name with each attribute in an RDN of its own."""
    return tlv(0x30, b"".join(tlv(0x31, attribute.der) for attribute in attributes_))


def one_rdn(*attributes_: Attribute) -> bytes:
    """Return a distinguished name with all attributes in one RDN, in that order."""
    return tlv(0x30, tlv(0x31, b"".join(attribute.der for attribute in attributes_)))


def hash_by_openssl(subject: bytes) -> int:
    """Return OpenSSL's X509_NAME_hash: the first four bytes of the SHA-1 of its canonical encoding."""

    def with_subject(tbs: bytes) -> bytes:
        fields = [element.raw for element in der.children(tbs)]
        return b"".join([*fields[:5], subject, *fields[6:]])

    data = pki.forge(SITE, ROOT, with_subject)
    return crypto.load_certificate(crypto.FILETYPE_ASN1, data).subject_name_hash()


@pytest.mark.parametrize(
    ("tag", "content", "expected"),
    [
        (UTF8, "B\u00fccher CA \u2603".encode(), "B\u00fccher CA \u2603"),
        (PRINTABLE, b"Example CA", "Example CA"),
        (IA5, b"ca@example.org", "ca@example.org"),
        (T61, b"B\xfccher CA", "B\u00fccher CA"),  # in the wild always Latin-1
        (BMP, "B\u00fccher CA".encode("utf-16-be"), "B\u00fccher CA"),
        (UNIVERSAL, "CA \U0001f512".encode("utf-32-be"), "CA \U0001f512"),
        (UTF8, b"B\xfccher", "B\ufffdcher"),  # Latin-1 that says it is UTF-8
        (BMP, b"\0A\0", "A\ufffd"),  # half a character
        (NUMERIC, b"4711", "4711"),
        (UTF8, b"", ""),
    ],
)
def test_attributes_in_every_string_type(tag: int, content: bytes, expected: str) -> None:
    assert list(attributes(name(Attribute(tag, content)))) == [("2.5.4.3", expected)]


def test_attributes_in_order() -> None:
    country, organization = Attribute(PRINTABLE, b"XX", COUNTRY), Attribute(UTF8, b"Example", ORGANIZATION)
    expected = [("2.5.4.6", "XX"), ("2.5.4.10", "Example"), ("2.5.4.3", "R1")]
    assert list(attributes(name(country, organization, Attribute(UTF8, b"R1")))) == expected
    assert list(attributes(one_rdn(country, organization, Attribute(UTF8, b"R1")))) == expected


@pytest.mark.parametrize(
    "broken",
    [
        b"\x04\x01x",  # no SET
        b"\x31\x03\x04\x01x",  # no AttributeTypeAndValue in it
        b"\x31\x02\x30\x00",  # neither type nor value
        b"\x31\x07\x30\x05\x06\x03\x55\x04\x03",  # no value
        b"\x31\x0b\x30\x09\x06\x03\x55\x04\x03\x05\x00\x05\x00",  # two values
        b"\x31\x03\x30\x05\x06",  # cut short within
    ],
)
def test_attributes_stop_at_what_cannot_be_read(broken: bytes) -> None:
    """And to compare it with others, the whole name stands for itself."""
    good = tlv(0x31, Attribute(UTF8, b"Example CA").der)
    data = tlv(0x30, good + broken + good)
    assert list(attributes(data)) == [("2.5.4.3", "Example CA")]
    assert list(attributes(tlv(0x30, broken))) == []
    assert canonical_name(data) == data


@pytest.mark.parametrize(
    "broken",
    [
        b"\x31\x07\x30\x05\x06\x01\x80\x05\x00",  # a type that never ends
        b"\x31\x7f",  # cut short itself
    ],
)
def test_attributes_before_the_one_that_cannot_be_read_are_kept(broken: bytes) -> None:
    assert list(attributes(tlv(0x30, tlv(0x31, Attribute(UTF8, b"Example CA").der) + broken))) == [
        ("2.5.4.3", "Example CA")
    ]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (name(Attribute(UTF8, b"Example CA")), '"Example CA"'),
        (name(Attribute(UTF8, b"Example CA"), Attribute(UTF8, b"Example", ORGANIZATION)), '"Example CA"'),
        (name(Attribute(UTF8, b"general"), Attribute(UTF8, b"specific")), '"specific"'),
        (name(Attribute(PRINTABLE, b"XX", COUNTRY), Attribute(UTF8, b"Example", ORGANIZATION)), '"Example"'),
        (name(Attribute(UTF8, b"")), '""'),
        (name(), "(empty name)"),
        (b"", "(empty name)"),
        (b"\x04\x01x", "(empty name)"),
        (name(Attribute(UTF8, b'evil" | expiry=99\n\x1b[2J')), r'''"evil' / expiry=99\x0a\x1b[2J"'''),
        (name(Attribute(UTF8, b"x" * 500)), '"' + "x" * 120 + '..."'),
    ],
)
def test_display_name(data: bytes, expected: str) -> None:
    assert display_name(data) == expected


# The whole name


@pytest.mark.parametrize(
    "text",
    [
        "Example Root R1",
        "B\u00fccher",
        "a,b+c",
        '"quoted" \\ <b>; c',
        " leading and trailing ",
        "#1 in its field",
        "no. #1 = first",
        "  ",
        "#",
    ],
)
def test_distinguished_name_is_spelled_as_a_library_spells_it(text: str) -> None:
    """RFC 4514: the last attribute first, and what has a meaning there with a backslash."""
    of_library = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "XX"),
            x509.NameAttribute(NameOID.STATE_OR_PROVINCE_NAME, text),
            x509.NameAttribute(NameOID.LOCALITY_NAME, "L"),
            x509.NameAttribute(NameOID.STREET_ADDRESS, "S"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Unit"),
            x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "example"),
            x509.NameAttribute(NameOID.USER_ID, "u"),
            x509.NameAttribute(NameOID.COMMON_NAME, text),
            x509.NameAttribute(NameOID.TITLE, "of a type without a short name"),
        ]
    )
    assert distinguished_name(of_library.public_bytes()) == of_library.rfc4514_string()


def test_distinguished_name_with_names_that_others_use_beside_those_of_rfc_4514() -> None:
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.SERIAL_NUMBER, "4711"),
            x509.NameAttribute(NameOID.EMAIL_ADDRESS, "root@example.org"),
        ]
    )
    assert distinguished_name(subject.public_bytes()) == "emailAddress=root@example.org,serialNumber=4711"


def test_distinguished_name_that_is_a_blank() -> None:
    """It is first and last, and escaped once; older versions of cryptography do so twice."""
    assert distinguished_name(name(Attribute(UTF8, b" "))) == "CN=\\ "


def test_distinguished_name_without_attributes() -> None:
    assert distinguished_name(name()) == ""


def test_canonical_name_is_the_rdns_alone() -> None:
    """In lower case, as UTF8String, trimmed and with single spaces; without the SEQUENCE around them."""
    presented = name(Attribute(PRINTABLE, b"XX", COUNTRY), Attribute(PRINTABLE, b"  Example\t \nRoot  R1 "))
    expected = name(Attribute(UTF8, b"xx", COUNTRY), Attribute(UTF8, b"example root r1"))
    assert canonical_name(presented) == expected[2:]
    assert canonical_name(name()) == b""


@pytest.mark.parametrize(
    "subject",
    [
        name(),
        name(Attribute(UTF8, b"Example Root R1")),
        name(Attribute(PRINTABLE, b"EXAMPLE  root R1 "), Attribute(PRINTABLE, b"XX", COUNTRY)),
        name(Attribute(UTF8, b"\t\n\v\f\r a \t\n\v\f\r b \t\n\v\f\r")),
        name(Attribute(UTF8, "a\u00a0b \u2003 c\x1cd\x85".encode())),  # white space to Unicode, not to OpenSSL
        name(Attribute(UTF8, "\u00c4\u00d6\u00dc \u0130".encode())),  # ASCII alone is folded
        name(Attribute(T61, b"B\xdcCHER CA")),
        name(Attribute(IA5, b"CA@Example.ORG")),
        name(Attribute(BMP, "B\u00dcCHER CA".encode("utf-16-be"))),
        name(Attribute(UNIVERSAL, "B\u00dcCHER CA".encode("utf-32-be"))),
        name(Attribute(NUMERIC, b"47  11 ")),  # not among the types that are canonicalized
        name(Attribute(UTF8, b"")),
        name(Attribute(UTF8, b"   ")),
        # Where a length of one byte becomes one of two; eleven bytes of the innermost SET are not the text's.
        *(name(Attribute(UTF8, b"a" * length)) for length in (*range(113, 130), *range(240, 258))),
        name(Attribute(UTF8, b"Example" * 20)),  # lengths of two bytes
        name(Attribute(UTF8, b"Example" * 60)),  # and of three
        one_rdn(Attribute(UTF8, b"b"), Attribute(UTF8, b"A")),  # a SET OF that was not sorted
        one_rdn(Attribute(UTF8, b"a longer one"), Attribute(UTF8, b"z"), Attribute(PRINTABLE, b"XX", COUNTRY)),
    ],
)
def test_canonical_name_is_openssls(subject: bytes) -> None:
    """Hashed directories of trust anchors are found by this name."""
    digest = hashlib.sha1(canonical_name(subject)).digest()  # noqa: S324  # the hash OpenSSL chose
    assert int.from_bytes(digest[:4], "little") == hash_by_openssl(subject)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (Attribute(UTF8, b"Example CA"), Attribute(PRINTABLE, b"EXAMPLE  CA"), True),
        (Attribute(UTF8, "B\u00fccher".encode()), Attribute(BMP, "B\u00fccher".encode("utf-16-be")), True),
        (Attribute(UTF8, "B\u00fccher".encode()), Attribute(UTF8, "B\u00dccher".encode()), False),
        (Attribute(UTF8, b"Example CA"), Attribute(UTF8, b"ExampleCA"), False),
        (Attribute(UTF8, b"Example"), Attribute(UTF8, b"Example", ORGANIZATION), False),
        (Attribute(NUMERIC, b"1"), Attribute(PRINTABLE, b"1"), False),
    ],
)
def test_which_names_are_the_same(one: Attribute, other: Attribute, same: bool) -> None:
    assert (canonical_name(name(one)) == canonical_name(name(other))) is same


@pytest.mark.parametrize(
    "data", [b"", b"\x04\x01x", b"\x30\x05", name(Attribute(BMP, b"\0A\0")), name(Attribute(UTF8, b"\xff"))]
)
def test_name_that_cannot_be_read_stands_for_itself(data: bytes) -> None:
    """So two of them are the same only if they are so byte for byte."""
    assert canonical_name(data) == data
