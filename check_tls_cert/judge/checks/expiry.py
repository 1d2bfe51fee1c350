"""How long is the end-entity certificate still valid? (RFC 5280, 4.1.2.5)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta

from check_tls_cert.judge.judging import Judging, undetermined
from check_tls_cert.model import findings
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.metrics import EXPIRY, LIFETIME_USED, REACHABLE
from check_tls_cert.model.presented import Presented
from check_tls_cert.text import date, days_between, duration, fixed, timestamp
from check_tls_cert.x509.certificate import Certificate

#: What is judged here.
ROLE = "end-entity certificate"


def measure(presented: Presented, judging: Judging) -> Iterator[Measurement]:
    """Measure `expiry` and `lifetime_used`."""
    if not presented.chain:
        yield _nothing(presented)
        return
    certificate = presented.chain[0]
    if certificate.not_after is None:
        reason = "; ".join(certificate.defects)
        yield undetermined(EXPIRY, Finding(findings.EXPIRY_UNDETERMINED, certificate, ROLE, reason=reason))
        return
    left = certificate.not_after - judging.at
    finding = _finding(certificate, left, certificate.not_after)
    told = f"expired {duration(left)} ago" if _is_past(left) else f"expires in {duration(left)}"
    days = days_between(judging.at, certificate.not_after)
    yield _judged(EXPIRY, days, f"{told} ({date(certificate.not_after)})", finding, judging)
    yield from _lifetime_used(certificate, judging)


def _nothing(presented: Presented) -> Measurement:
    """Say that there is no certificate; where an attempt says why, that is `reachable`'s to report."""
    if presented.failure is not None:
        return undetermined(EXPIRY, presented.failure)
    causes = tuple(attempt.failure for attempt in presented.attempts if attempt.failure is not None)
    finding = Finding(findings.EXPIRY_NO_CERTIFICATE, causes=causes)
    return Measurement(EXPIRY, None, findings=(finding,), charged_to=REACHABLE)


def _is_past(left: timedelta) -> bool:
    """Tell whether a certificate has expired: notAfter is its last second (RFC 5280, 4.1.2.5)."""
    return left < timedelta(0)


def _finding(certificate: Certificate, left: timedelta, not_after: datetime) -> Finding:
    kind = findings.EXPIRY_EXPIRED if _is_past(left) else findings.EXPIRY_SOON
    return Finding(kind, certificate, ROLE, presented=timestamp(not_after), reason=duration(left))


def _lifetime_used(certificate: Certificate, judging: Judging) -> Iterator[Measurement]:
    period = certificate.validity_period
    if period is None or certificate.not_before is None:
        return
    # Rounded up as `expiry` is rounded down; a certificate that is not yet valid has used up nothing.
    used = max(0.0, math.ceil((judging.at - certificate.not_before) / period * 10_000) / 100)
    finding = Finding(findings.LIFETIME_USED, certificate, ROLE, presented=f"{fixed(used)}%")
    measured = _judged(LIFETIME_USED, used, "", finding, judging)
    yield measured if LIFETIME_USED in judging.given else measured._replace(findings=(), charged_to=EXPIRY)


def _judged(metric: str, value: float, statement: str, finding: Finding, judging: Judging) -> Measurement:
    return Measurement(metric, value, statement, judging.counted([finding]), judging.accepted([finding]))
