"""DER files: one certificate, or several behind each other."""

from __future__ import annotations

import pytest

from check_tls_cert.fetch import formats
from check_tls_cert.fetch.formats import FormatError
from tests import files
from tests.files import BROKEN, ISSUING, ISSUING_NAME, SITE, SITE_NAME


def test_one_certificate() -> None:
    assert files.contents(files.read(SITE.der)) == [("", [SITE_NAME])]


def test_several_behind_each_other() -> None:
    assert files.contents(files.read(ISSUING.der + SITE.der)) == [("", [ISSUING_NAME]), ("", [SITE_NAME])]


def test_bytes_behind_the_last_are_its_defect() -> None:
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
