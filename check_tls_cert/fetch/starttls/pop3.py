"""POP3: STLS (RFC 2595, section 4)."""

from __future__ import annotations

import re

from check_tls_cert.fetch.starttls.replies import block, keywords
from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire

_STATUS = re.compile(rb"(\+OK|-ERR)(?: |$)", re.IGNORECASE)


def pop3_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak POP3 until both sides may begin with TLS."""
    greeting = yield from wire.line()
    if not _positive(wire, greeting):
        raise wire.refused("the connection", greeting)
    wire.send(b"CAPA\r\n", "its reply to CAPA")
    # CAPA is an extension itself (RFC 2449): a server without it may know STLS all the same.
    listed = _positive(wire, (yield from wire.line()))
    if listed and b"STLS" not in keywords((yield from block(wire))):
        raise wire.not_offered("its capabilities do not list STLS")
    wire.send(b"STLS\r\n", "its reply to STLS")
    answer = yield from wire.line()
    if not _positive(wire, answer):
        if not listed:
            raise wire.not_offered("it knows neither CAPA nor STLS")
        raise wire.refused("STLS", answer)


def _positive(wire: Wire, line: bytes) -> bool:
    """Tell whether a status indicator is +OK (RFC 1939, 3); it is an error if there is none."""
    match = _STATUS.match(line)
    if match is None:
        raise wire.unexpected(line)
    return match[1].upper() == b"+OK"


PROTOCOL = Protocol("pop3", pop3_preamble, farewell=b"QUIT\r\n", refused_end=b"QUIT\r\n")
