"""PostgreSQL: the answers to SSLRequest."""

from __future__ import annotations

import pytest

from check_tls_cert.report.phrases import clause
from tests.transcripts import failure, heard, opening, remedy, sb

REQUEST = opening("postgres")


def error_response(*fields: bytes) -> bytes:
    body = b"".join(field + b"\0" for field in fields) + b"\0"
    return b"E" + (4 + len(body)).to_bytes(4, "big") + body


def test_not_offered() -> None:
    assert failure("postgres", *REQUEST, sb(b"N")) == (
        "starttls.not-offered",
        'the postgres server does not offer TLS: it answered SSLRequest with "N"',
    )
    assert remedy("postgres", *REQUEST, sb(b"N")) == "set ssl = on in postgresql.conf"


@pytest.mark.parametrize(
    ("octets", "text"),
    [
        (
            error_response(b"SFATAL", b"VFATAL", b"C53300", b"Msorry, too many clients already"),
            "sorry, too many clients already",
        ),
        (error_response(b"Mfirst", b"Msecond"), "first"),
        (error_response(b"SFATAL"), r"SFATAL\x00\x00"),
        (b"E\0\0\0\x04", ""),
    ],
)
def test_error_is_quoted(octets: bytes, text: str) -> None:
    assert failure("postgres", *REQUEST, sb(octets)) == (
        "starttls.refused",
        f'the postgres server refused SSLRequest: "{text}"',
    )


@pytest.mark.parametrize(
    "octets", [b"R\0\0\0\x08", b"HTTP/1.1 400 Bad Request", b"E\0\0\0\x03", b"EFATAL: unsupported\0"]
)
def test_unexpected(octets: bytes) -> None:
    assert failure("postgres", *REQUEST, sb(octets))[0] == "starttls.unexpected"


def test_ssh_server_begins_with_the_go_ahead() -> None:
    error = heard("postgres", b"SSH-2.0-OpenSSH_9.2p1\r\n")
    assert error is not None
    assert clause(error.finding) == (
        'expected the answer to SSLRequest of the postgres server, got "SSH-2.0-OpenSSH_9.2p1" (SSH?)'
    )
