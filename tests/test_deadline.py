"""The deadline: one budget, counted by an injected clock."""

from __future__ import annotations

import time

import pytest

from check_tls_cert.deadline import Deadline


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self, reading: float) -> None:
        self.reading = reading

    def __call__(self) -> float:
        return self.reading


@pytest.mark.parametrize(
    ("elapsed", "remaining"),
    [(0.0, 10.0), (2.5, 7.5), (10.0, 0.0), (10.25, 0.0), (1e6, 0.0)],
)
def test_what_remains_is_never_negative(elapsed: float, remaining: float) -> None:
    clock = Clock(1000.0)
    deadline = Deadline(10, clock)
    clock.reading += elapsed
    assert deadline.remaining() == remaining


def test_budget_counts_from_construction_and_asking_costs_nothing() -> None:
    clock = Clock(5.0)
    deadline = Deadline(3, clock)
    clock.reading = 6.0
    assert [deadline.remaining(), deadline.remaining(), deadline.remaining()] == [2.0, 2.0, 2.0]
    assert deadline.seconds == 3


def test_now_is_the_clock_that_was_handed_in() -> None:
    clock = Clock(-7.0)
    deadline = Deadline(1, clock)
    before = deadline.now()
    clock.reading = 0.5
    assert (before, deadline.now()) == (-7.0, 0.5)


def test_no_budget_is_over_at_once() -> None:
    assert Deadline(0, Clock(42.0)).remaining() == 0.0


@pytest.mark.parametrize(("seconds", "granted"), [(3, 3), (10, 10), (10.5, 10), (60, 10)])
def test_a_deadline_within_another_has_no_more_than_what_is_left_of_it(seconds: float, granted: float) -> None:
    clock = Clock(100.0)
    outer = Deadline(12, clock)
    clock.reading += 2
    inner = Deadline(seconds, clock, within=outer)
    assert (inner.seconds, inner.remaining()) == (granted, granted)


def test_a_deadline_within_another_ends_first_if_it_is_shorter() -> None:
    clock = Clock(0.0)
    inner = Deadline(3, clock, within=Deadline(10, clock))
    clock.reading = 2.5
    assert inner.remaining() == 0.5
    clock.reading = 4
    assert inner.remaining() == 0.0


def test_a_deadline_never_outlasts_the_one_it_is_within() -> None:
    """Not even where the inner one goes by a clock that is slower."""
    outer_clock, inner_clock = Clock(0.0), Clock(0.0)
    outer = Deadline(10, outer_clock)
    inner = Deadline(8, inner_clock, within=outer)
    outer_clock.reading = 7
    assert inner.remaining() == 3.0
    outer_clock.reading = 11
    assert inner.remaining() == 0.0


def test_deadlines_may_be_nested_deeper() -> None:
    clock = Clock(0.0)
    innermost = Deadline(9, clock, within=Deadline(8, clock, within=Deadline(5, clock)))
    assert innermost.seconds == 5
    clock.reading = 4
    assert innermost.remaining() == 1.0


def test_the_clock_is_monotonic_unless_another_is_handed_in() -> None:
    """Setting the system's time moves no deadline."""
    before = time.monotonic()
    now = Deadline(1).now()
    assert before <= now <= time.monotonic()
