"""What each certificate of a path has a right to do, and whether its key and signature are strong enough.

OpenSSL's store applies neither the purpose (serverAuth) nor a security level, and it stops at its first reason; so
these are judged here, for all certificates at once, and name constraints in `constraints`. Signatures are OpenSSL's.
"""

from __future__ import annotations

from collections.abc import Iterator

from check_tls_cert.judge.path import constraints
from check_tls_cert.judge.path.candidate import Path, role_of
from check_tls_cert.judge.path.work import Work
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import (
    CHAIN_KEY_USAGE,
    CHAIN_MALFORMED,
    CHAIN_NAME_CONSTRAINTS,
    CHAIN_NOT_A_CA,
    CHAIN_PATH_LENGTH,
    CHAIN_PURPOSE,
    CHAIN_WEAK_KEY,
    CHAIN_WEAK_SIGNATURE,
)
from check_tls_cert.x509 import der
from check_tls_cert.x509.algorithms import (
    KEYS_THAT_CANNOT_SIGN,
    UNREADABLE,
    key_of,
    signature_name,
    signed_with_weak_digest,
)
from check_tls_cert.x509.certificate import Certificate
from check_tls_cert.x509.extensions import DECISIVE, basic_constraints, extended_key_usage, key_usage
from check_tls_cert.x509.names import attributes

#: The findings by which OpenSSL and this module may name the same defect of a CA certificate differently.
CA_RIGHTS = (CHAIN_NOT_A_CA, CHAIN_PATH_LENGTH, CHAIN_KEY_USAGE)

_OID_SERVER_AUTH, OID_ANY_PURPOSE = "1.3.6.1.5.5.7.3.1", "2.5.29.37.0"
_PURPOSES = {
    "1.3.6.1.5.5.7.3.2": "clientAuth",
    "1.3.6.1.5.5.7.3.3": "codeSigning",
    "1.3.6.1.5.5.7.3.4": "emailProtection",
}

# RFC 5280, 4.2.1.3: bit 0 is the most significant of the first octet.
_DIGITAL_SIGNATURE, _KEY_ENCIPHERMENT, _KEY_AGREEMENT, _KEY_CERT_SIGN = 0x80, 0x20, 0x08, 0x04

_MINIMUM_BITS = {"RSA": 2048, "EC": 224}


def judge_rights(path: Path, examiner: constraints.Examiner | None = None) -> Iterator[Finding]:
    """Yield what the certificates of a path may not do or are too weak for. ``examiner`` is that of the whole search.

    A trust anchor is believed whatever signed it, and for any purpose (RFC 5280, 6.1.1 (d)); but anybody may have the
    private key of a weak one.
    """
    for position, certificate in enumerate(path.certificates):
        is_anchor = path.anchored and position == len(path.certificates) - 1
        role = role_of(path, position)
        yield from _unreadable(certificate, role)
        if position:
            yield from _authority(certificate, path.certificates[1:position], role, is_anchor)
        else:
            yield from _server_key(certificate, role)
        yield from _weak_key(certificate, role)
        if not is_anchor:
            yield from _purpose(certificate, role)
            yield from _weak_signature(certificate, role)
    yield from _constrained(path, examiner or constraints.Examiner(Work()))


def _constrained(path: Path, examiner: constraints.Examiner) -> Iterator[Finding]:
    """Yield the names for which a CA of the path may not issue (RFC 5280, 4.2.1.10)."""
    try:
        for violation in examiner.violations(path.certificates):
            yield Finding(
                CHAIN_NAME_CONSTRAINTS,
                path.certificates[violation.position],
                role_of(path, violation.position),
                presented=str(violation.name),
                reason=violation.rule,
            )
    except der.DerError as error:
        reason = f"name constraints, or names they apply to, are malformed ({error})"
        yield Finding(CHAIN_MALFORMED, reason=reason, remedy="reissue the certificates of the path")


def _unreadable(certificate: Certificate, role: str) -> Iterator[Finding]:
    """Yield a finding for each extension that decides and cannot be read: what it forbids, nobody can tell.

    Of one that occurs twice nobody can tell which of the two holds (RFC 5280, 4.2).
    """
    for defect in certificate.malformed:
        yield Finding(CHAIN_MALFORMED, certificate, role, reason=defect)
    for name, (oid, take) in DECISIVE.items():
        value = certificate.extension(oid)
        try:
            if value is not None:
                take(value)
        except der.DerError as error:
            yield Finding(CHAIN_MALFORMED, certificate, role, reason=f"malformed {name} ({error})")


