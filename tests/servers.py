"""Servers on loopback, each in a thread of the test's process, on a port that the kernel chose."""

from __future__ import annotations

import contextlib
import select
import socket
import ssl
import struct
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Callable

from OpenSSL import SSL

from tests.pki import Entity

#: Long enough for any test; only a bug waits for it.
PATIENCE = 60.0

TLS_1_2 = ssl.TLSVersion.TLSv1_2

Behaviour = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(
    behaviour: Behaviour, family: int = socket.AF_INET, address: str = "127.0.0.1", port: int = 0
) -> Iterator[int]:
    """Accept connections, give each to ``behaviour``, and close it afterwards; yields the port."""
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("::1" if family == socket.AF_INET6 else address, port))
        listener.listen(64)
        closing = threading.Event()

        def accept() -> None:
            while not closing.is_set():
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=_serve, args=(behaviour, connection), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            closing.set()
            # Closing alone does not wake an accept; shutting down does.
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            thread.join(PATIENCE)


def _serve(behaviour: Behaviour, connection: socket.socket) -> None:
    connection.settimeout(PATIENCE)
    # A client that has seen enough goes away in the middle of whatever this is.
    with contextlib.suppress(OSError, ssl.SSLError, SSL.Error), connection:
        behaviour(connection)


@contextlib.contextmanager
def tls(
    *chain: Entity,
    maximum: ssl.TLSVersion = ssl.TLSVersion.MAXIMUM_SUPPORTED,
    demand_client_certificate: bool = False,
    only_name: str | None = None,
    family: int = socket.AF_INET,
    address: str = "127.0.0.1",
    port: int = 0,
    preamble: Behaviour | None = None,
) -> Iterator[int]:
    """Serve TLS with ``chain`` (end entity first) as presented chain; yields the port.

    With ``only_name``, any other server name is refused with the alert unrecognized_name. ``preamble`` is what the
    server does before TLS.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = maximum
    with tempfile.TemporaryDirectory() as directory:
        certificates, key = Path(directory, "chain.pem"), Path(directory, "key.pem")
        certificates.write_bytes(b"".join(entity.pem for entity in chain))
        key.write_bytes(chain[0].key_pem)
        context.load_cert_chain(certificates, key)
    if demand_client_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(cadata=chain[-1].der)
    if only_name is not None:
        context.sni_callback = lambda _socket, asked, _context: (
            None if asked == only_name else ssl.ALERT_DESCRIPTION_UNRECOGNIZED_NAME
        )

    def shake_hands(connection: socket.socket) -> None:
        if preamble is not None:
            preamble(connection)
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)  # until the client closes

    with serving(shake_hands, family, address, port) as bound:
        yield bound


def silent(connection: socket.socket) -> None:
    """Say nothing until the client goes."""
    connection.recv(65_536)
    connection.recv(1)


def deaf(connection: socket.socket) -> None:
    """Read nothing until the client goes."""
    poll = select.poll()
    poll.register(connection, select.POLLRDHUP)
    poll.poll(PATIENCE * 1000)


class _Heard:
    """Which ports have been spoken to."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ports: set[int] = set()

    def add(self, port: int) -> None:
        with self._changed:
            self._ports.add(port)
            self._changed.notify_all()

    def wait_for(self, port: int) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: port in self._ports, PATIENCE)


_HEARD = _Heard()


def silent_once_heard() -> Behaviour:
    """Return a server that says nothing, but lets `wait_until_heard` know that the client has."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65_536)
        _HEARD.add(connection.getsockname()[1])
        connection.recv(1)

    return behave


def wait_until_heard(port: int) -> None:
    """Return once a client has spoken to the server at ``port``. Raises TimeoutError if none does."""
    if not _HEARD.wait_for(port):
        raise TimeoutError(f"nobody spoke to port {port}")


def says(*pieces: bytes) -> Behaviour:
    """Return a server that reads once, sends ``pieces`` one by one, and waits until the client goes."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65_536)
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass

    return behave


def greets(banner: bytes) -> Behaviour:
    """Return a server that speaks first, as SSH and SMTP do."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(banner)
        while connection.recv(65_536):
            pass

    return behave


def converses(*pieces: bytes) -> Behaviour:
    """Return a server that sends ``pieces``, each after it was spoken to, but for the first."""

    def behave(connection: socket.socket) -> None:
        for number, piece in enumerate(pieces):
            if number and not connection.recv(65_536):
                return
            connection.sendall(piece)

    return behave


def drips(data: bytes) -> Behaviour:
    """Return a server that sends one octet of ``data`` a second, until the client goes."""

    def behave(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.settimeout(1)
        for octet in data:
            connection.sendall(bytes((octet,)))
            with contextlib.suppress(TimeoutError, socket.timeout):
                if not connection.recv(1):
                    return

    return behave


def resets(connection: socket.socket) -> None:
    """Reset the connection as soon as the client has sent something."""
    connection.recv(65_536)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def relays(port: int, octets: int) -> Behaviour:
    """Return a server that passes on what the one at ``port`` answers, up to ``octets``, and then closes."""

    def behave(connection: socket.socket) -> None:
        with asking_upstream(connection, port) as answer:
            connection.sendall(answer.read(octets))

    return behave


def relays_records(port: int, count: int) -> Behaviour:
    """Return a server that passes on the first TLS records of what the one at ``port`` answers, and then closes.

    Their sizes depend on the key exchange, their order does not.
    """

    def behave(connection: socket.socket) -> None:
        with asking_upstream(connection, port) as answer:
            for _ in range(count):
                header = answer.read(5)  # its last two octets are the length of what follows (RFC 8446, 5.1)
                connection.sendall(header + answer.read(int.from_bytes(header[3:], "big")))

    return behave


@contextlib.contextmanager
def asking_upstream(connection: socket.socket, port: int) -> Iterator[BinaryIO]:
    """Send what the client says first to ``port``; yields the answer."""
    with socket.create_connection(("127.0.0.1", port), PATIENCE) as upstream, upstream.makefile("rb") as answer:
        upstream.sendall(connection.recv(65_536))
        yield answer


@contextlib.contextmanager
def losing(port: int, lost: set[int], answer: bytes = b"") -> Iterator[int]:
    """Relay datagrams to ``port`` and back, but for those numbered in ``lost`` on the way back; yields the port.

    With ``answer``, that is what comes back, after a datagram of no octets at all.
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as front,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back,
    ):
        front.bind(("127.0.0.1", 0))
        back.connect(("127.0.0.1", port))
        finished, finish = socket.socketpair()

        def relay() -> None:
            client = None
            number = 0
            poll = select.poll()
            for one in (front, back, finished):
                poll.register(one, select.POLLIN)
            while True:
                ready = [descriptor for descriptor, _ in poll.poll()]
                if finished.fileno() in ready:
                    return
                with contextlib.suppress(ConnectionRefusedError):
                    if front.fileno() in ready:
                        data, client = front.recvfrom(65_536)
                        for piece in (b"", answer) if answer else ():
                            front.sendto(piece, client)
                        back.send(data)
                    elif client is not None:
                        data = back.recv(65_536)
                        if number not in lost:
                            front.sendto(data, client)
                        number += 1

        thread = threading.Thread(target=relay, daemon=True)
        thread.start()
        try:
            yield front.getsockname()[1]
        finally:
            finish.send(b"x")
            thread.join(PATIENCE)
            finished.close()
            finish.close()


@contextlib.contextmanager
def dropping() -> Iterator[int]:
    """Yield a port at which connection attempts get no answer: its queue of connections not accepted is full."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # one more than Linux admits with a backlog of 0
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


def closed_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])
