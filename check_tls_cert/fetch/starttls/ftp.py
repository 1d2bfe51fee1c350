"""FTP: AUTH TLS (RFC 4217, section 4)."""

from __future__ import annotations

from check_tls_cert.fetch.starttls.replies import reply
from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire

# RFC 2228, 3: the command is unknown (500, 502), or the mechanism is (504).
_UNKNOWN = (500, 502, 504)


def ftp_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak FTP until both sides may begin with TLS."""
    greeting = yield from reply(wire, loose=True)
    while greeting.code == 120:  # "service ready in ... minutes"; the greeting proper follows (RFC 959, 5.4)
        greeting = yield from reply(wire, loose=True)
    if greeting.error:
        raise wire.refused("the connection", greeting.last)
    if greeting.code != 220:
        raise wire.unexpected(greeting.last)
    wire.send(b"AUTH TLS\r\n", "its reply to AUTH TLS")
    answer = yield from reply(wire, loose=True)
    if answer.code in _UNKNOWN:
        raise wire.not_offered("it does not know AUTH TLS")
    if answer.error:
        raise wire.refused("AUTH TLS", answer.last)
    if answer.code != 234:
        raise wire.unexpected(answer.last)


PROTOCOL = Protocol("ftp", ftp_preamble, farewell=b"QUIT\r\n", refused_end=b"QUIT\r\n")
