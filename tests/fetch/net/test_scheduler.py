"""Side by side without a clock of the wall: tasks that wait for one another, and a clock that the test moves."""

from __future__ import annotations

import select
import selectors
import socket
from collections.abc import Iterator

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.net.scheduler import PATIENCE, Limits, Scheduler, _Alarms, _Task
from check_tls_cert.fetch.net.waiting import Wait, Waiting

Pair = tuple[socket.socket, socket.socket]


class Clock:
    """Seconds that pass when nothing is ready, all that is waited for at once, or when the test says so."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()

    class Jumping(selectors.DefaultSelector):
        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            found: list[tuple[selectors.SelectorKey, int]] = super().select(0)
            if not found and timeout is not None:
                made.seconds += timeout + 1e-6
            return found

    monkeypatch.setattr(selectors, "DefaultSelector", Jumping)
    return made


@pytest.fixture
def pair() -> Iterator[Pair]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def sleeping(seconds: float, what: str) -> Waiting[str]:
    """Wait for nothing but time."""
    yield Wait({}, seconds)
    return what


def hearing(pair: Pair, seconds: float = 30) -> Waiting[str]:
    """Say what has been heard, "nothing" if there is nothing in time."""
    ready = yield Wait({pair[0].fileno(): select.POLLIN}, seconds)
    return pair[0].recv(9).decode() if ready else "nothing"


def telling(pair: Pair, what: str) -> Waiting[str]:
    """Say something to the one who listens, as soon as there is room, in two waits for the same descriptor."""
    for _ in range(2):
        assert (yield Wait({pair[1].fileno(): select.POLLOUT}, 30)) == [pair[1].fileno()]
    pair[1].send(what.encode())
    return f"said {what}"


class TestAlarms:
    """When to look whether the time of a wait is up."""

    @pytest.fixture
    def alarms(self) -> _Alarms[str]:
        return _Alarms()

    @staticmethod
    def waits(alarms: _Alarms[str], task: _Task[str], end: float) -> None:
        task.end = end
        alarms.watch(task)

    def test_those_whose_time_is_up(self, alarms: _Alarms[str]) -> None:
        tasks = [_Task(number, sleeping(1, "")) for number in range(4)]
        for task, end in zip(tasks, (30, 10, 20, 20)):
            self.waits(alarms, task, end)
        assert alarms.next_moment() == 10
        assert alarms.take_due(9.5) == []
        assert alarms.take_due(20) == [tasks[1], tasks[2], tasks[3]]
        assert alarms.next_moment() == 30
        assert alarms.take_due(float("inf")) == [tasks[0]]
        assert alarms.take_due(float("inf")) == []
        assert alarms.next_moment() == float("inf")

    def test_later_ends_need_no_more_alarms(self, alarms: _Alarms[str]) -> None:
        """A handshake is many waits that the peer's answers end: one alarm for all of them."""
        task = _Task(0, sleeping(1, ""))
        for end in range(10, 1_010):
            self.waits(alarms, task, end)
        assert len(alarms._heap) == 1
        assert alarms.take_due(10) == []
        assert alarms.next_moment() == 1_009
        assert alarms.take_due(1_009) == [task]

    def test_an_alarm_of_an_earlier_wait_is_left_over(self, alarms: _Alarms[str]) -> None:
        task = _Task(0, sleeping(1, ""))
        self.waits(alarms, task, 50)
        self.waits(alarms, task, 30)
        assert alarms.take_due(30) == [task]
        self.waits(alarms, task, 70)
        assert alarms.take_due(60) == []
        assert alarms.take_due(70) == [task]

    def test_each_is_due_once(self, alarms: _Alarms[str]) -> None:
        task = _Task(0, sleeping(1, ""))
        for end in (50, 40, 30):
            self.waits(alarms, task, end)
        assert alarms.take_due(float("inf")) == [task]

    def test_what_is_over_is_never_late(self, alarms: _Alarms[str]) -> None:
        task = _Task(0, sleeping(1, ""))
        self.waits(alarms, task, 50)
        task.over = True
        assert alarms.take_due(50) == []


def test_whoever_is_over_comes_first(clock: Clock, pair: Pair) -> None:
    """The first task waits for the second: one after the other would never end."""
    scheduler: Scheduler[str] = Scheduler(Limits(2, 2), Deadline(30, clock), clock)
    assert list(scheduler.run([hearing(pair), telling(pair, "hello")])) == [(1, "said hello"), (0, "hello")]


