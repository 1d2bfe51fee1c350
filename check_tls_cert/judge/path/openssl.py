"""OpenSSL's verdict on one explicit certification path, as findings. The only module that uses its path validation.

Asked without regard to time (NO_CHECK_TIME) and with the path as the only one there is: OpenSSL does not backtrack.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from OpenSSL import crypto

from check_tls_cert.judge.path import rights
from check_tls_cert.judge.path.candidate import Path, role_of
from check_tls_cert.judge.path.work import SIGNATURE_STEPS, Work
from check_tls_cert.model.finding import Finding, FindingKind
from check_tls_cert.model.findings import (
    CHAIN_BAD_SIGNATURE,
    CHAIN_CRITICAL_EXTENSION,
    CHAIN_KEY_USAGE,
    CHAIN_MALFORMED,
    CHAIN_NAME_CONSTRAINTS,
    CHAIN_NOT_A_CA,
    CHAIN_PATH_LENGTH,
    CHAIN_PURPOSE,
    CHAIN_REFUSED,
)
from check_tls_cert.text import printable
from check_tls_cert.x509 import der
from check_tls_cert.x509.algorithms import key_of, verification_cost
from check_tls_cert.x509.certificate import OID_SUBJECT_ALT_NAME, Certificate
from check_tls_cert.x509.general_names import IP

#: X509_V_FLAG_NO_CHECK_TIME, for which pyOpenSSL has no name.
_NO_CHECK_TIME = 0x200000
_FLAGS = crypto.X509StoreFlags.PARTIAL_CHAIN | _NO_CHECK_TIME

#: Steps of work for a verification with RSA of 2048 bits, and for the costliest that OpenSSL lets itself in for.
_KEY_STEPS, _MAX_KEY_STEPS = 20, 10_000


class _Code:
    """OpenSSL's numbers for why a path is refused: its X509_V_ERR_*, which never change their meaning.

    pyOpenSSL names them in `OpenSSL.SSL`, which nothing that judges imports.
    """

    UNSPECIFIED = 1
    UNABLE_TO_GET_ISSUER_CERT = 2
    UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY = 6
    CERT_SIGNATURE_FAILURE = 7
    UNABLE_TO_GET_ISSUER_CERT_LOCALLY = 20
    UNABLE_TO_VERIFY_LEAF_SIGNATURE = 21
    INVALID_CA = 24
    PATH_LENGTH_EXCEEDED = 25
    INVALID_PURPOSE = 26
    KEYUSAGE_NO_CERTSIGN = 32
    UNHANDLED_CRITICAL_EXTENSION = 34
    INVALID_EXTENSION = 41
    PERMITTED_VIOLATION = 47
    EXCLUDED_VIOLATION = 48
    SUBTREE_MINMAX = 49
    UNSUPPORTED_CONSTRAINT_TYPE = 51
    UNSUPPORTED_CONSTRAINT_SYNTAX = 52
    UNSUPPORTED_NAME_SYNTAX = 53
    INVALID_CA_SINCE_OPENSSL_3 = 79


#: Each path is explicit, so OpenSSL does not lack an issuer; it does not take the one there is for the issuer.
_UNLINKED = "OpenSSL does not accept its issuer as such: an extension is malformed, or its key identifier contradicts"

#: OpenSSL's verdicts in our words. Rights are judged in `rights`, which says more; these are for what it misses.
_IDS: dict[int, tuple[FindingKind, str]] = {
    _Code.UNABLE_TO_GET_ISSUER_CERT: (CHAIN_MALFORMED, _UNLINKED),
    _Code.UNABLE_TO_GET_ISSUER_CERT_LOCALLY: (CHAIN_MALFORMED, _UNLINKED),
    _Code.UNABLE_TO_VERIFY_LEAF_SIGNATURE: (CHAIN_MALFORMED, _UNLINKED),
    _Code.CERT_SIGNATURE_FAILURE: (CHAIN_BAD_SIGNATURE, "its signature does not verify with its issuer's key"),
    _Code.UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY: (CHAIN_MALFORMED, "its public key cannot be read"),
    _Code.INVALID_CA: (CHAIN_NOT_A_CA, "in OpenSSL's judgment"),
    _Code.INVALID_CA_SINCE_OPENSSL_3: (CHAIN_NOT_A_CA, "in OpenSSL's judgment"),
    _Code.PATH_LENGTH_EXCEEDED: (CHAIN_PATH_LENGTH, "more CA certificates are below it than it allows"),
    _Code.KEYUSAGE_NO_CERTSIGN: (CHAIN_KEY_USAGE, "has a key that may not sign certificates"),
    _Code.INVALID_PURPOSE: (CHAIN_PURPOSE, "it may not be used for TLS servers"),
    _Code.UNHANDLED_CRITICAL_EXTENSION: (CHAIN_CRITICAL_EXTENSION, "it has a critical extension nobody knows"),
    _Code.PERMITTED_VIOLATION: (
        CHAIN_NAME_CONSTRAINTS,
        "a CA above it may not issue for a name in it",
    ),
    _Code.EXCLUDED_VIOLATION: (CHAIN_NAME_CONSTRAINTS, "a CA above it may not issue for a name in it"),
    _Code.SUBTREE_MINMAX: (CHAIN_NAME_CONSTRAINTS, "a CA above it has name constraints nobody implements"),
    _Code.UNSUPPORTED_CONSTRAINT_TYPE: (
        CHAIN_NAME_CONSTRAINTS,
        "a CA above it constrains an unknown kind of name",
    ),
    _Code.UNSUPPORTED_CONSTRAINT_SYNTAX: (CHAIN_MALFORMED, "a CA above it has malformed name constraints"),
    _Code.UNSUPPORTED_NAME_SYNTAX: (CHAIN_MALFORMED, "a name in it is malformed"),
    _Code.INVALID_EXTENSION: (CHAIN_MALFORMED, "an extension of it is malformed"),
}

_NAME_CONSTRAINT_CODES = (_Code.PERMITTED_VIOLATION, _Code.EXCLUDED_VIOLATION)


class _Refusal(NamedTuple):
    """OpenSSL's first reason against a path: its number, the position of the certificate, and its own words."""

    #: One of `_Code`, or another X509_V_ERR_*.
    code: int
    #: Of the certificate on the path, 0 for the end entity.
    position: int
    #: In OpenSSL's words.
    message: str


