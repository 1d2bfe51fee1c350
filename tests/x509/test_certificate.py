"""Certificates as values: sane ones in full, and odd ones field by field."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Callable

import pytest
from cryptography.hazmat.primitives import serialization

from check_tls_cert.x509 import certificate, der
from check_tls_cert.x509.certificate import Certificate, CertificateError, Extension, parse
from tests import pki
from tests.pki import EPOCH, tlv

ROOT = pki.authority("Example Root R1")
SITE = pki.end_entity(ROOT)

# Where the fields are in a tbsCertificate with an explicit version (RFC 5280, 4.1).
VERSION, SERIAL, ALGORITHM, ISSUER, VALIDITY, SUBJECT, KEY, EXTENSIONS = range(8)

UTC_TIME, GENERALIZED_TIME = 0x17, 0x18

#: 1.3.6.1.4.1.32473, the enterprise number for documentation (RFC 5612), and issuerAltName.
OID_EXAMPLE = bytes.fromhex("06082b0601040181fd59")
OID_OTHER = bytes.fromhex("0603551d12")


def utc(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)


def replaced(field: int, replacement: bytes) -> Callable[[bytes], bytes]:
    """Return what makes `pki.forge` replace one field of the tbsCertificate (b"" removes it)."""

    def change(tbs: bytes) -> bytes:
        fields = [element.raw for element in der.children(tbs)]
        fields[field] = replacement
        return b"".join(fields)

    return change


def forged(field: int, replacement: bytes) -> Certificate:
    """Return the site's certificate with one field replaced and signed again."""
    return parse(pki.forge(SITE, ROOT, replaced(field, replacement)))


def validity(not_before: bytes, not_after: bytes) -> bytes:
    """Return a Validity of UTCTimes and GeneralizedTimes, told apart by their length."""
    tags = [GENERALIZED_TIME if len(text) > 13 else UTC_TIME for text in (not_before, not_after)]
    return tlv(0x30, tlv(tags[0], not_before) + tlv(tags[1], not_after))


def extensions(members: Iterable[bytes]) -> bytes:
    """Return the field that wraps a certificate's extensions."""
    return tlv(0xA3, tlv(0x30, b"".join(members)))


def extension(oid: bytes, value: bytes, critical: bytes = b"") -> bytes:
    return tlv(0x30, oid + critical + tlv(0x04, value))


def common_name(tag: int, content: bytes) -> bytes:
    """Return a distinguished name of one common name in the string type ``tag``."""
    return tlv(0x30, tlv(0x31, tlv(0x30, bytes.fromhex("0603550403") + tlv(tag, content))))


def test_sane_certificate_in_full() -> None:
    """Every field is what cryptography reads in the same place."""
    reference = SITE.certificate
    spki = serialization.PublicFormat.SubjectPublicKeyInfo
    assert parse(SITE.der) == Certificate(
        der=SITE.der,
        version=3,
        serial=reference.serial_number,
        signature_algorithm="1.2.840.10045.4.3.2",
        issuer=reference.issuer.public_bytes(),
        subject=reference.subject.public_bytes(),
        not_before=EPOCH - timedelta(days=30),
        not_after=EPOCH + timedelta(days=60),
        public_key=reference.public_key().public_bytes(serialization.Encoding.DER, spki),
        extensions=tuple(
            Extension(found.oid.dotted_string, found.critical, found.value.public_bytes())
            for found in reference.extensions
        ),
        defects=(),
        malformed=(),
    )


def test_names_for_messages() -> None:
    site, root = parse(SITE.der), parse(ROOT.der)
    assert (site.name, site.issuer_name, site.self_issued) == ('"www.example.org"', '"Example Root R1"', False)
    assert (root.name, root.issuer_name, root.self_issued) == ('"Example Root R1"', '"Example Root R1"', True)


def test_self_issued_is_decided_by_canonical_names() -> None:
    """Verdict: self-issued. RFC 5280, 7.1: case and string type make no other name."""
    assert forged(SUBJECT, common_name(0x13, b"EXAMPLE  root R1")).self_issued


