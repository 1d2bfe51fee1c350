"""PostgreSQL: SSLRequest (its documentation, "Message Flow: SSL Session Encryption")."""

from __future__ import annotations

from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire

_SSL_REQUEST = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"  # its length, 80877103

_MAX_ERROR = 30_000


def postgres_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak PostgreSQL until both sides may begin with TLS."""
    wire.send(_SSL_REQUEST, "its answer to SSLRequest")
    answer = yield from wire.exactly(1)
    if answer == b"S" and not wire.pending.startswith(b"SH-"):  # an SSH server's greeting begins with it, too
        return
    if answer == b"N":
        raise wire.not_offered('it answered SSLRequest with "N"', "set ssl = on in postgresql.conf")
    if answer == b"E":
        raise wire.refused("SSLRequest", (yield from _error_message(wire)))
    raise wire.unexpected(answer, to_the_end=True)


def _error_message(wire: Wire) -> Steps[bytes]:
    """Read an ErrorResponse: its length, then fields of a type byte and a string each; return the message."""
    head = yield from wire.exactly(4)
    length = int.from_bytes(head, "big")
    if not 4 <= length <= _MAX_ERROR:
        raise wire.unexpected(b"E" + head, to_the_end=True)
    body = yield from wire.exactly(length - 4)
    message = (field[1:] for field in body.split(b"\0") if field.startswith(b"M"))
    return next(message, body)


# No farewell but TLS's own: the server expects a startup packet and logs a Terminate as one of invalid length, and it
# logs a connection that is reset.
PROTOCOL = Protocol("postgres", postgres_preamble, binary=True)
