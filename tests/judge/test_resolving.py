"""Which pair of ranges judges a metric in the end: what is given, and the defaults where they do not contradict it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from check_tls_cert.judge.resolving import resolve_all, resolve_pair, used_up
from check_tls_cert.model.metrics import METRICS, all_metrics
from check_tls_cert.model.ranges import Interval, Ranges, Thresholds, parse_threshold

EXPIRY = METRICS["expiry"]

#: Days of validity periods that certificates have: short-lived, 90 days, ten years.
SHORT, QUARTER, DECADE = 160 / 24, 90.0, 3650.0

Text = tuple[str, str]  # a warning and a critical range, "" for none


def interval(text: str) -> Interval:
    """Return a range of days left, resolved."""
    resolved = parse_threshold(EXPIRY, text).resolve(QUARTER)
    assert resolved is not None
    return resolved


def spelled(ranges: Ranges) -> Text:
    warning, critical = ("" if found is None else str(found) for found in ranges)
    return warning, critical


def given(**texts: tuple[str | None, str | None]) -> dict[str, Thresholds]:
    """Return what options would give: per metric a warning and a critical range, None for the default."""
    return {
        name: Thresholds(*(None if text is None else parse_threshold(METRICS[name], text) for text in pair))
        for name, pair in texts.items()
    }


def resolved(thresholds: Mapping[str, Thresholds], days: float | None) -> dict[str, Text]:
    return {name: spelled(ranges) for name, ranges in resolve_all(thresholds, days).items()}


def alerts(range_: Interval, value: float) -> bool:
    return (range_.start <= value <= range_.end) is range_.inverted


@pytest.mark.parametrize(
    ("warning", "critical", "expected"),
    [
        (None, None, ("22.5:", "9:")),
        ("40", None, ("40:", "9:")),
        ("10", None, ("10:", "9:")),
        ("9", None, ("9:", "0:")),  # a default that leaves the warning nothing yields: expired stays critical
        ("5", None, ("5:", "0:")),
        ("0", None, ("0:", "0:")),
        ("-3", None, ("-3:", "0:")),  # expired stays critical, whatever
        ("@0:5", None, ("@5", "0:")),
        (None, "5", ("22.5:", "5:")),
        (None, "22.5", ("22.5:", "22.5:")),
        (None, "40", ("", "40:")),
        (None, "~:100", ("", "~:100")),
        ("40", "20", ("40:", "20:")),
        ("20%", "5%", ("18:", "4.5:")),
        ("5", "25%", ("5:", "22.5:")),  # both given: as given, for a period they were not made for
    ],
)
def test_default_that_contradicts_yields(warning: str | None, critical: str | None, expected: Text) -> None:
    default = Ranges(interval("30,25%"), interval("15,10%"))
    wanted = Ranges(*(None if text is None else interval(text) for text in (warning, critical)))
    assert spelled(resolve_pair(EXPIRY, wanted, default)) == expected


@pytest.mark.parametrize(
    ("warning", "critical", "expected"),
    [
        (None, None, ("", "100:")),
        ("50:", None, ("50:", "")),  # whoever asks for a warning at 50 % does not want CRITICAL at 99 %
        ("100:", None, ("100:", "")),
        (None, "50:", ("", "50:")),
        ("100:", "50:", ("100:", "50:")),
    ],
)
def test_default_of_a_metric_without_a_floor_yields(warning: str | None, critical: str | None, expected: Text) -> None:
    texts = given(san_coverage=(warning, critical))
    assert resolved(texts, QUARTER)["san_coverage"] == expected


NOT_OF_TIME = {
    "chain_valid": ("", "1:"),
    "hostname_match": ("", "1:"),
    "san_coverage": ("", "100:"),
    "reachable": ("", "100:"),
    "time": ("", ""),
    "tls_version": ("", ""),
    "key_strength": ("", ""),
    "validity_period": ("", ""),
    "addresses_differ": ("0", ""),
    "deployed": ("", "1:"),
}


@pytest.mark.parametrize(
    ("days", "left", "used"),
    [
        (SHORT, ("1.6667:", "0.6667:"), ("74.9995", "89.9995")),
        (47.0, ("11.75:", "4.7:"), ("75", "90")),
        (QUARTER, ("22.5:", "9:"), ("75", "90")),
        (120.0, ("30:", "12:"), ("75", "90")),
        (398.0, ("30:", "15:"), ("92.4623", "96.2312")),
        (DECADE, ("30:", "15:"), ("99.1781", "99.589")),
        (None, ("30:", "15:"), ("", "")),  # no period, no share of it
    ],
)
def test_defaults_for_every_length_of_validity(days: float | None, left: Text, used: Text) -> None:
    """One pair of defaults fits a certificate of 160 hours and one of ten years."""
    assert resolved({}, days) == {**NOT_OF_TIME, "expiry": left, "lifetime_used": used, "chain_expiry": left}


def test_order_is_that_of_the_table() -> None:
    assert list(resolve_all({}, QUARTER)) == [kind.name for kind in all_metrics()]


def test_thresholds_of_expiry_carry_over_to_the_metrics_derived_from_it() -> None:
    texts = given(expiry=("45", "18"))
    assert resolved(texts, QUARTER) == {
        **NOT_OF_TIME,
        "expiry": ("45:", "18:"),
        "lifetime_used": ("50", "80"),
        "chain_expiry": ("45:", "18:"),
    }


def test_derived_metrics_have_their_own_thresholds_where_given() -> None:
    texts = given(expiry=("45", "18"), lifetime_used=("60", "70"), chain_expiry=("100", "7"), time=("2", "5"))
    assert resolved(texts, QUARTER) == {
        **NOT_OF_TIME,
        "expiry": ("45:", "18:"),
        "lifetime_used": ("60", "70"),
        "chain_expiry": ("100:", "7:"),
        "time": ("2", "5"),
    }


def test_what_expiry_had_to_yield_is_not_derived_from() -> None:
    """`-c 40` on 90 days: no warning is left, for expiry and for what follows it."""
    texts = given(expiry=(None, "40"))
    found = resolved(texts, QUARTER)
    assert (found["expiry"], found["lifetime_used"], found["chain_expiry"]) == (
        ("", "40:"),
        ("", "55.5556"),
        ("", "40:"),
    )


def test_derived_default_yields_to_what_is_given() -> None:
    texts = given(lifetime_used=("95", None), chain_expiry=("5", None))
    found = resolved(texts, QUARTER)
    assert (found["lifetime_used"], found["chain_expiry"]) == (("95", ""), ("5:", "0:"))


def test_given_percent_without_validity_period_leaves_the_default() -> None:
    texts = given(expiry=("50%", "40%"))
    assert resolved(texts, None)["expiry"] == ("30:", "15:")


@pytest.mark.parametrize(
    ("left", "used"),
    [
        ("22.5", "75"),
        ("0", "100"),
        ("-9", "110"),
        ("90", "0"),
        ("100", "0"),  # more than the period: every value but 0 alerts
        ("9:45", "50:90"),
        ("~:45", "50:"),
        ("~:", "0:"),
        ("@9:45", "@50:90"),
        ("@~:45", "@50:"),
        ("@45:", "@50"),
    ],
)
def test_days_left_as_share_used_up(left: str, used: str) -> None:
    assert str(used_up(interval(left), QUARTER)) == used


@pytest.mark.parametrize("text", ["22.5", "9:45", "~:45", "@9:45", "@~:45", "@45", "0"])
def test_share_used_up_alerts_when_the_days_left_do(text: str) -> None:
    left = interval(text)
    used = used_up(left, QUARTER)
    for days in (-20.0, 0.0, 4.5, 9.0, 18.0, 22.5, 36.0, 45.0, 63.0, 90.0):
        assert alerts(used, 100 * (1 - days / QUARTER)) == alerts(left, days), days
