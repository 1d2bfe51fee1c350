"""Resolving and connecting, on loopback."""

from __future__ import annotations

import errno
import os
import socket
import threading
from typing import NoReturn

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.net.connect import Refusal, connect
from check_tls_cert.fetch.net.resolve import Address, ResolveError, resolve
from check_tls_cert.fetch.net.stream import StreamReset, StreamTimeout
from check_tls_cert.fetch.net.waiting import run_alone
from tests import servers


def loopback(port: int) -> Address:
    return Address(socket.AF_INET, ("127.0.0.1", port))


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


def test_refused_address_leads_to_the_next_at_once() -> None:
    """A host whose IPv6 address nobody listens on is no outage: clients go on to the next."""
    closed = servers.closed_port()
    with servers.serving(servers.silent) as port:
        stream, refusals = run_alone(connect([loopback(closed), loopback(port)], Deadline(30)))
        assert stream is not None
        assert stream.address == loopback(port)
        stream.close()
    assert refusals == (Refusal(loopback(closed), errno.ECONNREFUSED),)


def test_silent_address_does_not_hold_up_the_next() -> None:
    """RFC 8305: the second attempt starts beside the first."""
    with servers.dropping() as mute, servers.serving(servers.silent) as port:
        stream, refusals = run_alone(connect([loopback(mute), loopback(port)], Deadline(30)))
        assert stream is not None
        stream.close()
    assert refusals == (Refusal(loopback(mute), errno.ETIMEDOUT),)


def test_nobody_answers_before_the_deadline() -> None:
    with servers.dropping() as mute:
        stream, refusals = run_alone(connect([loopback(mute)] * 9, Deadline(0.4)))
    assert stream is None
    assert refusals == (Refusal(loopback(mute), errno.ETIMEDOUT),) * 9


def test_no_thread_to_resolve_with(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: threading.Thread) -> NoReturn:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", refuse)
    with pytest.raises(ResolveError, match="starts no thread"):
        run_alone(resolve("www.example.org", 443, 0, Deadline(30)))


def test_every_address_refused() -> None:
    closed = servers.closed_port()
    stream, refusals = run_alone(connect([loopback(closed), loopback(closed)], Deadline(30)))
    assert stream is None
    assert [refusal.text for refusal in refusals] == ["Connection refused", "Connection refused"]


def test_system_without_that_family(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> socket.socket:
        raise OSError(errno.EAFNOSUPPORT, "Address family not supported by protocol")

    monkeypatch.setattr(socket, "socket", refuse)
    address = Address(socket.AF_INET6, ("2001:db8::1", 443, 0, 0))
    assert run_alone(connect([address], Deadline(30))) == (None, (Refusal(address, errno.EAFNOSUPPORT),))


def test_receive_waits_for_what_comes_and_then_for_the_end() -> None:
    with servers.serving(servers.says(b"one", b"two")) as port:
        stream, _ = run_alone(connect([loopback(port)], Deadline(30)))
        assert stream is not None
        run_alone(stream.send(b"hello"))
        received = b""
        while data := run_alone(stream.receive()):
            received += data
        assert received == b"onetwo"
        stream.close()


def test_receive_ends_at_the_deadline() -> None:
    with servers.serving(servers.silent) as port:
        stream, _ = run_alone(connect([loopback(port)], Deadline(0.2)))
        assert stream is not None
        with pytest.raises(StreamTimeout):
            run_alone(stream.receive())
        stream.close()


def test_send_ends_at_the_deadline() -> None:
    """A peer that does not read must not hold us: the system's buffers are finite."""
    with servers.serving(servers.deaf) as port:
        stream, _ = run_alone(connect([loopback(port)], Deadline(0.3)))
        assert stream is not None
        with pytest.raises(StreamTimeout):
            run_alone(stream.send(bytes(100_000_000)))
        stream.close()


def test_reset_is_told_when_receiving_and_when_sending() -> None:
    with servers.serving(servers.resets) as port:
        stream, _ = run_alone(connect([loopback(port)], Deadline(30)))
        assert stream is not None
        run_alone(stream.send(b"hello"))
        with pytest.raises(StreamReset, match="Connection reset by peer"):
            run_alone(stream.receive())
        with pytest.raises(StreamReset, match="Broken pipe"):
            run_alone(stream.send(b"hello"))
        stream.close()


def test_last_address_refused_while_the_first_is_still_silent() -> None:
    closed = servers.closed_port()
    with servers.dropping() as mute:
        stream, refusals = run_alone(connect([loopback(mute), loopback(closed)], Deadline(0.6)))
    assert stream is None
    assert refusals == (Refusal(loopback(closed), errno.ECONNREFUSED), Refusal(loopback(mute), errno.ETIMEDOUT))


class _Immediate(socket.socket):
    """A socket whose connection is there at once, as some systems have it on loopback."""

    def connect_ex(self, address: tuple[str, int]) -> int:  # type: ignore[override]  # IPv4 alone
        self.setblocking(True)
        code = super().connect_ex(address)
        self.setblocking(False)
        return code


def test_connection_that_is_there_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    with servers.serving(servers.silent) as port:
        monkeypatch.setattr(socket, "socket", _Immediate)
        stream, refusals = run_alone(connect([loopback(port)], Deadline(30)))
        monkeypatch.undo()
        assert stream is not None
        stream.close()
    assert refusals == ()


def test_what_was_given_back_is_received_first() -> None:
    with servers.serving(servers.greets(b"more")) as port:
        stream, _ = run_alone(connect([loopback(port)], Deadline(30)))
        assert stream is not None
        stream.unread(b"b")
        stream.unread(b"a")
        assert run_alone(stream.receive()) == b"ab"
        assert run_alone(stream.receive()) == b"more"
        run_alone(stream.finish(30))
