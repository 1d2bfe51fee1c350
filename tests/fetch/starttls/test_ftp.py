"""FTP: greetings and AUTH TLS as servers answer them."""

from __future__ import annotations

import pytest

from tests.transcripts import GOOD, c, failure, play, s

OPENED = (s(b"220 (vsFTPd 3.0.5)"), c(b"AUTH TLS"))


def test_greeting_in_many_lines() -> None:
    """As Pure-FTPd has it, and with lines that have no code (RFC 959, 4.2)."""
    greeting = s(
        b"220---------- Welcome to Pure-FTPd [privsep] [TLS] ----------",
        b"220-You are user number 1 of 50 allowed.",
        b"  226 of our files are new",
        b"",
        b"220 You will be disconnected after 15 minutes of inactivity.",
    )
    assert play("ftp", greeting, *GOOD["ftp"][1:]) is None


def test_greeting_that_announces_a_delay() -> None:
    assert play("ftp", s(b"120 Service ready in 1 minutes"), *GOOD["ftp"]) is None


@pytest.mark.parametrize("code", [500, 502, 504])
def test_not_offered(code: int) -> None:
    assert failure("ftp", *OPENED, s(b"%d AUTH not understood" % code)) == (
        "starttls.not-offered",
        "the ftp server does not offer TLS: it does not know AUTH TLS",
    )


def test_refused() -> None:
    assert failure("ftp", s(b"421 Too many connections from your address")) == (
        "starttls.refused",
        'the ftp server refused the connection: "421 Too many connections from your address"',
    )
    assert failure("ftp", *OPENED, s(b"530 Please login with USER and PASS.")) == (
        "starttls.refused",
        'the ftp server refused AUTH TLS: "530 Please login with USER and PASS."',
    )
    assert failure("ftp", *OPENED, s(b"431 Unable to accept security mechanism"))[0] == "starttls.refused"


def test_unexpected() -> None:
    assert failure("ftp", s(b"200 hello"))[0] == "starttls.unexpected"
    assert failure("ftp", s(b"+OK hello"))[0] == "starttls.unexpected"
    assert failure("ftp", *OPENED, s(b"334 go on"))[0] == "starttls.unexpected"
    assert failure("ftp", *OPENED, s(b"OK"))[0] == "starttls.unexpected"