def test_extension_by_oid() -> None:
    site = parse(SITE.der)
    assert site.extension(certificate.OID_EXTENDED_KEY_USAGE) == bytes.fromhex("300a06082b06010505070301")
    assert site.extension(certificate.OID_SUBJECT_ALT_NAME) == b"\x30\x11\x82\x0fwww.example.org"
    assert site.extension(certificate.OID_AUTHORITY_INFO_ACCESS) is None


# Serial numbers and versions


@pytest.mark.parametrize(
    ("content", "serial"),
    [
        ("00", 0),
        ("01", 1),
        ("80", -128),
        ("00ff", 255),
        ("7f" * 30, int("7f" * 30, 16)),
    ],
)
def test_serial_numbers_that_no_ca_should_use(content: str, serial: int) -> None:
    """Readable. RFC 5280, 4.1.2.2: users should handle negative, zero and overlong ones gracefully."""
    odd = forged(SERIAL, tlv(0x02, bytes.fromhex(content)))
    assert odd == parse(SITE.der)._replace(der=odd.der, serial=serial)


def test_version_1() -> None:
    """Readable. RFC 5280, 4.1.2.1: version 1 is the default and has no extensions; old roots are so."""

    def change(tbs: bytes) -> bytes:
        return b"".join(element.raw for element in der.children(tbs) if element.tag not in (0xA0, 0xA3))

    old = parse(pki.forge(ROOT, ROOT, change))
    assert old == parse(ROOT.der)._replace(der=old.der, version=1, extensions=())


@pytest.mark.parametrize(("number", "version"), [(b"\x00", 1), (b"\x01", 2), (b"\x02", 3)])
def test_explicit_version(number: bytes, version: int) -> None:
    odd = forged(VERSION, tlv(0xA0, tlv(0x02, number)))
    assert (odd.version, odd.defects) == (version, ())


@pytest.mark.parametrize(
    ("number", "version"),
    [("03", 4), ("ff", 0), ("fe", -1), ("0100", 257), ("7f" * 2000, 1 + int("7f" * 2000, 16))],
    ids=["v4", "v0", "v-1", "v257", "thousands of digits"],
)
def test_version_that_does_not_exist(number: str, version: int) -> None:
    """Verdict: malformed. RFC 5280, 4.1.2.1: there are v1, v2 and v3, and Python does not write out the largest."""
    odd = forged(VERSION, tlv(0xA0, tlv(0x02, bytes.fromhex(number))))
    reasons = ("the version is not one that X.509 certificates have",)
    assert odd == parse(SITE.der)._replace(der=odd.der, version=version, defects=reasons, malformed=reasons)


def test_unique_identifiers_before_the_extensions() -> None:
    """Readable. RFC 5280, 4.1.2.8: obsolete, to be understood all the same."""

    def change(tbs: bytes) -> bytes:
        fields = [element.raw for element in der.children(tbs)]
        return b"".join([*fields[:7], tlv(0x81, b"\0\x01"), tlv(0x82, b"\0\x02"), fields[7]])

    site = parse(SITE.der)
    with_identifiers = parse(pki.forge(SITE, ROOT, change))
    assert with_identifiers == site._replace(der=with_identifiers.der)


# Sizes


@pytest.mark.parametrize(("content", "shown"), [("ff", "-1"), ("7f" * 60, "7f" * 60), ("7f" * 61, "7f" * 60 + "...")])
def test_serial_number_is_cut(content: str, shown: str) -> None:
    """Verdict: as without it; a serial number of a megabyte must not fill the output (RFC 5280, 4.1.2.2: 20 bytes)."""
    assert forged(SERIAL, tlv(0x02, bytes.fromhex(content))).serial_number == shown


@pytest.mark.parametrize(
    ("field", "largest", "what"),
    [
        (SERIAL, certificate.MAX_SIZE, "it is larger than 1024 KiB"),
        (ISSUER, certificate.MAX_NAME_SIZE, "its issuer's name is larger than 8 KiB"),
        (SUBJECT, certificate.MAX_NAME_SIZE, "its subject's name is larger than 8 KiB"),
    ],
)
def test_certificate_too_large_for_any(field: int, largest: int, what: str) -> None:
    """Verdict: none; what it costs to look at such a thing is bounded."""
    huge = tlv(0x02, bytes(largest)) if field == SERIAL else common_name(0x0C, b"a" * largest)
    with pytest.raises(CertificateError, match=rf"^not an X\.509 certificate \({what}\)$"):
        forged(field, huge)


