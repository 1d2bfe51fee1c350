"""MySQL and MariaDB: handshake packets and errors in their place."""

from __future__ import annotations

import pytest

from tests.transcripts import GOOD, MYSQL_HANDSHAKE, failure, play, remedy, sb, sx


def packet(payload: bytes, number: int = 0) -> bytes:
    return len(payload).to_bytes(3, "little") + bytes((number,)) + payload


def test_mariadb() -> None:
    """A version with a prefix for old replicas, and extended capabilities in the reserved octets."""
    payload = b"\x0a5.5.5-10.11.6-MariaDB-0+deb12u1\0" + bytes(4) + b"saltsalt\0" + b"\xfe\xff" + bytes(40)
    assert play("mysql", sb(packet(payload)), GOOD["mysql"][-1]) is None


def test_handshake_that_ends_with_the_lower_capabilities() -> None:
    assert play("mysql", sb(packet(b"\x0a4.1\0" + bytes(13) + b"\0\x08")), GOOD["mysql"][-1]) is None


def test_not_offered() -> None:
    """MySQL's capabilities without CLIENT_SSL, 0x800."""
    assert failure("mysql", sx(MYSQL_HANDSHAKE.replace("00 ffff ff", "00 fff7 ff"))) == (
        "starttls.not-offered",
        "the mysql server does not offer TLS: its handshake packet lacks the capability CLIENT_SSL",
    )
    assert failure("mysql", sb(packet(b"\x093.20\0" + bytes(13)))) == (
        "starttls.not-offered",
        "the mysql server does not offer TLS: it speaks version 9 of its protocol",
    )


@pytest.mark.parametrize(
    ("number", "message", "hint"),
    [
        (1129, b"Host '192.0.2.1' is blocked because of many connection errors", "unblock our host as the server says, and raise max_connect_errors"),
        (1130, b"Host '192.0.2.1' is not allowed to connect to this MySQL server", "let our host connect, in the server's table of users"),
        (1040, b"Too many connections", "raise max_connections, or see who holds the connections"),
        (1053, b"Server shutdown in progress", "check the server's log"),
    ],
)  # fmt: skip
def test_error_is_quoted(number: int, message: bytes, hint: str) -> None:
    text = f'the mysql server refused the connection with error {number}: "{message.decode()}"'
    for state in (b"", b"#08S01"):
        turn = sb(packet(b"\xff" + number.to_bytes(2, "little") + state + message))
        assert failure("mysql", turn) == ("starttls.refused", text)
        assert remedy("mysql", turn) == hint


@pytest.mark.parametrize(
    "octets",
    [
        packet(b""),
        packet(b"\x0a8.0"),
        packet(b"\x0a8.0\0" + bytes(14)),
        packet(b"\x0b8.0\0" + bytes(40)),
        packet(b"\x0a8.0\0" + bytes(40), 1),
        b"\xff\xff\x00\x00",
        b"220 mail.example.org ESMTP\r\n",
    ],
)
def test_unexpected(octets: bytes) -> None:
    assert failure("mysql", sb(octets))[0] == "starttls.unexpected"