class _UnreadableError(Exception):
    """OpenSSL cannot read a certificate that we can."""

    def __init__(self, certificate: Certificate, reason: str) -> None:
        super().__init__(f"OpenSSL cannot read it: {reason}")
        self.certificate = certificate


@lru_cache(maxsize=64)  # a fleet's targets present few different CA certificates
def _load(certificate: Certificate) -> crypto.X509:
    """Return OpenSSL's object for a certificate. Raises _UnreadableError."""
    try:
        return crypto.load_certificate(crypto.FILETYPE_ASN1, certificate.der)
    except crypto.Error as error:
        raise _UnreadableError(certificate, _reason(error)) from error


class OpenSsl:
    """Asks OpenSSL about paths; remembers who signed whom."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._links: dict[tuple[bytes, bytes], _Refusal | None] = {}

    def reasons(self, path: Path, known: list[Finding]) -> list[Finding]:
        """Return OpenSSL's reasons against an anchored path that ``known`` does not have yet. Raises WorkExceeded."""
        try:
            first = self._verify(path, 0, len(path.certificates) - 1)
            if first is None or _is_about_common_name_only(first, path, known):
                return []
            # It stopped at its first reason. A wrong signature elsewhere is one of its own, so each link is asked.
            links = [self._link(path, at) for at in range(len(path.certificates) - 1)]
        except _UnreadableError as error:
            return [Finding(CHAIN_MALFORMED, error.certificate, reason=str(error))]
        signatures = (link for link in links if link is not None and link.code == _Code.CERT_SIGNATURE_FAILURE)
        new: list[Finding] = []
        for refusal in (first, *signatures):
            finding = _finding(refusal, path)
            if not _said(finding, [*known, *new]):
                new.append(finding)
        return new

    def _link(self, path: Path, position: int) -> _Refusal | None:
        """Return OpenSSL's reason against the certificate at ``position`` with the one above it as its issuer."""
        below, above = path.certificates[position : position + 2]
        if (below.der, above.der) not in self._links:
            self._links[below.der, above.der] = self._verify(path, position, position + 1)
        found = self._links[below.der, above.der]
        return found and found._replace(position=position)

    def _verify(self, path: Path, first: int, last: int) -> _Refusal | None:
        """Return OpenSSL's first reason against a stretch of the path, or None if it validates.

        Raises _UnreadableError if OpenSSL cannot read one of the certificates.
        """
        self._work.spend(sum(_steps(certificate) for certificate in path.certificates[first + 1 : last + 1]))
        loaded = [_load(certificate) for certificate in path.certificates[first : last + 1]]
        store = crypto.X509Store()
        store.add_cert(loaded[-1])
        store.set_flags(_FLAGS)
        try:
            crypto.X509StoreContext(store, loaded[0], loaded[1:-1]).verify_certificate()
        except crypto.X509StoreContextError as error:
            code, depth, message = error.errors
            return _Refusal(code, min(first + depth, last), message)
        return None