def test_largest_name() -> None:
    name = common_name(0x0C, b"a" * (certificate.MAX_NAME_SIZE - 21))
    assert len(name) == certificate.MAX_NAME_SIZE
    assert forged(SUBJECT, name).subject == name


def test_more_extensions_than_any_certificate_has() -> None:
    """Verdict: malformed; those beyond the bound are not looked at."""
    many = [extension(tlv(0x06, bytes((0x2A, number))), b"") for number in range(certificate.MAX_EXTENSIONS + 1)]
    assert forged(EXTENSIONS, extensions(many[:-1])).defects == ()
    odd = forged(EXTENSIONS, extensions(many))
    assert odd.malformed == ("an extension cannot be read: more than 100 elements",)
    assert len(odd.extensions) == certificate.MAX_EXTENSIONS


# Validity periods


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        (b"491231235959Z", utc(2049, 12, 31, 23, 59, 59)),
        (b"500101000000Z", utc(1950, 1, 1)),
        (b"000229120000Z", utc(2000, 2, 29, 12)),
        (b"20500101000000Z", utc(2050, 1, 1)),
        (b"99991231235959Z", utc(9999, 12, 31, 23, 59, 59)),
        (b"00010101000000Z", utc(1, 1, 1)),
    ],
)
def test_times(text: bytes, moment: datetime) -> None:
    """RFC 5280, 4.1.2.5: two digits mean 1950 to 2049, GeneralizedTime is for the years from 2050."""
    odd = forged(VALIDITY, validity(text, text))
    assert (odd.not_before, odd.not_after, odd.defects) == (moment, moment, ())


@pytest.mark.parametrize(
    ("tag", "text", "defect"),
    [
        (UTC_TIME, b"270229000000Z", '"270229000000Z" is not a time that exists'),
        (GENERALIZED_TIME, b"21000229000000Z", '"21000229000000Z" is not a time that exists'),
        (UTC_TIME, b"261301000000Z", '"261301000000Z" is not a time that exists'),
        (UTC_TIME, b"260100000000Z", '"260100000000Z" is not a time that exists'),
        (UTC_TIME, b"260115240000Z", '"260115240000Z" is not a time that exists'),
        (UTC_TIME, b"260115235960Z", '"260115235960Z" is not a time that exists'),
        (GENERALIZED_TIME, b"00000101000000Z", '"00000101000000Z" is not a time that exists'),
        (UTC_TIME, b"2601151200Z", '"2601151200Z" is not a time in RFC 5280\'s form'),
        (UTC_TIME, b"260115120000+0100", '"260115120000+0100" is not a time in RFC 5280\'s form'),
        (UTC_TIME, b"260115120000Z\n", '"260115120000Z\\x0a" is not a time in RFC 5280\'s form'),
        (GENERALIZED_TIME, b"20260115120000.5Z", '"20260115120000.5Z" is not a time in RFC 5280\'s form'),
        (GENERALIZED_TIME, b"20260115120000", '"20260115120000" is not a time in RFC 5280\'s form'),
        (UTC_TIME, b"20260115120000Z", '"20260115120000Z" is not a time in RFC 5280\'s form'),
        (GENERALIZED_TIME, b"260115120000Z", '"260115120000Z" is not a time in RFC 5280\'s form'),
        (0x04, b"260115120000Z", '"260115120000Z" is not a time in RFC 5280\'s form'),
        (UTC_TIME, b"\xb2\xb9\xb9115120000Z", '"\\ufffd\\ufffd\\ufffd115120000Z" is not a time in RFC 5280\'s form'),
        (UTC_TIME, b"", '"" is not a time in RFC 5280\'s form'),
    ],
)
def test_time_that_cannot_be_read(tag: int, text: bytes, defect: str) -> None:
    """Verdict: none on expiry, and no exception either; the defect says what was presented (RFC 5280, 4.1.2.5)."""
    good = tlv(UTC_TIME, b"260101000000Z")
    odd = forged(VALIDITY, tlv(0x30, good + tlv(tag, text)))
    assert (odd.not_before, odd.not_after) == (utc(2026, 1, 1), None)
    assert odd.defects == (f"notAfter cannot be read: {defect}",)
    assert odd.validity_period is None
    assert odd == parse(SITE.der)._replace(der=odd.der, not_before=odd.not_before, not_after=None, defects=odd.defects)


