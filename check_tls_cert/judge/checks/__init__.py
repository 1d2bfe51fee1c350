"""The questions: one file each, with FINDINGS and `measure(presented, judging) -> Iterator[Measurement]`. No I/O.

Most are asked of each chain that a target presents; those that concern all of them together get them all. To add one,
write its file, add a row to the metric table, and name it here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.trust import TrustAnchors
from check_tls_cert.model.finding import Finding, FindingKind, Measurement, Presented, Target
from check_tls_cert.text import fixed
from check_tls_cert.x509.certificate import Certificate

FINDINGS = (FindingKind("judging.timeout", "the deadline passed before all chains in the files were judged"),)

#: So many chains are judged even if the deadline passed while files were read.
_ALWAYS_JUDGED = 10


class Judging(NamedTuple):
    """What a check may know beside what was presented. ``anchors`` is the finding that says why there are none, if so.

    ``given`` are the metrics for which the user gave thresholds. ``deployed`` are the end-entity certificates in the
    file that --deployed names, or the finding that says why there are none.
    """

    target: Target
    at: datetime
    anchors: TrustAnchors | Finding
    accept: frozenset[str]
    given: frozenset[str]
    profile: str
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


def measure_all(presented: Presented, every: Sequence[Presented], judging: Judging) -> Iterator[Measurement]:
    """Ask every question about ``presented``, one of ``every`` chain that the target presents."""
    from check_tls_cert.judge.checks import (
        addresses,
        chain,
        deployed,
        expiry,
        hostname,
        key,
        protocol,
        reachable,
        san,
        time,
    )

    for module in (expiry, chain, hostname, san, protocol, key, deployed):
        yield from module.measure(presented, judging)
    if judging.target.paths:
        return  # no addresses, and perhaps ten thousand chains
    for together in (reachable, time, addresses):
        yield from together.measure(every, judging)


def in_time(presented: Sequence[Presented], deadline: Deadline) -> Iterator[Presented]:
    """Yield those of ``presented`` that can be judged by the deadline, then what says how many cannot.

    Those without chain are no work.
    """
    left = 0
    for number, one in enumerate(presented):
        if one.chain and number >= _ALWAYS_JUDGED and (left or not deadline.remaining()):
            left += 1
        else:
            yield one
    if left:
        text = f"{left} of {len(presented)} chains could not be judged within {fixed(deadline.seconds)} s"
        finding = Finding("judging.timeout", text, "give more time with --timeout, or name fewer files")
        yield Presented(failure=finding, origin=f"{left} chains")
