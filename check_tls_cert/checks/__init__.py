"""The questions: one file each, with FINDINGS and `measure(presented, judging) -> Iterator[Measurement]`. No I/O.

To add one, write its file, add a row to the metric table, and name it here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Callable, NamedTuple

from check_tls_cert.model import Finding, Measurement, Presented, Target
from check_tls_cert.trust import TrustAnchors


class Judging(NamedTuple):
    """What a check may know beside what was presented. ``anchors`` is the finding that says why there are none, if so.

    ``given`` are the metrics for which the user gave thresholds.
    """

    target: Target
    at: datetime
    anchors: TrustAnchors | Finding
    accept: frozenset[str]
    given: frozenset[str]
    profile: str

    @property
    def presenter(self) -> str:
        """Who presents the chain, for messages."""
        return "server" if self.target.path is None else "file"

    def counted(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return those of ``findings`` that the user does not accept."""
        return tuple(finding for finding in findings if finding.id not in self.accept)

    def accepted(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return those of ``findings`` that the user accepts."""
        return tuple(finding for finding in findings if finding.id in self.accept)


def undetermined(metric: str, reason: Finding) -> Measurement:
    """Return the measurement of a metric that could not be determined. Accepting the reason does not make it known."""
    return Measurement(metric, None, findings=(reason,))


Check = Callable[[Presented, Judging], "Iterator[Measurement]"]


def measure_all(presented: Presented, judging: Judging) -> tuple[Measurement, ...]:
    """Ask every question, in the order of the metric table."""
    from check_tls_cert.checks import chain, expiry, hostname, reachable, san, time

    questions: tuple[Check, ...] = tuple(module.measure for module in (expiry, chain, hostname, san, reachable, time))
    return tuple(measurement for ask in questions for measurement in ask(presented, judging))
