"""RDP: the negotiation of security in the X.224 connection request ([MS-RDPBCGR] 2.2.1.1 and 2.2.1.2)."""

from __future__ import annotations

from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire

_SSL, _HYBRID = 1, 2  # TLS; TLS and then CredSSP. A server that demands the second presents its certificate before.
_NEGOTIATION = b"\x01\x00\x08\x00" + (_SSL | _HYBRID).to_bytes(4, "little")
_CONNECTION_REQUEST = b"\xe0\x00\x00\x00\x00\x00" + _NEGOTIATION
_REQUEST = b"\x03\x00\x00\x13\x0e" + _CONNECTION_REQUEST  # TPKT: version 3, 19 bytes; length of the X.224 header

_CONFIRM, _DISCONNECT = 0xD0, 0x80
_RESPONSE, _FAILURE = 2, 3

_MIN_PACKET, _MAX_PACKET = 11, 512

# [MS-RDPBCGR] 2.2.1.2.2
_FAILURES = {
    1: "SSL_REQUIRED_BY_SERVER",
    2: "SSL_NOT_ALLOWED_BY_SERVER",
    3: "SSL_CERT_NOT_ON_SERVER",
    4: "INCONSISTENT_FLAGS",
    5: "HYBRID_REQUIRED_BY_SERVER",
    6: "SSL_WITH_USER_AUTH_REQUIRED_BY_SERVER",
}


def rdp_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak RDP until both sides may begin with TLS."""
    wire.send(_REQUEST, "its connection confirm")
    head = yield from wire.exactly(4)
    length = int.from_bytes(head[2:], "big")
    if head[:2] != b"\x03\x00" or not _MIN_PACKET <= length <= _MAX_PACKET:
        raise wire.unexpected(head, to_the_end=True)
    packet = head + (yield from wire.exactly(length - 4))
    kind = packet[5] & 0xF0
    if kind == _DISCONNECT:
        raise wire.refused("the connection", f"X.224 disconnect request, reason {packet[10]}")
    negotiation = packet[11:]
    if kind != _CONFIRM or packet[4] != length - 5 or len(negotiation) not in (0, 8):
        raise wire.unexpected(packet)
    _judge(wire, packet, negotiation)


def _judge(wire: Wire, packet: bytes, negotiation: bytes) -> None:
    """Raise unless the server has chosen TLS (RDP_NEG_RSP, [MS-RDPBCGR] 2.2.1.2.1)."""
    if not negotiation:  # it does not know the negotiation, or ignores it
        raise wire.not_offered("it does not negotiate security")
    value = int.from_bytes(negotiation[4:], "little")
    if negotiation[0] == _FAILURE:
        raise _failure(wire, value)
    if negotiation[0] != _RESPONSE:
        raise wire.unexpected(packet)
    if not value:
        raise wire.not_offered("it chose Standard RDP Security")


def _failure(wire: Wire, code: int) -> Exception:
    """Return the error for an RDP_NEG_FAILURE ([MS-RDPBCGR] 2.2.1.2.2)."""
    if code == 2:
        return wire.not_offered("it is set to Standard RDP Security only (SSL_NOT_ALLOWED_BY_SERVER)")
    remedy = "give the server a certificate" if code == 3 else "check the server's log"
    return wire.refused("TLS", _FAILURES.get(code, f"failure code {code}"), remedy)


PROTOCOL = Protocol("rdp", rdp_preamble, binary=True)
