"""Measurements to a verdict, by nagiosplugin: its Resource, Context, Results and Check, with our order of states.

The only module that subclasses or wires nagiosplugin. Printing is not its `Runtime`'s, which moves performance data off
the first line with -v and knows one status line only; see `output`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import nagiosplugin
from nagiosplugin.state import ServiceState

from check_tls_cert.metrics import METRICS, Interval, Ranges
from check_tls_cert.model import Measurement
from check_tls_cert.text import fixed

#: From best to worst. "Could not tell" must not hide what could be told and is bad, so UNKNOWN is not the worst.
_ORDER = (nagiosplugin.Ok, nagiosplugin.Unknown, nagiosplugin.Warn, nagiosplugin.Critical)

OK, UNKNOWN = "OK", "UNKNOWN"

#: Digits after the point in performance data, per unit.
_DIGITS = {"s": 4}


class Outcome(NamedTuple):
    """One measurement, judged: ``state`` is one of OK, WARNING, CRITICAL, UNKNOWN."""

    measurement: Measurement
    ranges: Ranges
    state: str


class Verdict(NamedTuple):
    """The verdict on one target. ``outcomes`` are worst first, in the order of the metric table within a state."""

    state: str
    exit_code: int
    outcomes: tuple[Outcome, ...]
    perfdata: str


def judge(measurements: tuple[Measurement, ...], ranges: Mapping[str, Ranges]) -> Verdict:
    """Return the verdict on what was measured, given the resolved ranges of every metric."""
    contexts = [_ThresholdContext(measurement.metric, ranges[measurement.metric]) for measurement in measurements]
    check = nagiosplugin.Check(_TlsCert(measurements), *contexts, _WorstFirst())
    check()
    outcomes = tuple(
        Outcome(result.metric.value, ranges[result.metric.name], result.state.text.upper()) for result in check.results
    )
    performances = (result.metric.performance() for result in check.results.results)
    perfdata = " ".join(str(performance) for performance in performances if performance is not None)
    return Verdict(check.state.text.upper(), check.exitcode, outcomes, perfdata)


class _TlsCert(nagiosplugin.Resource):  # type: ignore[misc]  # nagiosplugin has no annotations
    """Hands over what was measured before: nothing can fail in mid-probe, which would cost the results so far."""

    def __init__(self, measurements: tuple[Measurement, ...]) -> None:
        self._measurements = measurements

    def probe(self) -> Iterator[nagiosplugin.Metric]:
        for measurement in self._measurements:
            kind = METRICS[measurement.metric]
            low, high = (None if abs(bound) == float("inf") else fixed(bound) for bound in (kind.low, kind.high))
            yield nagiosplugin.Metric(kind.name, measurement, kind.uom, low, high)


class _ThresholdContext(nagiosplugin.ScalarContext):  # type: ignore[misc]  # nagiosplugin has no annotations
    """Judges one metric by its ranges."""

    def __init__(self, name: str, ranges: Ranges) -> None:
        super().__init__(name, _range(ranges.warning), _range(ranges.critical))
        self._ranges = ranges

    def evaluate(self, metric: nagiosplugin.Metric, resource: nagiosplugin.Resource) -> nagiosplugin.Result:
        measurement: Measurement = metric.value
        if measurement.value is None:
            return nagiosplugin.Result(nagiosplugin.Unknown, metric=metric)
        if measurement.accepted and not measurement.findings:
            return nagiosplugin.Result(nagiosplugin.Ok, metric=metric)
        judged = super().evaluate(metric.replace(value=measurement.value), resource)
        return nagiosplugin.Result(judged.state, metric=metric)

    def performance(
        self, metric: nagiosplugin.Metric, resource: nagiosplugin.Resource
    ) -> nagiosplugin.Performance | None:
        if metric.value.value is None:
            return None
        value = fixed(metric.value.value, _DIGITS.get(metric.uom, 2))
        shown = (str(interval) if interval is not None else "" for interval in self._ranges)
        return nagiosplugin.Performance(metric.name, value, metric.uom, *shown, metric.min, metric.max)


def _range(interval: Interval | None) -> nagiosplugin.Range:
    """Return nagiosplugin's range; "no range" is everything there, since its empty one starts at 0."""
    return nagiosplugin.Range("~:" if interval is None else str(interval))


class _WorstFirst(nagiosplugin.Results):  # type: ignore[misc]  # nagiosplugin has no annotations
    """Results in our order of states; one that is charged to another metric has that metric's state."""

    def __init__(self) -> None:
        super().__init__()
        self._states: dict[str, ServiceState] = {}

    def add(self, *results: nagiosplugin.Result) -> _WorstFirst:
        for result in results:
            self._states[result.metric.name] = result.state
            super().add(result)
        return self

    @property
    def most_significant_state(self) -> ServiceState:
        return max((result.state for result in self), key=_ORDER.index)

    def __iter__(self) -> Iterator[nagiosplugin.Result]:
        settled = [result._replace(state=self._settled(result)) for result in self.results]
        return iter(sorted(settled, key=lambda result: -_ORDER.index(result.state)))

    def _settled(self, result: nagiosplugin.Result) -> ServiceState:
        charged_to = self._states.get(result.metric.value.charged_to)
        if charged_to is None or (result.state == nagiosplugin.Unknown and charged_to == nagiosplugin.Ok):
            return result.state
        return charged_to
