"""BER, as far as it is read: indefinite lengths, and strings in pieces."""

from __future__ import annotations

import pytest

from check_tls_cert.fetch.formats import ber
from check_tls_cert.x509 import der
from tests import files
from tests.pki import tlv


def test_read_of_definite_length() -> None:
    assert ber.read_ber(b"\x04\x01A\x04\x00", 0) == der.Element(0x04, b"A", b"\x04\x01A")


def test_read_of_indefinite_length() -> None:
    inner = files.indefinite(0x30, b"\x04\x00")
    long = b"\x04\x81\x80" + bytes(128)
    outer = files.indefinite(0x30, inner + long)
    assert ber.read_ber(b"?" + outer + b"?", 1) == der.Element(0x30, inner + long, outer)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x30\x80", "element cut short"),
        (b"\x30\x80\x00", "element cut short"),
        (b"\x30\x80\x04", "element cut short"),
        (b"\x30\x80\x04\x05", "element cut short"),
        (b"\x30\x80\x1f\x01\x00\x00", "element cut short"),
        (b"\x04\x80\x00\x00", "bad length"),
        (b"\x30\x80\x04\x85\x00\x00\x00\x00\x01", "bad length"),
        (b"\x30\x80" + b"\x04\x00" * 100_000, "too many elements"),
        (b"\x30\x80" * 100_001, "too many elements"),
    ],
)
def test_indefinite_length_without_end(data: bytes, reason: str) -> None:
    with pytest.raises(der.DerError, match=reason):
        ber.read_ber(data)


def test_children_are_counted() -> None:
    assert len(list(ber.children(b"\x04\x00" * 3, 3))) == 3
    with pytest.raises(der.DerError, match="too many elements"):
        list(ber.children(b"\x04\x00" * 4, 3))


def test_fields_are_counted() -> None:
    with pytest.raises(der.DerError, match="fields are missing"):
        ber.fields(ber.read_ber(tlv(0x30, b"\x04\x00")), least=2)


def test_string_in_pieces() -> None:
    assert ber.octet_string(ber.read_ber(files.indefinite(0x24, tlv(0x04, b"AB") + tlv(0x04, b"C")))) == b"ABC"
