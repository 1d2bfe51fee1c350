"""The DER reader: what it takes apart, and that it refuses everything else with one kind of error."""

from __future__ import annotations

import pytest

from check_tls_cert.x509 import der
from check_tls_cert.x509.der import DerError, Element
from tests.pki import tlv


@pytest.mark.parametrize(
    ("data", "offset", "expected"),
    [
        (b"\x04\x02hi", 0, Element(0x04, b"hi", b"\x04\x02hi")),
        (b"\x04\x02hi, more", 0, Element(0x04, b"hi", b"\x04\x02hi")),
        (b"\x05\x00\x04\x01x", 2, Element(0x04, b"x", b"\x04\x01x")),
        (b"\x05\x00", 0, Element(0x05, b"", b"\x05\x00")),
        (b"\xa3\x00", 0, Element(0xA3, b"", b"\xa3\x00")),
        (b"\x04\x7f" + bytes(0x7F), 0, Element(0x04, bytes(0x7F), b"\x04\x7f" + bytes(0x7F))),
        (b"\x04\x81\x80" + bytes(0x80), 0, Element(0x04, bytes(0x80), b"\x04\x81\x80" + bytes(0x80))),
        (b"\x04\x82\x01\x00" + bytes(256), 0, Element(0x04, bytes(256), b"\x04\x82\x01\x00" + bytes(256))),
    ],
)
def test_read(data: bytes, offset: int, expected: Element) -> None:
    assert der.read(data, offset) == expected


def test_lengths_of_three_bytes() -> None:
    encoded = tlv(0x04, bytes(0x10000))
    assert encoded[:5] == b"\x04\x83\x01\x00\x00"
    assert der.read(encoded) == Element(0x04, bytes(0x10000), encoded)


@pytest.mark.parametrize(
    ("data", "offset", "message"),
    [
        (b"", 0, "element cut short"),
        (b"\x04", 0, "element cut short"),
        (b"\x04\x02h", 0, "element cut short"),
        (b"\x04\x01x", 2, "element cut short"),
        (b"\x04\x01x", 9, "element cut short"),
        (b"\x04\x84\xff\xff\xff\xff", 0, "element cut short"),  # 4 GiB promised, nothing there
        (b"\x30\x80\x05\x00\x00\x00", 0, "bad length"),  # indefinite: BER, never DER
        (b"\x04\x82\x01", 0, "bad length"),  # ends within its length
        (b"\x04\x85\x00\x00\x00\x00\x01x", 0, "bad length"),
        (b"\x04\xff" + bytes(200), 0, "bad length"),
        (b"\x1f\x81\x00\x00", 0, "multi-byte tag"),
        (b"\xbf\x01\x00", 0, "multi-byte tag"),
    ],
)
def test_read_refuses(data: bytes, offset: int, message: str) -> None:
    with pytest.raises(DerError) as caught:
        der.read(data, offset)
    assert str(caught.value) == message


def test_children() -> None:
    content = b"\x02\x01\x07" + b"\x05\x00" + b"\x30\x03\x04\x01x"
    assert list(der.children(content)) == [
        Element(0x02, b"\x07", b"\x02\x01\x07"),
        Element(0x05, b"", b"\x05\x00"),
        Element(0x30, b"\x04\x01x", b"\x30\x03\x04\x01x"),
    ]
    assert list(der.children(b"")) == []


def test_children_before_the_broken_one_are_seen() -> None:
    members = der.children(b"\x05\x00\x04\x05x")
    assert next(members) == Element(0x05, b"", b"\x05\x00")
    with pytest.raises(DerError, match=r"^element cut short$"):
        next(members)


def test_children_are_bounded() -> None:
    """Sixteen million bytes of empty elements would be a gigabyte of them."""
    assert len(list(der.children(b"\x05\x00" * 3, limit=3))) == 3
    members = der.children(b"\x05\x00" * 4, limit=3)
    assert [next(members).tag for _ in range(3)] == [0x05] * 3
    with pytest.raises(DerError, match=r"^more than 3 elements$"):
        next(members)
    with pytest.raises(DerError, match=r"^more than 50000 elements$"):
        der.sequence(tlv(0x30, b"\x05\x00" * (der.MAX_CHILDREN + 1)))


