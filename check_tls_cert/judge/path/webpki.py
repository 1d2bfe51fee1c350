"""`--profile webpki`: what strict Web-PKI clients refuse beyond a path that validates.

The rules are those of RFC 5280's profile and of the CA/Browser Forum's Baseline Requirements (BR) that such clients
enforce. They are no business of the default profile: real, working chains break most of them. Each is spelled out here,
because the second opinion, the verifier of `cryptography`, stops at its first reason and words it for its authors; its
own words are quoted only where none of the rules explains its refusal.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from check_tls_cert.judge.path.candidate import Path, role_of
from check_tls_cert.judge.path.rights import OID_ANY_PURPOSE
from check_tls_cert.judge.path.second_opinion import own_name, second_opinion
from check_tls_cert.model.finding import Finding, FindingKind
from check_tls_cert.model.findings import (
    WEBPKI_BASIC_CONSTRAINTS,
    WEBPKI_COMMON_NAME,
    WEBPKI_EXTENSION,
    WEBPKI_KEY,
    WEBPKI_KEY_IDENTIFIER,
    WEBPKI_NAME_CONSTRAINTS,
    WEBPKI_PURPOSE,
    WEBPKI_REFUSED,
    WEBPKI_SAN,
    WEBPKI_SERIAL,
)
from check_tls_cert.text import printable, quoted
from check_tls_cert.x509 import der
from check_tls_cert.x509.algorithms import key_of
from check_tls_cert.x509.certificate import (
    OID_AUTHORITY_INFO_ACCESS,
    OID_AUTHORITY_KEY_IDENTIFIER,
    OID_BASIC_CONSTRAINTS,
    OID_EXTENDED_KEY_USAGE,
    OID_NAME_CONSTRAINTS,
    OID_SUBJECT_ALT_NAME,
    OID_SUBJECT_KEY_IDENTIFIER,
    Certificate,
)
from check_tls_cert.x509.extensions import basic_constraints, extended_key_usage
from check_tls_cert.x509.general_names import PresentedNames, address_text, presented_names
from check_tls_cert.x509.identity import Identifier
from check_tls_cert.x509.names import OID_COMMON_NAME, attributes

if TYPE_CHECKING:
    pass


_MAX_SERIAL_BYTES = 20
_EC_BITS = (256, 384, 521)


def judge_webpki(
    path: Path, presented: tuple[Certificate, ...], reference: Identifier | None, at: datetime, *, sound: bool = True
) -> list[Finding]:
    """Return what strict clients hold against a path, which is valid otherwise if it is ``sound``.

    ``presented`` is the presented chain. The second opinion judges path and name in one; where there is no
    ``reference``, it is asked about the first of the certificate's own names. Of a path that is not sound it could say
    nothing new, but a chain made for that would keep it busy for years: before cryptography 49 it has no work budget.
    """
    findings = [
        Finding(kind, certificate, role_of(path, position), reason=reason)
        for position, certificate in enumerate(path.certificates)
        for kind, reason in _broken_rules(certificate, position, position == len(path.certificates) - 1)
    ]
    named = reference or own_name(path.certificates[0])
    if findings or named is None or not sound:
        return findings
    refusal = second_opinion(path, presented, named, at)
    if refusal is None:
        return []
    return [Finding(WEBPKI_REFUSED, path.certificates[0], reason=quoted(refusal))]


def _broken_rules(certificate: Certificate, position: int, is_anchor: bool) -> Iterator[tuple[FindingKind, str]]:
    """Yield (kind, text) for each rule that a certificate breaks in its place."""
    if not is_anchor:  # roots in every trust store have the serial number 0
        yield from _serial(certificate)
    yield from _key(certificate)
    yield from _key_identifiers(certificate, is_anchor)
    yield from _basic_constraints(certificate, is_authority=position > 0)
    yield from _purposes(certificate, position, is_anchor)
    yield from _name_constraints(certificate, is_authority=position > 0)
    yield from _other_extensions(certificate)
    if position == 0:
        yield from _names(certificate)


def _serial(certificate: Certificate) -> Iterator[tuple[FindingKind, str]]:
    """RFC 5280, 4.1.2.2; BR 7.1.2.7."""
    if certificate.serial <= 0:
        yield WEBPKI_SERIAL, "its serial number is zero or negative; it must be positive"
    elif certificate.serial.bit_length() > 8 * _MAX_SERIAL_BYTES - 1:
        yield WEBPKI_SERIAL, "its serial number is longer than 20 bytes"


def _key(certificate: Certificate) -> Iterator[tuple[FindingKind, str]]:
    """BR 6.1.5."""
    key = key_of(certificate)
    rsa = key.kind == "RSA" and key.bits is not None and key.bits % 8 == 0
    if not rsa and not (key.kind == "EC" and key.bits in _EC_BITS):
        yield WEBPKI_KEY, f"its key is {key}; RSA of a multiple of 8 bits, or P-256, P-384 or P-521 is required"


def _key_identifiers(certificate: Certificate, is_anchor: bool) -> Iterator[tuple[FindingKind, str]]:
    """RFC 5280, 4.2.1.1 and 4.2.1.2; BR 7.1.2.1.3 for roots."""
    if _is_critical(certificate, OID_AUTHORITY_KEY_IDENTIFIER) or _is_critical(certificate, OID_SUBJECT_KEY_IDENTIFIER):
        yield WEBPKI_KEY_IDENTIFIER, "a key identifier extension of it is critical"
    value = certificate.extension(OID_AUTHORITY_KEY_IDENTIFIER)
    try:
        fields = {field.tag: field.content for field in ([] if value is None else der.sequence(value))}
    except der.DerError:
        yield WEBPKI_KEY_IDENTIFIER, "its authorityKeyIdentifier is malformed"
        return
    if not is_anchor and 0x80 not in fields:
        yield WEBPKI_KEY_IDENTIFIER, "it has no authorityKeyIdentifier with a key identifier"
    if is_anchor and set(fields) - {0x80}:
        yield WEBPKI_KEY_IDENTIFIER, "its authorityKeyIdentifier names an issuer and serial number"
    own = certificate.extension(OID_SUBJECT_KEY_IDENTIFIER)
    if is_anchor and own is not None and 0x80 in fields and own[2:] != fields[0x80]:
        yield WEBPKI_KEY_IDENTIFIER, "its authorityKeyIdentifier is not its own subjectKeyIdentifier"
    limits = basic_constraints(certificate)
    if own is None and limits is not None and limits.is_ca:
        yield WEBPKI_KEY_IDENTIFIER, "it is a CA certificate without subjectKeyIdentifier"


def _basic_constraints(certificate: Certificate, is_authority: bool) -> Iterator[tuple[FindingKind, str]]:
    """BR 7.1.2.7.8 for end entities; RFC 5280, 4.2.1.9 for CAs."""
    limits = basic_constraints(certificate)
    if not is_authority and limits is not None and limits.is_ca:
        yield WEBPKI_BASIC_CONSTRAINTS, "it is a CA certificate (basicConstraints: CA:TRUE)"
    if is_authority and not _is_critical(certificate, OID_BASIC_CONSTRAINTS):
        yield WEBPKI_BASIC_CONSTRAINTS, "its basicConstraints are missing, or not critical"


def _purposes(certificate: Certificate, position: int, is_anchor: bool) -> Iterator[tuple[FindingKind, str]]:
    """BR 7.1.2.7.10 for end entities, 7.1.2.1 for roots."""
    purposes = extended_key_usage(certificate)
    if position == 0 and purposes is None:
        yield WEBPKI_PURPOSE, "it has no extendedKeyUsage; serverAuth is required"
    if purposes is not None and OID_ANY_PURPOSE in purposes:
        yield WEBPKI_PURPOSE, "its extendedKeyUsage is for any purpose"
    if position and is_anchor and purposes is not None:
        yield WEBPKI_PURPOSE, "it is a root and has an extendedKeyUsage"
    if _is_critical(certificate, OID_EXTENDED_KEY_USAGE):
        yield WEBPKI_PURPOSE, "its extendedKeyUsage is critical"


def _name_constraints(certificate: Certificate, is_authority: bool) -> Iterator[tuple[FindingKind, str]]:
    """RFC 5280, 4.2.1.10."""
    value = certificate.extension(OID_NAME_CONSTRAINTS)
    if value is None:
        return
    if not is_authority:
        yield WEBPKI_NAME_CONSTRAINTS, "it has name constraints, which are for CAs"
    if not _is_critical(certificate, OID_NAME_CONSTRAINTS):
        yield WEBPKI_NAME_CONSTRAINTS, "its name constraints are not critical"
    try:
        if not any(subtrees.content for subtrees in der.sequence(value)):
            yield WEBPKI_NAME_CONSTRAINTS, "its name constraints are empty"
    except der.DerError:
        yield WEBPKI_NAME_CONSTRAINTS, "its name constraints are malformed"


def _other_extensions(certificate: Certificate) -> Iterator[tuple[FindingKind, str]]:
    """RFC 5280, 4.2.2.1."""
    if _is_critical(certificate, OID_AUTHORITY_INFO_ACCESS):
        yield WEBPKI_EXTENSION, "its authorityInfoAccess is critical"
    value = certificate.extension(OID_AUTHORITY_INFO_ACCESS)
    try:
        for description in [] if value is None else der.sequence(value):
            der.object_identifier(der.sequence(description.raw)[0])
    except (der.DerError, IndexError):
        yield WEBPKI_EXTENSION, "its authorityInfoAccess is malformed"


def _names(certificate: Certificate) -> Iterator[tuple[FindingKind, str]]:
    """RFC 5280, 4.2.1.6; BR 7.1.2.7.12 and 7.1.4.2."""
    value = certificate.extension(OID_SUBJECT_ALT_NAME)
    if value is None:
        return  # the hostname check has said so
    has_subject = bool(list(attributes(certificate.subject)))
    if _is_critical(certificate, OID_SUBJECT_ALT_NAME) == has_subject:
        rule = "not critical beside a subject" if has_subject else "critical without a subject"
        yield WEBPKI_SAN, f"its subjectAltName must be {rule}"
    names = presented_names(value)
    odd = [name for name in names.dns if "_" in name]
    if odd:
        yield WEBPKI_SAN, f"its SAN {printable(odd[0])} has an underscore"
    for kind, text in attributes(certificate.subject):
        if kind == OID_COMMON_NAME and text not in _spellings(names):
            yield WEBPKI_COMMON_NAME, f"its common name {quoted(text)} is not one of its SANs, letter by letter"


def _spellings(names: PresentedNames) -> set[str]:
    return {*names.dns, *map(address_text, names.ip)}


def _is_critical(certificate: Certificate, oid: str) -> bool:
    return any(extension.critical for extension in certificate.extensions if extension.oid == oid)
