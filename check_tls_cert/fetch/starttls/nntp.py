"""NNTP: STARTTLS (RFC 4642)."""

from __future__ import annotations

from check_tls_cert.fetch.starttls.replies import Reply, block, keywords, reply
from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire

_POSTING = (200, 201)  # allowed, or not
_UNKNOWN = (500, 501, 503)


def nntp_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak NNTP until both sides may begin with TLS."""
    yield from _ready(wire, "the connection")
    listed = yield from _capabilities(wire)
    if b"STARTTLS" not in listed and b"MODE-READER" in listed:
        # A server for transit that hands readers over to another program, and that one has the TLS (RFC 3977, 5.3).
        wire.send(b"MODE READER\r\n", "its reply to MODE READER")
        yield from _ready(wire, "MODE READER")
        listed = yield from _capabilities(wire)
    if listed and b"STARTTLS" not in listed:
        raise wire.not_offered("its capabilities do not list STARTTLS")
    wire.send(b"STARTTLS\r\n", "its reply to STARTTLS")
    answer = yield from reply(wire)
    if answer.code in _UNKNOWN:
        raise wire.not_offered("it does not know STARTTLS")
    _expect(wire, answer, "STARTTLS", (382,))


def _ready(wire: Wire, what: str) -> Steps[None]:
    _expect(wire, (yield from reply(wire)), what, _POSTING)


def _capabilities(wire: Wire) -> Steps[set[bytes]]:
    """Return the capabilities, none if the server is older than CAPABILITIES and may know STARTTLS all the same."""
    wire.send(b"CAPABILITIES\r\n", "its reply to CAPABILITIES")
    answer = yield from reply(wire)
    if answer.code in _UNKNOWN:
        return set()
    _expect(wire, answer, "CAPABILITIES", (101,))
    return keywords((yield from block(wire)))


def _expect(wire: Wire, answer: Reply, what: str, codes: tuple[int, ...]) -> None:
    """Raise unless the answer has one of ``codes``; ``what`` is what was asked for."""
    if answer.error:
        raise wire.refused(what, answer.last)
    if answer.code not in codes:
        raise wire.unexpected(answer.last)


PROTOCOL = Protocol("nntp", nntp_preamble, farewell=b"QUIT\r\n", refused_end=b"QUIT\r\n")
