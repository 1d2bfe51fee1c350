"""A connected socket: all of it sent, whatever arrives received, every wait over by the deadline, and a polite end."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
from collections.abc import Iterator

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.net.connect import connect
from check_tls_cert.fetch.net.stream import Stream, StreamReset, StreamTimeout
from check_tls_cert.fetch.net.waiting import Wait, run_alone
from tests import servers
from tests.fetch.net.test_connect import loopback
from tests.servers import PATIENCE


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


def test_what_was_given_back_is_received_first() -> None:
    with servers.serving(servers.greets(b"more")) as port:
        stream, _ = run_alone(connect([loopback(port)], Deadline(30)))
        assert stream is not None
        stream.unread(b"b")
        stream.unread(b"a")
        assert run_alone(stream.receive()) == b"ab"
        assert run_alone(stream.receive()) == b"more"
        run_alone(stream.finish(5))


#: For SO_LINGER: a socket that is closed resets its connection.
RESET = struct.pack("ii", 1, 0)


class Peer:
    """The other end of a stream of TCP on loopback, and a clock that the test moves."""

    def __init__(self, stream_end: socket.socket, own_end: socket.socket) -> None:
        self.seconds = 1_000.0
        self.end = own_end
        stream_end.setblocking(False)
        self.descriptor = stream_end.fileno()
        self.stream = Stream(stream_end, loopback(0), Deadline(30, lambda: self.seconds))

    def heard(self) -> bytes:
        """Return what the stream has sent, b"" if it says that nothing more comes."""
        return self.end.recv(65_536)


@pytest.fixture
def peer() -> Iterator[Peer]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        with socket.create_connection(listener.getsockname(), PATIENCE) as stream_end:
            own_end, _ = listener.accept()
            with own_end:
                own_end.settimeout(5)  # only a bug waits for it
                yield Peer(stream_end, own_end)


class TestFinish:
    """The end of a connection that leaves nothing in the server's log."""

    def test_peer_is_told_first_and_heard_out(self, peer: Peer) -> None:
        """It gets the end of the stream while it can still send, which a mere close would answer with a reset."""
        steps = peer.stream.finish(0.25)
        assert next(steps) == Wait({peer.descriptor: select.POLLIN}, 0.25)
        assert peer.heard() == b""
        peer.end.sendall(b"221 bye\r\n")
        peer.seconds += 0.125
        assert steps.send([peer.descriptor]) == Wait({peer.descriptor: select.POLLIN}, 0.125)
        peer.end.shutdown(socket.SHUT_WR)
        with pytest.raises(StopIteration):
            steps.send([peer.descriptor])
        assert peer.end.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0

    def test_peer_that_does_not_close(self, peer: Peer) -> None:
        steps = peer.stream.finish(0.25)
        next(steps)
        with pytest.raises(StopIteration):
            steps.send([])
        assert peer.stream._socket.fileno() == -1

    def test_no_longer_than_the_deadline(self, peer: Peer) -> None:
        peer.seconds += 29.875
        assert next(peer.stream.finish(0.25)) == Wait({peer.descriptor: select.POLLIN}, 0.125)

    def test_peer_that_sends_without_end(self, peer: Peer) -> None:
        """It is heard for as long as was said, not for as long as it speaks."""
        steps = peer.stream.finish(0.25)
        wait = next(steps)
        turns = 0
        while wait.seconds:
            peer.end.sendall(b"x")
            peer.seconds += 0.0625
            wait = steps.send([peer.descriptor])
            turns += 1
        assert turns == 4
        with pytest.raises(StopIteration):
            steps.send([])

    def test_peer_that_is_gone(self, peer: Peer) -> None:
        peer.end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        peer.end.close()
        run_alone(peer.stream.finish(30))


class TestWaiting:
    """For how long, and for what."""

    def test_until_the_deadline(self, peer: Peer) -> None:
        peer.seconds += 12
        assert next(peer.stream.receive()) == Wait({peer.descriptor: select.POLLIN}, 18)
        assert peer.stream.remaining() == 18

    def test_with_patience(self, peer: Peer) -> None:
        assert next(peer.stream.receive(1.5)) == Wait({peer.descriptor: select.POLLIN}, 1.5)
        peer.seconds += 29
        assert next(peer.stream.receive(1.5)) == Wait({peer.descriptor: select.POLLIN}, 1)

    def test_nothing_in_time(self, peer: Peer) -> None:
        steps = peer.stream.receive()
        next(steps)
        with pytest.raises(StreamTimeout):
            steps.send([])

    def test_somebody_else_was_woken(self, peer: Peer) -> None:
        """Ready and yet nothing there: it is waited for again."""
        steps = peer.stream.receive()
        wait = next(steps)
        assert steps.send([peer.descriptor]) == wait
        peer.end.sendall(b"now")
        with pytest.raises(StopIteration) as ended:
            steps.send([peer.descriptor])
        assert ended.value.value == b"now"

    def test_all_of_it_is_sent(self, peer: Peer) -> None:
        """More than the system takes at once, to a peer that reads in between."""
        data = bytes(range(256)) * 40_000
        received = b""
        steps = peer.stream.send(data)
        assert next(steps).descriptors == {peer.descriptor: select.POLLOUT}
        with contextlib.suppress(StopIteration):
            while True:
                received += peer.heard()
                steps.send([peer.descriptor])
        while len(received) < len(data):
            received += peer.heard()
        assert received == data
