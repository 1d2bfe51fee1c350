"""Ranges: what is understood, what is refused, and when they alert."""

from __future__ import annotations

import math
import re

import pytest
from nagiosplugin import Range

from check_tls_cert.model.metrics import METRICS, TARGETS_BAD
from check_tls_cert.model.ranges import (
    Bound,
    Interval,
    Threshold,
    ThresholdError,
    contradiction,
    parse_threshold,
)

NOT_VALID = "is not a valid range; use for example 30, 30d, 4w or 25%"

INF = math.inf
NOWHERE = Bound(INF)
EXPIRY = METRICS["expiry"]

#: Days of validity periods that certificates have: short-lived, 90 days, ten years.
SHORT, QUARTER, DECADE = 160 / 24, 90.0, 3650.0


def expiry(text: str) -> Threshold:
    return parse_threshold(EXPIRY, text)


def interval(text: str, days: float = QUARTER) -> Interval:
    """Return a range of days left, resolved."""
    resolved = expiry(text).resolve(days)
    assert resolved is not None
    return resolved


# Parsing


@pytest.mark.parametrize(
    ("text", "starts", "end", "inverted"),
    [
        ("30", (Bound(30),), NOWHERE, False),  # everybody means "at least"
        ("30:", (Bound(30),), NOWHERE, False),
        ("30d", (Bound(30),), NOWHERE, False),
        ("36h", (Bound(1.5),), NOWHERE, False),
        ("2w", (Bound(14),), NOWHERE, False),
        ("25%", (Bound(25, True),), NOWHERE, False),
        ("100%", (Bound(100, True),), NOWHERE, False),
        ("0", (Bound(0),), NOWHERE, False),
        ("-5", (Bound(-5),), NOWHERE, False),
        ("-5%", (Bound(-5, True),), NOWHERE, False),
        ("7.5", (Bound(7.5),), NOWHERE, False),
        ("999999999", (Bound(999999999),), NOWHERE, False),
        ("30,25%", (Bound(30), Bound(25, True)), NOWHERE, False),
        ("30:,25%:", (Bound(30), Bound(25, True)), NOWHERE, False),
        ("4w,25%,12h", (Bound(28), Bound(25, True), Bound(0.5)), NOWHERE, False),
        ("5:20", (Bound(5),), Bound(20), False),
        ("0:50%", (Bound(0),), Bound(50, True), False),
        ("10%:50%", (Bound(10, True),), Bound(50, True), False),
        ("5:5", (Bound(5),), Bound(5), False),
        (":20", (Bound(0),), Bound(20), False),
        (":", (Bound(0),), NOWHERE, False),
        ("~:20", (Bound(-INF),), Bound(20), False),
        ("~:", (Bound(-INF),), NOWHERE, False),
        ("@5:20", (Bound(5),), Bound(20), True),
        ("@5", (Bound(0),), Bound(5), True),  # the usual "inside 0 to 5"
        ("@~:5", (Bound(-INF),), Bound(5), True),
    ],
)
def test_ranges_of_days(text: str, starts: tuple[Bound, ...], end: Bound, inverted: bool) -> None:
    assert expiry(text) == Threshold(text, starts, end, inverted)


