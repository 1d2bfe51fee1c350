"""Does a TLS handshake complete?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from check_tls_cert.checks import Judging
from check_tls_cert.metrics import REACHABLE
from check_tls_cert.model import Measurement, Presented

#: Declared where they arise: in the sources and the handshake.
FINDINGS = ()


def measure(every: Sequence[Presented], judging: Judging) -> Iterator[Measurement]:
    """Measure `reachable` over the addresses tried; one whose failure is accepted does not count as tried."""
    attempts = [attempt for presented in every for attempt in presented.attempts]
    if not attempts:
        return
    failures = [attempt.failure for attempt in attempts if attempt.failure is not None]
    findings, accepted = judging.counted(failures), judging.accepted(failures)
    tried = len(attempts) - len(accepted)
    share = round(100 * (tried - len(findings)) / tried, 2) if tried else 100
    yield Measurement(REACHABLE, share, "", findings, accepted)
