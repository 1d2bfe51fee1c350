"""How a number is outside a range, in words; and remarks."""

from __future__ import annotations

import pytest

from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import PROXY_CLOSED
from check_tls_cert.model.presented import Explained
from check_tls_cert.model.ranges import Interval
from check_tls_cert.report.words import noted, violation

INFINITY = float("inf")


@pytest.mark.parametrize(
    ("interval", "words"),
    [
        (Interval(30, INFINITY), "less than the required 30 d"),
        (Interval(22.509, INFINITY), "less than the required 22.51 d"),
        (Interval(-5, INFINITY), "less than the required -5 d"),
        (Interval(-INFINITY, 20), "more than the allowed 20 d"),
        (Interval(0, 20), "more than the allowed 20 d"),
        (Interval(5, 20), "outside the required 5 to 20 d"),
        (Interval(5, 20, inverted=True), "within the forbidden 5 to 20 d"),
        (Interval(-INFINITY, 5, inverted=True), "not more than the required 5 d"),
        (Interval(5, INFINITY, inverted=True), "not less than the required 5 d"),
    ],
)
def test_violation(interval: Interval, words: str) -> None:
    """Never of infinity."""
    assert violation(interval, "d") == words
    assert violation(interval) == words.removesuffix(" d")


def test_remarks() -> None:
    finding = Finding(PROXY_CLOSED, role="HTTP proxy server", reason="before its greeting")
    assert noted("as it is") == "as it is"
    told = "the HTTP proxy server closed the connection before its greeting"
    assert noted(Explained("why", finding)) == f"why: {told}"
    assert noted(Explained("", finding)) == told
