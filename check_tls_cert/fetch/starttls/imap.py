"""IMAP: STARTTLS (RFC 9051, 6.2.1)."""

from __future__ import annotations

import re

from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire

_GREETING = re.compile(rb"\* (OK|PREAUTH|BYE)(?: |$)", re.IGNORECASE)
_STATUS = re.compile(rb"(OK|NO|BAD)(?: |$)", re.IGNORECASE)


def imap_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak IMAP until both sides may begin with TLS."""
    yield from _greeting(wire)
    # Asked for even if the greeting lists them: it may list what holds before or after STARTTLS, servers differ.
    wire.send(b"a1 CAPABILITY\r\n", "its reply to CAPABILITY")
    untagged = yield from _completed(wire, b"a1", "CAPABILITY")
    words = [line.upper().split() for line in untagged]
    if not any(line[1:2] == [b"CAPABILITY"] and b"STARTTLS" in line for line in words):
        raise wire.not_offered("its capabilities do not list STARTTLS")
    wire.send(b"a2 STARTTLS\r\n", "its reply to STARTTLS")
    yield from _completed(wire, b"a2", "STARTTLS")


def _greeting(wire: Wire) -> Steps[None]:
    """Read the greeting (RFC 9051, 7.1), after which STARTTLS must still be possible."""
    line = yield from wire.line()
    match = _GREETING.match(line)
    if match is None:
        raise wire.unexpected(line)
    kind = match[1].upper()
    if kind == b"BYE":
        raise wire.refused("the connection", line)
    if kind == b"PREAUTH":  # STARTTLS is only valid before authentication
        raise wire.not_offered(
            "it greets with PREAUTH, after which there is no STARTTLS", "check the server's settings"
        )


def _completed(wire: Wire, tag: bytes, command: str) -> Steps[list[bytes]]:
    """Read the answer to a command up to its completion; return the untagged lines before it."""
    untagged: list[bytes] = []
    while (line := (yield from wire.line())).startswith(b"* "):
        if line[2:5].upper() == b"BYE":
            raise wire.refused(command, line)
        untagged.append(line)
    status = _STATUS.match(line[3:]) if line.startswith(tag + b" ") else None
    if status is None:
        raise wire.unexpected(line)
    if status[1].upper() != b"OK":
        raise wire.refused(command, line[3:])
    return untagged


PROTOCOL = Protocol("imap", imap_preamble, farewell=b"a3 LOGOUT\r\n", refused_end=b"a3 LOGOUT\r\n")