@pytest.mark.parametrize(
    ("name", "text", "start", "end", "inverted"),
    [
        ("time", "5", 0, 5, False),  # the guidelines' meaning of a bare number
        ("time", "2.5s", 0, 2.5, False),
        ("time", "1:5", 1, 5, False),
        ("time", "@10:", 10, INF, True),
        ("san_coverage", "100:", 100, INF, False),
        ("san_coverage", "50%:", 50, INF, False),
        ("lifetime_used", "80%", 0, 80, False),
        ("reachable", "@0:49", 0, 49, True),
        ("chain_valid", "1:", 1, INF, False),
        ("chain_valid", "0:", 0, INF, False),
        ("hostname_match", "1:1", 1, 1, False),
        ("hostname_match", "~:", -INF, INF, False),
        ("chain_valid", "0:0", 0, 0, False),  # odd, but a 0 is inside
        ("time", "0", 0, 0, False),  # the least that time can be
        ("time", "@0.5:", 0.5, INF, True),
        ("reachable", "@0:99", 0, 99, True),
        ("reachable", "@1:100", 1, 100, True),
    ],
)
def test_ranges_of_other_units(name: str, text: str, start: float, end: float, inverted: bool) -> None:
    assert parse_threshold(METRICS[name], text) == Threshold(text, (Bound(start),), Bound(end), inverted)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("expiry", "", "is empty"),
        ("expiry", "@", "is empty"),
        ("expiry", "abc", NOT_VALID),
        ("expiry", "5s", "has the unit s; use d, h, w or %"),
        ("expiry", "5m", NOT_VALID),
        ("expiry", "5 d", NOT_VALID),
        ("expiry", " 5", NOT_VALID),
        ("expiry", "5\n", NOT_VALID),
        ("expiry", "+5", NOT_VALID),
        ("expiry", "--5", NOT_VALID),
        ("expiry", "1e3", NOT_VALID),
        ("expiry", "0x10", NOT_VALID),
        ("expiry", "5.", NOT_VALID),
        ("expiry", ".5", NOT_VALID),
        ("expiry", "1_000", NOT_VALID),
        ("expiry", "1000000000", NOT_VALID),
        ("expiry", "nan", NOT_VALID),
        ("expiry", "inf", NOT_VALID),
        ("expiry", "\u0663\u0660", NOT_VALID),  # digits, but not ours
        ("expiry", "~", NOT_VALID),
        ("expiry", "5:~", NOT_VALID),
        ("expiry", "@@5", NOT_VALID),
        ("expiry", "5;10", NOT_VALID),
        ("expiry", "|:5", NOT_VALID),
        ("expiry", "1:2:3", "has more than one colon"),
        ("expiry", "::", "has more than one colon"),
        ("expiry", "101%", "asks for more than 100% of the validity period"),
        ("expiry", "5:101%", "asks for more than 100% of the validity period"),
        ("expiry", "30,", NOT_VALID),
        ("expiry", ",", NOT_VALID),
        ("expiry", "30,x", NOT_VALID),
        ("expiry", "30,25%:50%", "may list alternatives only for minimums in days, such as 30,25%"),
        ("expiry", "~:30,25%", "may list alternatives only for minimums in days, such as 30,25%"),
        ("expiry", "@30,25%", "may list alternatives only for minimums in days, such as 30,25%"),
        ("time", "abc", "is not a valid range; use for example 10, 5: or 1:10"),
        ("time", "5,6", "may list alternatives only for minimums in days, such as 30,25%"),
        ("time", "5d", "has the unit d, but time is in s"),
        ("time", "5%", "has the unit %, but time is in s"),
        ("san_coverage", "5s", "has the unit s, but san_coverage is in %"),
        ("chain_valid", "100%:", "has the unit %, but chain_valid is in 0/1"),
        ("tls_version", "1s", "has the unit s, but tls_version is a number"),
        ("validity_period", "30%", "has the unit %; use d, h or w"),
        ("validity_period", "30,20", "may list alternatives only for minimums in days, such as 30,25%"),
        ("expiry", "10:5", "is reversed: its start is greater than its end"),
        ("expiry", "@10:5", "is reversed: its start is greater than its end"),
        ("expiry", ":-1", "is reversed: its start is greater than its end"),
        ("expiry", "50%:25%", "is reversed: its start is greater than its end"),
        ("expiry", "50%:30", "is reversed: its start is greater than its end"),  # it is for a long validity period
        ("expiry", "30:50%", "is reversed: its start is greater than its end"),  # it is for a short one
        ("time", "-1", "is reversed: its start is greater than its end"),
        ("expiry", "@~:", "is impossible: no value of expiry is inside"),
        ("time", "-5:-1", "is impossible: no value of time is inside"),
        ("time", "~:-0.5", "is impossible: no value of time is inside"),
        ("time", "@0:", "is impossible: no value of time is inside"),
        ("lifetime_used", "@~:", "is impossible: no value of lifetime_used is inside"),
        ("chain_valid", "2:", "is impossible: no value of chain_valid is inside"),
        ("chain_valid", "@0:1", "is impossible: no value of chain_valid is inside"),
        ("san_coverage", "101:", "is impossible: no value of san_coverage is inside"),
        ("reachable", "100.5:200", "is impossible: no value of reachable is inside"),
        ("reachable", "@~:100", "is impossible: no value of reachable is inside"),
    ],
)
def test_ranges_that_cannot_be_meant(name: str, text: str, message: str) -> None:
    with pytest.raises(ThresholdError) as caught:
        parse_threshold(METRICS[name], text)
    assert str(caught.value) == message


