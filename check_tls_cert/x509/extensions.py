"""Extensions as values (RFC 5280, 4.2); None where one is absent or cannot be read."""

from __future__ import annotations

from typing import Callable, NamedTuple, TypeVar

from check_tls_cert.x509 import der
from check_tls_cert.x509.certificate import (
    OID_AUTHORITY_INFO_ACCESS,
    OID_AUTHORITY_KEY_IDENTIFIER,
    OID_BASIC_CONSTRAINTS,
    OID_EXTENDED_KEY_USAGE,
    OID_KEY_USAGE,
    OID_SUBJECT_KEY_IDENTIFIER,
    Certificate,
)

Taken = TypeVar("Taken")


class BasicConstraints(NamedTuple):
    """RFC 5280, 4.2.1.9; ``path_length`` None for no limit."""

    is_ca: bool
    path_length: int | None


def basic_constraints(certificate: Certificate) -> BasicConstraints | None:
    """Return the basicConstraints; None if absent or unreadable."""
    return _read_extension(certificate, OID_BASIC_CONSTRAINTS, _take_basic_constraints)


def key_usage(certificate: Certificate) -> int | None:
    """Return the first octet of keyUsage, which has every bit we ask for; None if absent or unreadable."""
    return _read_extension(certificate, OID_KEY_USAGE, _take_key_usage)


def extended_key_usage(certificate: Certificate) -> list[str] | None:
    """Return the OIDs of extendedKeyUsage; None if absent or unreadable."""
    return _read_extension(certificate, OID_EXTENDED_KEY_USAGE, _take_extended_key_usage)


def key_identifiers_agree(certificate: Certificate, issuer: Certificate) -> bool:
    """Tell whether authorityKeyIdentifier and the issuer's subjectKeyIdentifier do not contradict each other."""
    wanted = _read_extension(certificate, OID_AUTHORITY_KEY_IDENTIFIER, _take_authority_key)
    presented = _read_extension(issuer, OID_SUBJECT_KEY_IDENTIFIER, lambda value: der.read(value).content)
    return not wanted or presented is None or wanted == presented


def _take_basic_constraints(value: bytes) -> BasicConstraints:
    fields = der.sequence(value)
    is_ca = bool(fields) and fields[0].tag == der.BOOLEAN and fields[0].content != b"\0"
    lengths = [field for field in fields if field.tag == der.INTEGER]
    return BasicConstraints(is_ca, der.integer(lengths[0]) if lengths else None)


def _take_key_usage(value: bytes) -> int:
    return (der.bit_string(der.read(value)) or b"\0")[0]


def _take_extended_key_usage(value: bytes) -> list[str]:
    return [der.object_identifier(purpose) for purpose in der.sequence(value)]


def _take_authority_key(value: bytes) -> bytes:
    return next((field.content for field in der.sequence(value) if field.tag == 0x80), b"")


DECISIVE: dict[str, tuple[str, Callable[[bytes], object]]] = {
    "basicConstraints": (OID_BASIC_CONSTRAINTS, _take_basic_constraints),
    "keyUsage": (OID_KEY_USAGE, _take_key_usage),
    "extendedKeyUsage": (OID_EXTENDED_KEY_USAGE, _take_extended_key_usage),
}


def _read_extension(certificate: Certificate, oid: str, take: Callable[[bytes], Taken]) -> Taken | None:
    value = certificate.extension(oid)
    try:
        return None if value is None else take(value)
    except der.DerError:
        return None  # `_unreadable` reports it, if it decides anything


OID_CA_ISSUERS = "1.3.6.1.5.5.7.48.2"


_TAG_URI = 0x86  # of GeneralName (RFC 5280, 4.2.1.6)


def issuer_urls(certificate: Certificate) -> list[str]:
    """Return the URLs at which authorityInfoAccess says the issuer's certificate is (RFC 5280, 4.2.2.1)."""
    value = certificate.extension(OID_AUTHORITY_INFO_ACCESS)
    try:
        descriptions = [der.sequence(entry.raw) for entry in ([] if value is None else der.sequence(value))]
        return [
            location.content.decode("latin-1")
            for method, location in descriptions
            if location.tag == _TAG_URI and der.object_identifier(method) == OID_CA_ISSUERS
        ]
    except (der.DerError, ValueError):
        return []  # a hint that cannot be read is none
