"""A server on loopback that sends whatever a test wants it to."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Callable, NamedTuple

from cryptography.hazmat.primitives import serialization
from OpenSSL import SSL, crypto

from tests import servers
from tests.pki import Entity

#: What a server does with a flight of its own, the first of which is number 0.
Damage = Callable[[int, bytes], bytes]


class Peer:
    """A server whose behaviour is set before each run; ``port`` is its own."""

    def __init__(self) -> None:
        self.port = 0
        self.behaviour: servers.Behaviour = servers.silent

    def target(self, *more: str) -> tuple[str, ...]:
        """Return the options that make it the target."""
        return ("-H", "127.0.0.1", "-p", str(self.port), *more)


@contextlib.contextmanager
def peer() -> Iterator[Peer]:
    """Yield a server that is up."""
    one = Peer()

    def behave(connection: socket.socket) -> None:
        one.behaviour(connection)

    with servers.serving(behave) as port:
        one.port = port
        yield one


class DatagramPeer:
    """A server for UDP, which answers each datagram with ``answers``."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.answers: Sequence[bytes] = ()

    def serve(self, bound: socket.socket, finished: socket.socket) -> None:
        """Answer until ``finished`` is readable."""
        poll = select.poll()
        for one in (bound, finished):
            poll.register(one, select.POLLIN)
        while finished.fileno() not in [descriptor for descriptor, _ in poll.poll()]:
            with contextlib.suppress(OSError):  # a client that went away
                _, client = bound.recvfrom(65_536)
                for answer in self.answers:
                    bound.sendto(answer, client)


@contextlib.contextmanager
def datagram_peer() -> Iterator[DatagramPeer]:
    """Yield a server for UDP that is up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        one = DatagramPeer(bound.getsockname()[1])
        finished, finish = socket.socketpair()
        with finished, finish:
            thread = threading.Thread(target=one.serve, args=(bound, finished), daemon=True)
            thread.start()
            try:
                yield one
            finally:
                finish.send(b"x")
                thread.join(servers.PATIENCE)


class Talk(NamedTuple):
    """What to say, in pieces, each once the client has said something, or says nothing; ``first``: the first at once.

    ``hold`` leaves the connection open at the end.
    """

    pieces: Sequence[bytes]
    first: bool = False
    hold: bool = False

    def behave(self, connection: socket.socket) -> None:
        """Say it; for `Peer.behaviour`."""
        for number, piece in enumerate(self.pieces):
            if (number or not self.first) and _said(connection) and not connection.recv(65_536):
                return
            connection.sendall(piece)
        if not self.hold:
            connection.shutdown(socket.SHUT_WR)
        while connection.recv(65_536):
            pass  # else what is still to be read would become a reset, in which what was sent is lost


def _said(connection: socket.socket) -> bool:
    """Tell whether the client has said something, or has gone; it may be waiting for more."""
    poll = select.poll()
    poll.register(connection, select.POLLIN)
    return bool(poll.poll(20))


def damaged_tls(chain: Sequence[crypto.X509], key: Entity, damage: Damage, version: int) -> servers.Behaviour:
    """Return what serves TLS up to ``version`` with ``chain``, each flight of it damaged on its way."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_max_proto_version(version)
    context.use_certificate(chain[0])
    context.use_privatekey(crypto.PKey.from_cryptography_key(key.key))
    for certificate in chain[1:]:
        context.add_extra_chain_cert(certificate)

    def behave(connection: socket.socket) -> None:
        server = SSL.Connection(context, None)
        server.set_accept_state()
        number = 0
        while True:
            with contextlib.suppress(SSL.Error):
                server.do_handshake()
            with contextlib.suppress(SSL.WantReadError):
                connection.sendall(damage(number, server.bio_read(1_000_000)))
                number += 1
            received = connection.recv(65_536)
            if not received:
                return
            server.bio_write(received)

    return behave


def loaded(der: bytes) -> crypto.X509:
    """Return a certificate as OpenSSL reads it. Raises crypto.Error."""
    return crypto.load_certificate(crypto.FILETYPE_ASN1, der)


def belongs(certificate: crypto.X509, entity: Entity) -> bool:
    """Tell whether OpenSSL takes a certificate to be for the key of ``entity``, so that it can be served."""
    der = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    try:
        found = certificate.get_pubkey().to_cryptography_key()
    except (crypto.Error, ValueError):
        return False
    wanted = entity.key.public_key()
    return isinstance(found, type(wanted)) and found.public_bytes(*der) == wanted.public_bytes(*der)