def test_percent_of_what_is_counted() -> None:
    """Of several targets, a share may be bad."""
    assert parse_threshold(TARGETS_BAD, "25%") == Threshold("25%", (Bound(0),), Bound(25, True), False)
    assert parse_threshold(TARGETS_BAD, "25%").of(200) == Interval(0, 50)
    with pytest.raises(ThresholdError, match=r"^asks for more than 100% of the targets$"):
        parse_threshold(TARGETS_BAD, "101%")


@pytest.mark.parametrize("text", ["0.5:0.7", "0.1:0.9", "@0:1.5"])
def test_range_between_the_two_values_of_a_yes_or_no(text: str) -> None:
    """Neither 0 nor 1 is inside: it alerts whatever happens, as `2:` does."""
    with pytest.raises(ThresholdError, match=r"^is impossible: no value of chain_valid is inside$"):
        parse_threshold(METRICS["chain_valid"], text)


# Resolving


@pytest.mark.parametrize(
    ("text", "days", "expected"),
    [
        ("30,25%", SHORT, "1.6667:"),
        ("30,25%", QUARTER, "22.5:"),
        ("30,25%", 120.0, "30:"),
        ("30,25%", DECADE, "30:"),
        ("30,25%", QUARTER + 1 / 86400, "22.5:"),  # validity periods include their last second
        ("15,10%", QUARTER, "9:"),
        ("4w,25%,100h", DECADE, "4.1667:"),
        ("36h", QUARTER, "1.5:"),
        ("1h", QUARTER, "0.0417:"),
        ("5:20", QUARTER, "5:20"),
        ("10%:50%", QUARTER, "9:45"),
        ("0:20", QUARTER, "20"),
        ("~:20", QUARTER, "~:20"),
        ("~:", QUARTER, "~:"),
        (":", QUARTER, "0:"),
        ("-0", QUARTER, "0:"),
        ("-5", QUARTER, "-5:"),
        ("@5:20", QUARTER, "@5:20"),
        ("@0:20", QUARTER, "@20"),
        ("@~:20", QUARTER, "@~:20"),
        ("@5", QUARTER, "@5"),
        ("@5:", QUARTER, "@5:"),
        ("0.00001", QUARTER, "0:"),
        ("0.0001", QUARTER, "0.0001:"),
        ("999999999", QUARTER, "999999999:"),
        ("30,25%", None, "30:"),  # no validity period: alternatives in percent drop out
        ("5:20", None, "5:20"),
    ],
)
def test_resolved_ranges_as_performance_data_shows_them(text: str, days: float | None, expected: str) -> None:
    assert str(expiry(text).resolve(days)) == expected


def test_bounds_have_four_decimals() -> None:
    """Enough for days to tell nine seconds apart, and as many as performance data shows."""
    assert interval("1h:3h") == Interval(0.0417, 0.125)
    assert interval("33.3333%") == Interval(30, INF)
    assert str(interval("~:1h")) == "~:0.0417"
    assert str(Interval(0.00004, 1.00006)) == "1.0001"
    assert str(Interval(1.00004, INF)) == "1:"