def test_defects_that_do_not_void_a_certificate_come_first() -> None:
    """Verdict: malformed for the version alone; the date is for expiry to charge."""

    def change(tbs: bytes) -> bytes:
        version_4 = replaced(VERSION, b"\xa0\x03\x02\x01\x03")(tbs)
        return replaced(VALIDITY, validity(b"260101000000Z", b"never"))(version_4)

    odd = parse(pki.forge(SITE, ROOT, change) + b"\0\0")
    assert odd.malformed == ("the version is not one that X.509 certificates have",)
    assert odd.defects == (
        "2 bytes follow the certificate",
        'notAfter cannot be read: "never" is not a time in RFC 5280\'s form',
        "the version is not one that X.509 certificates have",
    )


def test_both_times_unreadable() -> None:
    odd = forged(VALIDITY, validity(b"never", b"always"))
    assert (odd.not_before, odd.not_after, odd.validity_period) == (None, None, None)
    assert odd.defects == (
        'notBefore cannot be read: "never" is not a time in RFC 5280\'s form',
        'notAfter cannot be read: "always" is not a time in RFC 5280\'s form',
    )


@pytest.mark.parametrize(
    ("not_before", "not_after", "period"),
    [
        (b"260101000000Z", b"260131235959Z", timedelta(days=31)),
        (b"260101000000Z", b"260101000000Z", timedelta(seconds=1)),
        (b"260101000001Z", b"260101000000Z", None),  # reversed
        (b"00010101000000Z", b"99991231235959Z", timedelta(days=3652059)),
        (b"never", b"260101000000Z", None),
    ],
)
def test_validity_period_includes_both_ends(not_before: bytes, not_after: bytes, period: timedelta | None) -> None:
    assert forged(VALIDITY, validity(not_before, not_after)).validity_period == period


def test_reversed_dates_are_kept_as_presented() -> None:
    """Verdict: never valid; both dates are there to say so."""
    odd = parse(pki.forge(SITE, ROOT, replaced(VALIDITY, validity(b"270101000000Z", b"260101000000Z"))))
    assert (odd.not_before, odd.not_after, odd.defects) == (utc(2027, 1, 1), utc(2026, 1, 1), ())


# Names


@pytest.mark.parametrize(
    ("tag", "content", "name"),
    [
        (0x1E, "B\u00fccher CA".encode("utf-16-be"), r'"B\xfccher CA"'),
        (0x14, b"B\xfccher CA", r'"B\xfccher CA"'),
        (0x0C, b"one | two\n", r'"one / two\x0a"'),
    ],
)
def test_names_in_other_strings_than_utf8(tag: int, content: bytes, name: str) -> None:
    """Readable. RFC 5280, 4.1.2.4: BMPString and TeletexString are of the past, not gone."""
    subject = common_name(tag, content)
    odd = forged(SUBJECT, subject)
    assert (odd.name, odd.subject, odd.defects) == (name, subject, ())


def test_empty_subject() -> None:
    """Readable. RFC 5280, 4.1.2.6: allowed for an end entity whose names are in the subjectAltName."""
    nameless = parse(pki.end_entity(ROOT, common_name=None).der)
    assert (nameless.subject, nameless.name, nameless.self_issued) == (b"\x30\x00", "(empty name)", False)


# Extensions