def test_expect_returns_the_element_or_names_both_tags() -> None:
    element = Element(0x13, b"x", b"\x13\x01x")
    assert der.expect(element, 0x13) is element
    with pytest.raises(DerError, match=r"^tag 0x13 where 0x30 belongs$"):
        der.expect(element, der.SEQUENCE)


def test_sequence() -> None:
    assert der.sequence(b"\x30\x04\x05\x00\x05\x00") == [Element(0x05, b"", b"\x05\x00")] * 2
    assert der.sequence(b"\x30\x00") == []
    assert der.sequence(b"\x30\x00 and what follows it") == []
    with pytest.raises(DerError, match=r"^tag 0x31 where 0x30 belongs$"):
        der.sequence(b"\x31\x00")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("00", 0),
        ("7f", 127),
        ("0080", 128),
        ("80", -128),
        ("ff", -1),
        ("010001", 65537),
        ("7f" + "ff" * 29, 2**239 - 1),
    ],
)
def test_integer(content: str, expected: int) -> None:
    assert der.integer(der.read(tlv(der.INTEGER, bytes.fromhex(content)))) == expected


def test_integer_needs_its_tag() -> None:
    with pytest.raises(DerError, match=r"^tag 0x4 where 0x2 belongs$"):
        der.integer(der.read(b"\x04\x01\x01"))


def test_integer_without_bytes_is_none() -> None:
    """X.690, 8.3.1: one or more bytes."""
    with pytest.raises(DerError, match=r"^bad integer$"):
        der.integer(der.read(b"\x02\x00"))


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("551d11", "2.5.29.17"),
        ("2a864886f70d010105", "1.2.840.113549.1.1.5"),
        ("0992268993f22c640119", "0.9.2342.19200300.100.1.25"),
        ("27", "0.39"),
        ("28", "1.0"),
        ("4f", "1.39"),
        ("50", "2.0"),
        ("883703", "2.999.3"),  # X.690, 8.19.5: below arc 2 the second may exceed 39
        ("2a" + "01" * 63, "1.2" + ".1" * 63),
    ],
)
def test_object_identifier(content: str, expected: str) -> None:
    assert der.object_identifier(der.read(tlv(der.OID, bytes.fromhex(content)))) == expected


@pytest.mark.parametrize("content", ["", "2a86", "2a" + "01" * 64])
def test_object_identifiers_that_are_empty_unfinished_or_endless(content: str) -> None:
    with pytest.raises(DerError, match=r"^bad object identifier$"):
        der.object_identifier(der.read(tlv(der.OID, bytes.fromhex(content))))


def test_object_identifier_needs_its_tag() -> None:
    with pytest.raises(DerError, match=r"^tag 0x2 where 0x6 belongs$"):
        der.object_identifier(der.read(b"\x02\x01\x2a"))


@pytest.mark.parametrize(("content", "expected"), [("00", b""), ("00616263", b"abc"), ("0780", b"\x80")])
def test_bit_string(content: str, expected: bytes) -> None:
    assert der.bit_string(der.read(tlv(der.BIT_STRING, bytes.fromhex(content)))) == expected


@pytest.mark.parametrize("content", ["", "08ff"])
def test_bit_strings_without_or_with_too_many_unused_bits(content: str) -> None:
    with pytest.raises(DerError, match=r"^bad bit string$"):
        der.bit_string(der.read(tlv(der.BIT_STRING, bytes.fromhex(content))))


def test_bit_string_needs_its_tag() -> None:
    with pytest.raises(DerError, match=r"^tag 0x4 where 0x3 belongs$"):
        der.bit_string(der.read(b"\x04\x01\x00"))
