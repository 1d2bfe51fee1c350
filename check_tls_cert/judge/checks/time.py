"""How long did it take until the handshake was complete?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from check_tls_cert.judge.judging import Judging
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import TIME_SLOW
from check_tls_cert.model.metrics import TIME
from check_tls_cert.model.presented import Presented
from check_tls_cert.text import fixed


def measure(every: Sequence[Presented], judging: Judging) -> Iterator[Measurement]:
    """Measure `time`: the slowest attempt that completed."""
    attempts = (attempt for presented in every for attempt in presented.attempts)
    completed = [attempt.seconds for attempt in attempts if attempt.seconds is not None and not attempt.failure]
    if not completed:
        return
    seconds = round(max(completed), 4)
    found = (Finding(TIME_SLOW, presented=f"{fixed(seconds, 3)} s"),)
    yield Measurement(TIME, seconds, "", judging.counted(found), judging.accepted(found))
