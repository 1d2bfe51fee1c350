"""TDS, the protocol of SQL Server: PRELOGIN with encryption ([MS-TDS] 2.2.6.5), and TLS within its packets.

Until TDS 8.0, which has TLS on connect, the records of the handshake travel in PRELOGIN packets.
"""

from __future__ import annotations

from check_tls_cert.fetch.starttls.wire import PreambleError, Protocol, Steps, Wire

_PRELOGIN, _REPLY = 0x12, 0x04  # types of packet
_END_OF_MESSAGE = 0x01
_HEADER_SIZE = 8
_PACKET_SIZE = 4_096  # what both sides keep to before login
_MAX_MESSAGE = 32_768

_VERSION, _ENCRYPTION, _INSTANCE, _THREAD, _TERMINATOR = 0, 1, 2, 3, 0xFF
_ENCRYPT_ON, _ENCRYPT_NOT_SUP = 1, 2

_ERROR_TOKEN = 0xAA


def _packet(status: int, data: bytes, number: int = 1) -> bytes:
    length = (_HEADER_SIZE + len(data)).to_bytes(2, "big")
    return bytes((_PRELOGIN, status)) + length + bytes((0, 0, number & 0xFF, 0)) + data


def _options(values: dict[int, bytes]) -> bytes:
    """Return a PRELOGIN message: for each option its token, offset and length, then a terminator, then the data."""
    table, data = b"", b""
    start = 5 * len(values) + 1
    for token, value in values.items():
        table += bytes((token,)) + (start + len(data)).to_bytes(2, "big") + len(value).to_bytes(2, "big")
        data += value
    return table + bytes((_TERMINATOR,)) + data


_REQUEST = _packet(
    _END_OF_MESSAGE,
    _options({_VERSION: bytes(6), _ENCRYPTION: bytes((_ENCRYPT_ON,)), _INSTANCE: b"\0", _THREAD: bytes(4)}),
)


def tds_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak TDS until both sides may begin with TLS."""
    wire.send(_REQUEST, "its reply to PRELOGIN")
    message = yield from _message(wire)
    if message[:1] == bytes((_ERROR_TOKEN,)):
        raise wire.refused("PRELOGIN", _error_text(message))
    encryption = _option(message, _ENCRYPTION)
    if len(encryption) != 1:
        raise wire.unexpected(message)
    if encryption[0] & 0x0F == _ENCRYPT_NOT_SUP:
        raise wire.not_offered("its PRELOGIN says that it has no encryption")
    # All else leads to TLS, if only for the login.


def _message(wire: Wire) -> Steps[bytes]:
    """Read the packets of one message; return their data."""
    message, status = b"", 0
    while not status & _END_OF_MESSAGE:
        head = yield from wire.exactly(4)  # type, status, length; then come four bytes for nobody
        length = int.from_bytes(head[2:], "big")
        if head[0] != _REPLY or not _HEADER_SIZE < length <= _MAX_MESSAGE:
            raise wire.unexpected(head, to_the_end=True)
        yield from wire.exactly(_HEADER_SIZE - 4)
        message += yield from wire.exactly(length - _HEADER_SIZE)
        status = head[1]
    return message


def _option(message: bytes, wanted: int) -> bytes:
    """Return the data of the option ``wanted`` in a PRELOGIN message, b"" if it is not there."""
    for start in range(0, len(message) - 4, 5):
        token = message[start]
        if token == wanted:
            offset, length = (int.from_bytes(message[at : at + 2], "big") for at in (start + 1, start + 3))
            return message[offset : offset + length]
        if token == _TERMINATOR:
            break
    return b""


def _error_text(message: bytes) -> str:
    """Return the text of an ERROR token: after its length, number, state and class ([MS-TDS] 2.2.7.10)."""
    length = int.from_bytes(message[9:11], "little")
    return message[11 : 11 + 2 * length].decode("utf-16-le", "replace")


class TdsFraming:
    """PRELOGIN packets around TLS, up to the end of the handshake; after it, records stand in the stream bare."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._number = 0

    def wrap(self, data: bytes) -> bytes:
        """Return ``data`` as the packets of one message."""
        packets = b""
        size = _PACKET_SIZE - _HEADER_SIZE
        for start in range(0, len(data), size):
            last = start + size >= len(data)
            packets += _packet(_END_OF_MESSAGE if last else 0, data[start : start + size], self._number)
            self._number += 1
        return packets

    def feed(self, data: bytes) -> bytes:
        """Return the data of the packets that are complete with ``data``. Raises PreambleError for what is none."""
        self._buffer += data
        payload = b""
        while len(self._buffer) >= _HEADER_SIZE:
            length = int.from_bytes(self._buffer[2:4], "big")
            if self._buffer[0] not in (_PRELOGIN, _REPLY) or length < _HEADER_SIZE:
                raise _no_packet(bytes(self._buffer))
            if len(self._buffer) < length:
                break
            payload += self._buffer[_HEADER_SIZE:length]
            del self._buffer[:length]
        return payload


def _no_packet(received: bytes) -> PreambleError:
    """Return the error for something that is no TDS packet, where one with TLS belongs."""
    wire = Wire("tds")
    wire.send(b"", "its packet with TLS")
    return wire.unexpected(received)


PROTOCOL = Protocol("tds", tds_preamble, binary=True, framing=TdsFraming)
