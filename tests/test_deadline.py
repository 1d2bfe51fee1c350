"""The deadline: one budget, counted by an injected clock."""

from __future__ import annotations

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
