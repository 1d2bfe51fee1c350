"""One verdict on several chains: each metric takes the worst, whatever the chains are called."""

from __future__ import annotations

from check_tls_cert.judge.combine import combine
from check_tls_cert.judge.plugin import judge_measurements
from check_tls_cert.judge.resolving import resolve_all
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import CHAIN_EXPIRED, EXPIRY_SOON, VALIDITY_PERIOD
from check_tls_cert.model.ranges import Interval, Ranges
from check_tls_cert.model.verdict import Verdict

SOON = Finding(EXPIRY_SOON)
DEAD = Finding(CHAIN_EXPIRED)
LONG = Finding(VALIDITY_PERIOD)


def verdict(*measurements: Measurement) -> Verdict:
    ranges = {**resolve_all({}, 90.0), "validity_period": Ranges(Interval(0, 90), None)}
    return judge_measurements(measurements, ranges)


def expiring(days: float | None) -> Verdict:
    return verdict(Measurement("expiry", days, findings=(SOON,)))


def test_one_is_itself() -> None:
    one = expiring(20)
    assert combine([("a", one)]) is one


def test_worst_state_and_exit_code() -> None:
    together = combine([("a", expiring(60)), ("b", expiring(1)), ("c", expiring(20))])
    assert (together.state, together.exit_code) == ("CRITICAL", 2)
    (outcome,) = together.outcomes
    assert (outcome.state, outcome.measurement.value) == ("CRITICAL", 1)


def test_same_name_hides_nothing() -> None:
    """Two entries of one name: the order does not matter, and the bad one counts."""
    for pair in ([1, 60], [60, 1]):
        together = combine([("same", expiring(days)) for days in pair])
        assert together.state == "CRITICAL"
        assert together.outcomes[0].problems[0].origins == ("same",)


def test_worst_number_of_a_state() -> None:
    assert combine([("a", expiring(20)), ("b", expiring(15)), ("c", expiring(18))]).outcomes[0].measurement.value == 15
    periods = [verdict(Measurement("validity_period", days, findings=(LONG,))) for days in (100, 398, 200)]
    together = combine([(str(number), one) for number, one in enumerate(periods)])
    assert together.outcomes[0].measurement.value == 398


def test_unknown_is_worse_than_ok() -> None:
    together = combine([("a", expiring(60)), ("b", expiring(None))])
    assert (together.state, together.exit_code) == ("UNKNOWN", 3)
    assert together.outcomes[0].measurement.value is None


def test_problems_say_where_unless_everywhere() -> None:
    together = combine([("a", expiring(20)), ("b", expiring(20))])
    assert [problem.origins for problem in together.outcomes[0].problems] == [()]
    together = combine([("a", expiring(20)), ("b", expiring(60)), ("c", expiring(20))])
    assert [problem.origins for problem in together.outcomes[0].problems] == [("a", "c")]


def test_problems_of_one_metric_are_worst_first() -> None:
    together = combine([("a", expiring(20)), ("b", expiring(1))])
    assert [problem.state for problem in together.outcomes[0].problems] == ["CRITICAL", "WARNING"]


def test_outcomes_are_worst_first_then_in_the_order_of_the_table() -> None:
    first = verdict(Measurement("expiry", 60), Measurement("chain_valid", 0, findings=(DEAD,)))
    second = verdict(Measurement("expiry", 60), Measurement("hostname_match", 1), Measurement("chain_valid", 1))
    together = combine([("a", first), ("b", second)])
    assert [outcome.measurement.metric for outcome in together.outcomes] == ["chain_valid", "expiry", "hostname_match"]
    assert [outcome.problems for outcome in together.outcomes[1:]] == [(), ()]