def test_critical_is_a_boolean_that_defaults_to_false() -> None:
    odd = forged(
        EXTENSIONS,
        extensions(
            [
                extension(OID_EXAMPLE, b"a"),
                extension(OID_OTHER, b"b", b"\x01\x01\x00"),  # DER omits the default, some CAs do not
                extension(bytes.fromhex("0603551d13"), b"c", b"\x01\x01\xff"),
                extension(bytes.fromhex("0603551d0f"), b"d", b"\x01\x01\x01"),  # BER: anything but zero is true
            ]
        ),
    )
    assert odd.extensions == (
        Extension("1.3.6.1.4.1.32473", False, b"a"),
        Extension("2.5.29.18", False, b"b"),
        Extension("2.5.29.19", True, b"c"),
        Extension("2.5.29.15", True, b"d"),
    )
    assert odd.defects == ()


def test_no_extensions() -> None:
    assert forged(EXTENSIONS, b"").extensions == ()


def test_duplicate_extension_is_a_defect_and_the_first_counts() -> None:
    """Verdict: malformed. RFC 5280, 4.2: no more than one instance of an extension."""
    twice = [extension(OID_OTHER, b"first"), extension(OID_EXAMPLE, b"other"), extension(OID_OTHER, b"second")]
    odd = forged(EXTENSIONS, extensions(twice))
    assert odd.defects == odd.malformed == ("extension 2.5.29.18 occurs twice",)
    assert odd.extension("2.5.29.18") == b"first"
    assert [found.value for found in odd.extensions] == [b"first", b"other", b"second"]


@pytest.mark.parametrize(
    ("field", "defect"),
    [
        (tlv(0xA3, b""), "an extension cannot be read: element cut short"),
        (tlv(0xA3, b"\x31\x00"), "an extension cannot be read: tag 0x31 where 0x30 belongs"),
        (tlv(0xA3, b"\x30\x05\x30\x03"), "an extension cannot be read: element cut short"),
    ],
)
def test_malformed_list_of_extensions(field: bytes, defect: str) -> None:
    """Verdict: malformed, but everything else of the certificate is there."""
    odd = forged(EXTENSIONS, field)
    assert odd == parse(SITE.der)._replace(der=odd.der, extensions=(), defects=(defect,), malformed=(defect,))


def test_extensions_before_the_end_of_the_list_survive_it() -> None:
    odd = forged(EXTENSIONS, tlv(0xA3, tlv(0x30, extension(OID_OTHER, b"whole") + b"\x30\x20\x06")))
    assert odd.extensions == (Extension("2.5.29.18", False, b"whole"),)
    assert odd.defects == odd.malformed == ("an extension cannot be read: element cut short",)


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        (b"\x05\x00", "tag 0x5 where 0x30 belongs"),
        (tlv(0x30, OID_OTHER + b"\x05\x00"), "tag 0x5 where 0x4 belongs"),
        (tlv(0x30, b"\x05\x00" + tlv(0x04, b"x")), "tag 0x5 where 0x6 belongs"),
        (tlv(0x30, b"\x06\x01\x80" + tlv(0x04, b"x")), "bad object identifier"),
        (tlv(0x30, OID_OTHER + b"\x04\x05x"), "element cut short"),
        (tlv(0x30, OID_OTHER), "fields are missing, or too many"),
        (tlv(0x30, b""), "fields are missing, or too many"),
        (tlv(0x30, OID_OTHER + b"\x01\x01\xff" + b"\x04\x00" * 2), "fields are missing, or too many"),
    ],
)
def test_broken_extension_does_not_hide_the_others(broken: bytes, reason: str) -> None:
    """Verdict: malformed, and nothing else: its subjectAltName still names the host."""
    before, behind = extension(OID_EXAMPLE, b"whole"), extension(bytes.fromhex("0603551d11"), b"\x30\x00")
    odd = forged(EXTENSIONS, extensions([before, broken, behind]))
    reasons = (f"an extension cannot be read: {reason}",)
    assert odd == parse(SITE.der)._replace(
        der=odd.der,
        extensions=(Extension("1.3.6.1.4.1.32473", False, b"whole"), Extension("2.5.29.17", False, b"\x30\x00")),
        defects=reasons,
        malformed=reasons,
    )


# What is no certificate


