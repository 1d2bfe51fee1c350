"""The metric table, and thresholds: ranges of the Monitoring Plugins guidelines with units.

One row here drives the options, their help, the performance data, the README's table and the monitor templates. Knows
no certificate: a threshold in percent is resolved with the validity period handed in.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import NamedTuple

from check_tls_cert.text import fixed, quoted

#: The unit of a metric that is 1 for yes and 0 for no.
YES_OR_NO = "0/1"


class MetricKind(NamedTuple):
    """One row: a property that every check can report as a number.

    ``warning`` and ``critical`` are the default ranges ("" for none, "derived" for those of another metric). ``days``
    metrics take the units d, h and w. For ``time_left`` a lone ``N`` means ``N:`` (but ``@N`` the usual ``@0:N``), and
    alternatives and % are allowed.
    ``yields_to`` is what the default critical range becomes when it contradicts a given warning range. Of several
    values the smallest is the worst, unless ``less_is_better``. In ranges for something ``counted``, % is of all there
    is.
    """

    name: str
    unit: str
    meaning: str
    warning: str
    critical: str
    low: float = -math.inf
    high: float = math.inf
    days: bool = False
    time_left: bool = False
    yields_to: str = ""
    less_is_better: bool = False
    counted: bool = False

    @property
    def uom(self) -> str:
        """The unit of measure in performance data; monitors know but these."""
        return self.unit if self.unit in ("d", "%", "s") else ""


EXPIRY, LIFETIME_USED, CHAIN_VALID, CHAIN_EXPIRY = "expiry", "lifetime_used", "chain_valid", "chain_expiry"
HOSTNAME_MATCH, SAN_COVERAGE, REACHABLE, TIME = "hostname_match", "san_coverage", "reachable", "time"
TLS_VERSION, KEY_STRENGTH, VALIDITY_PERIOD = "tls_version", "key_strength", "validity_period"
ADDRESSES_DIFFER, DEPLOYED = "addresses_differ", "deployed"

DERIVED = "derived"

_ROWS = (
    MetricKind(
        EXPIRY,
        "d",
        "days to the end-entity certificate's notAfter (negative once past)",
        "30,25%",
        "15,10%",
        days=True,
        time_left=True,
        yields_to="0:",
    ),
    MetricKind(
        LIFETIME_USED, "%", "share of the validity period used up", DERIVED, DERIVED, low=0, less_is_better=True
    ),
    MetricKind(
        CHAIN_VALID,
        YES_OR_NO,
        "a certification path from the presented chain to a trust anchor validates",
        "",
        "1:",
        low=0,
        high=1,
    ),
    MetricKind(
        CHAIN_EXPIRY,
        "d",
        "days until no such path validates any more, judging CA certificates only",
        DERIVED,
        DERIVED,
        days=True,
        time_left=True,
        yields_to="0:",
    ),
    MetricKind(
        HOSTNAME_MATCH,
        YES_OR_NO,
        "the certificate matches the reference identifier (RFC 9525)",
        "",
        "1:",
        low=0,
        high=1,
    ),
    MetricKind(
        SAN_COVERAGE,
        "%",
        "share of the required names (--san, default: the reference identifier) that the SANs cover",
        "",
        "100:",
        low=0,
        high=100,
    ),
    MetricKind(
        REACHABLE,
        "%",
        "share of the addresses tried with which a TLS handshake completed",
        "",
        "100:",
        low=0,
        high=100,
    ),
    MetricKind(TIME, "s", "seconds for connect, preamble and handshake", "", "", low=0, less_is_better=True),
    MetricKind(TLS_VERSION, "", "version of TLS negotiated, such as 1.3", "", "", low=0),
    MetricKind(
        KEY_STRENGTH, "bits", "security strength of the end-entity certificate's key (NIST SP 800-57)", "", "", low=0
    ),
    MetricKind(
        VALIDITY_PERIOD,
        "d",
        "length of the end-entity certificate's validity period",
        "",
        "",
        low=0,
        days=True,
        less_is_better=True,
    ),
    MetricKind(
        ADDRESSES_DIFFER,
        "addresses",
        "with --all-addresses, how many present another end-entity certificate than most do",
        "0",
        "",
        low=0,
        less_is_better=True,
    ),
    MetricKind(
        DEPLOYED,
        YES_OR_NO,
        "the endpoint presents the end-entity certificate in the file that --deployed names",
        "",
        "1:",
        low=0,
        high=1,
    ),
)

METRICS = {row.name: row for row in _ROWS}

#: Of a run with several targets, not of any of them.
TARGETS_BAD = MetricKind(
    "targets_bad", "", "how many of several targets are not OK", "", "", low=0, less_is_better=True, counted=True
)


class ThresholdError(ValueError):
    """A range that cannot be meant; the message says why."""


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

    @property
    def words(self) -> str:
        """The range for people: what is wanted."""
        start, end = fixed(self.start, 2), fixed(self.end, 2)
        if self.inverted:
            if self.start == -math.inf:
                return f"more than {end}"
            return f"less than {start}" if self.end == math.inf else f"outside {start} to {end}"
        if self.end == math.inf:
            return f"at least {start}"
        return f"at most {end}" if self.start in (0, -math.inf) else f"{start} to {end}"

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
        raise ThresholdError(f"has {quoted(text) if text else 'nothing'} where a number belongs")
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


def resolve_pair(kind: MetricKind, given: Ranges, default: Ranges) -> Ranges:
    """Return the ranges that judge a metric: what was given, and the default where nothing was.

    When one is given and the other's default contradicts it, the default yields: a default warning is dropped, and so
    is a default critical, except that expired stays critical.
    """
    warning, critical = given.warning or default.warning, given.critical or default.critical
    if warning is None or critical is None or (given.warning is None) == (given.critical is None):
        return Ranges(warning, critical)
    if given.warning is None:
        return Ranges(warning if warning.alerts_whenever(critical) else None, critical)
    if warning.alerts_whenever(critical) and warning != critical:
        return Ranges(warning, critical)
    return Ranges(warning, _resolve(kind, kind.yields_to, None))


def resolve_all(given: Mapping[str, Thresholds], validity_days: float | None) -> Mapping[str, Ranges]:
    """Return the ranges of every metric for a certificate with that validity period (None: unknown).

    Those of `chain_expiry` default to what holds for `expiry`, those of `lifetime_used` to the same, converted.
    """
    return _resolved(tuple(given.get(kind.name, Thresholds()) for kind in _ROWS), validity_days)


@lru_cache(maxsize=64)  # of thousands of targets, nearly all have the same thresholds and validity period
def _resolved(given: tuple[Thresholds, ...], validity_days: float | None) -> Mapping[str, Ranges]:
    resolved: dict[str, Ranges] = {}
    for kind, pair in zip(_ROWS, given):
        wanted = Ranges(*(threshold and threshold.resolve(validity_days) for threshold in pair))
        if kind.warning == DERIVED:
            default = resolved[EXPIRY]
            if kind.name == LIFETIME_USED:
                default = Ranges(
                    *((range_ and validity_days and used_up(range_, validity_days)) or None for range_ in default)
                )
        else:
            default = Ranges(*(_resolve(kind, text, validity_days) for text in (kind.warning, kind.critical)))
        resolved[kind.name] = resolve_pair(kind, wanted, default)
    return resolved


def _resolve(kind: MetricKind, text: str, validity_days: float | None) -> Interval | None:
    return parse_threshold(kind, text).resolve(validity_days) if text else None


def used_up(left: Interval, validity_days: float) -> Interval:
    """Return the range of days left, turned into the share of the validity period used up, in percent."""

    def used(days: float) -> float:
        return round(100 * (1 - days / validity_days), 4)

    start = -math.inf if left.end == math.inf else used(left.end)
    return Interval(max(0.0, start), max(0.0, used(left.start)), left.inverted)


def all_metrics() -> Iterator[MetricKind]:
    """Yield the rows in the order of performance data."""
    return iter(_ROWS)
