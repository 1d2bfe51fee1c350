"""X.509 certificates as values: parsed leniently field by field, so that an odd one still gets a verdict.

May know RFC 5280's syntax; judges nothing and does no I/O. A field that cannot be read is None and named in
`Certificate.defects`; only an encoding that is no certificate at all raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import lru_cache, partial
from typing import Callable, NamedTuple, TypeVar

from check_tls_cert.text import printable, quoted
from check_tls_cert.x509 import der
from check_tls_cert.x509.names import canonical_name, display_name

OID_SUBJECT_KEY_IDENTIFIER = "2.5.29.14"
OID_KEY_USAGE = "2.5.29.15"
OID_SUBJECT_ALT_NAME = "2.5.29.17"
OID_BASIC_CONSTRAINTS = "2.5.29.19"
OID_NAME_CONSTRAINTS = "2.5.29.30"
OID_AUTHORITY_KEY_IDENTIFIER = "2.5.29.35"
OID_EXTENDED_KEY_USAGE = "2.5.29.37"
OID_AUTHORITY_INFO_ACCESS = "1.3.6.1.5.5.7.1.1"

X509_VERSIONS = (1, 2, 3)

# The context-specific tags of a tbsCertificate's optional fields (RFC 5280, 4.1).
_TAG_VERSION, _TAG_EXTENSIONS = 0xA0, 0xA3

#: Bounds in bytes, against certificates made to be costly. 10 000 SANs, the most that anybody is known to have issued,
#: take a quarter of the first; X.520 bounds most attributes of a name to 64 characters.
MAX_SIZE = 1_048_576
MAX_NAME_SIZE = 8_192
MAX_EXTENSIONS = 100

Field = TypeVar("Field")


class CertificateError(ValueError):
    """The bytes are no X.509 certificate; the message says what is wrong with them."""


class Extension(NamedTuple):
    """One extension (RFC 5280, 4.1.2.9)."""

    #: Which extension it is, such as `OID_KEY_USAGE`.
    oid: str
    #: Whoever does not know this extension must refuse the certificate.
    critical: bool
    #: What the OCTET STRING holds: the DER of the extension's own type.
    value: bytes


class Certificate(NamedTuple):
    """One certificate, field by field (RFC 5280, 4.1)."""

    #: The whole certificate, without what may follow it.
    der: bytes
    #: 1, 2 or 3; any other number makes it malformed.
    version: int
    #: As encoded: it may be negative, zero or of any length.
    serial: int
    #: The OID of the algorithm that it is signed with.
    signature_algorithm: str
    #: The DER of the issuer's distinguished name (see `names`).
    issuer: bytes
    #: The DER of the subject's distinguished name.
    subject: bytes
    #: The first second of the validity period, in UTC; None if it cannot be read.
    not_before: datetime | None
    #: The last second of the validity period, in UTC; None if it cannot be read.
    not_after: datetime | None
    #: The DER of the SubjectPublicKeyInfo (see `algorithms`).
    public_key: bytes
    #: In the order of the certificate, without those that cannot be read.
    extensions: tuple[Extension, ...]
    #: What could not be read, or should not be there.
    defects: tuple[str, ...]
    #: Those of `defects` that make a certificate void wherever it stands on a path. The others are for one metric.
    malformed: tuple[str, ...]

    def extension(self, oid: str) -> bytes | None:
        """Return the value of the first extension with ``oid``, or None.

        A second one is not allowed and makes the certificate malformed.
        """
        for extension in self.extensions:
            if extension.oid == oid:
                return extension.value
        return None

    @property
    def serial_number(self) -> str:
        """The serial number in hexadecimal, cut if it is longer than any ought to be."""
        return printable(f"{self.serial:x}")

    @property
    def self_issued(self) -> bool:
        """Tell whether issuer and subject are the same name (which does not say who signed it)."""
        return canonical_name(self.subject) == canonical_name(self.issuer)

    @property
    def validity_period(self) -> timedelta | None:
        """The time from notBefore to notAfter, both included; None when a date cannot be read or they are reversed."""
        if self.not_before is None or self.not_after is None or self.not_after < self.not_before:
            return None
        return self.not_after - self.not_before + timedelta(seconds=1)

    @property
    def name(self) -> str:
        """What to call this certificate in a message: its subject's common name, quoted."""
        return display_name(self.subject)

    @property
    def issuer_name(self) -> str:
        """What to call its issuer in a message."""
        return display_name(self.issuer)


@lru_cache(maxsize=64)  # a fleet's targets present few different CA certificates
def parse(data: bytes) -> Certificate:
    """Return the certificate that the DER ``data`` encodes.

    Raises CertificateError if it is not a certificate: if there is a field missing without which there is nothing to
    judge. All else that is wrong with it is in `Certificate.defects`.
    """
    fields = _take_apart(data)
    defects: list[str] = []
    malformed: list[str] = []
    rest = len(data) - len(fields.whole.raw)
    if rest:
        defects.append("1 byte follows the certificate" if rest == 1 else f"{rest} bytes follow the certificate")
    if fields.version not in X509_VERSIONS:
        malformed.append("the version is not one that X.509 certificates have")
    return Certificate(
        der=fields.whole.raw,
        version=fields.version,
        serial=fields.serial,
        signature_algorithm=fields.signature_algorithm,
        issuer=fields.issuer.raw,
        subject=fields.subject.raw,
        not_before=_noting(defects, "notBefore", partial(_time, fields.not_before)),
        not_after=_noting(defects, "notAfter", partial(_time, fields.not_after)),
        public_key=fields.public_key.raw,
        extensions=tuple(_extensions(fields.optional, malformed)),
        defects=(*defects, *malformed),
        malformed=tuple(malformed),
    )


