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


#: Bounds against certificates made to be costly. 10 000 SANs, the most that anybody is known to have issued, take a
#: quarter of the first; X.520 bounds most attributes of a name to 64 characters.
MAX_OCTETS = 1_048_576
MAX_NAME_OCTETS = 8_192
MAX_EXTENSIONS = 100

Field = TypeVar("Field")


class CertificateError(ValueError):
    """The bytes are no X.509 certificate; the message says what is wrong with them."""


class Extension(NamedTuple):
    """One extension (RFC 5280, 4.1.2.9): ``value`` is what the OCTET STRING holds."""

    oid: str
    critical: bool
    value: bytes


class Certificate(NamedTuple):
    """One certificate. Times are UTC; ``not_after`` is the last second of the validity period (RFC 5280, 4.1.2.5).

    ``defects`` is what could not be read, or should not be there; ``malformed`` those of them that make a certificate
    void wherever it stands on a path, whichever metric the others are for.
    """

    der: bytes
    version: int
    serial: int
    signature_algorithm: str
    issuer: bytes
    subject: bytes
    not_before: datetime | None
    not_after: datetime | None
    public_key: bytes
    extensions: tuple[Extension, ...]
    defects: tuple[str, ...]
    malformed: tuple[str, ...]

    def extension(self, oid: str) -> bytes | None:
        """Return the value of the first extension with ``oid``, or None."""
        return next((extension.value for extension in self.extensions if extension.oid == oid), None)

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
    """Return the certificate that the DER ``data`` encodes. Raises CertificateError if it is none."""
    try:
        outer = der.expect(der.read(data), der.SEQUENCE)
        _bound(outer, MAX_OCTETS, "it")
        tbs_element, algorithm, _signature = list(der.children(outer.content))
        tbs = list(der.children(der.expect(tbs_element, der.SEQUENCE).content))
        version = 1
        if tbs[0].tag == 0xA0:
            version = 1 + der.integer(der.read(tbs.pop(0).content))
        serial, _, issuer, validity, subject, key = tbs[:6]
        not_before, not_after = list(der.children(der.expect(validity, der.SEQUENCE).content))
        signature_algorithm = der.object_identifier(der.sequence(algorithm.raw)[0])
        serial_number = der.integer(serial)
        for element in (issuer, subject, key):
            der.expect(element, der.SEQUENCE)
        _bound(issuer, MAX_NAME_OCTETS, "its issuer's name")
        _bound(subject, MAX_NAME_OCTETS, "its subject's name")
    except der.DerError as error:
        raise CertificateError(f"not an X.509 certificate ({error})") from error
    except (ValueError, IndexError) as error:  # more or fewer fields than there are names for them
        raise CertificateError("not an X.509 certificate (fields are missing, or too many)") from error
    defects: list[str] = []
    if len(outer.raw) != len(data):
        defects.append(f"{len(data) - len(outer.raw)} octets follow the certificate")
    malformed = [] if version in X509_VERSIONS else ["the version is none that X.509 certificates have"]
    return Certificate(
        der=outer.raw,
        version=version,
        serial=serial_number,
        signature_algorithm=signature_algorithm,
        issuer=issuer.raw,
        subject=subject.raw,
        not_before=_noting(defects, "notBefore", lambda: _time(not_before)),
        not_after=_noting(defects, "notAfter", lambda: _time(not_after)),
        public_key=key.raw,
        extensions=tuple(_extensions(tbs[6:], malformed)),
        defects=(*defects, *malformed),
        malformed=tuple(malformed),
    )


def _bound(element: der.Element, limit: int, what: str) -> None:
    if len(element.raw) > limit:
        raise der.DerError(f"{what} is larger than {limit // 1024} KiB")


def _noting(defects: list[str], field: str, parse_field: Callable[[], Field]) -> Field | None:
    """Return what ``parse_field`` returns, or None with the failure added to ``defects``."""
    try:
        return parse_field()
    except der.DerError as error:
        defects.append(f"{field} cannot be read: {error}")
        return None


def _time(element: der.Element) -> datetime:
    """Return a Time (RFC 5280, 4.1.2.5: seconds present, Zulu, no fractions)."""
    text = element.content.decode("ascii", "replace")
    if element.tag == der.UTC_TIME and re.fullmatch("[0-9]{12}Z", text):
        year, rest = (1900 if text[0] >= "5" else 2000) + int(text[:2]), text[2:]
    elif element.tag == der.GENERALIZED_TIME and re.fullmatch("[0-9]{14}Z", text):
        year, rest = int(text[:4]), text[4:]
    else:
        raise der.DerError(f"{quoted(text)} is no time in RFC 5280's form")
    month, day, hour, minute, second = (int(rest[at : at + 2]) for at in range(0, 10, 2))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    except ValueError as error:
        raise der.DerError(f"{quoted(text)} is no time that exists") from error


def _extensions(optional: list[der.Element], defects: list[str]) -> Iterator[Extension]:
    """Yield the extensions among a tbsCertificate's optional fields; a broken one is noted and skipped."""
    wrapped = next((element for element in optional if element.tag == 0xA3), None)
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
    except der.DerError as error:
        defects.append(f"an extension cannot be read: {error}")


def _extension(element: der.Element) -> Extension:
    fields = list(der.children(der.expect(element, der.SEQUENCE).content))
    if len(fields) not in (2, 3):
        raise der.DerError("fields are missing, or too many")
    critical = fields[1].tag == der.BOOLEAN and fields[1].content != b"\0"
    return Extension(der.object_identifier(fields[0]), critical, der.expect(fields[-1], der.OCTET_STRING).content)
