"""Connecting to the first address that answers (RFC 8305), on loopback."""

from __future__ import annotations

import errno
import select
import socket

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.net.connect import ATTEMPT_DELAY, Connected, Refusal, connect
from check_tls_cert.fetch.net.resolve import Address
from check_tls_cert.fetch.net.waiting import Waiting, run_alone
from tests import servers


def loopback(port: int) -> Address:
    return Address(socket.AF_INET, ("127.0.0.1", port))


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


class TestRace:
    """What is waited for while attempts are under way, with a clock that the test moves."""

    @staticmethod
    def racing(*ports: int, seconds: float = 30) -> Waiting[Connected]:
        return connect([loopback(port) for port in ports], Deadline(seconds, lambda: 1_000.0))

    def test_the_next_attempt_begins_beside_a_silent_one(self) -> None:
        """RFC 8305, section 5: after a quarter of a second, and then both are waited for."""
        with servers.dropping() as first, servers.dropping() as second:
            race = self.racing(first, second)
            alone = next(race)
            assert alone.seconds == ATTEMPT_DELAY
            assert list(alone.descriptors.values()) == [select.POLLOUT]
            both = race.send([])
            assert both.seconds == 30
            assert len(both.descriptors) == 2
            assert set(alone.descriptors) < set(both.descriptors)
            race.close()

    def test_the_last_attempt_has_until_the_deadline(self) -> None:
        with servers.dropping() as mute:
            assert next(self.racing(mute, seconds=12)).seconds == 12

    def test_no_attempt_outlasts_the_deadline(self) -> None:
        with servers.dropping() as first, servers.dropping() as second:
            assert next(self.racing(first, second, seconds=0.125)).seconds == 0.125

    def test_no_time_at_all(self) -> None:
        with servers.serving(servers.silent) as port, pytest.raises(StopIteration) as ended:
            next(self.racing(port, seconds=0))
        assert ended.value.value == (None, (Refusal(loopback(port), errno.ETIMEDOUT),))

    def test_losers_are_closed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An attempt that is beaten must not become a connection that a server waits on."""
        attempts: list[socket.socket] = []

        class Noted(socket.socket):
            def connect_ex(self, address: tuple[str, int]) -> int:  # type: ignore[override]  # IPv4 alone
                attempts.append(self)
                return super().connect_ex(address)

        with servers.dropping() as mute, servers.serving(servers.silent) as port:
            monkeypatch.setattr(socket, "socket", Noted)
            stream, _ = run_alone(connect([loopback(mute), loopback(port)], Deadline(30)))
            monkeypatch.undo()
            assert stream is not None
            beaten, winner = attempts
            assert beaten.fileno() == -1
            assert winner.getpeername()[1] == port
            stream.close()


def test_small_records_are_not_held_back() -> None:
    """The system would wait for more to send (RFC 896), which adds to what `time` measures."""
    with servers.serving(servers.silent) as port:
        stream, _ = run_alone(connect([loopback(port)], Deadline(30)))
        assert stream is not None
        assert stream._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        stream.close()


def test_datagrams() -> None:
    """Connecting tells nobody anything, so that it always succeeds."""
    stream, refusals = run_alone(connect([loopback(servers.closed_port())], Deadline(30), socket.SOCK_DGRAM))
    assert stream is not None
    assert stream._socket.type == socket.SOCK_DGRAM
    stream.close()
    assert refusals == ()
