"""The parts that all preambles share: reads and their bounds, what is said about a peer, and the driver."""

from __future__ import annotations

import subprocess
import sys

import pytest

from check_tls_cert.fetch import starttls
from check_tls_cert.fetch.starttls.wire import MAX_BYTES, MAX_LINE, MAX_LINES, PreambleError, Protocol, Steps, Wire
from check_tls_cert.model import services
from check_tls_cert.model.findings import STARTTLS_CLOSED
from check_tls_cert.report.phrases import clause
from tests.program import ROOT


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


def test_protocol_has_sane_defaults() -> None:
    protocol = starttls.load_protocol("rdp")
    assert isinstance(protocol, Protocol)
    assert (protocol.farewell, protocol.refused_end, protocol.framing) == (b"", b"", None)
