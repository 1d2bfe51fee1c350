"""The handshake over streams that are not plain TCP, and its end; the rest is in test_transcripts.py."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from OpenSSL import SSL, crypto

from check_tls_cert.fetch.net import waiting
from check_tls_cert.fetch.net.stream import StreamReset
from check_tls_cert.fetch.net.waiting import Waiting
from check_tls_cert.fetch.starttls.tds import TdsFraming
from check_tls_cert.fetch.tls import context, handshake
from check_tls_cert.model.finding import Finding
from tests import pki, servers
from tests.pki import authority, end_entity
from tests.program import AT, run

ROOT = authority("Example Root R1")
ISSUING = authority("Example Issuing CA 3", ROOT)

#: A PRELOGIN reply whose one option, ENCRYPTION, is on ([MS-TDS] 2.2.6.5).
PRELOGIN = bytes.fromhex("0401000f00000100 0100060001ff 01")


def sql_server(connection: socket.socket, *, garbage: bytes = b"", close: bool = False) -> None:
    """Shake hands as SQL Server does, with TLS inside TDS packets; send ``garbage`` instead, or close."""
    connection.recv(65_536)
    connection.sendall(PRELOGIN)
    hello = connection.recv(65_536)
    if garbage or close:
        connection.sendall(garbage)
        return
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_max_proto_version(SSL.TLS1_2_VERSION)
    context.use_certificate(crypto.load_certificate(crypto.FILETYPE_ASN1, SITE.der))
    context.add_extra_chain_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, ISSUING.der))
    context.use_privatekey(crypto.PKey.from_cryptography_key(SITE.key))
    server, framing = SSL.Connection(context, None), TdsFraming()
    server.set_accept_state()
    while True:
        server.bio_write(framing.feed(hello))
        try:
            server.do_handshake()
            done = True
        except SSL.WantReadError:
            done = False
        for octet in framing.wrap(server.bio_read(65_536)):
            connection.sendall(bytes((octet,)))  # the framing must not depend on how the packets arrive
        if done:
            connection.recv(65_536)
            return
        hello = connection.recv(65_536)


SITE = end_entity(ISSUING)


def test_tls_inside_tds(tmp_path: Path) -> None:
    with servers.serving(sql_server) as port:
        anchors = pki.write(tmp_path / "ca.pem", ROOT)
        name = ("--name", "www.example.org", "--ca-file", anchors)
        done = run("-H", f"127.0.0.1:{port}", "--starttls", "tds", *name, *AT)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize(
    ("garbage", "said"),
    [(b"HTTP/1.1 400\r\n", "expected the packet with TLS of the tds server"), (b"", "closed the connection")],
)
def test_something_else_inside_tds(garbage: bytes, said: str) -> None:
    with servers.serving(lambda connection: sql_server(connection, garbage=garbage, close=True)) as port:
        done = run("-H", f"127.0.0.1:{port}", "--starttls", "tds")
    assert (done.code, done.err) == (2, "")
    assert said in done.out


class Gone:
    """A stream whose peer is gone."""

    def send(self, _data: bytes) -> Waiting[None]:
        yield from ()  # never waits
        raise StreamReset("Broken pipe")

    def receive(self) -> Waiting[bytes]:
        yield from ()
        return b""


class Answering:
    """A stream whose peer says something, whatever it hears, and closes."""

    def __init__(self, *pieces: bytes) -> None:
        self.pieces = list(pieces)

    def send(self, _data: bytes) -> Waiting[None]:
        yield from ()

    def receive(self) -> Waiting[bytes]:
        yield from ()
        return self.pieces.pop(0) if self.pieces else b""


def failure(*pieces: bytes) -> Finding:
    """Return why there is no handshake with a server that says ``pieces``."""
    client = handshake.Client(Answering(*pieces), context.Offer())  # type: ignore[arg-type]  # as above
    outcome = waiting.run_alone(client.shake_hands())
    assert outcome.failure is not None
    return outcome.failure


def alert(level: int, number: int) -> bytes:
    """Return a record with an alert."""
    return bytes((0x15, 3, 3, 0, 2, level, number))


#: A handshake message that no client expects: ServerHelloDone.
UNEXPECTED = b"\x16\x03\x03\x00\x04\x0e\x00\x00\x00"


class TestAlerts:
    """What the server refuses with, by its number: OpenSSL's words for it differ from version to version."""

    @pytest.mark.parametrize(
        ("number", "name"),
        [(40, "handshake failure"), (80, "internal error"), (112, "unrecognized name"), (116, "certificate required")],
    )
    def test_known(self, number: int, name: str) -> None:
        found = failure(alert(2, number))
        assert found.id == "handshake.alert"
        assert found.presented == f'"{name}"'

    def test_unknown(self) -> None:
        """OpenSSL has no words for it."""
        found = failure(alert(2, 199))
        assert found.id == "handshake.alert"
        assert found.presented == '"number 199"'

    def test_server_name_is_what_to_look_at(self) -> None:
        assert "--sni" in failure(alert(2, 112)).remedy
        assert "--sni" not in failure(alert(2, 40)).remedy

    def test_closing_without_a_word_on_why(self) -> None:
        """The alert close_notify is the way to say goodbye, which OpenSSL takes for an error without a reason."""
        found = failure(alert(1, 0))
        assert found.id == "handshake.closed"
        assert found.reason == "within its first message"

    def test_a_warning_is_no_refusal(self) -> None:
        """Old servers warn that they do not know a name, and go on."""
        assert failure(alert(1, 112)).id == "handshake.closed"
        assert failure(alert(1, 112) + UNEXPECTED).id == "handshake.failed"
        assert failure(alert(1, 112), UNEXPECTED[:3] + b"\xff\xff" + UNEXPECTED[5:]).id == "handshake.failed"

    def test_what_we_refuse_is_not_their_alert(self) -> None:
        """We send one ourselves then."""
        assert failure(UNEXPECTED).id == "handshake.failed"


def test_an_error_that_is_not_from_openssls_queue() -> None:
    """The binding has such, with a number and its own words in place of a list."""
    client = handshake.Client(Answering(), context.Offer())  # type: ignore[arg-type]  # as above
    found = client._refused(SSL.SysCallError(-1, "Unexpected EOF"))
    assert (found.id, found.presented) == ("handshake.failed", "(-1, 'Unexpected EOF')")


def test_leaving_a_server_that_has_left() -> None:
    client = handshake.Client(Gone(), context.Offer())  # type: ignore[arg-type]  # as much of one as it needs
    assert waiting.run_alone(client.shake_hands()).failure is not None
    waiting.run_alone(client.leave(b"QUIT\r\n"))


def test_signatures_that_no_openssl_knows() -> None:
    with pytest.raises(ValueError, match="does not know"):
        context._accept_signatures(SSL.Context(SSL.TLS_CLIENT_METHOD), b"nonsense")
