"""Names to addresses, within the deadline."""

from __future__ import annotations

import os
import select
import socket
import threading
from typing import Callable, NamedTuple

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.net.waiting import Wait, Waiting
from check_tls_cert.text import fixed, printable
from check_tls_cert.x509.identity import parse_address


class ResolveError(Exception):
    """The name has no address, or resolving it took too long (``timed_out``); the message is the resolver's."""

    def __init__(self, message: str, timed_out: bool = False) -> None:
        super().__init__(message)
        self.timed_out = timed_out


class Address(NamedTuple):
    """One socket address of a host."""

    #: AF_INET or AF_INET6.
    family: int
    #: What `socket.connect` takes.
    sockaddr: tuple[str | int | bytes, ...]

    @property
    def text(self) -> str:
        """The numeric address."""
        return printable(str(self.sockaddr[0]))


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
        """Put the addresses, or the system's error, where the generator finds them."""
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

    def work_and_tell() -> None:
        work()
        os.close(doing)

    try:
        threading.Thread(target=work_and_tell, daemon=True).start()
    except RuntimeError as error:  # more of them than this user may have, or than there is memory for
        os.close(done)
        os.close(doing)
        raise ResolveError("this system starts no thread for it") from error
    yield Wait({done: select.POLLIN}, deadline.remaining())
    os.close(done)
