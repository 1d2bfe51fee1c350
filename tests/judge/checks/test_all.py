"""Tests of check_tls_cert.judge.checks: which questions are asked of what, and by when."""

from __future__ import annotations

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.judge.checks import in_time, measure_all
from check_tls_cert.model.presented import Presented
from tests.judge import cases


class Clock:
    """A clock that only the test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_an_endpoint_is_asked_everything_in_order() -> None:
    presented = cases.presented(cases.SITE, cases.ISSUING, at="192.0.2.1", negotiated=cases.negotiated("TLSv1.3"))
    known = cases.judging(all_addresses=True, deployed=cases.chain(cases.SITE))
    assert [one.metric for one in measure_all(presented, [presented], known)] == [
        "expiry", "lifetime_used", "chain_valid", "chain_expiry", "hostname_match", "san_coverage", "tls_version",
        "key_strength", "validity_period", "deployed", "reachable", "time", "addresses_differ",
    ]  # fmt: skip


def test_files_have_no_addresses() -> None:
    presented = cases.presented(cases.SITE, cases.ISSUING, at="192.0.2.1")
    known = cases.judging(paths=("site.pem",))
    metrics = [one.metric for one in measure_all(presented, [presented], known)]
    assert "expiry" in metrics
    assert not {"reachable", "time", "addresses_differ"} & set(metrics)


@pytest.mark.parametrize("count", [9, 10, 11, 13])
def test_ten_chains_are_judged_also_after_the_deadline(count: int) -> None:
    clock = Clock()
    deadline = Deadline(5, clock)
    clock.now = 6
    every = [cases.presented(cases.SITE, at=str(number)) for number in range(count)]
    found = list(in_time(every, deadline))
    assert found[:10] == every[:10]
    left = max(0, count - 10)
    assert len(found) == min(count, 10) + bool(left)
    if left:
        failure = found[-1].failure
        assert failure is not None
        assert (failure.id, failure.presented, failure.seconds) == ("judging.timeout", f"{left} of {count}", 5)
        assert found[-1].origin == f"{left} chains"
        assert found[-1].chain == ()


def test_once_late_nothing_more_is_judged_but_reasons() -> None:
    """What has no chain is no work; and a deadline that passed does not come back."""
    clock = Clock()
    deadline = Deadline(5, clock)
    reason = Presented(failure=cases.FAILURE)
    every = [*(cases.presented(cases.SITE, at=str(number)) for number in range(12)), reason]
    found = []
    for number, one in enumerate(in_time(every, deadline)):
        found.append(one)
        if number == 9:
            clock.now = 9
        if number == 10:
            clock.now = 0
    assert found[:11] == [*every[:10], reason]
    assert found[11].origin == "2 chains"


def test_in_time() -> None:
    every = [cases.presented(cases.SITE, at=str(number)) for number in range(12)]
    assert list(in_time(every, Deadline(5, Clock()))) == every
