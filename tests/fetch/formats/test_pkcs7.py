"""PKCS#7 and CMS files (RFC 5652): SignedData in DER and BER."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.hazmat.primitives.serialization.pkcs7 import load_der_pkcs7_certificates, serialize_certificates

from check_tls_cert.fetch import formats
from check_tls_cert.fetch.formats import FormatError
from tests import files
from tests.files import BROKEN, ISSUING, ISSUING_NAME, SITE, SITE_NAME
from tests.pki import tlv

SIGNED_DATA, ENVELOPED_DATA = "1.2.840.113549.1.7.2", "1.2.840.113549.1.7.3"
VERSION, NO_DIGESTS = b"\x02\x01\x01", tlv(0x31, b"")
NO_CONTENT = tlv(0x30, files.oid("1.2.840.113549.1.7.1"))


def pkcs7(*certificates: bytes, content_type: str = SIGNED_DATA, behind: bytes = NO_DIGESTS) -> bytes:
    """Return a SignedData of the certificates, none of them if there is none, with ``behind`` in place of signers."""
    field = tlv(0xA0, b"".join(certificates)) if certificates else b""
    signed_data = tlv(0x30, VERSION + NO_DIGESTS + NO_CONTENT + field + behind)
    return tlv(0x30, files.oid(content_type) + tlv(0xA0, signed_data))


def test_what_cryptography_writes() -> None:
    data = serialize_certificates([SITE.certificate, ISSUING.certificate], Encoding.DER)
    assert sorted(files.contents(files.read(data))) == [("", [ISSUING_NAME]), ("", [SITE_NAME])]


def test_set_is_in_the_order_of_the_file() -> None:
    assert files.contents(files.read(pkcs7(ISSUING.der, SITE.der))) == [("", [ISSUING_NAME]), ("", [SITE_NAME])]


def test_indefinite_lengths() -> None:
    certificates = files.indefinite(0xA0, SITE.der + ISSUING.der)
    signed_data = files.indefinite(0x30, VERSION + NO_DIGESTS + NO_CONTENT + certificates + NO_DIGESTS)
    data = files.indefinite(0x30, files.oid(SIGNED_DATA) + files.indefinite(0xA0, signed_data))
    assert files.contents(files.read(data)) == [("", [SITE_NAME]), ("", [ISSUING_NAME])]


def test_broken_certificate_costs_itself_alone_and_cryptography_all() -> None:
    data = pkcs7(SITE.der, BROKEN, ISSUING.der)
    with pytest.raises(ValueError, match=r"(?i)pars"):  # why this reader exists
        load_der_pkcs7_certificates(data)
    assert files.contents(files.read(data)) == [
        ("", [SITE_NAME]),
        ("", ["!not an X.509 certificate (fields are missing, or too many)"]),
        ("", [ISSUING_NAME]),
    ]


def test_what_cannot_be_taken_apart_is_not_passed_over() -> None:
    assert files.contents(files.read(pkcs7(SITE.der, b"\x30\x05"))) == [
        ("", [SITE_NAME]),
        ("", ["!what follows in the PKCS#7 file is broken (element cut short)"]),
    ]


def test_other_certificate_choices_are_no_certificates() -> None:
    """RFC 5652, 10.2.2: attribute certificates have tags of their own."""
    assert files.contents(files.read(pkcs7(tlv(0xA2, b""), SITE.der))) == [("", [SITE_NAME])]


@pytest.mark.parametrize("data", [pkcs7(), pkcs7(behind=tlv(0xA1, b"") + NO_DIGESTS)])
def test_no_certificates(data: bytes) -> None:
    assert files.read(data) == []


@pytest.mark.parametrize("data", [pkcs7(SITE.der, content_type=ENVELOPED_DATA), tlv(0x30, files.oid(SIGNED_DATA))])
def test_no_signed_data(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"the PKCS#7 file is none that holds certificates \(no SignedData\)"):
        files.read(data)


def test_broken() -> None:
    with pytest.raises(FormatError, match=r"the PKCS#7 file is broken \(fields are missing\)"):
        files.read(tlv(0x30, files.oid(SIGNED_DATA) + tlv(0xA0, tlv(0x30, VERSION))))


def test_other_object_identifier_is_not_claimed() -> None:
    assert formats.read_entries(pkcs7(SITE.der, content_type="1.2.840.113549.1.9.16.1.2"), files.Asked(b"")) is None


def test_cut_and_changed_anywhere() -> None:
    data = pkcs7(SITE.der)
    files.survives_truncation(data)
    files.survives_flips(data)
