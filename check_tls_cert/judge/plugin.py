"""Measurements to a verdict, by nagiosplugin: its Resource, Context, Results and Check, with our order of states.

The only module that subclasses or wires nagiosplugin. Printing is not its `Runtime`'s, which moves performance data off
the first line with -v and knows one status line only; see `report`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Callable, NamedTuple, Protocol, TypeVar

import nagiosplugin

from check_tls_cert.judge.states import CRITICAL, EXIT_CODES, OK, UNKNOWN, bad, badness, worst
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import RANGE_VIOLATED
from check_tls_cert.model.metrics import METRICS, TARGETS_BAD
from check_tls_cert.model.ranges import Interval, Ranges
from check_tls_cert.model.verdict import TABLE_ORDER, Outcome, Problem, Verdict
from check_tls_cert.text import fixed

_Main = TypeVar("_Main", bound=Callable[..., int])

#: nagiosplugin's verbosity from which on it prints tracebacks.
_WITH_TRACEBACKS = 3

#: Digits after the point in performance data, per unit.
_DIGITS = {"s": 4}


def judge_measurements(measurements: Iterable[Measurement], ranges: Mapping[str, Ranges]) -> Verdict:
    """Return the verdict on what was measured, given the resolved ranges of every metric."""
    measured = tuple(measurements)
    contexts = [_ThresholdContext(measurement.metric, ranges[measurement.metric]) for measurement in measured]
    check = nagiosplugin.Check(_TlsCert(measured), *contexts)
    check()
    own = {result.metric.name: result.state.text.upper() for result in check.results}
    states = {measurement.metric: _settled(measurement, own) for measurement in measured}
    outcomes = [
        Outcome(
            result.metric.value,
            ranges[result.metric.name],
            states[result.metric.name],
            result.metric.performance(),
            _problems(result.metric.value, ranges[result.metric.name], states),
        )
        for result in check.results
    ]
    outcomes.sort(key=lambda outcome: (badness(outcome.state), TABLE_ORDER[outcome.measurement.metric]))
    state = outcomes[0].state
    return Verdict(state, EXIT_CODES[state], tuple(outcomes))


def _settled(measurement: Measurement, own: Mapping[str, str]) -> str:
    """Return the state of one metric, given the states that all have by themselves: one charged to another has that's.

    What could not be told stays UNKNOWN beside another metric that is OK.
    """
    state = own[measurement.metric]
    charged_to = own.get(measurement.charged_to)
    if charged_to is None or (state == UNKNOWN and charged_to == OK):
        return state
    return charged_to


def _problems(measurement: Measurement, ranges: Ranges, states: Mapping[str, str]) -> tuple[Problem, ...]:
    state = states[measurement.metric]
    if state == OK or states.get(measurement.charged_to, OK) != OK:
        return ()
    violated = ranges.critical if state == CRITICAL else ranges.warning
    findings = measurement.findings or (_out_of_range(measurement),)
    return tuple(Problem(finding, state, violated) for finding in findings)


#: What runs the whole program: an error of ours ends it with UNKNOWN and a line to `print_faults_to`.
guarded: Callable[[_Main], _Main] = nagiosplugin.guarded(verbose=0)


class Printer(Protocol):
    """Where a fault of ours is printed."""

    def write(self, text: str) -> None:
        """Print ``text``, which is empty at the end of a line."""


def print_faults_to(printer: Printer) -> None:
    """Have `guarded` print what is our fault to ``printer`` instead of standard output."""
    nagiosplugin.Runtime().stdout = printer


def show_tracebacks(*, shown: bool) -> None:
    """Have `guarded` print tracebacks, or not."""
    nagiosplugin.Runtime().verbose = _WITH_TRACEBACKS if shown else 0


def tracebacks_shown() -> bool:
    """Tell whether `guarded` prints tracebacks."""
    return bool(nagiosplugin.Runtime().verbose == _WITH_TRACEBACKS)


def _out_of_range(measurement: Measurement) -> Finding:
    """Say what the range is about that is violated although nothing is wrong: a range of the user's, then."""
    kind = METRICS[measurement.metric]
    shown = "unknown" if measurement.value is None else " ".join(filter(None, (fixed(measurement.value), kind.unit)))
    return Finding(RANGE_VIOLATED, presented=shown, reason=kind.name)


