"""Who runs what waits: one alone, and several side by side."""

from __future__ import annotations

import select
import socket
import time
from collections.abc import Iterator

import pytest

from check_tls_cert.fetch.net.waiting import Wait, Waiting, run_alone, together

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    made = [socket.socketpair() for _ in range(3)]
    yield made
    for pair in made:
        for end in pair:
            end.close()


def first(pair: Pair, seconds: float = 30) -> Waiting[bytes]:
    """Return the first octet that the other end sends, b"" if none comes in time."""
    ready = yield Wait({pair[0].fileno(): select.POLLIN}, seconds)
    return pair[0].recv(1) if ready else b""


def relay(pair: Pair, following: Pair) -> Waiting[bytes]:
    """As `first`, and then send it on."""
    octet = yield from first(pair)
    following[1].send(octet)
    return octet


def test_one_alone(pairs: list[Pair]) -> None:
    pairs[0][1].send(b"x")
    assert run_alone(first(pairs[0])) == b"x"
    assert run_alone(first(pairs[0], 0.01)) == b""


def test_side_by_side_in_their_order(pairs: list[Pair]) -> None:
    # Each waits for the one after it, so that they end in the reverse order, and none at all one after the other.
    a, b, c = pairs
    c[1].send(b"x")
    assert run_alone(together([relay(a, c), relay(b, a), relay(c, b)], 3, time.monotonic)) == [b"x", b"x", b"x"]


def test_one_in_time_beside_one_that_is_not(pairs: list[Pair]) -> None:
    a, b, c = pairs
    c[1].send(b"x")
    assert run_alone(together([first(a, 0.02), relay(c, b), first(b)], 3, time.monotonic)) == [b"", b"x", b"x"]


def test_so_many_at_a_time(pairs: list[Pair]) -> None:
    running: list[int] = []
    most = 0

    def counted(number: int) -> Waiting[int]:
        nonlocal most
        running.append(number)
        most = max(most, len(running))
        yield Wait({}, 0.001)
        running.remove(number)
        return number

    assert run_alone(together(map(counted, range(7)), 3, time.monotonic)) == list(range(7))
    assert most == 3


def test_nothing_to_wait_for() -> None:
    def done() -> Waiting[str]:
        yield from ()
        return "done"

    assert run_alone(together([done(), done()], 1, time.monotonic)) == ["done", "done"]
    assert run_alone(together([], 1, time.monotonic)) == []


class Clock:
    """Seconds that pass when the test says so."""

    seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def timed(seconds: float) -> Waiting[bool]:
    """Tell whether there was nothing ready in that time."""
    return not (yield Wait({}, seconds))


def test_one_wait_for_all_of_them() -> None:
    """What is waited for is what any of them waits for, until the first has no time left."""
    clock = Clock()

    def task(descriptor: int, seconds: float) -> Waiting[list[int]]:
        return list((yield Wait({descriptor: select.POLLIN}, seconds)))

    steps = together([task(5, 30), task(6, 20), task(7, 10)], 2, clock)
    assert next(steps) == Wait({5: select.POLLIN, 6: select.POLLIN}, 20)
    clock.seconds += 15
    assert steps.send([5]) == Wait({6: select.POLLIN, 7: select.POLLIN}, 5)
    clock.seconds += 6
    # Too late for 6, but then it is ready as well; the 7th has 4 s left.
    assert steps.send([6]) == Wait({7: select.POLLIN}, 4)
    with pytest.raises(StopIteration) as ended:
        steps.send([7])
    assert ended.value.value == [[5], [6], [7]]


def test_time_that_the_clock_leaves_out_is_charged_to_nobody() -> None:
    """In a fleet the clock stands still while results are judged: no wait ends for what that took."""
    clock = Clock()
    steps = together([timed(30), timed(20)], 2, clock)
    assert next(steps) == Wait({}, 20)
    clock.seconds += 20
    assert steps.send([]) == Wait({}, 10)


def test_whoever_runs_them_may_say_that_time_is_up() -> None:
    """The deadline of a whole fleet has passed, but not by their clock: each call brings them nearer to their ends."""
    steps = together([timed(3_600), timed(7_200), timed(7_200)], 2, Clock())
    assert next(steps) == Wait({}, 3_600)
    assert steps.send(()) == Wait({}, 7_200)
    with pytest.raises(StopIteration) as ended:
        steps.send(())
    assert ended.value.value == [True, True, True]
