"""SMTP: greetings, EHLO and STARTTLS as servers answer them."""

from __future__ import annotations

import pytest

from tests.transcripts import GOOD, Turn, c, failure, play, remedy, s

EHLO = c(b"EHLO check-tls-cert.invalid")
OPENED = (s(b"220 mail.example.org ESMTP"), EHLO)
OFFERED = (*OPENED, s(b"250-mail.example.org", b"250 STARTTLS"), c(b"STARTTLS"))


def test_greeting_in_many_lines() -> None:
    """Postfix's postscreen sends the first line at once and the rest seconds later."""
    turns = (s(b"220-mail.example.org ESMTP"), s(b"220 mail.example.org ESMTP Postfix"), *GOOD["smtp"][1:])
    assert play("smtp", *turns) is None


@pytest.mark.parametrize("keyword", [b"STARTTLS", b"starttls", b"StartTLS ", b"STARTTLS REQUIRED"])
def test_keyword_is_case_insensitive(keyword: bytes) -> None:
    turns = (*OPENED, s(b"250-mail.example.org", b"250-" + keyword, b"250 HELP"), c(b"STARTTLS"), s(b"220 go"))
    assert play("smtp", *turns) is None


@pytest.mark.parametrize("greeting", [b"554 5.7.1 no service for you", b"421 4.3.2 try again later", b"521 none here"])
def test_refused_connection_is_quoted(greeting: bytes) -> None:
    text = f'the smtp server refused the connection: "{greeting.decode()}"'
    assert failure("smtp", s(greeting)) == ("starttls.refused", text)
    assert remedy("smtp", s(greeting)) == "check the server's log"


@pytest.mark.parametrize("greeting", [b"250 hello", b"354 go on", b"+OK ready", b"* OK ready", b"220_x", b""])
def test_greeting_that_is_none(greeting: bytes) -> None:
    assert failure("smtp", s(greeting))[0] == "starttls.unexpected"


def test_refused_ehlo() -> None:
    """As an FTP server does, whose greeting is the same."""
    turns = (*OPENED, s(b"530 Please login with USER and PASS."))
    assert remedy("smtp", *turns) == "see whether this is a mail server, and the server's log for why"
    assert failure("smtp", *turns) == (
        "starttls.refused",
        'the smtp server refused EHLO: "530 Please login with USER and PASS."',
    )


@pytest.mark.parametrize(
    "reply",
    [
        s(b"250 mail.example.org"),
        s(b"250-mail.example.org", b"250-PIPELINING", b"250 SIZE 10240000"),
        s(b"250-STARTTLS", b"250 HELP"),  # a domain of that name
        s(b"250-mail.example.org", b"250-X-STARTTLS", b"250-", b"250 XXXXXXXA"),  # a firewall in between
    ],
)
def test_not_offered(reply: Turn) -> None:
    assert failure("smtp", *OPENED, reply) == (
        "starttls.not-offered",
        "the smtp server does not offer TLS: its reply to EHLO does not list STARTTLS",
    )
    assert remedy("smtp", *OPENED, reply) == "enable TLS in the server's configuration"


@pytest.mark.parametrize(
    "reply",
    [
        b"454 TLS not available due to temporary reason",
        b"454 4.7.0 TLS not available due to local problem",
        b"501 Syntax error (no parameters allowed)",
        b"502 5.5.1 Error: command not implemented",
    ],
)
def test_refused_starttls_is_quoted(reply: bytes) -> None:
    text = f'the smtp server refused STARTTLS: "{reply.decode()}"'
    assert failure("smtp", *OFFERED, s(reply)) == ("starttls.refused", text)


def test_refusal_in_many_lines_quotes_the_last() -> None:
    assert failure("smtp", *OFFERED, s(b"454-no", b"454 not now")) == (
        "starttls.refused",
        'the smtp server refused STARTTLS: "454 not now"',
    )


@pytest.mark.parametrize("reply", [b"250 OK", b"334 ", b"go", b"220-go\r\n250 OK"])
def test_unexpected_reply_to_starttls(reply: bytes) -> None:
    assert failure("smtp", *OFFERED, s(reply))[0] == "starttls.unexpected"


def test_closed_after_starttls() -> None:
    assert failure("smtp", *OFFERED) == (
        "starttls.closed",
        "the smtp server closed the connection before its reply to STARTTLS",
    )