def test_no_tasks(clock: Clock) -> None:
    scheduler: Scheduler[str] = Scheduler(Limits(2, 2), Deadline(30, clock), clock)
    assert list(scheduler.run([])) == []


def test_only_so_many_at_work(clock: Clock) -> None:
    begun: list[int] = []

    def task(number: int) -> Waiting[list[int]]:
        begun.append(number)
        yield Wait({}, 0.001)
        return list(begun)

    scheduler: Scheduler[list[int]] = Scheduler(Limits(1, 9), Deadline(30, clock), clock)
    assert [seen for _, seen in scheduler.run(map(task, range(3)))] == [[0], [0, 1], [0, 1, 2]]


def test_the_slow_do_not_keep_others_from_beginning(clock: Clock) -> None:
    """With room for one at work, a silent peer's task is overtaken; it ends last, when its time is up."""
    scheduler: Scheduler[str] = Scheduler(Limits(1, 9), Deadline(1e6, clock), clock)
    tasks = [sleeping(PATIENCE * 1.6, "silent"), sleeping(0.01, "a"), sleeping(0.01, "b")]
    assert [what for _, what in scheduler.run(tasks)] == ["a", "b", "silent"]


def test_the_slow_are_not_endless_either(clock: Clock) -> None:
    """What is begun and not over is bounded, however slow: the third waits for one of the first two to end."""
    scheduler: Scheduler[str] = Scheduler(Limits(1, 2), Deadline(1e6, clock), clock)
    tasks = [sleeping(PATIENCE * 3, "silent"), sleeping(PATIENCE * 1.5, "mute"), sleeping(0.01, "well")]
    assert [what for _, what in scheduler.run(tasks)] == ["mute", "well", "silent"]


def test_time_that_is_ours_is_charged_to_nobody(clock: Clock, pair: Pair) -> None:
    """Whoever takes what a task returns may be busy with it for an hour: the other's wait of 30 s is not over."""
    scheduler: Scheduler[str] = Scheduler(Limits(3, 3), Deadline(1e6, clock), clock)
    found = []
    for _, what in scheduler.run([sleeping(0.01, "first"), sleeping(5, "second"), hearing(pair)]):
        found.append(what)
        clock.seconds += 3_600
        if what == "second":
            pair[1].send(b"in time")
    assert found == ["first", "second", "in time"]


def test_all_are_told_when_the_time_of_all_is_up(clock: Clock, pair: Pair) -> None:
    total = Deadline(60, clock)
    scheduler: Scheduler[str] = Scheduler(Limits(2, 9), total, clock)
    found = []
    for _, what in scheduler.run([sleeping(0.01, "first"), hearing(pair, 1e9), sleeping(1e9, "last")]):
        found.append(what)
        clock.seconds += 3_600
    assert found == ["first", "nothing", "last"]


def test_a_wait_that_ends_before_the_one_before_it_would_have(clock: Clock, pair: Pair) -> None:
    """A wait of hours is cut short by an octet; the short one after it is over in its own time, and only once."""

    def task() -> Waiting[str]:
        assert (yield Wait({pair[0].fileno(): select.POLLIN}, 7_200))
        assert not (yield Wait({}, 0.01))
        assert not (yield Wait({}, 0.02))
        assert (yield Wait({pair[0].fileno(): select.POLLIN}, 10))
        assert not (yield Wait({}, 7_200))  # no alarm of a wait long over must end this one early
        return f"{clock.seconds > begin + 7_200}"

    begin = clock.seconds
    scheduler: Scheduler[str] = Scheduler(Limits(2, 2), Deadline(1e6, clock), clock)
    pair[1].send(b"x")
    steps = scheduler.run([task(), _passing(clock)])
    assert [what for _, what in steps] == ["passed", "True"]


def _passing(clock: Clock) -> Waiting[str]:
    """Let hours pass, a little at a time."""
    for _ in range(8):
        yield Wait({}, 0.01)
        clock.seconds += 1_000
    return "passed"


def test_whoever_takes_the_results_may_stop(clock: Clock, pair: Pair) -> None:
    """What the system lent us for waiting is given back then, too."""
    scheduler: Scheduler[str] = Scheduler(Limits(2, 2), Deadline(30, clock), clock)
    results = scheduler.run([sleeping(0.01, "first"), hearing(pair)])
    assert next(results) == (0, "first")
    assert scheduler._selector.get_map()
    results.close()  # type: ignore[attr-defined]  # an iterator that is a generator
    assert scheduler._selector.get_map() is None
