"""How long is the end-entity certificate still valid? (RFC 5280, 4.1.2.5)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime

from check_tls_cert.judge.judging import Judging, undetermined
from check_tls_cert.model import findings
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.metrics import EXPIRY, LIFETIME_USED, REACHABLE
from check_tls_cert.model.presented import Presented
from check_tls_cert.text import date, days_between, duration, fixed, timestamp
from check_tls_cert.x509.certificate import Certificate


def measure(presented: Presented, judging: Judging) -> Iterator[Measurement]:
    """Measure `expiry` and `lifetime_used`."""
    if not presented.chain:
        yield _nothing(presented, judging)
        return
    certificate = presented.chain[0]
    if certificate.not_after is None:
        reason = "; ".join(certificate.defects)
        text = f"the validity period of the end-entity certificate {certificate.name} cannot be read: {reason}"
        yield undetermined(EXPIRY, Finding(findings.EXPIRY_UNDETERMINED, text, "replace it", certificate))
        return
    left = days_between(judging.at, certificate.not_after)
    finding = _finding(certificate, left, certificate.not_after)
    told = f"expires in {duration(left)}" if left >= 0 else f"expired {duration(left)} ago"
    yield _judged(EXPIRY, left, f"{told} ({date(certificate.not_after)})", finding, judging)
    yield from _lifetime_used(certificate, judging)


def _nothing(presented: Presented, judging: Judging) -> Measurement:
    """Say that there is no certificate; where an attempt says why, that is `reachable`'s to report."""
    if presented.failure is not None:
        return undetermined(EXPIRY, presented.failure)
    reasons = [attempt.failure.text for attempt in presented.attempts if attempt.failure is not None]
    finding = Finding(findings.EXPIRY_NO_CERTIFICATE, "no certificate to judge: " + "; ".join(reasons))
    return Measurement(EXPIRY, None, findings=(finding,), charged_to=REACHABLE)


def _finding(certificate: Certificate, left: float, not_after: datetime) -> Finding:
    if left < 0:
        text = f"the end-entity certificate {certificate.name} expired {duration(left)} ago ({timestamp(not_after)})"
        return Finding(findings.EXPIRY_EXPIRED, text, "renew it now", certificate)
    text = f"the end-entity certificate {certificate.name} expires in {duration(left)} ({timestamp(not_after)})"
    return Finding(findings.EXPIRY_SOON, text, "renew it", certificate, numeric=True)


def _lifetime_used(certificate: Certificate, judging: Judging) -> Iterator[Measurement]:
    period = certificate.validity_period
    if period is None or certificate.not_before is None:
        return
    # Rounded up as `expiry` is rounded down; a certificate that is not yet valid has used up nothing.
    used = max(0.0, math.ceil((judging.at - certificate.not_before) / period * 10_000) / 100)
    finding = Finding(
        findings.LIFETIME_USED,
        f"{fixed(used)}% of the validity period of the end-entity certificate {certificate.name} are used up",
        "renew it",
        certificate,
        numeric=True,
    )
    measured = _judged(LIFETIME_USED, used, "", finding, judging)
    yield measured if LIFETIME_USED in judging.given else measured._replace(findings=(), charged_to=EXPIRY)


def _judged(metric: str, value: float, statement: str, finding: Finding, judging: Judging) -> Measurement:
    return Measurement(metric, value, statement, judging.counted([finding]), judging.accepted([finding]))
