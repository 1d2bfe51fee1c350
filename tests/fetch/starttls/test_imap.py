"""IMAP: greetings, capabilities and completions as servers send them."""

from __future__ import annotations

import pytest

from tests.transcripts import Turn, c, failure, play, s

OPENED = (s(b"* OK IMAP4rev1 ready"), c(b"a1 CAPABILITY"))
OFFERED = (*OPENED, s(b"* CAPABILITY IMAP4rev1 STARTTLS", b"a1 OK done"), c(b"a2 STARTTLS"))


@pytest.mark.parametrize(
    "reply",
    [
        s(b"* CAPABILITY IMAP4rev1 STARTTLS", b"a1 OK"),
        s(b"* capability imap4rev1 starttls", b"a1 ok done"),
        s(b"* OK still here", b"* CAPABILITY IMAP4rev1", b"* CAPABILITY STARTTLS", b"* ", b"a1 OK done"),
    ],
)
def test_capabilities(reply: Turn) -> None:
    assert play("imap", *OPENED, reply, c(b"a2 STARTTLS"), s(b"* OK soon", b"a2 OK Begin TLS")) is None


@pytest.mark.parametrize(
    "reply",
    [
        s(b"* CAPABILITY IMAP4rev1 LOGINDISABLED AUTH=PLAIN", b"a1 OK done"),
        s(b"* OK STARTTLS", b"a1 OK done"),
        s(b"a1 OK STARTTLS"),
        s(b"* CAPABILITY IMAP4rev1 XSTARTTLS STARTTLS=NO", b"a1 OK done"),
    ],
)
def test_not_offered(reply: Turn) -> None:
    assert failure("imap", *OPENED, reply) == (
        "starttls.not-offered",
        "the imap server does not offer TLS: its capabilities do not list STARTTLS",
    )


def test_greeting_with_bye() -> None:
    assert failure("imap", s(b"* BYE Autologout; connection limit reached")) == (
        "starttls.refused",
        'the imap server refused the connection: "* BYE Autologout; connection limit reached"',
    )


def test_greeting_with_preauth() -> None:
    assert failure("imap", s(b"* PREAUTH logged in as example")) == (
        "starttls.not-offered",
        "the imap server does not offer TLS: it greets with PREAUTH, after which there is no STARTTLS",
    )


@pytest.mark.parametrize("greeting", [b"+OK ready", b"220 ready", b"* OKAY", b"a1 OK", b"* NO", b"* ", b""])
def test_greeting_that_is_none(greeting: bytes) -> None:
    assert failure("imap", s(greeting))[0] == "starttls.unexpected"


@pytest.mark.parametrize("status", ["NO TLS is not available", "BAD Unknown command", "no", "bad "])
def test_refused_starttls(status: str) -> None:
    text = f'the imap server refused STARTTLS: "{status}"'
    assert failure("imap", *OFFERED, s(b"a2 " + status.encode())) == ("starttls.refused", text)


def test_bye_in_between() -> None:
    assert failure("imap", *OFFERED, s(b"* BYE shutting down")) == (
        "starttls.refused",
        'the imap server refused STARTTLS: "* BYE shutting down"',
    )
    assert failure("imap", *OPENED, s(b"a1 BAD no"))[1] == 'the imap server refused CAPABILITY: "BAD no"'


@pytest.mark.parametrize("line", [b"+ go on", b"a1 OK", b"a22 OK", b"a2 OKAY", b"a2", b"A2 OK", b"*", b""])
def test_unexpected_completion(line: bytes) -> None:
    assert failure("imap", *OFFERED, s(line))[0] == "starttls.unexpected"
