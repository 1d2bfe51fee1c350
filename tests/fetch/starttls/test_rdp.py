"""RDP: what servers confirm and why they do not."""

from __future__ import annotations

import pytest

from tests.transcripts import failure, opening, play, remedy, sx

REQUEST = opening("rdp")


@pytest.mark.parametrize("selected", ["01000000", "02000000", "08000000"])
def test_selected(selected: str) -> None:
    """TLS, CredSSP over TLS, and the latter with early user authorization."""
    assert play("rdp", *REQUEST, sx("03000013 0ed0 0000 1234 00 02 00 0800", selected)) is None


@pytest.mark.parametrize(
    ("octets", "how"),
    [
        ("0300000b 06d0 0000 1234 00", "it does not negotiate security"),
        ("03000013 0ed0 0000 1234 00 02000800 00000000", "it chose Standard RDP Security"),
        ("03000013 0ed0 0000 1234 00 03000800 02000000", "it is set to Standard RDP Security only (SSL_NOT_ALLOWED_BY_SERVER)"),
    ],
)  # fmt: skip
def test_not_offered(octets: str, how: str) -> None:
    assert failure("rdp", *REQUEST, sx(octets)) == (
        "starttls.not-offered",
        f"the rdp server does not offer TLS: {how}",
    )


@pytest.mark.parametrize(
    ("code", "words", "hint"),
    [
        (1, "SSL_REQUIRED_BY_SERVER", "check the server's log"),
        (3, "SSL_CERT_NOT_ON_SERVER", "give the server a certificate"),
        (5, "HYBRID_REQUIRED_BY_SERVER", "check the server's log"),
        (9, "failure code 9", "check the server's log"),
    ],
)
def test_failure_codes(code: int, words: str, hint: str) -> None:
    turn = sx(f"03000013 0ed0 0000 1234 00 03000800 {code:02x}000000")
    assert failure("rdp", *REQUEST, turn) == ("starttls.refused", f'the rdp server refused TLS: "{words}"')
    assert remedy("rdp", *REQUEST, turn) == hint


def test_disconnect_request() -> None:
    assert failure("rdp", *REQUEST, sx("0300000b 0680 0000 0000 01")) == (
        "starttls.refused",
        'the rdp server refused the connection: "X.224 disconnect request, reason 1"',
    )


@pytest.mark.parametrize(
    "octets",
    [
        "0300000a 05d0 0000 1234",
        "03000201 06d0 0000 1234 00",
        "02000013 0ed0 0000 1234 00 02000800 01000000",
        "03000013 0ef0 0000 1234 00 02000800 01000000",
        "03000013 0dd0 0000 1234 00 02000800 01000000",
        "03000013 0ed0 0000 1234 00 04000800 01000000",
        "0300000c 07d0 0000 1234 00 02",
    ],
)
def test_unexpected(octets: str) -> None:
    assert failure("rdp", *REQUEST, sx(octets))[0] == "starttls.unexpected"
