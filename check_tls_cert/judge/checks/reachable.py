"""Does a TLS handshake complete?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from check_tls_cert.judge.judging import Judging
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.metrics import REACHABLE
from check_tls_cert.model.presented import Presented
from check_tls_cert.text import listing

# Stands for an address in a text that is otherwise the same; no text of ours has it.
_ADDRESS = "\0"

#: Declared where they arise: in the sources and the handshake.
FINDINGS = ()


def measure(every: Sequence[Presented], judging: Judging) -> Iterator[Measurement]:
    """Measure `reachable` over the addresses tried; one whose failure is accepted does not count as tried."""
    attempts = [attempt for presented in every for attempt in presented.attempts]
    if not attempts:
        return
    failed = [(attempt.address, attempt.failure) for attempt in attempts if attempt.failure is not None]
    failures = [failure for _, failure in failed]
    counted, accepted = judging.counted(failures), judging.accepted(failures)
    tried = len(attempts) - len(accepted)
    share = round(100 * (tried - len(counted)) / tried, 2) if tried else 100
    found = _together(failed) if len(attempts) > 1 else failures
    yield Measurement(REACHABLE, share, "", judging.counted(found), judging.accepted(found))


def _together(failed: Sequence[tuple[str, Finding]]) -> list[Finding]:
    """Return findings that say the same of several addresses as one, with the addresses."""
    alike: dict[Finding, list[str]] = {}
    for address, failure in failed:
        alike.setdefault(failure._replace(text=failure.text.replace(address, _ADDRESS)), []).append(address)
    return [
        finding._replace(
            text=finding.text.replace(_ADDRESS, listing(addresses))
            if _ADDRESS in finding.text
            else f"{listing(addresses)}: {finding.text}"
        )
        for finding, addresses in alike.items()
    ]
