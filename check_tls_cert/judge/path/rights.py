"""What each certificate of a path has a right to do, and whether its key and signature are strong enough.

OpenSSL's store applies neither the purpose (serverAuth) nor a security level, and it stops at its first reason; so
these are judged here, for all certificates at once, and name constraints in `constraints`. Signatures are OpenSSL's.
"""

from __future__ import annotations

from collections.abc import Iterator

from check_tls_cert.judge.path import constraints
from check_tls_cert.judge.path.candidate import Path, describe
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
        who = describe(path, position)
        yield from _unreadable(certificate, who)
        if position:
            yield from _authority(certificate, path.certificates[1:position], who, is_anchor)
        else:
            yield from _server_key(certificate, who)
        yield from _weak_key(certificate, who)
        if not is_anchor:
            yield from _purpose(certificate, who)
            yield from _weak_signature(certificate, who)
    yield from _constrained(path, examiner or constraints.Examiner(Work()))


def _constrained(path: Path, examiner: constraints.Examiner) -> Iterator[Finding]:
    try:
        for violation in examiner.violations(path.certificates):
            yield Finding(
                CHAIN_NAME_CONSTRAINTS,
                f"{describe(path, violation.position)} {violation.text}",
                "have it issued by a CA that may",
                path.certificates[violation.position],
            )
    except der.DerError as error:
        yield Finding(
            CHAIN_MALFORMED,
            f"name constraints, or names they apply to, are malformed ({error})",
            "have them issued anew",
        )


def _unreadable(certificate: Certificate, who: str) -> Iterator[Finding]:
    """Yield a finding for each extension that decides and cannot be read: what it forbids, nobody can tell.

    Of one that occurs twice nobody can tell which of the two holds (RFC 5280, 4.2).
    """
    for defect in certificate.malformed:
        yield Finding(CHAIN_MALFORMED, f"{who} is malformed: {defect}", "have it issued anew", certificate)
    for name, (oid, take) in DECISIVE.items():
        value = certificate.extension(oid)
        try:
            if value is not None:
                take(value)
        except der.DerError as error:
            yield Finding(
                CHAIN_MALFORMED, f"{who} has a malformed {name} ({error})", "have it issued anew", certificate
            )


def _authority(
    certificate: Certificate, below_it: tuple[Certificate, ...], who: str, is_anchor: bool
) -> Iterator[Finding]:
    if not list(attributes(certificate.subject)):
        text = f"{who} has no subject, by which those it issued could name it (RFC 5280, 4.1.2.6)"
        yield Finding(CHAIN_MALFORMED, text, "use a certificate of a CA with a name", certificate)
    # Self-issued ones do not count towards the path length (RFC 5280, 4.2.1.9).
    below = sum(not authority.self_issued for authority in below_it)
    limits = basic_constraints(certificate)
    if limits is not None and not limits.is_ca:
        yield Finding(
            CHAIN_NOT_A_CA,
            f"{who} signed another certificate, but is no CA certificate (basicConstraints: CA:FALSE)",
            "use a certificate that a CA issued",
            certificate,
        )
    elif limits is None and certificate.version == 3 and not (is_anchor and certificate.self_issued):
        # RFC 5280, 4.2.1.9. Roots older than that rule are trusted by choice; others have to show it.
        yield Finding(
            CHAIN_NOT_A_CA,
            f"{who} signed another certificate, but is no CA certificate (basicConstraints are missing)",
            "use a certificate that a CA issued",
            certificate,
        )
    elif limits is not None and limits.path_length is not None and below > limits.path_length:
        yield Finding(
            CHAIN_PATH_LENGTH,
            f"{who} allows {limits.path_length} CA certificates below it, but there are {below}",
            "use a certificate issued directly by a CA that it allows",
            certificate,
        )
    usage = key_usage(certificate)
    if usage is not None and not usage & _KEY_CERT_SIGN:
        yield Finding(
            CHAIN_KEY_USAGE,
            f"{who} may not sign certificates (keyUsage without keyCertSign)",
            "have the CA certificate issued anew",
            certificate,
        )


def _server_key(certificate: Certificate, who: str) -> Iterator[Finding]:
    """Yield why a TLS server could not prove that it has the key (RFC 8446, 4.4.2.2)."""
    key = key_of(certificate)
    if key.kind in KEYS_THAT_CANNOT_SIGN:
        text = f"{who} holds a key of the kind {key.kind}, with which no TLS server can sign"
        yield Finding(CHAIN_KEY_USAGE, text, "have one issued for a key that can", certificate)
    usage = key_usage(certificate)
    limits = basic_constraints(certificate)
    if limits is not None and limits.is_ca:
        return  # a CA as its own server has a keyUsage about signing certificates; Go's and GnuTLS's clients accept it
    if usage is not None and not usage & (_DIGITAL_SIGNATURE | _KEY_ENCIPHERMENT | _KEY_AGREEMENT):
        yield Finding(
            CHAIN_KEY_USAGE,
            f"{who} may not be used for TLS (keyUsage without digitalSignature, keyEncipherment or keyAgreement)",
            "have it issued anew with digitalSignature",
            certificate,
        )


def _purpose(certificate: Certificate, who: str) -> Iterator[Finding]:
    purposes = extended_key_usage(certificate)
    if purposes is not None and _OID_SERVER_AUTH not in purposes and OID_ANY_PURPOSE not in purposes:
        presented = ", ".join(_PURPOSES.get(purpose, purpose) for purpose in purposes) or "nothing"
        yield Finding(
            CHAIN_PURPOSE,
            f"{who} is not for TLS servers: extendedKeyUsage has {presented}, not serverAuth",
            "have it issued anew for serverAuth",
            certificate,
        )


def _weak_key(certificate: Certificate, who: str) -> Iterator[Finding]:
    key = key_of(certificate)
    if key.kind == UNREADABLE:
        yield Finding(CHAIN_MALFORMED, f"{who} has a malformed public key", "have it issued anew", certificate)
    minimum = _MINIMUM_BITS.get(key.kind)
    wanted = ""
    if key.kind == "DSA":
        wanted = "which TLS clients do not accept any more (RFC 8446, 4.2.3)"
    elif minimum is not None and key.bits is not None and key.bits < minimum:
        wanted = f"at least {minimum} bits wanted"
    if wanted:
        text = f"{who} has a weak key: {key}, {wanted}"
        yield Finding(CHAIN_WEAK_KEY, text, "replace it by one with a new key", certificate)


def _weak_signature(certificate: Certificate, who: str) -> Iterator[Finding]:
    if signed_with_weak_digest(certificate):
        yield Finding(
            CHAIN_WEAK_SIGNATURE,
            f"{who} has a weak signature: {signature_name(certificate)}, SHA-256 or better wanted",
            "have it issued anew",
            certificate,
        )