def test_trailing_bytes_are_a_defect() -> None:
    odd = parse(SITE.der + b"\0\0\0\0")
    assert odd == parse(SITE.der)._replace(defects=("4 bytes follow the certificate",))
    assert parse(SITE.der + b"\n").defects == ("1 byte follows the certificate",)


MISSING = "not an X.509 certificate (fields are missing, or too many)"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an X.509 certificate (element cut short)"),
        (b"\x31\x00", "not an X.509 certificate (tag 0x31 where 0x30 belongs)"),
        (b"\x30\x80", "not an X.509 certificate (bad length)"),
        (b"\x30\x00", MISSING),
        (tlv(0x30, b"\x30\x00" * 2), MISSING),
        (tlv(0x30, b"\x30\x00" * 4), MISSING),
        (tlv(0x30, b"\x30\x00" * 3), MISSING),  # an empty tbsCertificate
        (tlv(0x30, b"\x31\x00" + b"\x30\x00" * 2), "not an X.509 certificate (tag 0x31 where 0x30 belongs)"),
    ],
)
def test_what_is_no_certificate(data: bytes, message: str) -> None:
    with pytest.raises(CertificateError) as caught:
        parse(data)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("field", "replacement", "message"),
    [
        (VERSION, tlv(0xA0, b""), "not an X.509 certificate (element cut short)"),
        (VERSION, tlv(0xA0, b"\x04\x01\x02"), "not an X.509 certificate (tag 0x4 where 0x2 belongs)"),
        (SERIAL, b"\x04\x01\x01", "not an X.509 certificate (tag 0x4 where 0x2 belongs)"),
        (ISSUER, b"\x31\x00", "not an X.509 certificate (tag 0x31 where 0x30 belongs)"),
        (VALIDITY, b"\x31\x00", "not an X.509 certificate (tag 0x31 where 0x30 belongs)"),
        (VALIDITY, tlv(0x30, tlv(UTC_TIME, b"260101000000Z")), MISSING),
        (VALIDITY, tlv(0x30, tlv(UTC_TIME, b"260101000000Z") * 3), MISSING),
        (SUBJECT, b"\x31\x00", "not an X.509 certificate (tag 0x31 where 0x30 belongs)"),
        (KEY, b"\x03\x01\x00", "not an X.509 certificate (tag 0x3 where 0x30 belongs)"),
    ],
)
def test_fields_without_which_it_is_no_certificate(field: int, replacement: bytes, message: str) -> None:
    with pytest.raises(CertificateError) as caught:
        forged(field, replacement)
    assert str(caught.value) == message


def test_too_few_fields() -> None:
    """A tbsCertificate that ends before the key."""
    with pytest.raises(CertificateError) as caught:
        parse(pki.forge(SITE, ROOT, lambda tbs: b"".join(found.raw for found in list(der.children(tbs))[:KEY])))
    assert str(caught.value) == MISSING


@pytest.mark.parametrize("algorithm", [b"\x30\x00", b"\x30\x02\x05\x00", b"\x05\x00"])
def test_signature_algorithm_that_is_none(algorithm: bytes) -> None:
    with pytest.raises(CertificateError):
        parse(pki.forge(SITE, ROOT, bytes, algorithm))


def test_every_truncation_is_refused() -> None:
    for size in range(len(SITE.der)):
        with pytest.raises(CertificateError):
            parse(SITE.der[:size])


def verdict(data: bytes) -> str:
    """Return what became of ``data``: "read", "defects" or the message that it is no certificate."""
    try:
        found = parse(data)
    except CertificateError as error:
        return str(error)
    assert (found.name + found.issuer_name).isascii()
    assert isinstance(found.self_issued, bool)
    assert all(defect.isascii() for defect in found.defects)
    return "defects" if found.defects else "read"


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80, 0xFF])
def test_every_damaged_byte_gets_a_verdict(flip: int) -> None:
    """Readable, with or without defects, or no certificate at all: never any other exception."""
    verdicts = set()
    for at in range(len(SITE.der)):
        damaged = bytearray(SITE.der)
        damaged[at] ^= flip
        verdicts.add(verdict(bytes(damaged)).partition("(")[0])
    assert verdicts == {"read", "defects", "not an X.509 certificate "}
