"""What holds for every protocol: good transcripts, cut or followed by more; strangers on the port; endless servers."""

from __future__ import annotations

import random
import re

import pytest

from check_tls_cert.fetch import starttls
from check_tls_cert.fetch.starttls.wire import MAX_BYTES
from check_tls_cert.model import services
from check_tls_cert.model.findings import ALL_FINDINGS
from tests.transcripts import GOOD, TLS_ALERT, Turn, failure, heard, opening, play, remedy, s, sb

ALL = sorted(GOOD)
IDS = {finding_id for finding_id in ALL_FINDINGS if finding_id.startswith("starttls.")}

#: Greetings of services that are none of the protocols.
STRANGERS = (
    b"SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n",
    b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
    b"RFB 003.008\n",
    b"\xff\xfd\x18\xff\xfd\x20",
    b"\0",
    b"\r\n",
    b"\x1b[2J\x1b[31mgarbage | of=1;2\r\n",
    bytes(range(256)),
    b"<!DOCTYPE html>\r\n<html>",
)


@pytest.mark.parametrize("name", ALL)
def test_good_transcript_ends_with_tls(name: str) -> None:
    assert play(name, *GOOD[name]) is None


def test_every_protocol_has_a_good_transcript() -> None:
    assert {starttls.load_protocol(name).name for name in services.starttls_names()} == set(GOOD)


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("injected", [b"\0", b" ", b"\r\n", b"250 STARTTLS\r\n", b"\x16\x03\x03"])
def test_plaintext_after_the_go_ahead_is_an_error(name: str, injected: bytes) -> None:
    """In the same segment: what comes later is the TLS handshake's to refuse. MySQL's go-ahead is its greeting."""
    pieces = [turn.octets for turn in GOOD[name] if turn.server]
    error = heard(name, *pieces[:-1], pieces[-1] + injected)
    assert error is not None
    assert error.kind.id == "starttls.trailing-data"


@pytest.mark.parametrize("name", ALL)
def test_cut_anywhere_it_is_closed_or_timed_out(name: str) -> None:
    for index, turn in enumerate(GOOD[name]):
        for size in range(len(turn.octets) if turn.server else 0):
            cut = Turn(True, turn.octets[:size])
            before = GOOD[name][:index]
            assert failure(name, *before, cut)[0] == "starttls.closed"
            assert failure(name, *before, cut, silent=True)[0] == "starttls.timeout"


@pytest.mark.parametrize("name", ALL)
def test_tls_on_the_port(name: str) -> None:
    turns = (*opening(name), sb(TLS_ALERT))
    finding_id, text = failure(name, *turns)
    assert finding_id == "starttls.unexpected"
    assert re.fullmatch(f"expected the .* of the {name} server, but the server already speaks TLS", text)
    assert remedy(name, *turns).startswith("drop --starttls")


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("stranger", STRANGERS)
def test_strangers_are_errors_that_quote_them_safely(name: str, stranger: bytes) -> None:
    if name == "postgres" and stranger.startswith(b"S"):
        return  # its own go-ahead, see there
    for silent in (False, True):
        finding_id, text = failure(name, *opening(name), sb(stranger), silent=silent)
        assert finding_id in {"starttls.unexpected", "starttls.closed", "starttls.timeout"}
        assert text.isascii()
        assert text.isprintable()
        assert "|" not in text


@pytest.mark.parametrize("name", ALL)
@pytest.mark.parametrize("other", ALL)
def test_the_other_protocols_servers(name: str, other: str) -> None:
    """A server of ``other`` on the port: never TLS, never another exception."""
    if name == other:
        return
    greeting = next(turn for turn in GOOD[other] if turn.server)
    error = heard(name, *[greeting.octets] * 3, b"")
    assert error is not None
    assert error.kind.id in IDS


#: What a server of the protocol could go on with for ever, after as many turns of the good transcript.
ENDLESS: dict[str, tuple[int, bytes]] = {
    "smtp": (0, b"220-welcome\r\n"),
    "lmtp": (2, b"250-EXTENSION\r\n"),
    "imap": (2, b"* OK still here\r\n"),
    "pop3": (2, b"+OK\r\n"),
    "sieve": (0, b'"X" {10}\r\n0123456789\r\n'),
    "ftp": (0, b"220-welcome\r\n"),
    "nntp": (2, b"101 list\r\n"),
    "irc": (1, b":irc.example.org NOTICE * :wait\r\n"),
    "ldap": (1, bytes.fromhex("3084 7fffffff")),
    "xmpp-client": (1, b"<stream:stream version='1.0'><features><a b='>'>"),
    "xmpp-server": (1, b" "),
    "postgres": (1, b"E\x00\x00\x75\x30" + bytes(99)),
    "mysql": (0, b"\xff\x0f\x00\x00\xff"),
    "rdp": (1, b"\x03\x00\x01\xff\x00"),
    "tds": (1, bytes.fromhex("0400 0009 0000 0100 00")),
}


@pytest.mark.parametrize("name", ALL)
def test_endless_servers_come_to_an_end(name: str) -> None:
    turns, endless = ENDLESS[name]
    octets = endless * (2 * MAX_BYTES // len(endless))
    before = GOOD[name][:turns]
    assert failure(name, *before, sb(octets))[0] in {"starttls.too-long", "starttls.unexpected", "starttls.refused"}


@pytest.mark.parametrize("name", ALL)
def test_endless_octets(name: str) -> None:
    for octet in (b"a", b"<", b"\x30", b"\x03", b"1", b" ", b"*", b'"'):
        finding_id, _ = failure(name, *opening(name), sb(octet * 2 * MAX_BYTES))
        assert finding_id in {"starttls.too-long", "starttls.unexpected"}


@pytest.mark.parametrize("name", ALL)
def test_broken_transcripts_raise_nothing_else(name: str) -> None:
    """Octets changed, lost and doubled at random, the same ones in each run."""
    chance = random.Random(name)  # noqa: S311 - not for secrets
    for _ in range(300):
        error = heard(name, *(_mutilated(turn.octets, chance) for turn in GOOD[name] if turn.server), b"")
        assert error is None or error.kind.id in IDS


def _mutilated(octets: bytes, chance: random.Random) -> bytes:
    broken = bytearray(octets)
    for _ in range(chance.randrange(3)):
        at = chance.randrange(len(broken))
        broken[at : at + chance.randrange(3)] = chance.choice(
            (b"", b"\0", b"\xff", b"\r\n", b">", b"'", broken[at : at + 9])
        )
        broken = broken or bytearray(b"\n")
    return bytes(broken)


@pytest.mark.parametrize("name", ALL)
def test_errors_have_remedies(name: str) -> None:
    for turns in ((), (sb(b"\xfe" * 99 + b"\r\n"),)):
        assert remedy(name, *opening(name), *turns)


def test_silent_from_the_start_may_be_tls_on_connect() -> None:
    assert failure("smtp", silent=True) == ("starttls.timeout", "the smtp server did not send its greeting")
    assert remedy("smtp", silent=True) == (
        "check that the service is running; if TLS begins with the connection on this port, drop --starttls"
    )
    assert remedy("smtp", s(b"220-mail"), silent=True) == "check that the service is running"
