"""Thresholds: ranges of the Monitoring Plugins guidelines, with units. Knows no certificate.

A `Threshold` is what somebody wrote, such as ``30,25%``; with a validity period it becomes an `Interval` of numbers.
"""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import NamedTuple

from check_tls_cert.model.metrics import YES_OR_NO, MetricKind
from check_tls_cert.text import fixed


class ThresholdError(ValueError):
    """A range that is not valid; the message says why."""


class Bound(NamedTuple):
    """One end of a range, as it was written."""

    #: A number of the metric's unit, or a percentage.
    value: float
    #: Whether it is a share of the validity period, or of all there is.
    percent: bool = False

    def resolve(self, whole: float) -> float:
        """Return the bound in the metric's unit; ``whole`` is what 100 % are, in days or in targets."""
        return round(self.value * whole / 100 if self.percent else self.value, 4)


class Edge(NamedTuple):
    """Where a stretch of values begins or ends: at a number, or right beside it.

    Edges compare as tuples do, so that those beside a number stand between it and all other numbers.
    """

    #: In the metric's unit.
    number: float
    #: -1 for just below the number, 0 for the number itself, 1 for just above.
    side: int = 0


class Stretch(NamedTuple):
    """All values from one edge to another, both included."""

    #: Where it begins.
    low: Edge
    #: Where it ends.
    high: Edge

    def includes(self, other: Stretch) -> bool:
        """Tell whether all values of ``other`` are values of this stretch."""
        return self.low <= other.low and other.high <= self.high


class Interval(NamedTuple):
    """A resolved range: it alerts outside of ``start`` to ``end``, or inside if it is ``inverted``."""

    #: In the metric's unit, minus infinity for no lower bound.
    start: float
    #: In the metric's unit, infinity for no upper bound.
    end: float
    #: Whether it alerts inside, which the guidelines write with an ``@``.
    inverted: bool = False

    def __str__(self) -> str:
        """Write the range as performance data wants it: in the metric's unit, without scientific notation."""
        return _spelled(self)

    def admits(self, value: float) -> bool:
        """Tell whether ``value`` raises no alert."""
        return (self.start <= value <= self.end) is not self.inverted

    def alerts(self) -> list[Stretch]:
        """Return the values that alert, as stretches: none, one, or two of them."""
        if self.inverted:
            return [Stretch(Edge(self.start), Edge(self.end))]
        found = []
        if self.start > -math.inf:
            found.append(Stretch(Edge(-math.inf), Edge(self.start, -1)))
        if self.end < math.inf:
            found.append(Stretch(Edge(self.end, 1), Edge(math.inf)))
        return found

    def alerts_whenever(self, other: Interval) -> bool:
        """Tell whether every value that alerts by ``other`` alerts by this range too.

        Of a warning range that does and a critical ``other``, no value shows the critical alone.
        """
        return all(any(ours.includes(theirs) for ours in self.alerts()) for theirs in other.alerts())


@lru_cache(maxsize=256)
def _spelled(interval: Interval) -> str:
    """Return a range as the guidelines spell it: ``[@][start:][end]``, where "0:" before an end is left out."""
    at = "@" if interval.inverted else ""
    start = "~:" if interval.start == -math.inf else f"{fixed(interval.start, 4)}:"
    if interval.end == math.inf:
        return at + start
    if start == "0:":
        start = ""
    return at + start + fixed(interval.end, 4)


class Threshold(NamedTuple):
    """A range as given, which may depend on the validity period."""

    #: As it was written.
    text: str
    #: Alternatives, of which the one that leaves less time holds (``30,25%``). Mostly there is one.
    starts: tuple[Bound, ...]
    #: Infinity if there is no upper bound.
    end: Bound
    #: Whether it alerts inside.
    inverted: bool = False

    def resolve(self, validity_days: float | None) -> Interval | None:
        """Return the range in the metric's unit.

        Without a validity period, alternatives in percent drop out; None if no bound is left to judge by.
        """
        if validity_days is not None:
            return self.of(validity_days)
        absolute = tuple(bound for bound in self.starts if not bound.percent)
        if not absolute or self.end.percent:
            return None
        return self._replace(starts=absolute).of(0.0)  # nothing is a share of that

    def of(self, validity_days: float) -> Interval:
        """Return the range in the metric's unit, for a certificate with that validity period."""
        start = min(bound.resolve(validity_days) for bound in self.starts)
        return Interval(start, self.end.resolve(validity_days), self.inverted)


class Thresholds(NamedTuple):
    """The pair of thresholds given for one metric; None where the default holds."""

    warning: Threshold | None = None  # alerts with WARNING
    critical: Threshold | None = None  # alerts with CRITICAL


class Ranges(NamedTuple):
    """The resolved pair that judges one metric; None where there is no range."""

    warning: Interval | None = None  # alerts with WARNING
    critical: Interval | None = None  # alerts with CRITICAL


