"""Which ranges judge a metric: what was given, the defaults, and what they are for this validity period."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

from check_tls_cert.model.metrics import DERIVED, EXPIRY, LIFETIME_USED, MetricKind, all_metrics
from check_tls_cert.model.ranges import Interval, Ranges, Thresholds, parse_threshold


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
    return _resolved(tuple(given.get(kind.name, Thresholds()) for kind in all_metrics()), validity_days)


@lru_cache(maxsize=64)  # of thousands of targets, nearly all have the same thresholds and validity period
def _resolved(given: tuple[Thresholds, ...], validity_days: float | None) -> Mapping[str, Ranges]:
    resolved: dict[str, Ranges] = {}
    for kind, pair in zip(all_metrics(), given):
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
