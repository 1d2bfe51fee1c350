"""IRC: STARTTLS amid notices, pings and numerics."""

from __future__ import annotations

import pytest

from tests.transcripts import c, failure, play, s

STARTTLS = c(b"STARTTLS")


@pytest.mark.parametrize(
    "line",
    [
        b":irc.example.org 670 * :STARTTLS successful, proceed with TLS handshake",
        b":irc.example.org 670",
        b"@time=2027-01-01T00:00:00.000Z :irc.example.org 670 * :go",
    ],
)
def test_go_ahead(line: bytes) -> None:
    assert play("irc", STARTTLS, s(b"NOTICE AUTH :*** Checking ident", b":irc.example.org 020 * :wait", line)) is None


def test_ping_is_answered() -> None:
    turns = (STARTTLS, s(b"PING :4F3A21"), c(b"PONG :4F3A21"), s(b":irc.example.org 670 * :go"))
    assert play("irc", *turns) is None
    assert play("irc", STARTTLS, s(b"ping"), c(b"PONG "), s(b":irc.example.org 670 * :go")) is None


@pytest.mark.parametrize("line", [b"421 * STARTTLS :Unknown command", b"451 * :You have not registered"])
def test_not_offered(line: bytes) -> None:
    assert failure("irc", STARTTLS, s(b":irc.example.org " + line)) == (
        "starttls.not-offered",
        "the irc server does not offer TLS: it does not know STARTTLS",
    )


def test_refused() -> None:
    assert failure("irc", STARTTLS, s(b":irc.example.org 691 * :STARTTLS failure")) == (
        "starttls.refused",
        'the irc server refused STARTTLS: "STARTTLS failure"',
    )
    assert failure("irc", STARTTLS, s(b":irc.example.org 691 * failure"))[1].endswith('STARTTLS: "* failure"')
    assert failure("irc", STARTTLS, s(b"ERROR :Closing Link: [192.0.2.1] (Too many connections)")) == (
        "starttls.refused",
        'the irc server refused the connection: "Closing Link: [192.0.2.1] (Too many connections)"',
    )


@pytest.mark.parametrize(
    "line", [b"220 mail.example.org ESMTP", b"670 * :go", b"+OK ready", b"* OK ready", b"HTTP/1.1 400 Bad Request", b""]
)
def test_unexpected(line: bytes) -> None:
    assert failure("irc", STARTTLS, s(line))[0] == "starttls.unexpected"
