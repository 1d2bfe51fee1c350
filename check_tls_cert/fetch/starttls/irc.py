"""IRC: STARTTLS (IRCv3, the deprecated "tls" extension: numerics 670 and 691)."""

from __future__ import annotations

import re

from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire

# RFC 2812, 2.3.1, with the tags that IRCv3 puts before.
_MESSAGE = re.compile(rb"(?:@[^ ]+ +)?(:[^ ]+ +)?([A-Za-z]+|[0-9]{3})(?: +(.*))?", re.DOTALL)

_GO_AHEAD, _FAILED = b"670", b"691"
_UNKNOWN = (b"421", b"451")  # no such command; no such command before registration


def irc_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak IRC until both sides may begin with TLS."""
    # Nobody greets in IRC. Not CAP LS first: to ask for capabilities opens a negotiation, and the answer to STARTTLS
    # tells the same.
    wire.send(b"STARTTLS\r\n", "its reply to STARTTLS")
    while True:
        line = yield from wire.line()
        match = _MESSAGE.fullmatch(line)
        if match is None or (match[1] is None and match[2].isdigit()):  # a numeric has its server's name before it
            raise wire.unexpected(line)
        command, parameters = match[2].upper(), match[3] or b""
        if command == _GO_AHEAD:
            return
        if command == b"PING":
            wire.answer(b"PONG " + parameters + b"\r\n")
        _raise_for(wire, command, parameters)  # all else are notices of what the server is looking up


def _raise_for(wire: Wire, command: bytes, parameters: bytes) -> None:
    """Raise the error that a command from the server stands for, if it stands for one."""
    reason = parameters.partition(b" :")[2] or parameters
    if command == _FAILED:
        raise wire.refused("STARTTLS", reason)
    if command in _UNKNOWN:
        raise wire.not_offered("it does not know STARTTLS")
    if command == b"ERROR":
        raise wire.refused("the connection", reason.lstrip(b":"))


PROTOCOL = Protocol("irc", irc_preamble, farewell=b"QUIT\r\n", refused_end=b"QUIT\r\n")