#: A short-lived and a very long validity period, in days: what holds for both holds for all between.
_SAMPLE_VALIDITY_DAYS = (0.01, 1_000_000.0)


def contradiction(warning: Threshold, critical: Threshold) -> bool:
    """Tell whether ``warning`` is looser than ``critical`` whatever the validity period.

    Then nobody would ever see the warning, because the critical range alerts first.
    """
    return not any(warning.of(days).alerts_whenever(critical.of(days)) for days in _SAMPLE_VALIDITY_DAYS)


@lru_cache(maxsize=256)
def parse_threshold(kind: MetricKind, text: str) -> Threshold:
    """Return the threshold that ``text`` gives for a metric: a range of the guidelines, with units.

    For metrics of the time left, a lone ``N`` means ``N:``, and minimums may be listed (``30,25%``). Raises
    ThresholdError if the range is not valid, or if there is no value with which it would be OK.
    """
    inverted = text.startswith("@")
    body = text[1:] if inverted else text
    if not body:
        raise ThresholdError("is empty")
    if "," in body:
        if inverted:
            raise ThresholdError(_NO_ALTERNATIVES)
        starts, end = _alternatives(kind, body), Bound(math.inf)
    else:
        start, end = _ends(kind, body, inverted)
        starts = (start,)
    threshold = Threshold(text, starts, end, inverted)
    for days in _SAMPLE_VALIDITY_DAYS:
        _check_possible(kind, threshold.of(days))
    return threshold


_NO_ALTERNATIVES = "may list alternatives only for minimums in days, such as 30,25%"


def _alternatives(kind: MetricKind, body: str) -> tuple[Bound, ...]:
    """Return the minimums in a list such as ``30,25%`` or ``30:,25%:``. Raises ThresholdError."""
    minimums = [part[:-1] if part.endswith(":") else part for part in body.split(",")]
    if not kind.time_left or any(":" in minimum for minimum in minimums):
        raise ThresholdError(_NO_ALTERNATIVES)
    return tuple(_parse_bound(kind, minimum) for minimum in minimums)


def _ends(kind: MetricKind, body: str, inverted: bool) -> tuple[Bound, Bound]:
    """Return start and end of a range such as ``5:20``, ``~:20`` or ``20``. Raises ThresholdError."""
    if body.count(":") > 1:
        raise ThresholdError("has more than one colon")
    start, colon, end = body.partition(":")
    if not colon:
        if kind.time_left and not inverted:  # everybody means "at least"
            return _parse_bound(kind, body), Bound(math.inf)
        start, end = "", body
    if start == "~":
        low = Bound(-math.inf)
    elif start == "":
        low = Bound(0)
    else:
        low = _parse_bound(kind, start)
    high = _parse_bound(kind, end) if end else Bound(math.inf)
    return low, high


#: A number of up to nine digits and nine decimals, and a unit.
_BOUND = re.compile("(-?[0-9]{1,9}(?:[.][0-9]{1,9})?)([dhws%]?)")

_UNIT_DAYS = {"": 1.0, "d": 1.0, "h": 1 / 24, "w": 7.0}


def _parse_bound(kind: MetricKind, text: str) -> Bound:
    """Return the bound that ``text`` gives, in the metric's unit. Raises ThresholdError."""
    match = _BOUND.fullmatch(text)
    if match is None:
        examples = "30, 30d, 4w or 25%" if kind.time_left else "10, 5: or 1:10"
        raise ThresholdError(f"is not a valid range; use for example {examples}")
    number, unit = float(match.group(1)), match.group(2)
    if unit == "%" and (kind.time_left or kind.counted):
        if abs(number) > 100:
            whole = "targets" if kind.counted else "validity period"
            raise ThresholdError(f"asks for more than 100% of the {whole}")
        return Bound(number, True)
    if kind.days:
        if unit not in _UNIT_DAYS:
            units = "d, h, w or %" if kind.time_left else "d, h or w"
            raise ThresholdError(f"has the unit {unit}; use {units}")
        return Bound(number * _UNIT_DAYS[unit])
    if unit not in ("", kind.unit):
        measured = f"in {kind.unit}" if kind.unit else "a number"
        raise ThresholdError(f"has the unit {unit}, but {kind.name} is {measured}")
    return Bound(number)


def _check_possible(kind: MetricKind, interval: Interval) -> None:
    """Raise ThresholdError for a range that is reversed, or that alerts whatever the value."""
    if interval.start > interval.end:
        raise ThresholdError("is reversed: its start is greater than its end")
    if not _can_be_ok(kind, interval):
        raise ThresholdError(f"is impossible: no value of {kind.name} is inside")


def _can_be_ok(kind: MetricKind, interval: Interval) -> bool:
    """Tell whether the metric has a value that raises no alert."""
    if kind.unit == YES_OR_NO:
        return any(interval.admits(value) for value in (0, 1))
    if interval.inverted:
        return kind.low < interval.start or interval.end < kind.high
    return kind.low <= interval.end and interval.start <= kind.high
