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

from check_tls_cert.model.finding import Finding, FindingKind, Measurement
from check_tls_cert.model.metrics import METRICS, TARGETS_BAD, Interval, Ranges
from check_tls_cert.text import fixed

#: From best to worst. "Could not tell" must not hide what could be told and is bad, so UNKNOWN is not the worst.
_ORDER = (nagiosplugin.Ok, nagiosplugin.Unknown, nagiosplugin.Warn, nagiosplugin.Critical)

FINDINGS = (FindingKind("range.violated", "a metric is outside the range given, although nothing is wrong with it"),)

OK, CRITICAL, UNKNOWN = "OK", "CRITICAL", "UNKNOWN"
#: The states, worst first.
STATES = tuple(state.text.upper() for state in reversed(_ORDER))

#: Digits after the point in performance data, per unit.
_DIGITS = {"s": 4}


class Problem(NamedTuple):
    """A finding that counts: the ``state`` in which it leaves its metric, the range ``violated``, and where it is.

    ``origins`` are empty where a target presents one chain, and where all that it presents have the same problem.
    """

    finding: Finding
    state: str
    violated: Interval | None
    origins: tuple[str, ...] = ()


class Outcome(NamedTuple):
    """One metric, judged: ``state`` is one of OK, WARNING, CRITICAL, UNKNOWN.

    ``problems`` are empty where the metric is OK, and where the problem is another metric's. ``perfdata`` is "" for a
    metric that could not be determined.
    """

    measurement: Measurement
    ranges: Ranges
    state: str
    perfdata: str
    problems: tuple[Problem, ...] = ()


class Verdict(NamedTuple):
    """The verdict on one target. ``outcomes`` are worst first, in the order of the metric table within a state."""

    state: str
    exit_code: int
    outcomes: tuple[Outcome, ...]

    @property
    def perfdata(self) -> str:
        """The performance data, in the order of the metric table."""
        in_order = sorted(self.outcomes, key=lambda outcome: _TABLE_ORDER[outcome.measurement.metric])
        return " ".join(outcome.perfdata for outcome in in_order if outcome.perfdata)


_TABLE_ORDER = {name: number for number, name in enumerate(METRICS)}


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


def combine(verdicts: Mapping[str, Verdict]) -> Verdict:
    """Return the verdict on a target that presents several chains, by their origins: each metric takes the worst."""
    if len(verdicts) == 1:
        return next(iter(verdicts.values()))
    by_metric: dict[str, list[Outcome]] = {}
    problems: dict[str, dict[tuple[Finding, str, Interval | None], list[str]]] = {}
    for origin, verdict in verdicts.items():
        for outcome in verdict.outcomes:
            name = outcome.measurement.metric
            by_metric.setdefault(name, []).append(outcome)
            for problem in outcome.problems:
                problems.setdefault(name, {}).setdefault(problem[:3], []).append(origin)
    worst = [_worst(outcomes) for outcomes in by_metric.values()]
    together = [
        outcome._replace(problems=_worst_first(problems.get(outcome.measurement.metric, {}), len(verdicts)))
        for outcome in worst
    ]
    together.sort(key=lambda outcome: (badness(outcome.state), _TABLE_ORDER[outcome.measurement.metric]))
    verdict = min(verdicts.values(), key=lambda verdict: badness(verdict.state))
    return Verdict(verdict.state, verdict.exit_code, tuple(together))


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


def bad(states: Iterable[str]) -> int:
    """Return how many of ``states`` are not OK."""
    return sum(state != OK for state in states)


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


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the outcome to show for one metric: the worst state, and in that the worst number."""
    sign = -1 if METRICS[outcomes[0].measurement.metric].less_is_better else 1
    return min(outcomes, key=lambda one: (badness(one.state), sign * (one.measurement.value or 0)))


def _worst_first(
    problems: Mapping[tuple[Finding, str, Interval | None], Sequence[str]], presentations: int
) -> tuple[Problem, ...]:
    merged = (
        Problem(*problem, origins=() if len(origins) == presentations else tuple(origins))
        for problem, origins in problems.items()
    )
    return tuple(sorted(merged, key=lambda problem: badness(problem.state)))


def badness(state: str) -> int:
    """Return 0 for the worst state, more for better ones."""
    return STATES.index(state)


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
            self._sorted.sort(key=lambda one: (-_ORDER.index(one.state), _TABLE_ORDER[one.metric.name]))
        return iter(self._sorted)

    def _settle(self, result: nagiosplugin.Result) -> nagiosplugin.Result:
        charged_to = self._states.get(result.metric.value.charged_to)
        if charged_to is None or (result.state == nagiosplugin.Unknown and charged_to == nagiosplugin.Ok):
            return result
        return result._replace(state=charged_to)
