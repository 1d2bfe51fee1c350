"""ManageSieve: capabilities and statuses, with quoted strings and literals."""

from __future__ import annotations

import pytest

from tests.transcripts import Turn, c, failure, play, s

OFFERED = (s(b'"IMPLEMENTATION" "x"', b'"STARTTLS"', b"OK"), c(b"STARTTLS"))


@pytest.mark.parametrize(
    "greeting",
    [
        s(b'"IMPLEMENTATION" "Cyrus timsieved (Murder) 3.8"', b'"STARTTLS"', b"OK"),
        s(b'"starttls"', b'ok (TAG "x") "ready"'),
        s(b"{8}", b"STARTTLS", b"OK"),
        s(b"{8+}", b"STARTTLS", b"OK {5+}", b"hello"),
        s(b'"IMPLEMENTATION" {21}', b'"\r\nOK "not yet"\r\nOK\r\n', b'"STARTTLS"', b'OK "ready"'),
        s(b'"IMPLEMENTATION" "a \\" {3}"', b'"STARTTLS" ', b'OK "ready"'),
        s(b'"X" {1}', b'" {2}', b'\\"', b'"STARTTLS"', b"OK"),
        s(b'"X" {0}', b"", b'"STARTTLS"', b"OK"),
    ],
)
def test_greetings(greeting: Turn) -> None:
    assert play("sieve", greeting, c(b"STARTTLS"), s(b"OK")) is None


def test_not_offered() -> None:
    assert failure("sieve", s(b'"IMPLEMENTATION" "x"', b'"SASL" "STARTTLS"', b"OK ready")) == (
        "starttls.not-offered",
        "the sieve server does not offer TLS: its capabilities do not list STARTTLS",
    )


def test_refused() -> None:
    assert failure("sieve", s(b'BYE (TRYLATER) "too many connections"')) == (
        "starttls.refused",
        "the sieve server refused the connection: \"BYE (TRYLATER) 'too many connections'\"",
    )
    assert failure("sieve", *OFFERED, s(b"NO {15}", b"TLS\r\nnot today.")) == (
        "starttls.refused",
        "the sieve server refused STARTTLS: \"NO 'TLS\\x0d\\x0anot today.'\"",
    )


@pytest.mark.parametrize("line", [b"220 ready", b"* OK ready", b"OKAY", b'"x', b"", b"x {3}\r\nabc", b'"a"b"'])
def test_unexpected(line: bytes) -> None:
    for before in ((), OFFERED):
        assert failure("sieve", *before, s(line))[0] == "starttls.unexpected"


def test_literal_longer_than_all_may_be() -> None:
    assert failure("sieve", s(b'"X" {999999}')) == (
        "starttls.too-long",
        "the sieve server sent its greeting with a length of 999999 bytes",
    )
