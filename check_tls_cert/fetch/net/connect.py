"""Names to addresses to a connected stream, all within one deadline. Knows nothing of TLS.

What waits for a peer is a generator (see `waiting`), so that one thread serves any number of them. Failures leave here
as typed exceptions that carry what to tell the user.
"""

from __future__ import annotations

import errno
import os
import select
import socket
from typing import NamedTuple

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.net.resolve import Address
from check_tls_cert.fetch.net.stream import Stream
from check_tls_cert.fetch.net.waiting import Wait, Waiting

#: RFC 8305, section 5: the recommended Connection Attempt Delay, in seconds.
ATTEMPT_DELAY = 0.25


class Refusal(NamedTuple):
    """An address to which no connection came about."""

    address: Address
    #: An errno, ETIMEDOUT also for the deadline.
    code: int

    @property
    def text(self) -> str:
        """The system's words for it."""
        return os.strerror(self.code)


class Connected(NamedTuple):
    """The outcome of connecting."""

    #: The connection, None if no address accepted one.
    stream: Stream | None
    #: The addresses that refused before, or were silent.
    refusals: tuple[Refusal, ...]


def connect(
    addresses: list[Address], deadline: Deadline, kind: socket.SocketKind = socket.SOCK_STREAM
) -> Waiting[Connected]:
    """Connect to the first of ``addresses`` that answers, as RFC 8305 has it.

    The next one is tried as soon as one fails, or after ATTEMPT_DELAY beside those that have not answered yet.
    """
    return (yield from _Race(addresses, deadline, kind).race())


class _Race:
    """The connection attempts under way."""

    def __init__(self, addresses: list[Address], deadline: Deadline, kind: socket.SocketKind) -> None:
        self._kind = kind
        self._deadline = deadline
        #: The addresses that are still to be tried.
        self._waiting = list(addresses)
        #: The attempts under way, by their file descriptors.
        self._pending: dict[int, tuple[socket.socket, Address]] = {}
        self._refusals: list[Refusal] = []

    def race(self) -> Waiting[Connected]:
        """Begin attempts until one succeeds, all have failed or time is up; give up the others."""
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
        """Begin an attempt; return the connection if it is there at once."""
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
        """Return the connection of an attempt that ended with ``code``, an errno, if that is 0."""
        if code == 0:
            if self._kind == socket.SOCK_STREAM:  # what we send is a whole flight: nothing to put together
                attempt.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return Stream(attempt, address, self._deadline)
        attempt.close()
        self._refusals.append(Refusal(address, code))
        return None

    def _first_ready(self) -> Waiting[Stream | None]:
        """Wait until an attempt ends, or until it is time to start the next one; return the first to succeed."""
        if not self._pending:
            return None
        wait = self._deadline.remaining()
        if self._waiting:
            wait = min(wait, ATTEMPT_DELAY)
        for descriptor in (yield Wait(dict.fromkeys(self._pending, select.POLLOUT), wait)):
            attempt, address = self._pending.pop(descriptor)
            stream = self._finish(attempt, address, attempt.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
            if stream is not None:
                return stream
        return None