class _Fields(NamedTuple):
    """What every certificate has: without one of these it is not a certificate."""

    whole: der.Element  # the SEQUENCE that is the certificate
    version: int  # 1 if there is none
    serial: int
    signature_algorithm: str  # the OID outside of what is signed
    issuer: der.Element  # a Name
    subject: der.Element  # a Name
    not_before: der.Element  # a Time, which may be broken
    not_after: der.Element  # likewise
    public_key: der.Element  # a SubjectPublicKeyInfo, which may be broken
    #: The fields behind the key, which a certificate may do without: unique identifiers and extensions.
    optional: list[der.Element]


def _take_apart(data: bytes) -> _Fields:
    """Return the fields of a certificate (RFC 5280, 4.1). Raises CertificateError."""
    try:
        whole = der.expect(der.read(data), der.SEQUENCE)
        _bound(whole, MAX_SIZE, "it")
        signed, algorithm, _signature = list(der.children(whole.content))
        fields = list(der.children(der.expect(signed, der.SEQUENCE).content))
        version = 1
        if fields[0].tag == _TAG_VERSION:
            version = 1 + der.integer(der.read(fields.pop(0).content))
        serial, _algorithm_again, issuer, validity, subject, public_key = fields[:6]
        not_before, not_after = list(der.children(der.expect(validity, der.SEQUENCE).content))
        for element in (issuer, subject, public_key):
            der.expect(element, der.SEQUENCE)
        _bound(issuer, MAX_NAME_SIZE, "its issuer's name")
        _bound(subject, MAX_NAME_SIZE, "its subject's name")
        return _Fields(
            whole,
            version,
            der.integer(serial),
            der.object_identifier(der.sequence(algorithm.raw)[0]),
            issuer,
            subject,
            not_before,
            not_after,
            public_key,
            optional=fields[6:],
        )
    except der.DerError as error:
        raise CertificateError(f"not an X.509 certificate ({error})") from error
    except (ValueError, IndexError) as error:  # more or fewer fields than there are names for them
        raise CertificateError("not an X.509 certificate (fields are missing, or too many)") from error


def _bound(element: der.Element, limit: int, what: str) -> None:
    """Raise DerError if an element is larger than ``limit`` bytes; ``what`` is what to call it in the message."""
    if len(element.raw) > limit:
        raise der.DerError(f"{what} is larger than {limit // 1024} KiB")


def _noting(defects: list[str], field: str, parse_field: Callable[[], Field]) -> Field | None:
    """Return what ``parse_field`` returns, or None if it raises DerError.

    The failure is added to ``defects``, where ``field`` is what to call it.
    """
    try:
        return parse_field()
    except der.DerError as error:
        defects.append(f"{field} cannot be read: {error}")
        return None


def _time(element: der.Element) -> datetime:
    """Return a Time (RFC 5280, 4.1.2.5: seconds present, Zulu, no fractions). Raises DerError."""
    text = element.content.decode("ascii", "replace")
    if element.tag == der.UTC_TIME and re.fullmatch("[0-9]{12}Z", text):
        century = "19" if text[0] >= "5" else "20"  # two digits of the year: 1950 to 2049
        digits = century + text
    elif element.tag == der.GENERALIZED_TIME and re.fullmatch("[0-9]{14}Z", text):
        digits = text
    else:
        raise der.DerError(f"{quoted(text)} is not a time in RFC 5280's form")
    month, day, hour, minute, second = (int(digits[at : at + 2]) for at in range(4, 14, 2))
    try:
        return datetime(int(digits[:4]), month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError as error:
        raise der.DerError(f"{quoted(text)} is not a time that exists") from error


def _extensions(optional: list[der.Element], defects: list[str]) -> Iterator[Extension]:
    """Yield the extensions among a tbsCertificate's optional fields; a broken one is noted and skipped."""
    wrapped = next((element for element in optional if element.tag == _TAG_EXTENSIONS), None)
    if wrapped is None:
        return
    seen = set()
    try:
        for element in der.children(der.expect(der.read(wrapped.content), der.SEQUENCE).content, MAX_EXTENSIONS):
            extension = _noting(defects, "an extension", partial(_extension, element))
            if extension is None:
                continue
            if extension.oid in seen:
                defects.append(f"extension {extension.oid} occurs twice")
            seen.add(extension.oid)
            yield extension
    except der.DerError as error:  # of the list itself: what follows is lost
        defects.append(f"an extension cannot be read: {error}")


def _extension(element: der.Element) -> Extension:
    """Return one Extension (RFC 5280, 4.1): its OID, whether it is critical (false unless said), its value."""
    fields = list(der.children(der.expect(element, der.SEQUENCE).content))
    if len(fields) not in (2, 3):
        raise der.DerError("fields are missing, or too many")
    critical = fields[1].tag == der.BOOLEAN and fields[1].content != b"\0"
    return Extension(der.object_identifier(fields[0]), critical, der.expect(fields[-1], der.OCTET_STRING).content)
