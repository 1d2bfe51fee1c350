"""Measurements to a verdict, by nagiosplugin: its Resource, Context, Results and Check, with our order of states.

The only module that subclasses or wires nagiosplugin. Printing is not its `Runtime`'s, which moves performance data off
the first line with -v and knows one status line only; see `output`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import NamedTuple

import nagiosplugin
from nagiosplugin.state import ServiceState

from check_tls_cert.judge.states import bad
from check_tls_cert.model.finding import Finding, FindingKind, Measurement
from check_tls_cert.model.metrics import METRICS, TARGETS_BAD
from check_tls_cert.model.ranges import Interval, Ranges
from check_tls_cert.model.verdict import TABLE_ORDER, Outcome, Problem, Verdict
from check_tls_cert.text import fixed

#: From best to worst. "Could not tell" must not hide what could be told and is bad, so UNKNOWN is not the worst.
_ORDER = (nagiosplugin.Ok, nagiosplugin.Unknown, nagiosplugin.Warn, nagiosplugin.Critical)

FINDINGS = (FindingKind("range.violated", "a metric is outside the range given, although nothing is wrong with it"),)


#: Digits after the point in performance data, per unit.
_DIGITS = {"s": 4}


def judge_measurements(measurements: Iterable[Measurement], ranges: Mapping[str, Ranges]) -> Verdict:
    """Return the verdict on what was measured, given the resolved ranges of every metric."""
    measured = tuple(measurements)
    contexts = [_ThresholdContext(measurement.metric, ranges[measurement.metric]) for measurement in measured]
    check = nagiosplugin.Check(_TlsCert(measured), *contexts, _WorstFirst())
    check()
    states = {result.metric.name: result.state for result in check.results}
    outcomes = tuple(
        Outcome(
            result.metric.value,
            ranges[result.metric.name],
            result.state.text.upper(),
            result.metric.performance(),
            _problems(result, ranges[result.metric.name], states),
        )
        for result in check.results
    )
    return Verdict(check.state.text.upper(), check.exitcode, outcomes)


def _problems(result: nagiosplugin.Result, ranges: Ranges, states: Mapping[str, ServiceState]) -> tuple[Problem, ...]:
    measurement: Measurement = result.metric.value
    charged = states.get(measurement.charged_to, nagiosplugin.Ok) != nagiosplugin.Ok
    if charged or result.state == nagiosplugin.Ok:
        return ()
    violated = ranges.critical if result.state == nagiosplugin.Critical else ranges.warning
    findings = measurement.findings or (_out_of_range(measurement),)
    return tuple(Problem(finding, result.state.text.upper(), violated) for finding in findings)


def _out_of_range(measurement: Measurement) -> Finding:
    """Say what the range is about that is violated although nothing is wrong: a range of the user's, then."""
    kind = METRICS[measurement.metric]
    shown = (
        "unknown" if measurement.value is None else f"{fixed(measurement.value)}{f' {kind.unit}' if kind.unit else ''}"
    )
    return Finding("range.violated", f"{kind.name} is {shown}", "see whether the range is the one meant", numeric=True)


def overall(states: Sequence[str], ranges: Ranges | None) -> tuple[str, int]:
    """Return the state and the exit code of several targets: the worst of ``states``, or by how many are not OK.

    ``ranges`` are those for the metric `targets_bad`, if there are any.
    """
    if ranges is None:
        state = next(state for state in reversed(_ORDER) if state.text.upper() in states)
    else:
        context = nagiosplugin.ScalarContext(TARGETS_BAD.name, _range(ranges.warning), _range(ranges.critical))
        state = context.evaluate(nagiosplugin.Metric(TARGETS_BAD.name, bad(states)), None).state
    return state.text.upper(), state.code


class Number(NamedTuple):
    """A number for performance data; ``low`` and ``high`` are its bounds, if it has any."""

    name: str
    value: float
    uom: str = ""
    low: float | str | None = None
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
        if self._written is None:  # nagiosplugin asks for it as well as we, and wants but its text
            value = metric.value.value
            number = Number(metric.name, value, metric.uom, metric.min, metric.max)
            self._written = performance(number, self._ranges) if value is not None else ""
        return self._written


@lru_cache(maxsize=256)
def _range(interval: Interval | None) -> nagiosplugin.Range:
    """Return nagiosplugin's range; "no range" is everything there, since its empty one starts at 0."""
    return nagiosplugin.Range("~:" if interval is None else str(interval))


class _WorstFirst(nagiosplugin.Results):  # type: ignore[misc]  # nagiosplugin has no annotations
    """Results in our order of states; one that is charged to another metric has that metric's state."""

    def __init__(self) -> None:
        super().__init__()
        self._states: dict[str, ServiceState] = {}
        self._sorted: list[nagiosplugin.Result] = []

    def add(self, *results: nagiosplugin.Result) -> _WorstFirst:
        for result in results:
            self._states[result.metric.name] = result.state
            super().add(result)
        self._sorted = []
        return self

    @property
    def most_significant_state(self) -> ServiceState:
        return max((result.state for result in self), key=_ORDER.index)

    def __iter__(self) -> Iterator[nagiosplugin.Result]:
        if not self._sorted:  # nagiosplugin asks several times
            self._sorted = list(map(self._settle, self.results))
            self._sorted.sort(key=lambda one: (-_ORDER.index(one.state), TABLE_ORDER[one.metric.name]))
        return iter(self._sorted)

    def _settle(self, result: nagiosplugin.Result) -> nagiosplugin.Result:
        charged_to = self._states.get(result.metric.value.charged_to)
        if charged_to is None or (result.state == nagiosplugin.Unknown and charged_to == nagiosplugin.Ok):
            return result
        return result._replace(state=charged_to)
