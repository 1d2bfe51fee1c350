"""ManageSieve: STARTTLS (RFC 5804, 2.2)."""

from __future__ import annotations

import re
from typing import NamedTuple

from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire

_LITERAL = re.compile(rb"(.*)\{([0-9]{1,6})\+?\}", re.DOTALL)
_STATUS = re.compile(rb"(OK|NO|BYE)(?: |$)", re.IGNORECASE)
_CAPABILITY = re.compile(rb'"((?:[^"\\]|\\.)*)"(?: |$)', re.DOTALL)


class _Response(NamedTuple):
    """One response (RFC 5804, 1.2)."""

    #: OK, NO or BYE.
    status: bytes
    #: The line that has it.
    line: bytes
    #: What the lines before it name, in capitals.
    capabilities: frozenset[bytes]


def sieve_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak ManageSieve until both sides may begin with TLS."""
    greeting = yield from _response(wire)
    if greeting.status != b"OK":
        raise wire.refused("the connection", greeting.line)
    if b"STARTTLS" not in greeting.capabilities:
        raise wire.not_offered("its capabilities do not list STARTTLS")
    wire.send(b"STARTTLS\r\n", "its reply to STARTTLS")
    answer = yield from _response(wire)
    if answer.status != b"OK":
        raise wire.refused("STARTTLS", answer.line)


def _response(wire: Wire) -> Steps[_Response]:
    """Read capabilities, if there are any, up to the line with the status (RFC 5804, 1.3 and 1.7)."""
    capabilities = set()
    while (status := _STATUS.match(line := (yield from _line(wire)))) is None:
        capability = _CAPABILITY.match(line)
        if capability is None:
            raise wire.unexpected(line)
        capabilities.add(capability[1].upper())
    return _Response(status[1].upper(), line, frozenset(capabilities))


def _line(wire: Wire) -> Steps[bytes]:
    """Read a line; a literal in it, which may hold line ends, is put in as the quoted string it stands for."""
    line = yield from wire.line()
    while (literal := _LITERAL.fullmatch(line)) is not None:
        content = yield from wire.exactly(int(literal[2]))
        quoted = re.sub(rb'(["\\])', rb"\\\1", content)
        line = literal[1] + b'"' + quoted + b'"' + (yield from wire.line())
    return line


PROTOCOL = Protocol("sieve", sieve_preamble, farewell=b"LOGOUT\r\n", refused_end=b"LOGOUT\r\n")
