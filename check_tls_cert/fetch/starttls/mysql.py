"""MySQL and MariaDB: SSLRequest in the connection phase (MySQL's documentation of the client/server protocol).

A server counts connections that end without a login against their host and may block it at last (max_connect_errors).
"""

from __future__ import annotations

from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire

_LONG_PASSWORD, _PROTOCOL_41, _SSL, _SECURE_CONNECTION = 0x1, 0x200, 0x800, 0x8000
_CAPABILITIES = _LONG_PASSWORD | _PROTOCOL_41 | _SSL | _SECURE_CONNECTION
_MAX_PACKET = 16_777_215
_UTF8 = b"\x21"

_BODY = _CAPABILITIES.to_bytes(4, "little") + _MAX_PACKET.to_bytes(4, "little") + _UTF8 + bytes(23)
_SSL_REQUEST = len(_BODY).to_bytes(3, "little") + b"\x01" + _BODY

_MAX_HANDSHAKE = 4_096

_REMEDIES = {
    1040: "raise max_connections, or see who holds the connections",
    1129: "unblock our host as the server says, and raise max_connect_errors",
    1130: "let our host connect, in the server's table of users",
}


def mysql_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak MySQL until both sides may begin with TLS."""
    head = yield from wire.exactly(4)
    length = int.from_bytes(head[:3], "little")
    if head[3] != 0 or not 1 <= length <= _MAX_HANDSHAKE:
        raise wire.unexpected(head, to_the_end=True)
    packet = yield from wire.exactly(length)
    if packet[0] == 0xFF:
        raise _error(wire, packet)
    if packet[0] == 9:
        raise wire.not_offered("it speaks version 9 of its protocol")
    if not _handshake_capabilities(wire, head + packet) & _SSL:
        raise wire.not_offered("its handshake packet lacks the capability CLIENT_SSL")
    wire.answer(_SSL_REQUEST)  # there is no answer but the server's part of TLS


def _handshake_capabilities(wire: Wire, packet: bytes) -> int:
    """Return the lower 16 capability flags of a handshake packet of version 10."""
    version_end = packet.find(b"\0", 5)
    start = version_end + 1 + 4 + 8 + 1  # connection id, first part of the scramble, filler
    if packet[4] != 10 or version_end < 0 or start + 2 > len(packet):
        raise wire.unexpected(packet)
    return int.from_bytes(packet[start : start + 2], "little")


def _error(wire: Wire, packet: bytes) -> Exception:
    """Return the error that an ERR packet is: a number and a message; there is no SQL state before the handshake."""
    number = int.from_bytes(packet[1:3], "little")
    message = packet[9:] if packet[3:4] == b"#" else packet[3:]
    what = f"the connection with error {number}"
    return wire.refused(what, message, _REMEDIES.get(number, "check the server's log"))


# No farewell: the server expects the rest of a login, and only the end of the connection is none.
PROTOCOL = Protocol("mysql", mysql_preamble, binary=True)
