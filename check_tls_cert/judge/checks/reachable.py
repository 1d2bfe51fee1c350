"""Does a TLS handshake complete?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from check_tls_cert.judge.judging import Judging
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.metrics import REACHABLE
from check_tls_cert.model.presented import Attempt, Presented
from check_tls_cert.text import listing


def measure(every: Sequence[Presented], judging: Judging) -> Iterator[Measurement]:
    """Measure `reachable` over the addresses tried; one whose failure is accepted does not count as tried."""
    attempts = [attempt for presented in every for attempt in presented.attempts]
    if not attempts:
        return
    failures = [attempt.failure for attempt in attempts if attempt.failure is not None]
    counted, accepted = judging.counted(failures), judging.accepted(failures)
    tried = len(attempts) - len(accepted)
    share = round(100 * (tried - len(counted)) / tried, 2) if tried else 100
    found = _by_addresses(attempts) if len(attempts) > 1 else failures
    yield Measurement(REACHABLE, share, "", judging.counted(found), judging.accepted(found))


def _by_addresses(attempts: Sequence[Attempt]) -> list[Finding]:
    """Return what failed, once for all addresses of which the same is to be said, which are its place."""
    addresses: dict[Finding, list[str]] = {}
    for attempt in attempts:
        if attempt.failure is not None:
            addresses.setdefault(attempt.failure._replace(place=""), []).append(attempt.address)
    return [finding._replace(place=listing(where)) for finding, where in addresses.items()]
