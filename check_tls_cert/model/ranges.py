"""Thresholds: ranges of the Monitoring Plugins guidelines, with units. Knows no certificate."""

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
    """One end of a range: a number of the metric's unit, or with ``percent`` a share of the validity period, or of all.

    The ``whole`` of which it is one is in days, or the number of targets.
    """

    value: float
    percent: bool = False

    def resolve(self, whole: float) -> float:
        """Return the bound in the metric's unit."""
        return round(self.value * whole / 100 if self.percent else self.value, 4)


class Interval(NamedTuple):
    """A resolved range: alert outside ``start``..``end``, or inside with ``inverted``."""

    start: float
    end: float
    inverted: bool = False

    def __str__(self) -> str:
        """Write the range as performance data wants it: in the metric's unit, without scientific notation."""
        return _spelled(self)

    def admits(self, value: float) -> bool:
        """Tell whether ``value`` raises no alert."""
        return (self.start <= value <= self.end) is not self.inverted

    def alerts(self) -> list[tuple[tuple[float, int], tuple[float, int]]]:
        """Return the stretches that alert. A bound is (number, side): side -1 is just below it, +1 just above."""
        if self.inverted:
            return [((self.start, 0), (self.end, 0))]
        below, above = ((-math.inf, 0), (self.start, -1)), ((self.end, 1), (math.inf, 0))
        return [*([below] if self.start > -math.inf else []), *([above] if self.end < math.inf else [])]

    def alerts_whenever(self, other: Interval) -> bool:
        """Tell whether every value that is outside ``other`` is outside this range too."""
        return all(
            any(low <= inner_low and inner_high <= high for low, high in self.alerts())
            for inner_low, inner_high in other.alerts()
        )


@lru_cache(maxsize=256)
def _spelled(interval: Interval) -> str:
    start = "~:" if interval.start == -math.inf else f"{fixed(interval.start, 4)}:"
    end = "" if interval.end == math.inf else fixed(interval.end, 4)
    if start == "0:" and end:
        start = ""
    return ("@" if interval.inverted else "") + start + end


class Threshold(NamedTuple):
    """A range as given. ``starts`` are alternatives, of which the one that leaves less time holds ("30,25%")."""

    text: str
    starts: tuple[Bound, ...]
    end: Bound
    inverted: bool = False

    def resolve(self, validity_days: float | None) -> Interval | None:
        """Return the range in the metric's unit.

        Without a validity period, alternatives in percent drop out; None if no bound is left to judge by.
        """
        if validity_days is not None:
            return self.of(validity_days)
        absolute = self._replace(starts=tuple(bound for bound in self.starts if not bound.percent))
        return absolute.of(0.0) if absolute.starts and not self.end.percent else None

    def of(self, validity_days: float) -> Interval:
        """Return the range in the metric's unit, for a certificate with that validity period."""
        start = min(bound.resolve(validity_days) for bound in self.starts)
        return Interval(start, self.end.resolve(validity_days), self.inverted)


_UNIT_DAYS = {"": 1.0, "d": 1.0, "h": 1 / 24, "w": 7.0}


_ATOM = re.compile("(-?[0-9]{1,9}(?:[.][0-9]{1,9})?)([dhws%]?)")


@lru_cache(maxsize=256)
def parse_threshold(kind: MetricKind, text: str) -> Threshold:
    """Return the threshold that ``text`` gives for a metric. Raises ThresholdError."""
    body = text[1:] if text.startswith("@") else text
    if not body:
        raise ThresholdError("is empty")
    if "," in body:
        alternatives = [part[:-1] if part.endswith(":") else part for part in body.split(",")]
        if not kind.time_left or body is not text or any(":" in part for part in alternatives):
            raise ThresholdError("may list alternatives only for minimums in days, such as 30,25%")
        starts, end = tuple(_atom(kind, part) for part in alternatives), Bound(math.inf)
    else:
        starts, end = _ends(kind, body, inverted=body is not text)
    threshold = Threshold(text, starts, end, body is not text)
    for days in _SAMPLE_VALIDITY_DAYS:
        _check_possible(kind, threshold.of(days))
    return threshold


#: A short-lived and a very long validity period, in days: what holds for both holds for all between.
_SAMPLE_VALIDITY_DAYS = (0.01, 1_000_000.0)


def _ends(kind: MetricKind, body: str, inverted: bool) -> tuple[tuple[Bound, ...], Bound]:
    if body.count(":") > 1:
        raise ThresholdError("has more than one colon")
    start, colon, end = body.partition(":")
    if not colon:
        if kind.time_left and not inverted:
            return (_atom(kind, start),), Bound(math.inf)
        start, end = "0", start
    low = Bound(-math.inf) if start == "~" else Bound(0) if start == "" else _atom(kind, start)
    return (low,), Bound(math.inf) if end == "" else _atom(kind, end)


def _atom(kind: MetricKind, text: str) -> Bound:
    match = _ATOM.fullmatch(text)
    if match is None:
        examples = "30, 30d, 4w or 25%" if kind.time_left else "10, 5: or 1:10"
        raise ThresholdError(f"is not a valid range; use for example {examples}")
    number, unit = float(match.group(1)), match.group(2)
    if unit == "%" and (kind.time_left or kind.counted):
        if abs(number) > 100:
            raise ThresholdError(f"asks for more than 100% of the {'targets' if kind.counted else 'validity period'}")
        return Bound(number, True)
    if kind.days:
        if unit not in _UNIT_DAYS:
            raise ThresholdError(f"has the unit {unit}; use d, h{', w or %' if kind.time_left else ' or w'}")
        return Bound(number * _UNIT_DAYS[unit])
    if unit not in ("", kind.unit):
        measured = f"in {kind.unit}" if kind.unit else "a number"
        raise ThresholdError(f"has the unit {unit}, but {kind.name} is {measured}")
    return Bound(number)


def _check_possible(kind: MetricKind, interval: Interval) -> None:
    """Raise ThresholdError for a range that is reversed, or that alerts whatever the value."""
    if interval.start > interval.end:
        raise ThresholdError("is reversed: its start is greater than its end")
    everything = Interval(kind.low, kind.high)
    if kind.unit == YES_OR_NO:
        never_ok = not any(interval.admits(value) for value in (0, 1))
    elif interval.inverted:
        never_ok = interval.start <= kind.low and interval.end >= kind.high
    else:
        never_ok = any(low <= (interval.start, 0) and (interval.end, 0) <= high for low, high in everything.alerts())
    if never_ok:
        raise ThresholdError(f"is impossible: no value of {kind.name} is inside")


class Thresholds(NamedTuple):
    """The pair of thresholds given for one metric; None where the default holds."""

    warning: Threshold | None = None
    critical: Threshold | None = None


class Ranges(NamedTuple):
    """The resolved pair that judges one metric; None where there is no range."""

    warning: Interval | None = None
    critical: Interval | None = None


def contradiction(warning: Threshold, critical: Threshold) -> bool:
    """Tell whether ``warning`` is looser than ``critical`` whatever the validity period: a warning never seen."""
    return not any(warning.of(days).alerts_whenever(critical.of(days)) for days in _SAMPLE_VALIDITY_DAYS)
