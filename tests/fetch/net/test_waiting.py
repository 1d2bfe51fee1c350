"""Who runs what waits: one alone, and several side by side."""

from __future__ import annotations

import select
import socket
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
    assert run_alone(together([relay(a, c), relay(b, a), relay(c, b)], 3)) == [b"x", b"x", b"x"]


def test_one_in_time_beside_one_that_is_not(pairs: list[Pair]) -> None:
    a, b, c = pairs
    c[1].send(b"x")
    assert run_alone(together([first(a, 0.02), relay(c, b), first(b)], 3)) == [b"", b"x", b"x"]


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

    assert run_alone(together(map(counted, range(7)), 3)) == list(range(7))
    assert most == 3


def test_nothing_to_wait_for() -> None:
    def done() -> Waiting[str]:
        yield from ()
        return "done"

    assert run_alone(together([done(), done()], 1)) == ["done", "done"]
    assert run_alone(together([], 1)) == []
