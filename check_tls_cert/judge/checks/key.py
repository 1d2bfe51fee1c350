"""How strong is the end-entity certificate's key, and for how long was the certificate issued?"""

from __future__ import annotations

from collections.abc import Iterator

from check_tls_cert.judge.checks.expiry import ROLE
from check_tls_cert.judge.judging import Judging
from check_tls_cert.model import findings
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.metrics import KEY_STRENGTH, VALIDITY_PERIOD
from check_tls_cert.model.presented import Presented
from check_tls_cert.text import SECONDS_A_DAY, fixed
from check_tls_cert.x509.algorithms import key_of, security_strength


def measure(presented: Presented, judging: Judging) -> Iterator[Measurement]:
    """Measure `key_strength` and `validity_period`, where the certificate lets us."""
    if not presented.chain:
        return
    certificate = presented.chain[0]
    key = key_of(certificate)
    bits = security_strength(key)
    if bits is not None:
        found = (Finding(findings.KEY_STRENGTH, certificate, ROLE, presented=str(key), reason=str(bits)),)
        yield Measurement(KEY_STRENGTH, bits, "", judging.counted(found), judging.accepted(found))
    period = certificate.validity_period
    if period is not None:
        days = round(period.total_seconds() / SECONDS_A_DAY, 2)
        found = (Finding(findings.VALIDITY_PERIOD, certificate, ROLE, presented=f"{fixed(days)} d"),)
        yield Measurement(VALIDITY_PERIOD, days, "", judging.counted(found), judging.accepted(found))