def _authority(
    certificate: Certificate, below_it: tuple[Certificate, ...], role: str, is_anchor: bool
) -> Iterator[Finding]:
    """Yield why a certificate may not have signed those ``below_it`` on the path (RFC 5280, 6.1.4 (k) to (n))."""
    if not list(attributes(certificate.subject)):
        reason = "no subject, by which the certificates it issued could name it (RFC 5280, 4.1.2.6)"
        yield Finding(
            CHAIN_MALFORMED, certificate, role, reason=reason, remedy="use a certificate of a CA that has a name"
        )
    yield from _not_an_authority(certificate, below_it, role, is_anchor)
    usage = key_usage(certificate)
    if usage is not None and not usage & _KEY_CERT_SIGN:
        yield Finding(
            CHAIN_KEY_USAGE,
            certificate,
            role,
            expected="keyCertSign",
            reason="may not sign certificates (keyUsage without keyCertSign)",
            remedy="reissue the CA certificate",
        )


def _not_an_authority(
    certificate: Certificate, below_it: tuple[Certificate, ...], role: str, is_anchor: bool
) -> Iterator[Finding]:
    """Yield what basicConstraints say against a certificate that signed another (RFC 5280, 4.2.1.9)."""
    limits = basic_constraints(certificate)
    if limits is None:
        # Roots older than that rule are trusted by choice; others have to show it.
        if certificate.version == 3 and not (is_anchor and certificate.self_issued):
            yield Finding(CHAIN_NOT_A_CA, certificate, role, reason="basicConstraints are missing")
        return
    # Self-issued ones do not count towards the path length.
    below = sum(not authority.self_issued for authority in below_it)
    if not limits.is_ca:
        yield Finding(CHAIN_NOT_A_CA, certificate, role, reason="basicConstraints: CA:FALSE")
    elif limits.path_length is not None and below > limits.path_length:
        yield Finding(CHAIN_PATH_LENGTH, certificate, role, expected=str(limits.path_length), presented=str(below))


def _server_key(certificate: Certificate, role: str) -> Iterator[Finding]:
    """Yield why a TLS server could not prove that it has the key (RFC 8446, 4.4.2.2)."""
    key = key_of(certificate)
    if key.kind in KEYS_THAT_CANNOT_SIGN:
        yield Finding(
            CHAIN_KEY_USAGE,
            certificate,
            role,
            presented=key.kind,
            reason=f"holds a key of the kind {key.kind}, with which no TLS server can sign",
            remedy="reissue it for a key that can sign",
        )
    usage = key_usage(certificate)
    limits = basic_constraints(certificate)
    if limits is not None and limits.is_ca:
        return  # a CA as its own server has a keyUsage about signing certificates; Go's and GnuTLS's clients accept it
    if usage is not None and not usage & (_DIGITAL_SIGNATURE | _KEY_ENCIPHERMENT | _KEY_AGREEMENT):
        yield Finding(
            CHAIN_KEY_USAGE,
            certificate,
            role,
            expected="digitalSignature",
            reason="may not be used for TLS (keyUsage without digitalSignature, keyEncipherment or keyAgreement)",
            remedy="reissue it with digitalSignature",
        )


def _purpose(certificate: Certificate, role: str) -> Iterator[Finding]:
    """Yield the purposes of a certificate of which none is TLS servers (RFC 5280, 4.2.1.12)."""
    purposes = extended_key_usage(certificate)
    if purposes is not None and _OID_SERVER_AUTH not in purposes and OID_ANY_PURPOSE not in purposes:
        presented = ", ".join(_PURPOSES.get(purpose, purpose) for purpose in purposes) or "nothing"
        yield Finding(CHAIN_PURPOSE, certificate, role, expected="serverAuth", presented=presented)


def _weak_key(certificate: Certificate, role: str) -> Iterator[Finding]:
    """Yield a key that cannot be read, or that clients do not accept any more."""
    key = key_of(certificate)
    if key.kind == UNREADABLE:
        yield Finding(CHAIN_MALFORMED, certificate, role, reason="malformed public key")
    minimum = _MINIMUM_BITS.get(key.kind)
    expected = ""
    if key.kind == "DSA":
        expected = "a kind that TLS clients still accept (RFC 8446, 4.2.3)"
    elif minimum is not None and key.bits is not None and key.bits < minimum:
        expected = f"at least {minimum} bits"
    if expected:
        yield Finding(CHAIN_WEAK_KEY, certificate, role, expected=expected, presented=str(key))


def _weak_signature(certificate: Certificate, role: str) -> Iterator[Finding]:
    """Yield a signature over a digest for which collisions can be made."""
    if signed_with_weak_digest(certificate):
        yield Finding(
            CHAIN_WEAK_SIGNATURE, certificate, role, expected="SHA-256 or better", presented=signature_name(certificate)
        )
