"""Extensions as values (RFC 5280, 4.2); None where one is absent or cannot be read.

Absent and unreadable are not the same to whoever judges: a CA certificate whose basicConstraints cannot be read is
malformed. `DECISIVE` tells which is which; here, both have no value.
"""

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
from check_tls_cert.x509.general_names import URI

Taken = TypeVar("Taken")

#: The access method of authorityInfoAccess under which the issuer's certificate is to be had (RFC 5280, 4.2.2.1).
OID_CA_ISSUERS = "1.3.6.1.5.5.7.48.2"

#: keyIdentifier of AuthorityKeyIdentifier (RFC 5280, 4.2.1.1).
_TAG_KEY_IDENTIFIER = 0x80


class BasicConstraints(NamedTuple):
    """What a CA's certificate says of the CA (RFC 5280, 4.2.1.9)."""

    #: Whether the subject is a CA, which may issue certificates.
    is_ca: bool
    #: How many intermediate CA certificates may follow this one; None for no limit.
    path_length: int | None


def basic_constraints(certificate: Certificate) -> BasicConstraints | None:
    """Return the basicConstraints; None if absent or unreadable.

    Without them, a certificate of version 3 is not a CA's (RFC 5280, 6.1.4 (k)).
    """
    return _read_extension(certificate, OID_BASIC_CONSTRAINTS, _take_basic_constraints)


def key_usage(certificate: Certificate) -> int | None:
    """Return the first byte of keyUsage, which has every bit we ask for; None if absent or unreadable.

    The top bit is digitalSignature, 0x04 keyCertSign (RFC 5280, 4.2.1.3).
    """
    return _read_extension(certificate, OID_KEY_USAGE, _take_key_usage)


def extended_key_usage(certificate: Certificate) -> list[str] | None:
    """Return the OIDs of extendedKeyUsage; None if absent or unreadable."""
    return _read_extension(certificate, OID_EXTENDED_KEY_USAGE, _take_extended_key_usage)


def key_identifiers_agree(certificate: Certificate, issuer: Certificate) -> bool:
    """Tell whether authorityKeyIdentifier and the issuer's subjectKeyIdentifier do not contradict each other.

    They are hints for building paths (RFC 5280, 4.2.1.1): where one of them is missing, they agree.
    """
    wanted = _read_extension(certificate, OID_AUTHORITY_KEY_IDENTIFIER, _take_authority_key)
    presented = _read_extension(issuer, OID_SUBJECT_KEY_IDENTIFIER, _take_subject_key)
    return not wanted or presented is None or wanted == presented


def _take_basic_constraints(value: bytes) -> BasicConstraints:
    """Read BasicConstraints: a BOOLEAN that is false unless it is there, and an optional INTEGER. Raises DerError."""
    fields = der.sequence(value)
    # Any byte but 0 is true: DER has only 0xFF, but CAs have used BER.
    is_ca = bool(fields) and fields[0].tag == der.BOOLEAN and fields[0].content != b"\0"
    for field in fields:
        if field.tag == der.INTEGER:
            return BasicConstraints(is_ca, der.integer(field))
    return BasicConstraints(is_ca, None)


def _take_key_usage(value: bytes) -> int:
    """Read a KeyUsage; one without any bit is 0. Raises DerError."""
    bits = der.bit_string(der.read(value))
    return bits[0] if bits else 0


def _take_extended_key_usage(value: bytes) -> list[str]:
    """Read an ExtKeyUsageSyntax, which is a list of OIDs. Raises DerError."""
    return [der.object_identifier(purpose) for purpose in der.sequence(value)]


def _take_authority_key(value: bytes) -> bytes:
    """Read the keyIdentifier, b"" if there is none: issuer and serial number may stand instead. Raises DerError."""
    for field in der.sequence(value):
        if field.tag == _TAG_KEY_IDENTIFIER:
            return field.content
    return b""


def _take_subject_key(value: bytes) -> bytes:
    """Read a SubjectKeyIdentifier. Raises DerError."""
    return der.read(value).content


#: The extensions that decide what a certificate may do, by the name a message calls them: a certificate in which one
#: cannot be read must not pass for one without it. With the OID of each, and what raises DerError if it is unreadable.
DECISIVE: dict[str, tuple[str, Callable[[bytes], object]]] = {
    "basicConstraints": (OID_BASIC_CONSTRAINTS, _take_basic_constraints),
    "keyUsage": (OID_KEY_USAGE, _take_key_usage),
    "extendedKeyUsage": (OID_EXTENDED_KEY_USAGE, _take_extended_key_usage),
}


def _read_extension(certificate: Certificate, oid: str, take: Callable[[bytes], Taken]) -> Taken | None:
    """Return what ``take`` makes of the extension ``oid``; None if it is absent or unreadable (see `DECISIVE`)."""
    value = certificate.extension(oid)
    if value is None:
        return None
    try:
        return take(value)
    except der.DerError:
        return None


def issuer_urls(certificate: Certificate) -> list[str]:
    """Return the URLs at which authorityInfoAccess says the issuer's certificate is (RFC 5280, 4.2.2.1).

    They are a hint, so if the extension is absent or cannot be read, there are none.
    """
    value = certificate.extension(OID_AUTHORITY_INFO_ACCESS)
    if value is None:
        return []
    urls = []
    try:
        for description in der.sequence(value):
            method, location = der.sequence(description.raw)
            if location.tag == URI and der.object_identifier(method) == OID_CA_ISSUERS:
                urls.append(location.content.decode("latin-1"))
    except (der.DerError, ValueError):  # ValueError: a description has not two members
        return []
    return urls