def overall(states: Sequence[str], ranges: Ranges | None) -> tuple[str, int]:
    """Return the state and the exit code of several targets: the worst of ``states``, or by how many are not OK.

    ``ranges`` are those for the metric `targets_bad`, if there are any.
    """
    if ranges is None:
        state = worst(states)
    else:
        context = nagiosplugin.ScalarContext(TARGETS_BAD.name, _range(ranges.warning), _range(ranges.critical))
        state = context.evaluate(nagiosplugin.Metric(TARGETS_BAD.name, bad(states)), None).state.text.upper()
    return state, EXIT_CODES[state]


class Number(NamedTuple):
    """A number for performance data."""

    #: The label.
    name: str
    #: Written without an exponent.
    value: float
    #: The unit of measure: d, %, s, or "" for none that monitors know.
    uom: str = ""
    #: What it can be at the least and at the most, as far as that is known.
    low: float | str | None = None
    #: What it can be at the most.
    high: float | str | None = None


_NO_RANGES = Ranges()


def performance(number: Number, ranges: Ranges = _NO_RANGES) -> str:
    """Return the performance data of ``number``, with the ranges that judge it: a metric's, or of all targets."""
    shown = (str(interval) if interval is not None else "" for interval in ranges)
    value = fixed(number.value, _DIGITS.get(number.uom, 2))
    return str(nagiosplugin.Performance(number.name, value, number.uom, *shown, number.low, number.high))


class _TlsCert(nagiosplugin.Resource):  # type: ignore[misc]  # nagiosplugin has no annotations
    """Hands over what was measured before: nothing can fail in mid-probe, which would cost the results so far."""

    def __init__(self, measurements: tuple[Measurement, ...]) -> None:
        self._measurements = measurements

    def probe(self) -> Iterator[nagiosplugin.Metric]:
        for measurement in self._measurements:
            kind = METRICS[measurement.metric]
            yield nagiosplugin.Metric(kind.name, measurement, kind.uom, _bound(kind.low), _bound(kind.high))


@cache  # of the metric table
def _bound(value: float) -> str | None:
    return None if abs(value) == float("inf") else fixed(value)


class _ThresholdContext(nagiosplugin.ScalarContext):  # type: ignore[misc]  # nagiosplugin has no annotations
    """Judges one metric by its ranges."""

    def __init__(self, name: str, ranges: Ranges) -> None:
        super().__init__(name, _range(ranges.warning), _range(ranges.critical))
        self._ranges = ranges
        self._written: str | None = None

    def evaluate(self, metric: nagiosplugin.Metric, resource: nagiosplugin.Resource) -> nagiosplugin.Result:
        measurement: Measurement = metric.value
        if measurement.value is None:
            return nagiosplugin.Result(nagiosplugin.Unknown, metric=metric)
        if measurement.accepted and not measurement.findings:
            return nagiosplugin.Result(nagiosplugin.Ok, metric=metric)
        judged = super().evaluate(metric.replace(value=measurement.value), resource)
        return nagiosplugin.Result(judged.state, metric=metric)

    def performance(self, metric: nagiosplugin.Metric, resource: nagiosplugin.Resource) -> str:
        if self._written is None:  # nagiosplugin asks for it, too, and uses only the text
            value = metric.value.value
            number = Number(metric.name, value, metric.uom, metric.min, metric.max)
            self._written = performance(number, self._ranges) if value is not None else ""
        return self._written


@lru_cache(maxsize=256)
def _range(interval: Interval | None) -> nagiosplugin.Range:
    """Return nagiosplugin's range; "no range" is everything there, since its empty one starts at 0."""
    return nagiosplugin.Range("~:" if interval is None else str(interval))
