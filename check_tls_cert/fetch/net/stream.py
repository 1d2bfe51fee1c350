"""A connected non-blocking socket whose every wait ends by the deadline."""

from __future__ import annotations

import select
import socket

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.net.resolve import Address
from check_tls_cert.fetch.net.waiting import Wait, Waiting

#: How much is received at once: as much as a TLS record has.
_RECEIVE_SIZE = 16_384


class StreamTimeout(Exception):
    """The deadline passed while waiting for the peer."""


class StreamReset(Exception):
    """The peer, or the network, broke the connection off; the message is the system's."""


class Stream:
    """A connected non-blocking socket whose every wait ends by the deadline."""

    def __init__(self, connected: socket.socket, address: Address, deadline: Deadline) -> None:
        self.address = address
        self._socket = connected
        self._deadline = deadline
        self._unread = b""

    def send(self, data: bytes) -> Waiting[None]:
        """Send all of ``data``. Raises StreamTimeout or StreamReset."""
        view = memoryview(data)  # cutting off what has gone copies nothing
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
        """Return what has arrived, at least one byte; b"" once the peer has closed.

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

        With bytes unread the system would reset the connection, which servers put in their logs as a fault.
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
        """Return the wait for something to receive, the end of the stream included."""
        return Wait({self._socket.fileno(): select.POLLIN}, max(0.0, seconds))

    def _wait(self, event: int, patience: float | None = None) -> Waiting[None]:
        """Wait for one event of `select.poll`. Raises StreamTimeout after ``patience`` or at the deadline."""
        seconds = self._deadline.remaining()
        if patience is not None:
            seconds = min(seconds, patience)
        if not (yield Wait({self._socket.fileno(): event}, seconds)):
            raise StreamTimeout
