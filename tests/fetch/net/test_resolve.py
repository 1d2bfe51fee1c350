"""Names to addresses: what the resolver is asked, what becomes of its answers, and that nobody waits for it too long."""

from __future__ import annotations

import errno
import os
import select
import socket
import threading
from typing import NoReturn

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.net.resolve import Address, ResolveError, resolve
from check_tls_cert.fetch.net.waiting import run_alone
from tests.servers import PATIENCE


def test_literal_addresses_need_no_resolver() -> None:
    deadline = Deadline(5)
    assert run_alone(resolve("192.0.2.1", 443, 0, deadline)) == [Address(socket.AF_INET, ("192.0.2.1", 443))]
    assert run_alone(resolve("[2001:db8::1]", 443, 0, deadline)) == [
        Address(socket.AF_INET6, ("2001:db8::1", 443, 0, 0))
    ]


def test_localhost_is_resolved_once_each() -> None:
    found = run_alone(resolve("localhost", 443, socket.AF_INET, Deadline(30)))
    assert found == [Address(socket.AF_INET, ("127.0.0.1", 443))]


def test_name_without_address_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(ResolveError, match=r"^Name or service not known$") as caught:
        run_alone(resolve("www.example.org", 443, 0, Deadline(30)))
    assert not caught.value.timed_out


def test_resolver_that_never_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    """`getaddrinfo` can block for longer than any time-out of ours: we go on without it."""
    answer = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [][: answer.wait()])
    with pytest.raises(ResolveError, match=r"^no answer within 0\.05 s$") as caught:
        run_alone(resolve("www.example.org", 443, 0, Deadline(0.05)))
    assert caught.value.timed_out
    answer.set()


def test_no_descriptor_left_to_resolve_with(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> NoReturn:
        raise OSError(errno.EMFILE, "whatever")

    monkeypatch.setattr(os, "pipe", refuse)
    with pytest.raises(ResolveError, match="Too many open files") as raised:
        run_alone(resolve("www.example.org", 443, 0, Deadline(30)))
    assert not raised.value.timed_out


def test_no_thread_to_resolve_with(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(ResolveError, match="starts no thread"):
        run_alone(resolve("www.example.org", 443, 0, Deadline(30)))


class Resolver:
    """Answers in the place of `socket.getaddrinfo`, and notes what it was asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[tuple[object, ...]] = []

    def __call__(self, *asked: object) -> list[tuple[int, int, int, str, tuple[str, int]]]:
        self.asked.append(asked)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 25)) for address in self.addresses]


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
@pytest.mark.parametrize("family", [0, socket.AF_INET, socket.AF_INET6])
def test_what_is_asked(monkeypatch: pytest.MonkeyPatch, kind: socket.SocketKind, family: int) -> None:
    """The name in bytes: for text Python imports its idna codec, which is of 2003."""
    resolver = Resolver("192.0.2.1")
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    run_alone(resolve("www.example.org", 25, family, Deadline(30), kind))
    assert resolver.asked == [(b"www.example.org", 25, family, kind, 0, 0)]


def test_literal_addresses_are_for_no_name_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """They are not looked up, so that they need no thread either."""
    resolver = Resolver("192.0.2.1")
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    steps = resolve("192.0.2.1", 25, 0, Deadline(30))
    with pytest.raises(StopIteration):
        next(steps)
    assert resolver.asked == [(b"192.0.2.1", 25, 0, socket.SOCK_STREAM, 0, socket.AI_NUMERICHOST)]


def test_addresses_in_their_order_each_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system has sorted them (RFC 6724); some resolvers repeat them."""
    monkeypatch.setattr(socket, "getaddrinfo", Resolver("192.0.2.9", "192.0.2.1", "192.0.2.9", "192.0.2.5"))
    found = run_alone(resolve("www.example.org", 25, 0, Deadline(30)))
    assert [address.text for address in found] == ["192.0.2.9", "192.0.2.1", "192.0.2.5"]


def test_as_long_as_the_deadline_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is waited for is the thread; once it has answered its descriptor is ready."""
    monkeypatch.setattr(socket, "getaddrinfo", Resolver("192.0.2.1"))
    seconds = 1_000.0
    deadline = Deadline(30, lambda: seconds)
    seconds += 12
    steps = resolve("www.example.org", 25, 0, deadline)
    wait = next(steps)
    assert wait.seconds == 18
    (descriptor,) = wait.descriptors
    assert wait.descriptors[descriptor] == select.POLLIN
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    assert poll.poll(30_000)
    with pytest.raises(StopIteration) as ended:
        steps.send([descriptor])
    assert [address.text for address in ended.value.value] == ["192.0.2.1"]


def test_what_the_system_says_is_printable(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> NoReturn:
        raise OSError(errno.EIO, "broken\x1b[31m")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(ResolveError) as raised:
        run_alone(resolve("www.example.org", 25, 0, Deadline(30)))
    assert str(raised.value).isprintable()


class Pipes:
    """The file descriptors of pipes, as long as they are open."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.open: set[int] = set()
        make, close = os.pipe, os.close

        def noted_pipe() -> tuple[int, int]:
            ends = make()
            self.open.update(ends)
            return ends

        def noted_close(descriptor: int) -> None:
            self.open.discard(descriptor)  # first, since it may be somebody else's at once
            close(descriptor)

        monkeypatch.setattr(os, "pipe", noted_pipe)
        monkeypatch.setattr(os, "close", noted_close)


class TestDescriptors:
    """None stays open: a fleet resolves thousands of names in one process."""

    def test_resolved(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(socket, "getaddrinfo", Resolver("192.0.2.1"))
        pipes = Pipes(monkeypatch)
        run_alone(resolve("www.example.org", 25, 0, Deadline(30)))
        assert pipes.open == set()

    def test_no_thread(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_: threading.Thread) -> NoReturn:
            raise RuntimeError("can't start new thread")

        monkeypatch.setattr(threading.Thread, "start", refuse)
        pipes = Pipes(monkeypatch)
        with pytest.raises(ResolveError):
            run_alone(resolve("www.example.org", 25, 0, Deadline(30)))
        assert pipes.open == set()

    def test_nobody_waits_any_longer(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Our end is closed at once; the thread closes its own when the resolver answers at last."""
        answer = threading.Event()
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [][: answer.wait()])
        pipes = Pipes(monkeypatch)
        before = threading.enumerate()
        steps = resolve("www.example.org", 25, 0, Deadline(30))
        (ours,) = next(steps).descriptors
        with pytest.raises(ResolveError):
            steps.send([])
        assert ours not in pipes.open
        assert len(pipes.open) == 1
        (thread,) = (one for one in threading.enumerate() if one not in before)
        answer.set()
        thread.join(PATIENCE)
        assert pipes.open == set()
