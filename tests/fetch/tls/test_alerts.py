"""What alerts are called, which of them end a handshake, and what is noted of it."""

from __future__ import annotations

import pytest

from check_tls_cert.fetch.tls.alerts import Alert, HandshakeLog


@pytest.mark.parametrize(
    ("level", "protocol", "fatal"),
    [
        (2, None, True),
        (2, "TLSv1.2", True),
        (2, "TLSv1.3", True),
        (1, None, False),
        (1, "TLSv1.2", False),
        (1, "DTLSv1.2", False),
        (1, "TLSv1.3", True),  # RFC 8446, section 6: whatever its level
    ],
)
def test_which_end_a_handshake(level: int, protocol: str | None, fatal: bool) -> None:
    assert Alert(level, 112).is_fatal(protocol) is fatal


def test_a_handshake_that_goes_on() -> None:
    """What came before was a warning, whatever its level."""
    log = HandshakeLog()
    log.note_alert(0x0270, by_peer=True)
    assert log.last_alert == Alert(2, 112)
    log.note_step("SSLv3/TLS read server hello")
    assert log.last_alert is None
    log.note_alert(0x0270, by_peer=True)
    log.note_alert(0x020A, by_peer=False)
    assert log.last_alert is None
    assert log.steps == ["SSLv3/TLS read server hello"]


@pytest.mark.parametrize(
    ("number", "name"), [(0, "close notify"), (48, "unknown ca"), (112, "unrecognized name"), (255, "number 255")]
)
def test_names(number: int, name: str) -> None:
    assert Alert(2, number).name == name
