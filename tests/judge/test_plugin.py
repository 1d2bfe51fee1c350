"""From measurements to a state: the order of states, charging, and performance data."""

from __future__ import annotations

import itertools

import pytest

from check_tls_cert.judge import plugin
from check_tls_cert.judge.resolving import resolve_all
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import ALL_FINDINGS
from check_tls_cert.model.metrics import METRICS
from check_tls_cert.model.ranges import Interval, Ranges
from check_tls_cert.model.verdict import Verdict

INFINITY = float("inf")
FINDING = Finding(ALL_FINDINGS["expiry.soon"])


def judged(*measurements: Measurement, **ranges: Ranges) -> Verdict:
    return plugin.judge_measurements(measurements, {**resolve_all({}, 90.0), **ranges})


def at_least(warning: float | None, critical: float | None) -> Ranges:
    return Ranges(*(None if start is None else Interval(start, INFINITY) for start in (warning, critical)))


#: One measurement for each state.
STATES = {
    "OK": Measurement("chain_valid", 1),
    "UNKNOWN": Measurement("chain_expiry", None, findings=(FINDING,)),
    "WARNING": Measurement("expiry", 20, findings=(FINDING,)),
    "CRITICAL": Measurement("hostname_match", 0, findings=(FINDING,)),
}
WORST_FIRST = ["CRITICAL", "WARNING", "UNKNOWN", "OK"]


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_worst_state_decides(count: int) -> None:
    """CRITICAL over WARNING over UNKNOWN over OK: what could not be told must not hide what could."""
    for names in itertools.permutations(STATES, count):
        verdict = judged(*(STATES[name] for name in names))
        expected = sorted(names, key=WORST_FIRST.index)
        assert verdict.state == expected[0]
        assert verdict.exit_code == ["OK", "WARNING", "CRITICAL", "UNKNOWN"].index(expected[0])
        assert [outcome.state for outcome in verdict.outcomes] == expected


def test_order_within_a_state_is_that_of_measuring() -> None:
    verdict = judged(Measurement("expiry", -1), Measurement("chain_valid", 0), Measurement("hostname_match", 0))
    assert [outcome.measurement.metric for outcome in verdict.outcomes] == ["expiry", "chain_valid", "hostname_match"]


def test_performance_data_stays_in_order_and_leaves_out_what_is_unknown() -> None:
    measured = (Measurement("expiry", 60.5), Measurement("chain_valid", None), Measurement("time", 0.00001))
    assert judged(*measured).perfdata == "expiry=60.5d;22.5:;9: time=0s;;;0"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (100, "100"), (99.999, "100"), (33.333, "33.33"), (-0.001, "0"), (1e-7, "0"), (3650000.5, "3650000.5")],
)
def test_numbers_have_no_exponent(value: float, shown: str) -> None:
    verdict = judged(Measurement("lifetime_used", value), lifetime_used=Ranges())
    assert verdict.perfdata == f"lifetime_used={shown}%;;;0"


class TestCharging:
    """A problem that is another metric's takes over that metric's state."""

    def test_state_is_that_of_the_other(self) -> None:
        own = Measurement("lifetime_used", 95, charged_to="expiry")
        for value, state in ((60, "OK"), (20, "WARNING"), (1, "CRITICAL")):
            verdict = judged(Measurement("expiry", value), own)
            assert [outcome.state for outcome in verdict.outcomes] == [state, state]

    def test_without_the_other_it_has_its_own(self) -> None:
        assert judged(Measurement("lifetime_used", 95, charged_to="expiry")).state == "CRITICAL"

    def test_unknown_stays_unknown_beside_ok(self) -> None:
        """Never OK when we could not tell."""
        verdict = judged(Measurement("expiry", None, charged_to="reachable"), Measurement("reachable", 100))
        assert verdict.state == "UNKNOWN"
        verdict = judged(Measurement("expiry", None, charged_to="reachable"), Measurement("reachable", 0))
        assert [outcome.state for outcome in verdict.outcomes] == ["CRITICAL", "CRITICAL"]


class TestAccepting:
    """An accepted finding does not count, but does not make known what is not."""

    def test_accepted_alone_is_ok(self) -> None:
        assert judged(Measurement("expiry", -5, accepted=(FINDING,))).state == "OK"

    def test_accepted_beside_another_is_not(self) -> None:
        other = Finding(ALL_FINDINGS["chain.expired"])
        assert judged(Measurement("chain_valid", 0, findings=(other,), accepted=(FINDING,))).state == "CRITICAL"

    def test_accepted_and_unknown(self) -> None:
        assert judged(Measurement("expiry", None, accepted=(FINDING,))).state == "UNKNOWN"


@pytest.mark.parametrize("name", METRICS)
def test_no_ranges_no_alert(name: str) -> None:
    """Nagiosplugin's empty range starts at 0; "none" has to mean none, below 0 as well."""
    assert judged(Measurement(name, -1), **{name: Ranges()}).state == "OK"


@pytest.mark.parametrize(
    ("value", "state"), [(15, "OK"), (14.99, "WARNING"), (7, "WARNING"), (6.99, "CRITICAL"), (-1, "CRITICAL")]
)
def test_bounds_belong_to_the_range(value: float, state: str) -> None:
    assert judged(Measurement("expiry", value), expiry=at_least(15, 7)).state == state
