"""POP3: CAPA and STLS as servers answer them."""

from __future__ import annotations

import pytest

from tests.transcripts import c, failure, play, s

OPENED = (s(b"+OK POP3 ready <1896.697170952@pop.example.org>"), c(b"CAPA"))
OFFERED = (*OPENED, s(b"+OK Capability list follows", b"USER", b"stls", b"."), c(b"STLS"))


def test_keyword_is_case_insensitive() -> None:
    assert play("pop3", *OFFERED, s(b"+ok")) is None


def test_server_without_capa_may_know_stls() -> None:
    assert play("pop3", *OPENED, s(b"-ERR unknown command"), c(b"STLS"), s(b"+OK go")) is None


def test_server_with_neither() -> None:
    turns = (*OPENED, s(b"-ERR unknown command"), c(b"STLS"), s(b"-ERR unknown command"))
    assert failure("pop3", *turns) == (
        "starttls.not-offered",
        "the pop3 server does not offer TLS: it knows neither CAPA nor STLS",
    )


def test_not_offered() -> None:
    assert failure("pop3", *OPENED, s(b"+OK", b"USER", b"XSTLS", b".STLS", b".")) == (
        "starttls.not-offered",
        "the pop3 server does not offer TLS: its capabilities do not list STLS",
    )


def test_refused() -> None:
    assert failure("pop3", s(b"-ERR [SYS/TEMP] too many connections")) == (
        "starttls.refused",
        'the pop3 server refused the connection: "-ERR [SYS/TEMP] too many connections"',
    )
    assert failure("pop3", *OFFERED, s(b"-ERR Command not permitted when TLS active")) == (
        "starttls.refused",
        'the pop3 server refused STLS: "-ERR Command not permitted when TLS active"',
    )


@pytest.mark.parametrize("line", [b"220 ready", b"* OK ready", b"+OKAY", b"+ ", b"", b"OK"])
def test_unexpected(line: bytes) -> None:
    for before in ((), OPENED, OFFERED):
        assert failure("pop3", *before, s(line))[0] == "starttls.unexpected"
