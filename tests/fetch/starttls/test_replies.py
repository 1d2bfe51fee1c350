"""Replies with three-digit codes, and blocks of lines that end with a dot."""

from __future__ import annotations

import pytest

from check_tls_cert.fetch.starttls import replies
from check_tls_cert.fetch.starttls.wire import PreambleError, Wire
from tests.fetch.starttls.test_wire import read


@pytest.mark.parametrize(
    ("data", "loose", "expected"),
    [
        (b"220 hi\r\n", False, (220, (b"hi",), b"220 hi")),
        (b"220\r\n", False, (220, (b"",), b"220")),
        (b"220-\r\n220\r\n", False, (220, (b"", b""), b"220")),
        (b"250-a\n250-b\n250 c\n", False, (250, (b"a", b"b", b"c"), b"250 c")),
        (b"220-a\r\n b\r\n221 c\r\n220-d\r\n220 e\r\n", True, (220, (b"a", b" b", b"c", b"d", b"e"), b"220 e")),
    ],
)
def test_reply(data: bytes, loose: bool, expected: tuple[object, ...]) -> None:
    assert read(replies.reply(Wire("ftp"), loose), data) == expected


@pytest.mark.parametrize(
    "data", [b"hello\r\n", b"22\r\n", b"2200 hi\r\n", b"220hi\r\n", b"620 hi\r\n", b"220-a\r\nb\r\n", b"220-a\r\n221 b\r\n"]
)  # fmt: skip
def test_no_reply(data: bytes) -> None:
    with pytest.raises(PreambleError) as caught:
        read(replies.reply(Wire("smtp")), data)
    assert caught.value.kind.id == "starttls.unexpected"


def test_block_and_keywords() -> None:
    lines = read(replies.block(Wire("pop3")), b"top\r\n\r\n..x\r\nStls now\r\n.\r\n")
    assert lines == (b"top", b"", b"..x", b"Stls now")
    assert replies.keywords((b"top", b"", b"..x", b"Stls now")) == {b"TOP", b"..X", b"STLS"}
