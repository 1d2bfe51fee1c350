"""NNTP: capabilities and STARTTLS as servers answer them."""

from __future__ import annotations

import pytest

from tests.transcripts import c, failure, play, s

OPENED = (s(b"201 news.example.org ready (no posting)"), c(b"CAPABILITIES"))
OFFERED = (*OPENED, s(b"101 Capability list:", b"VERSION 2", b"STARTTLS", b"."), c(b"STARTTLS"))


def test_transit_server_that_hands_readers_over() -> None:
    """INN: innd knows no STARTTLS, nnrpd, to which MODE READER leads, does."""
    turns = (
        *OPENED,
        s(b"101 Capability list:", b"VERSION 2", b"IHAVE", b"MODE-READER", b"."),
        c(b"MODE READER"),
        s(b"200 news.example.org NNRP server ready (posting ok)"),
        c(b"CAPABILITIES"),
    )
    assert play("nntp", *turns, s(b"101 List:", b"STARTTLS", b"."), c(b"STARTTLS"), s(b"382 go")) is None
    assert failure("nntp", *turns, s(b"101 List:", b"READER", b"."))[0] == "starttls.not-offered"
    assert failure("nntp", *turns[:4], s(b"502 Transit service only")) == (
        "starttls.refused",
        'the nntp server refused MODE READER: "502 Transit service only"',
    )


def test_server_older_than_capabilities() -> None:
    turns = (*OPENED, s(b"500 What?"), c(b"STARTTLS"))
    assert play("nntp", *turns, s(b"382 go")) is None
    assert failure("nntp", *turns, s(b"500 What?")) == (
        "starttls.not-offered",
        "the nntp server does not offer TLS: it does not know STARTTLS",
    )


def test_not_offered() -> None:
    assert failure("nntp", *OPENED, s(b"101 Capability list:", b"VERSION 2", b"READER", b".")) == (
        "starttls.not-offered",
        "the nntp server does not offer TLS: its capabilities do not list STARTTLS",
    )


@pytest.mark.parametrize("reply", [b"580 Can not initiate TLS negotiation", b"502 Command unavailable", b"400 bye"])
def test_refused_starttls(reply: bytes) -> None:
    text = f'the nntp server refused STARTTLS: "{reply.decode()}"'
    assert failure("nntp", *OFFERED, s(reply)) == ("starttls.refused", text)


def test_refused_connection() -> None:
    assert failure("nntp", s(b"502 You have no permission to talk. Goodbye.")) == (
        "starttls.refused",
        'the nntp server refused the connection: "502 You have no permission to talk. Goodbye."',
    )
    assert failure("nntp", *OPENED, s(b"480 Authentication required"))[0] == "starttls.refused"


def test_unexpected() -> None:
    assert failure("nntp", s(b"220 mail.example.org ESMTP")) == (
        "starttls.unexpected",
        'expected the greeting of the nntp server, got "220 mail.example.org ESMTP" (SMTP or FTP?)',
    )
    assert failure("nntp", *OPENED, s(b"200 OK"))[0] == "starttls.unexpected"
    assert failure("nntp", *OFFERED, s(b"381 go on"))[0] == "starttls.unexpected"
