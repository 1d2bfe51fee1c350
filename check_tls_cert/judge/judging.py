"""What a check may know beside what was presented."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from check_tls_cert.judge.path.anchors import Anchors
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.target import Target
from check_tls_cert.x509.certificate import Certificate


class Judging(NamedTuple):
    """What a check may know beside what was presented."""

    target: Target
    #: The validation time, UTC.
    at: datetime
    #: The trust anchors, or the finding that says why there are none.
    anchors: Anchors | Finding
    #: Ids of findings that do not count.
    accept: frozenset[str]
    #: The metrics for which the user gave thresholds.
    given: frozenset[str]
    #: One of `model.target.PROFILES`.
    profile: str
    #: The end-entity certificates in the file that --deployed names, or the finding that says why there are none.
    deployed: tuple[Certificate, ...] | Finding = ()

    @property
    def presenter(self) -> str:
        """Who presents the chain, for messages."""
        return "server" if not self.target.paths else "file"

    def counted(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return those of ``findings`` that the user does not accept."""
        return tuple(finding for finding in findings if finding.id not in self.accept)

    def accepted(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """Return those of ``findings`` that the user accepts."""
        return tuple(finding for finding in findings if finding.id in self.accept)


def undetermined(metric: str, reason: Finding) -> Measurement:
    """Return the measurement of a metric that could not be determined. Accepting the reason does not make it known."""
    return Measurement(metric, None, findings=(reason,))
