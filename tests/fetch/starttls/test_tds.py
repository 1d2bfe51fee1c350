"""TDS: PRELOGIN, and the framing of the TLS handshake."""

from __future__ import annotations

import pytest
from OpenSSL import SSL

from check_tls_cert.fetch import starttls
from check_tls_cert.fetch.starttls.tds import TdsFraming
from check_tls_cert.fetch.starttls.wire import PreambleError
from check_tls_cert.report.phrases import clause
from tests import pki
from tests.transcripts import failure, opening, play, sb, sx

REQUEST = opening("tds")


def reply(payload: bytes, status: int = 1, kind: int = 4) -> bytes:
    return bytes((kind, status)) + (8 + len(payload)).to_bytes(2, "big") + b"\0\0\1\0" + payload


def prelogin(encryption: bytes) -> bytes:
    """Return a PRELOGIN message with a version and an encryption."""
    table = b"\0\0\x0b\0\6" + b"\1\0\x11" + len(encryption).to_bytes(2, "big") + b"\xff"
    return table + b"\x0f\0\x07\xd0\0\0" + encryption


@pytest.mark.parametrize("encryption", [b"\0", b"\1", b"\3", b"\x81"])
def test_offered(encryption: bytes) -> None:
    """Off (the login is encrypted all the same), on, required, on with a client certificate."""
    assert play("tds", *REQUEST, sb(reply(prelogin(encryption)))) is None


def test_message_in_two_packets() -> None:
    message = prelogin(b"\1")
    assert play("tds", *REQUEST, sb(reply(message[:7], status=0)), sb(reply(message[7:]))) is None


@pytest.mark.parametrize("encryption", [b"\2", b"\x82"])
def test_not_offered(encryption: bytes) -> None:
    assert failure("tds", *REQUEST, sb(reply(prelogin(encryption)))) == (
        "starttls.not-offered",
        "the tds server does not offer TLS: its PRELOGIN says that it has no encryption",
    )


def test_error_is_quoted() -> None:
    text = "Login failed."
    token = b"\xaa\x40\0" + (18456).to_bytes(4, "little") + b"\1\x0e" + len(text).to_bytes(2, "little")
    assert failure("tds", *REQUEST, sb(reply(token + text.encode("utf-16-le") + b"\0\0"))) == (
        "starttls.refused",
        'the tds server refused PRELOGIN: "Login failed."',
    )


@pytest.mark.parametrize(
    "octets",
    [
        reply(prelogin(b"")),
        reply(prelogin(b"\1\1")),
        reply(b"\xff"),
        reply(b"\0\0\x06\0\6\xff\1\0\6\0\1"),
        reply(b"\1\xff\xff\0\1"),
        reply(b"\1"),
        reply(b""),
        reply(prelogin(b"\1"), kind=0x12),
    ],
)
def test_unexpected(octets: bytes) -> None:
    assert failure("tds", *REQUEST, sb(octets))[0] == "starttls.unexpected"


def test_packet_without_end() -> None:
    assert failure("tds", *REQUEST, sx("04 00 8001"))[0] == "starttls.unexpected"


def test_framing_wraps_in_packets_of_4096_octets() -> None:
    framing = TdsFraming()
    assert framing.wrap(b"hello") == bytes.fromhex("1201000d 00000000") + b"hello"
    assert framing.wrap(b"") == b""
    wrapped = framing.wrap(b"x" * 4_089)
    assert wrapped[:8] == bytes.fromhex("12001000 00000100")
    assert wrapped[4_096:] == bytes.fromhex("12010009 00000200") + b"x"


@pytest.mark.parametrize("size", [1, 7, 8, 9, 1_000])
def test_framing_feeds_what_is_complete(size: int) -> None:
    framing = TdsFraming()
    octets = reply(b"\x16\x03\x03", status=0, kind=0x12) + reply(b"abc", kind=4) + reply(b"")
    assert b"".join(framing.feed(octets[at : at + size]) for at in range(0, len(octets), size)) == b"\x16\x03\x03abc"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (
            b"\x16\x03\x03\x00\x7a\x02\x00\x00",
            "expected the packet with TLS of the tds server, but the server already speaks TLS",
        ),
        (b"HTTP/1.1", 'expected the packet with TLS of the tds server, got "HTTP/1.1" (HTTP?)'),
        (
            b"\x12\1\0\7\0\0\0\0",
            r'expected the packet with TLS of the tds server, got "\x12\x01\x00\x07\x00\x00\x00\x00"',
        ),
    ],
)
def test_framing_refuses_what_is_no_packet(octets: bytes, text: str) -> None:
    with pytest.raises(PreambleError) as caught:
        TdsFraming().feed(octets)
    assert clause(caught.value.finding) == text


def test_each_connection_has_its_framing() -> None:
    make = starttls.load_protocol("tds").framing
    assert make is not None
    assert make() is not make()


def flush(connection: SSL.Connection) -> bytes:
    """Return what ``connection`` wants to send."""
    sent = b""
    while True:
        try:
            sent += connection.bio_read(65_536)
        except SSL.WantReadError:
            return sent


def shake_hands(connection: SSL.Connection) -> bool:
    try:
        connection.do_handshake()
    except SSL.WantReadError:
        return False
    return True


@pytest.mark.parametrize("method", [SSL.TLSv1_2_METHOD, SSL.TLS_METHOD])
def test_handshake_through_the_framing(method: int) -> None:
    """A chain longer than a packet, in pieces of 1000 octets that keep to no boundary, both ways."""
    root = pki.authority()
    entity = pki.end_entity(root, names=[f"host-{number}.example.org" for number in range(300)])
    serving = SSL.Context(method)
    serving.use_privatekey(entity.key)
    serving.use_certificate(entity.certificate)
    server, client = SSL.Connection(serving, None), SSL.Connection(SSL.Context(method), None)
    server.set_accept_state()
    client.set_connect_state()
    ours, theirs = TdsFraming(), TdsFraming()
    done = [False, False]
    while not all(done):
        done = [shake_hands(client), shake_hands(server)]
        for source, wrapping, feeding, sink in ((client, ours, theirs, server), (server, theirs, ours, client)):
            octets = wrapping.wrap(flush(source))
            for at in range(0, len(octets), 1_000):
                payload = feeding.feed(octets[at : at + 1_000])
                if payload:
                    sink.bio_write(payload)
    assert len(client.get_peer_cert_chain() or []) == 1
