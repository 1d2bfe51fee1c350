"""The driver: a preamble over a stream, what is shown of the conversation, and what is said when it fails."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch import starttls
from check_tls_cert.fetch.net import waiting
from check_tls_cert.fetch.net.resolve import Address
from check_tls_cert.fetch.net.stream import Stream, StreamReset, StreamTimeout
from check_tls_cert.fetch.net.waiting import Waiting
from check_tls_cert.fetch.starttls import driver
from check_tls_cert.fetch.starttls.driver import Preamble
from check_tls_cert.fetch.starttls.wire import Protocol
from check_tls_cert.report.phrases import clause
from tests.transcripts import GOOD, HOST, c, s


def run(protocol: Protocol, server_name: str, stream: Stream, finding_group: str = "starttls") -> Preamble:
    return waiting.run_alone(driver.run_preamble(protocol, server_name, stream, finding_group))


class Scripted(Stream):
    """A stream that receives what the script says, an exception raised; keeps what was sent."""

    def __init__(self, *script: bytes | Exception, refuses: bytes = b"nothing") -> None:
        self.sent = b""
        self._script = iter(script)
        self._refuses = refuses

    def send(self, data: bytes) -> Waiting[None]:
        yield from ()  # never waits
        if data == self._refuses:
            raise StreamReset("Broken pipe")
        self.sent += data

    def receive(self, patience: float | None = None) -> Waiting[bytes]:
        yield from ()
        assert patience is None
        following = next(self._script)
        if isinstance(following, Exception):
            raise following
        return following


def server_side(name: str) -> Iterator[bytes]:
    return (turn.octets for turn in GOOD[name] if turn.server)


def test_run_to_the_go_ahead() -> None:
    stream = Scripted(b"220 mail.exam", b"ple.org ESMTP\r\n", b"250-mail\r\n250 STARTTLS\r\n", b"220 go\r\n")
    assert run(starttls.load_protocol("smtp"), HOST, stream) == Preamble(
        None,
        (
            "S: 220 mail.example.org ESMTP",
            "C: EHLO check-tls-cert.invalid",
            "S: 250-mail",
            "S: 250 STARTTLS",
            "C: STARTTLS",
            "S: 220 go",
        ),
    )


def test_run_shows_binary_protocols_as_hex() -> None:
    stream = Scripted(*server_side("mysql"))
    failure, conversation = run(starttls.load_protocol("mysql"), HOST, stream)
    assert failure is None
    assert conversation == (
        "S: 4a0000000a382e302e33360008000000 1a2b3c4d5e6f7a7b00ffffff0200ffdf... (78 bytes)".replace(" 1a", "1a"),
        "C: 20000001018a0000ffffff002100000000000000000000000000000000000000... (36 bytes)",
    )
    assert stream.sent == GOOD["mysql"][-1].octets


@pytest.mark.parametrize(
    ("script", "finding_id", "text"),
    [
        ((StreamTimeout(),), "timeout", "the smtp server did not send its greeting"),
        ((StreamReset("Connection reset by peer"),), "reset", "the connection to the smtp server broke (Connection reset by peer) before its greeting"),
        ((b"220 hi\r\n", b""), "closed", "the smtp server closed the connection before its reply to EHLO"),
        ((b"SSH\r\n",), "unexpected", 'expected the greeting of the smtp server, got "SSH"'),
    ],
)  # fmt: skip
def test_run_reports_what_went_wrong(script: tuple[bytes | Exception, ...], finding_id: str, text: str) -> None:
    stream = Scripted(*script)
    failure, _ = run(starttls.load_protocol("smtp"), HOST, stream)
    assert failure is not None
    assert (failure.id, clause(failure)) == (f"starttls.{finding_id}", text)
    assert b"QUIT" not in stream.sent


@pytest.mark.parametrize("refuses", [b"nothing", b"QUIT\r\n"])
def test_run_takes_leave_of_a_server_that_refuses(refuses: bytes) -> None:
    stream = Scripted(b"554 go away\r\n", refuses=refuses)
    failure, conversation = run(starttls.load_protocol("smtp"), HOST, stream)
    assert failure is not None
    assert clause(failure) == 'the smtp server refused the connection: "554 go away"'
    assert conversation == ("S: 554 go away", "C: QUIT")


def test_run_says_nothing_where_a_protocol_has_no_farewell() -> None:
    stream = Scripted(b"N")
    failure, conversation = run(starttls.load_protocol("postgres"), HOST, stream)
    assert failure is not None
    assert conversation == ("C: 0000000804d2162f", "S: 4e")


def test_run_over_a_socket() -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        ours.setblocking(False)
        stream = Stream(ours, Address(socket.AF_INET, ("127.0.0.1", 25)), Deadline(30))
        theirs.sendall(b"".join(turn.octets for turn in (s(b"220 hi"), s(b"250-hi", b"250 STARTTLS"))))
        theirs.shutdown(socket.SHUT_WR)
        failure, conversation = run(starttls.load_protocol("smtp"), HOST, stream)
        stream.close()
        assert theirs.recv(99) == c(b"EHLO check-tls-cert.invalid", b"STARTTLS").octets
    assert failure is not None
    assert failure.id == "starttls.closed"
    assert conversation[-1] == "C: STARTTLS"


def test_conversation_is_safe_and_bounded() -> None:
    stream = Scripted(b"220-\x1b[2J | x=1\r\n" + b"220-more\r\n" * 120, b"\xff\r\n")
    _, conversation = run(starttls.load_protocol("smtp"), HOST, stream)
    assert conversation[0] == r"S: 220-\x1b[2J / x=1"
    assert len(conversation) == 101
    assert conversation[-1] == "and 22 lines more"
