"""The parts that all preambles share: reads and their bounds, what is said about a peer, and the driver."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch import starttls
from check_tls_cert.fetch.net import waiting
from check_tls_cert.fetch.net.resolve import Address
from check_tls_cert.fetch.net.stream import Stream, StreamReset, StreamTimeout
from check_tls_cert.fetch.net.waiting import Waiting
from check_tls_cert.fetch.starttls import driver, replies
from check_tls_cert.fetch.starttls.driver import Preamble
from check_tls_cert.fetch.starttls.wire import MAX_BYTES, MAX_LINE, MAX_LINES, PreambleError, Protocol, Steps, Wire
from check_tls_cert.model import services
from check_tls_cert.model.findings import STARTTLS_CLOSED
from check_tls_cert.report.phrases import clause
from tests.program import ROOT
from tests.transcripts import GOOD, HOST, c, s


def run(protocol: Protocol, server_name: str, stream: Stream, finding_group: str = "starttls") -> Preamble:
    return waiting.run_alone(driver.run_preamble(protocol, server_name, stream, finding_group))


def read(steps: Steps[object], *pieces: bytes) -> object:
    """Return what ``steps`` return after ``pieces``, which must be enough and not too much."""
    try:
        next(steps)
        for piece in pieces:
            steps.send(piece)
    except StopIteration as done:
        return done.value
    raise AssertionError("not enough")


@pytest.mark.parametrize(
    ("pieces", "line"),
    [
        ((b"220 hello\r\n",), b"220 hello"),
        ((b"220 hello\n",), b"220 hello"),
        ((b"220 hello\r", b"\n"), b"220 hello"),
        ((b"a\rb\r\r\n",), b"a\rb\r"),
        ((b"\n",), b""),
        ((b"a" * (MAX_LINE - 1) + b"\n",), b"a" * (MAX_LINE - 1)),
    ],
)
def test_line(pieces: tuple[bytes, ...], line: bytes) -> None:
    assert read(Wire("smtp").line(), *pieces) == line


@pytest.mark.parametrize(
    ("pieces", "text"),
    [
        ((b"a" * MAX_LINE,), "the smtp server sent more than 8192 bytes in one piece of its greeting"),
        ((b"a" * MAX_LINE + b"\n",), "the smtp server sent more than 8192 bytes in one piece of its greeting"),
        ((b"a" * (MAX_BYTES + 1),), "the smtp server sent more than 65536 bytes before TLS"),
    ],
)
def test_line_is_bounded(pieces: tuple[bytes, ...], text: str) -> None:
    with pytest.raises(PreambleError) as caught:
        read(Wire("smtp").line(), *pieces)
    assert caught.value.kind.id == "starttls.too-long"
    assert clause(caught.value.finding) == text


def test_number_of_lines_is_bounded() -> None:
    reading = Wire("smtp")
    read(reading.line(), b"\n" * (MAX_LINES + 1))
    for _ in range(MAX_LINES - 1):
        with pytest.raises(StopIteration):
            next(reading.line())
    with pytest.raises(PreambleError, match=r"too-long: more than 512 lines before TLS$"):
        next(reading.line())


def test_length_is_bounded() -> None:
    with pytest.raises(PreambleError, match=r"too-long: its greeting with a length of 2147483647 bytes$") as caught:
        next(Wire("ldap").exactly(2**31 - 1))
    assert caught.value.kind.id == "starttls.too-long"


def test_exactly_nothing_needs_nothing() -> None:
    with pytest.raises(StopIteration):
        next(Wire("ldap").exactly(0))


@pytest.mark.parametrize(
    ("received", "text"),
    [
        (b"", "the smtp server closed the connection before its greeting"),
        (b"220 he", "the smtp server closed the connection within its greeting"),
    ],
)
def test_closed_says_where(received: bytes, text: str) -> None:
    with pytest.raises(PreambleError) as caught:
        read(Wire("smtp").line(), *([received] if received else []), b"")
    assert caught.value.kind is STARTTLS_CLOSED
    assert clause(caught.value.finding) == text


@pytest.mark.parametrize(
    ("line", "text"),
    [
        (b"SSH-2.0-x", 'expected the greeting of the smtp server, got "SSH-2.0-x" (SSH?)'),
        (b"+OK hi", 'expected the greeting of the smtp server, got "+OK hi" (POP3?)'),
        (b"* OK hi", 'expected the greeting of the smtp server, got "* OK hi" (IMAP?)'),
        (b"220 FTP", 'expected the greeting of the smtp server, got "220 FTP" (FTP?)'),
        (b"220 LMTP", 'expected the greeting of the smtp server, got "220 LMTP" (LMTP?)'),
        (b"220 hi", 'expected the greeting of the smtp server, got "220 hi" (SMTP or FTP?)'),
        (b"200 hi", 'expected the greeting of the smtp server, got "200 hi" (NNTP?)'),
        (b'"IMPLEMENTATION"', "expected the greeting of the smtp server, got \"'IMPLEMENTATION'\" (ManageSieve?)"),
        (b"NOTICE AUTH :x", 'expected the greeting of the smtp server, got "NOTICE AUTH :x" (IRC?)'),
        (b"<?xml version='1.0'?>", "expected the greeting of the smtp server, got \"<?xml version='1.0'?>\" (XMPP?)"),
        (b"J\0\0\0", r'expected the greeting of the smtp server, got "J\x00\x00\x00" (MySQL?)'),
        (b"0\x0c", r'expected the greeting of the smtp server, got "0\x0c" (LDAP?)'),
        (b"\x03\0\0\x13", r'expected the greeting of the smtp server, got "\x03\x00\x00\x13" (RDP?)'),
        (b"RFB 003.008", 'expected the greeting of the smtp server, got "RFB 003.008" (VNC?)'),
        (b"\xff\xfd\x18", r'expected the greeting of the smtp server, got "\xff\xfd\x18" (telnet?)'),
        (b"HTTP/1.0 400", 'expected the greeting of the smtp server, got "HTTP/1.0 400" (HTTP?)'),
        (b"what | ever=1", 'expected the greeting of the smtp server, got "what / ever=1"'),
        (b"x" * 99, f'expected the greeting of the smtp server, got "{"x" * 80}"'),
        (b"", 'expected the greeting of the smtp server, got ""'),
        (b"\x15\x03\x03", "expected the greeting of the smtp server, but the server already speaks TLS"),
    ],
)  # fmt: skip
def test_strangers_are_named(line: bytes, text: str) -> None:
    assert clause(Wire("smtp").unexpected(line).finding) == text


def test_reason_of_a_reset_is_quoted() -> None:
    error = Wire("smtp").broken_off("Connection reset by peer")
    assert error.kind.id == "starttls.reset"
    assert (
        clause(error.finding)
        == "the connection to the smtp server broke (Connection reset by peer) before its greeting"
    )


def test_time_out_within_a_reply_quotes_it() -> None:
    reading = Wire("smtp")
    steps = reading.line()
    next(steps)
    steps.send(b"220-mail.exa")
    assert clause(reading.timed_out().finding) == 'the smtp server sent only "220-mail.exa" of its greeting'


def test_trailing_data_is_quoted() -> None:
    reading = Wire("smtp")
    read(reading.line(), b"220 go\r\n250 evil | =1\r\n")
    with pytest.raises(PreambleError) as caught:
        reading.end()
    assert (
        clause(caught.value.finding) == 'the smtp server sent "250 evil / =1" in plaintext after its go-ahead for TLS'
    )


@pytest.mark.parametrize(
    ("octets", "loose", "expected"),
    [
        (b"220 hi\r\n", False, (220, (b"hi",), b"220 hi")),
        (b"220\r\n", False, (220, (b"",), b"220")),
        (b"220-\r\n220\r\n", False, (220, (b"", b""), b"220")),
        (b"250-a\n250-b\n250 c\n", False, (250, (b"a", b"b", b"c"), b"250 c")),
        (b"220-a\r\n b\r\n221 c\r\n220-d\r\n220 e\r\n", True, (220, (b"a", b" b", b"c", b"d", b"e"), b"220 e")),
    ],
)
def test_reply(octets: bytes, loose: bool, expected: tuple[object, ...]) -> None:
    assert read(replies.reply(Wire("ftp"), loose), octets) == expected


@pytest.mark.parametrize(
    "octets", [b"hello\r\n", b"22\r\n", b"2200 hi\r\n", b"220hi\r\n", b"620 hi\r\n", b"220-a\r\nb\r\n", b"220-a\r\n221 b\r\n"]
)  # fmt: skip
def test_no_reply(octets: bytes) -> None:
    with pytest.raises(PreambleError) as caught:
        read(replies.reply(Wire("smtp")), octets)
    assert caught.value.kind.id == "starttls.unexpected"


def test_block_and_keywords() -> None:
    lines = read(replies.block(Wire("pop3")), b"top\r\n\r\n..x\r\nStls now\r\n.\r\n")
    assert lines == (b"top", b"", b"..x", b"Stls now")
    assert replies.keywords((b"top", b"", b"..x", b"Stls now")) == {b"TOP", b"..X", b"STLS"}


@pytest.mark.parametrize("name", services.starttls_names())
def test_registry(name: str) -> None:
    protocol = starttls.load_protocol(name)
    assert protocol.name == name or (name, protocol.name) == ("submission", "smtp")
    assert name in services.PORTS


def test_names_and_ports() -> None:
    assert services.starttls_names() == tuple(services.PORTS)
    assert services.PORTS["submission"] == 587
    assert services.SERVICES["imaps"] == 993
    assert not set(services.PORTS) & set(services.SERVICES)


def test_only_the_protocol_wanted_is_imported() -> None:
    code = (
        "import sys; from check_tls_cert.model import services; services.starttls_names()\n"
        "print(*(name for name in sys.modules if 'starttls.' in name))\n"
        "from check_tls_cert.fetch import starttls; starttls.load_protocol('imap'); print(*sorted(name for name in sys.modules if 'starttls.' in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT, text=True)
    assert done.stdout == "\ncheck_tls_cert.fetch.starttls.imap check_tls_cert.fetch.starttls.wire\n"


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


def test_conversation_is_safe_and_bounded() -> None:
    stream = Scripted(b"220-\x1b[2J | x=1\r\n" + b"220-more\r\n" * 120, b"\xff\r\n")
    _, conversation = run(starttls.load_protocol("smtp"), HOST, stream)
    assert conversation[0] == r"S: 220-\x1b[2J / x=1"
    assert len(conversation) == 101
    assert conversation[-1] == "and 22 lines more"


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


def test_protocol_has_sane_defaults() -> None:
    protocol = starttls.load_protocol("rdp")
    assert isinstance(protocol, Protocol)
    assert (protocol.farewell, protocol.refused_end, protocol.framing) == (b"", b"", None)