def _steps(issuer: Certificate) -> int:
    """Return what it takes to verify a signature of ``issuer``: for most keys, what OpenSSL does besides."""
    return SIGNATURE_STEPS + min(verification_cost(issuer) * _KEY_STEPS, _MAX_KEY_STEPS)


def _is_about_common_name_only(refusal: _Refusal, path: Path, known: list[Finding]) -> bool:
    """Tell whether OpenSSL refuses only the common name, which it takes for a host's where there is no DNS SAN.

    Beside SANs that are all addresses, the common name names no host, whoever still falls back to it. Name constraints
    are the last that OpenSSL judges, and `constraints` has judged them for all names that count.
    """
    if refusal.code not in _NAME_CONSTRAINT_CODES or refusal.position != 0:
        return False
    if any(finding.kind in (CHAIN_NAME_CONSTRAINTS, CHAIN_MALFORMED) for finding in known):
        return False
    value = path.certificates[0].extension(OID_SUBJECT_ALT_NAME)
    return value is not None and all(name.tag == IP for name in der.sequence(value))


def _finding(refusal: _Refusal, path: Path) -> Finding:
    certificate = path.certificates[refusal.position]
    quoted = f"OpenSSL says: {printable(refusal.message)} (code {refusal.code})"
    if refusal.code == _Code.UNSPECIFIED:  # what OpenSSL 3.3 says of a key of a kind it does not know
        quoted += f"; perhaps this OpenSSL does not know keys like its ({key_of(certificate)})"
    kind, reason = _IDS.get(refusal.code, (CHAIN_REFUSED, quoted))
    return Finding(kind, certificate, role_of(path, refusal.position), reason=reason)


def _said(finding: Finding, known: list[Finding]) -> bool:
    """Tell whether ``known`` has OpenSSL's reason already, as what the same certificate has no right to do."""
    same = (finding.kind, *rights.CA_RIGHTS) if finding.kind in rights.CA_RIGHTS else (finding.kind,)
    return any(other.kind in same and other.certificate == finding.certificate for other in known)


def _reason(error: crypto.Error) -> str:
    """Return what OpenSSL's error queue says first, in words; the rest says where it was when that happened."""
    reasons = [entry[-1] for entry in error.args[0]] if error.args else []
    return printable(reasons[0] if reasons else "no reason given")
