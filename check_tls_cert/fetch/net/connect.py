"""Names to addresses to a connected stream, all within one deadline. Knows nothing of TLS.

What waits for a peer is a generator (see `waiting`), so that one thread serves any number of them. Failures leave here
as typed exceptions that carry what to tell the user.
"""

from __future__ import annotations

import errno
import os
import select
import socket
import threading
from typing import Callable, NamedTuple

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.net.waiting import Wait, Waiting
from check_tls_cert.text import fixed, printable
from check_tls_cert.x509.identity import parse_address

#: RFC 8305, section 5: the recommended Connection Attempt Delay, in seconds.
ATTEMPT_DELAY = 0.25

_RECEIVE_SIZE = 16_384


class ResolveError(Exception):
    """The name has no address, or resolving it took too long (``timed_out``)."""

    def __init__(self, message: str, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out


class StreamTimeout(Exception):
    """The deadline passed while waiting for the peer."""


class StreamReset(Exception):
    """The peer, or the network, broke the connection off; the message is the system's."""


class Address(NamedTuple):
    """One socket address of a host: what `socket.connect` takes, and how to print it."""

    family: int
    sockaddr: tuple[str | int | bytes, ...]

    @property
    def text(self) -> str:
        """The numeric address."""
        return printable(str(self.sockaddr[0]))


class Refusal(NamedTuple):
    """One address to which no connection came about. ``code`` is an errno, ETIMEDOUT also for the deadline."""

    address: Address
    code: int

    @property
    def text(self) -> str:
        """The system's words for it."""
        return os.strerror(self.code)


def resolve(
    host: str, port: int, family: int, deadline: Deadline, kind: socket.SocketKind = socket.SOCK_STREAM
) -> Waiting[list[Address]]:
    """Return the addresses of ``host``, in the order in which to try them. Raises ResolveError.

    In a daemon thread, because a blocked `getaddrinfo` cannot be interrupted and heeds no timeout but its own.
    """
    literal = parse_address(host)
    flags = socket.AI_NUMERICHOST if literal else 0
    # As bytes: for text, Python would import its idna codec, which costs milliseconds and is of the wrong decade.
    name = host.strip("[]").encode("ascii")
    outcome: list[list[Address] | OSError] = []

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(name, port, family, kind, 0, flags)
            outcome.append([Address(entry[0], entry[4]) for entry in found])
        except OSError as error:
            outcome.append(error)

    if literal:
        look_up()
    else:
        yield from _beside(look_up, deadline)
    if not outcome:
        raise ResolveError(f"no answer within {fixed(deadline.seconds)} s", timed_out=True)
    addresses = outcome[0]
    if isinstance(addresses, OSError):
        raise ResolveError(printable(addresses.strerror or str(addresses)))
    return list(dict.fromkeys(addresses))


def _beside(work: Callable[[], None], deadline: Deadline) -> Waiting[None]:
    """Do ``work`` in a thread that nobody waits for after the deadline. Raises ResolveError if there can be none."""
    try:
        done, doing = os.pipe()
    except OSError as error:
        raise ResolveError(os.strerror(error.errno or 0)) from error

    def run() -> None:
        work()
        os.close(doing)

    try:
        threading.Thread(target=run, daemon=True).start()
    except RuntimeError as error:  # more of them than this user may have, or than there is memory for
        os.close(done)
        os.close(doing)
        raise ResolveError("this system starts no thread for it") from error
    yield Wait({done: select.POLLIN}, deadline.remaining())
    os.close(done)


class Stream:
    """A connected non-blocking socket whose every wait ends by the deadline."""

    def __init__(self, connected: socket.socket, address: Address, deadline: Deadline) -> None:
        self.address = address
        self._socket = connected
        self._deadline = deadline
        self._unread = b""

    def send(self, data: bytes) -> Waiting[None]:
        """Send all of ``data``. Raises StreamTimeout or StreamReset."""
        view = memoryview(data)
        while view:
            try:
                view = view[self._socket.send(view) :]
            except BlockingIOError:
                yield from self._wait(select.POLLOUT)
            except OSError as error:
                raise StreamReset(error.strerror) from error

    def remaining(self) -> float:
        """Return the seconds left until the deadline."""
        return self._deadline.remaining()

    def receive(self, patience: float | None = None) -> Waiting[bytes]:
        """Return what has arrived, at least one octet; b"" once the peer has closed.

        Raises StreamTimeout at the deadline, or after ``patience`` seconds without anything; or StreamReset.
        """
        if self._unread:
            data, self._unread = self._unread, b""
            return data
        while True:
            try:
                return self._socket.recv(_RECEIVE_SIZE)
            except BlockingIOError:
                yield from self._wait(select.POLLIN, patience)
            except OSError as error:
                raise StreamReset(error.strerror) from error

    def unread(self, data: bytes) -> None:
        """Give ``data`` back, to be received first next time."""
        self._unread = data + self._unread

    def close(self) -> None:
        """Close the connection without waiting."""
        self._socket.close()

    def finish(self, seconds: float) -> Waiting[None]:
        """Tell the peer that nothing more comes, take what it still sends for so long at most, and close.

        With octets unread the system would reset the connection, which servers put in their logs as a fault.
        """
        end = self._deadline.now() + min(seconds, self._deadline.remaining())
        try:
            self._socket.shutdown(socket.SHUT_WR)
            while (yield self._readable(end - self._deadline.now())) and self._socket.recv(_RECEIVE_SIZE):
                pass
        except OSError:
            pass  # gone already
        self.close()

    def _readable(self, seconds: float) -> Wait:
        return Wait({self._socket.fileno(): select.POLLIN}, max(0.0, seconds))

    def _wait(self, event: int, patience: float | None = None) -> Waiting[None]:
        seconds = self._deadline.remaining() if patience is None else min(patience, self._deadline.remaining())
        if not (yield Wait({self._socket.fileno(): event}, seconds)):
            raise StreamTimeout


class Connected(NamedTuple):
    """The outcome of connecting: the stream, if one came about, and the addresses that refused before."""

    stream: Stream | None
    refusals: tuple[Refusal, ...]


def connect(
    addresses: list[Address], deadline: Deadline, kind: socket.SocketKind = socket.SOCK_STREAM
) -> Waiting[Connected]:
    """Connect to the first of ``addresses`` that answers, as RFC 8305 has it.

    The next one is tried as soon as one fails, or after ATTEMPT_DELAY beside those that have not answered yet.
    """
    return (yield from _Race(addresses, deadline, kind).run())


class _Race:
    """The connection attempts under way."""

    def __init__(self, addresses: list[Address], deadline: Deadline, kind: socket.SocketKind) -> None:
        self._kind = kind
        self._waiting = list(addresses)
        self._deadline = deadline
        self._pending: dict[int, tuple[socket.socket, Address]] = {}
        self._refusals: list[Refusal] = []

    def run(self) -> Waiting[Connected]:
        winner = None
        while winner is None and (self._waiting or self._pending) and self._deadline.remaining():
            if self._waiting:
                winner = self._start(self._waiting.pop(0))
            if winner is None:
                winner = yield from self._first_ready()
        for pending, address in self._pending.values():
            pending.close()
            self._refusals.append(Refusal(address, errno.ETIMEDOUT))
        if winner is None:
            self._refusals += [Refusal(address, errno.ETIMEDOUT) for address in self._waiting]
        return Connected(winner, tuple(self._refusals))

    def _start(self, address: Address) -> Stream | None:
        try:
            attempt = socket.socket(address.family, self._kind)
        except OSError as error:  # this system does not do IPv6, or has no descriptor left
            self._refusals.append(Refusal(address, error.errno or errno.EAFNOSUPPORT))
            return None
        attempt.setblocking(False)
        code = attempt.connect_ex(address.sockaddr)
        if code == errno.EINPROGRESS:
            self._pending[attempt.fileno()] = attempt, address
            return None
        return self._finish(attempt, address, code)

    def _finish(self, attempt: socket.socket, address: Address, code: int) -> Stream | None:
        if code == 0:
            if self._kind == socket.SOCK_STREAM:
                attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return Stream(attempt, address, self._deadline)
        attempt.close()
        self._refusals.append(Refusal(address, code))
        return None

    def _first_ready(self) -> Waiting[Stream | None]:
        """Wait until an attempt ends, or until it is time to start the next one."""
        wait = min(self._deadline.remaining(), ATTEMPT_DELAY if self._waiting else self._deadline.seconds)
        if not self._pending:
            return None
        for descriptor in (yield Wait(dict.fromkeys(self._pending, select.POLLOUT), wait)):
            attempt, address = self._pending.pop(descriptor)
            stream = self._finish(attempt, address, attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
            if stream is not None:
                return stream
        return None
