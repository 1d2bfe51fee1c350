"""Does the certificate name the service we meant to reach? (RFC 9525)."""

from __future__ import annotations

from collections.abc import Iterator

from check_tls_cert.judge.checks.expiry import ROLE
from check_tls_cert.judge.judging import Judging
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import HOSTNAME_MALFORMED, HOSTNAME_MISMATCH, HOSTNAME_NO_IDENTIFIERS
from check_tls_cert.model.metrics import HOSTNAME_MATCH
from check_tls_cert.model.presented import Presented
from check_tls_cert.text import listing, printable
from check_tls_cert.x509.certificate import Certificate
from check_tls_cert.x509.general_names import PresentedNames, names_of, spelled_names
from check_tls_cert.x509.identity import Identifier, covered


def measure(presented: Presented, judging: Judging) -> Iterator[Measurement]:
    """Measure `hostname_match`, if there is a reference identifier."""
    reference = judging.target.reference
    if not presented.chain or reference is None:
        return
    certificate = presented.chain[0]
    names = names_of(certificate)
    found = () if covered(reference, names) else (_mismatch(reference, names, certificate, judging.presenter),)
    findings = judging.counted(found)
    statement = "hostname does not match" if found else "hostname matches"
    yield Measurement(HOSTNAME_MATCH, 0 if findings else 1, statement, findings, judging.accepted(found))


def _mismatch(reference: Identifier, names: PresentedNames, certificate: Certificate, presenter: str) -> Finding:
    kind = HOSTNAME_MISMATCH
    if names.malformed:
        kind = HOSTNAME_MALFORMED
    elif not names.dns and not names.ip:
        kind = HOSTNAME_NO_IDENTIFIERS
    return Finding(
        kind,
        certificate,
        ROLE,
        expected=printable(reference.text),
        presented=listing(spelled_names(names)),
        reason=names.malformed,
        presenter=presenter,
    )
