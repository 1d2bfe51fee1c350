"""The handshake over datagrams (DTLS, RFC 6347): one record a datagram, and flights sent again when they are lost."""

from __future__ import annotations

from OpenSSL import SSL

from check_tls_cert.fetch.net.stream import StreamTimeout
from check_tls_cert.fetch.net.waiting import Waiting
from check_tls_cert.fetch.tls.handshake import Client

#: Of a record (RFC 6347, 4.1); the last two bytes are the length of what follows.
_HEADER_SIZE = 13

#: What fits into a datagram on every path: IPv6's least MTU less the headers of IP and UDP.
_MTU = 1_232


class DatagramClient(Client):
    """One handshake over a connected datagram socket."""

    method = SSL.DTLS_CLIENT_METHOD
    versions = (b"\xfe", b"\x01")  # of DTLS, and the one that OpenSSL had before there was a standard

    def _prepare(self, connection: SSL.Connection) -> None:
        """Keep datagrams so small that none is lost for its size."""
        connection.set_ciphertext_mtu(_MTU)

    def _receive(self) -> Waiting[bytes]:
        """Return the next datagram; send the last flight again each time that the peer has been silent for too long."""
        while True:
            try:
                data = yield from self._stream.receive(self._connection.DTLSv1_get_timeout())
            except StreamTimeout:
                if not self._stream.remaining():
                    raise
                self._connection.DTLSv1_handle_timeout()
                yield from self._flush()
                continue
            if data:
                return data

    def _send(self, data: bytes) -> Waiting[None]:
        """Send each record in a datagram of its own: OpenSSL hands over a flight as a whole."""
        while data:
            size = _HEADER_SIZE + int.from_bytes(data[11:_HEADER_SIZE], "big")
            yield from self._stream.send(data[:size])
            data = data[size:]
