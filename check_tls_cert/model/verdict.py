"""The verdict on one target and on many, as values."""

from __future__ import annotations

from typing import NamedTuple

from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.metrics import METRICS
from check_tls_cert.model.ranges import Interval, Ranges


class Problem(NamedTuple):
    """A finding that counts."""

    #: What is wrong.
    finding: Finding
    #: The state in which it leaves its metric.
    state: str
    #: The range that is violated, if one is.
    violated: Interval | None
    #: Where it is; empty where a target presents one chain, and where all that it presents have the same problem.
    origins: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """One metric, judged."""

    #: What was measured.
    measurement: Measurement
    #: The ranges that judged it, resolved.
    ranges: Ranges
    #: OK, WARNING, CRITICAL or UNKNOWN.
    state: str
    #: "" for a metric that could not be determined.
    perfdata: str
    #: Empty where the metric is OK, and where the problem is another metric's.
    problems: tuple[Problem, ...] = ()


class Verdict(NamedTuple):
    """The verdict on one target."""

    #: The worst of the outcomes.
    state: str
    #: Of the process, 0 to 3.
    exit_code: int
    #: Worst first, in the order of the metric table within a state.
    outcomes: tuple[Outcome, ...]

    @property
    def perfdata(self) -> str:
        """The performance data, in the order of the metric table."""
        in_order = sorted(self.outcomes, key=lambda outcome: TABLE_ORDER[outcome.measurement.metric])
        return " ".join(outcome.perfdata for outcome in in_order if outcome.perfdata)


TABLE_ORDER = {name: number for number, name in enumerate(METRICS)}
