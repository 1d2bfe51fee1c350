"""DER files: one certificate, or several behind each other; and BER, as far as it is read."""

from __future__ import annotations

import pytest

from check_tls_cert.fetch import formats
from check_tls_cert.fetch.formats import FormatError, ber
from check_tls_cert.x509 import der
from tests import files
from tests.files import BROKEN, ISSUING, ISSUING_NAME, SITE, SITE_NAME
from tests.pki import tlv


def test_one_certificate() -> None:
    assert files.contents(files.read(SITE.der)) == [("", [SITE_NAME])]


def test_several_behind_each_other() -> None:
    assert files.contents(files.read(ISSUING.der + SITE.der)) == [("", [ISSUING_NAME]), ("", [SITE_NAME])]


def test_octets_behind_the_last_are_its_defect() -> None:
    first, last = files.read(ISSUING.der + SITE.der + b"\r\n")
    assert first.parsers[0]().defects == ()
    assert last.parsers[0]().defects == ("2 bytes follow the certificate",)


def test_broken_certificate_costs_itself_alone() -> None:
    assert files.contents(files.read(BROKEN + SITE.der)) == [
        ("", ["!not an X.509 certificate (fields are missing, or too many)"]),
        ("", [SITE_NAME]),
    ]


def test_last_one_is_cut_short() -> None:
    assert files.contents(files.read(SITE.der + ISSUING.der[:-1])) == [
        ("", [SITE_NAME]),
        ("", ["!not an X.509 certificate (element cut short)"]),
    ]


@pytest.mark.parametrize("data", [b"", b"0", b"\x30\x00", BROKEN, SITE.der[:-1], SITE.key_pem[:5], b"\x31" + SITE.der])
def test_not_claimed(data: bytes) -> None:
    assert formats.read_entries(data, files.Asked(b"")) is None


def test_cut_and_changed_anywhere() -> None:
    files.survives_truncation(SITE.der)
    files.survives_flips(SITE.der)


def test_more_elements_than_any_file_has() -> None:
    with pytest.raises(FormatError, match="the file holds more than 10000 elements"):
        files.read(b"\x30\x00" * 10_001)


def test_more_certificates_than_any_file_has() -> None:
    with pytest.raises(FormatError, match="the file holds more than 10000 certificates"):
        files.read(SITE.pem * 10_001)


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


def test_octets_in_pieces() -> None:
    assert ber.octet_string(ber.read_ber(files.indefinite(0x24, tlv(0x04, b"AB") + tlv(0x04, b"C")))) == b"ABC"
