"""LMTP: the same as SMTP but for the verb."""

from __future__ import annotations

from tests.transcripts import c, failure, s

OPENED = (s(b"220 mail.example.org LMTP"), c(b"LHLO check-tls-cert.invalid"))


def test_not_offered() -> None:
    assert failure("lmtp", *OPENED, s(b"250-mail.example.org", b"250 PIPELINING")) == (
        "starttls.not-offered",
        "the lmtp server does not offer TLS: its reply to LHLO does not list STARTTLS",
    )


def test_smtp_server_on_the_port() -> None:
    assert failure("lmtp", *OPENED, s(b"502 5.5.2 Error: command not recognized")) == (
        "starttls.refused",
        'the lmtp server refused LHLO: "502 5.5.2 Error: command not recognized"',
    )


def test_refused_starttls() -> None:
    turns = (*OPENED, s(b"250-mail.example.org", b"250 STARTTLS"), c(b"STARTTLS"))
    assert failure("lmtp", *turns, s(b"454 4.7.0 TLS not available")) == (
        "starttls.refused",
        'the lmtp server refused STARTTLS: "454 4.7.0 TLS not available"',
    )
