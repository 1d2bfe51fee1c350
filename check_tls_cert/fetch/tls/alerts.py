"""What happens in a handshake, above all alerts: what a peer says when it breaks it off (RFC 8446, section 6).

Goes by numbers, since OpenSSL's words for alerts differ from version to version.
"""

from __future__ import annotations

from typing import NamedTuple

UNRECOGNIZED_NAME = 112

#: AlertLevel (RFC 5246, 7.2).
_FATAL = 2

#: AlertDescription by its number, as RFC 8446, B.2 has it, reserved ones of older versions included.
_NAMES = {
    0: "close notify",
    10: "unexpected message",
    20: "bad record mac",
    21: "decryption failed",
    22: "record overflow",
    30: "decompression failure",
    40: "handshake failure",
    41: "no certificate",
    42: "bad certificate",
    43: "unsupported certificate",
    44: "certificate revoked",
    45: "certificate expired",
    46: "certificate unknown",
    47: "illegal parameter",
    48: "unknown ca",
    49: "access denied",
    50: "decode error",
    51: "decrypt error",
    60: "export restriction",
    70: "protocol version",
    71: "insufficient security",
    80: "internal error",
    86: "inappropriate fallback",
    90: "user canceled",
    100: "no renegotiation",
    109: "missing extension",
    110: "unsupported extension",
    111: "certificate unobtainable",
    UNRECOGNIZED_NAME: "unrecognized name",
    113: "bad certificate status response",
    114: "bad certificate hash value",
    115: "unknown psk identity",
    116: "certificate required",
    120: "no application protocol",
}


class Alert(NamedTuple):
    """An alert that the peer has sent."""

    #: AlertLevel: 1 for a warning, 2 for one after which the connection is of no use.
    level: int
    #: AlertDescription: what is wrong.
    number: int

    @property
    def name(self) -> str:
        """What RFC 8446 calls it, with blanks; its number if the RFC does not know it."""
        return _NAMES.get(self.number, f"number {self.number}")

    def is_fatal(self, protocol: str | None) -> bool:
        """Tell whether it ended the handshake; ``protocol`` is the version negotiated by then, None before ServerHello.

        Since TLS 1.3 the level means nothing (RFC 8446, 6).
        """
        return self.level == _FATAL or protocol == "TLSv1.3"


class HandshakeLog:
    """What OpenSSL tells about a handshake while it runs.

    ``steps`` are the states that it went through, in OpenSSL's words; ``last_alert`` is one from the peer after which
    nothing else has happened.
    """

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.last_alert: Alert | None = None

    def note_step(self, state: str) -> None:
        """Note that the handshake went on: an alert before that was a warning."""
        self.steps.append(state)
        self.last_alert = None

    def note_alert(self, code: int, by_peer: bool) -> None:
        """Note an alert, whose ``code`` is its level and its number, a byte each. An own one says that it was us."""
        self.last_alert = Alert(code >> 8, code & 0xFF) if by_peer else None