@pytest.mark.parametrize("text", ["25%", "25%,10%", ":50%", "@0:10%", "10%:"])
def test_percent_without_validity_period(text: str) -> None:
    """A certificate whose dates cannot be read has no period to take a share of."""
    assert expiry(text).resolve(None) is None


@pytest.mark.parametrize("days", [1e-5, 0.001, SHORT, QUARTER, DECADE, 3652059.0])
@pytest.mark.parametrize("text", ["30,25%", "0.001%", "0.0001", "0:99.99%", "@0.0002:100%"])
def test_no_scientific_notation(text: str, days: float) -> None:
    shown = str(expiry(text).resolve(days))
    assert re.fullmatch("@?(?:[0-9]+(?:[.][0-9]{1,4})?:?)?(?:[0-9]+(?:[.][0-9]{1,4})?)?", shown)


# What alerts

EVERY_SHAPE = ["0", "5", "10", "-5", "5:10", "0:20", ":5", "~:10", "~:", "@5:10", "@0:20", "@5:5", "@10", "@~:5", "7:7"]
VALUES = [-1e9, -5.5, -5, -0.5, 0, 2.5, 5, 6, 7, 8, 10, 15, 20, 20.5, 1e9]


def alerts(range_: Interval, value: float) -> bool:
    return (range_.start <= value <= range_.end) is range_.inverted


@pytest.mark.parametrize("text", EVERY_SHAPE)
def test_nagiosplugin_reads_a_resolved_range_as_we_mean_it(text: str) -> None:
    found = interval(text)
    admitted = [value for value in VALUES if found.admits(value)]
    assert admitted == [value for value in VALUES if Range(str(found)).match(value)]
    assert admitted == [value for value in VALUES if not alerts(found, value)]


@pytest.mark.parametrize("text", EVERY_SHAPE)
@pytest.mark.parametrize("other", EVERY_SHAPE)
def test_alerts_whenever_another_range_does(text: str, other: str) -> None:
    """As trying values shows that lie on, between and beyond all the bounds."""
    one, two = interval(text), interval(other)
    assert one.alerts_whenever(two) == all(alerts(one, value) for value in VALUES if alerts(two, value))


@pytest.mark.parametrize(
    ("warning", "critical", "expected"),
    [
        ("5", "10", True),
        ("10", "5", False),
        ("10", "10", False),
        ("10%", "25%", True),
        ("25%", "10%", False),
        ("30,25%", "15,10%", False),
        ("15,10%", "30,25%", True),
        ("30", "25%", False),  # for a validity period below 120 days that is as it should be
        ("25%", "30", False),  # above 120 days it is
        ("1w", "10", True),
        ("200h", "1w", False),
        ("5:20", "10:15", True),  # the warning is seen nowhere
        ("10:15", "5:20", False),
        ("5", "~:20", True),  # not the same end
        ("@0:10", "@0:5", False),
        ("@0:5", "@0:10", True),
        ("5", "@~:2", False),
        ("5", "@~:5", True),  # at 5 exactly
        ("~:", "10", True),
        ("10", "~:", False),
    ],
)
def test_contradiction(warning: str, critical: str, expected: bool) -> None:
    assert contradiction(expiry(warning), expiry(critical)) is expected


@pytest.mark.parametrize(
    ("name", "warning", "critical", "expected"),
    [
        ("time", "5", "2", True),
        ("time", "2", "5", False),
        ("san_coverage", "50:", "100:", True),
        ("san_coverage", "100:", "50:", False),
        ("chain_valid", "1:", "0:", False),
        ("chain_valid", "0:", "1:", True),
    ],
)
def test_contradiction_of_other_metrics(name: str, warning: str, critical: str, expected: bool) -> None:
    pair = [parse_threshold(METRICS[name], text) for text in (warning, critical)]
    assert contradiction(*pair) is expected
