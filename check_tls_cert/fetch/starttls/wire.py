"""What every preamble is written with: bounded reads over a receive buffer, and one error for whatever goes wrong.

Knows neither sockets nor clocks nor any protocol. The words for what every server can do wrong are here.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Callable, NamedTuple, TypeVar

from check_tls_cert.fetch.tls.framing import Framing, FramingError
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import ALL_FINDINGS
from check_tls_cert.text import printable, quoted

#: Bounds on a hostile peer, far above what a line is by the protocols (SMTP: 512 bytes) and a preamble in sum.
MAX_LINE = 8_192
MAX_LINES = 512
MAX_BYTES = 65_536

_QUOTED_BYTES = 80

_T = TypeVar("_T")

#: A conversation: yields the bytes to send before it needs more (b"" for none), and is sent what was received next,
#: of any size; b"" says that the peer has closed.
Steps = Generator[bytes, bytes, _T]

# What another protocol's first bytes are, so that a wrong port is named as what it is.
_TLS = re.compile(rb"[\x14-\x17]\x03")
_LOOKS = (
    (re.compile(rb"SSH-"), "SSH"),
    (re.compile(rb"HTTP/|<!doctype html|<html", re.IGNORECASE), "HTTP"),
    (re.compile(rb"220[- ][^\n]*ftp", re.IGNORECASE), "FTP"),
    (re.compile(rb"220[- ][^\n]*lmtp", re.IGNORECASE), "LMTP"),
    (re.compile(rb"220[- ]"), "SMTP or FTP"),
    (re.compile(rb"20[01] "), "NNTP"),
    (re.compile(rb"\+OK|-ERR"), "POP3"),
    (re.compile(rb"\* (?:OK|PREAUTH|BYE)"), "IMAP"),
    (re.compile(rb'"IMPLEMENTATION"'), "ManageSieve"),
    (re.compile(rb":[^ ]+ (?:NOTICE|[0-9]{3}) |NOTICE |ERROR :"), "IRC"),
    (re.compile(rb"<\?xml|<stream"), "XMPP"),
    (re.compile(rb"[^\n]\0\0\0[\n\xff]"), "MySQL"),
    (re.compile(rb"\x30[\x00-\x84]"), "LDAP"),
    (re.compile(rb"\x03\0\0"), "RDP"),
    (re.compile(rb"RFB "), "VNC"),
    (re.compile(rb"\xff[\xfb-\xfe]"), "telnet"),
)


#: What to do first where a server does not answer.
_IS_IT_UP = "check that the service is running"

_TLS_REMEDIES = {
    "starttls": "drop --starttls: here TLS begins with the connection",
    "proxy": "use the port at which the proxy speaks without TLS",
}


class Wire:
    """What was received and not yet read, and what is to be sent; ``name`` is the protocol's, for messages.

    ``finding_group`` is what finding ids begin with. A method that returns `Steps` is to be called with ``yield from``.
    """

    def __init__(self, name: str, finding_group: str = "starttls") -> None:
        self._name = name
        self._group = finding_group
        self._buffer = bytearray()
        self._outgoing = b""
        self._received = 0
        self._lines = 0
        self._awaiting = "its greeting"

    def send(self, data: bytes, awaiting: str) -> None:
        """Queue ``data``; it goes out before the next bytes are awaited. ``awaiting`` names these: "its greeting"."""
        self._outgoing += data
        self._awaiting = awaiting

    def answer(self, data: bytes) -> None:
        """Queue ``data`` in answer to the server, of which what was awaited still is."""
        self._outgoing += data

    def until(self, delimiter: bytes, limit: int = MAX_LINE) -> Steps[bytes]:
        """Read up to and with the byte ``delimiter``; over ``limit`` bytes is an error."""
        while (end := self._buffer.find(delimiter, 0, limit)) < 0:
            if len(self._buffer) >= limit:
                raise self._too_long(f"more than {limit} bytes in one piece of {self._awaiting}")
            if _TLS.match(self._buffer):  # would never end
                raise self.unexpected(self.pending)
            yield from self._more()
        return self._take(end + 1)

    def line(self, limit: int = MAX_LINE) -> Steps[bytes]:
        """Read a line that ends in CRLF, or in LF alone; return it without its end."""
        line = yield from self.until(b"\n", limit)
        self._lines += 1
        if self._lines > MAX_LINES:
            raise self._too_long(f"more than {MAX_LINES} lines before TLS")
        return line[:-2] if line.endswith(b"\r\n") else line[:-1]

    def exactly(self, size: int) -> Steps[bytes]:
        """Read ``size`` bytes."""
        if size > MAX_BYTES:
            raise self._too_long(f"{self._awaiting} with a length of {size} bytes")
        while len(self._buffer) < size:
            yield from self._more()
        return self._take(size)

    @property
    def pending(self) -> bytes:
        """What was received and not yet read."""
        return bytes(self._buffer)

    def end(self) -> bytes:
        """Return what is still to be sent, now that TLS may begin; raise if the server has sent more than that.

        A client that kept it would take it for something that came through TLS (CVE-2021-23222; CVE-2011-0411 is the
        same in servers), so that nobody honest sends it.
        """
        if self._buffer:
            raise self._error("trailing-data", presented=_sample(self._buffer))
        outgoing, self._outgoing = self._outgoing, b""
        return outgoing

    def not_offered(self, how: str, remedy: str = "") -> PreambleError:
        """Return the error for a server without TLS; ``how`` is the clause that says how we know."""
        return self._error("not-offered", reason=how, remedy=remedy)

    def refused(self, what: str, reply: bytes | str, remedy: str = "") -> PreambleError:
        """Return the error for a server that refused ``what`` with ``reply``."""
        return self._error("refused", expected=what, presented=quoted(reply), remedy=remedy)

    def unexpected(self, received: bytes, to_the_end: bool = False) -> PreambleError:
        """Return the error for ``received``, the last that was read, which does not belong to the protocol.

        ``to_the_end``: where it ends means nothing, so that all there is belongs to it.
        """
        if to_the_end:
            received += self._take(len(self._buffer))
        begin = (received + b"\n" + self._buffer)[:_QUOTED_BYTES]
        if _TLS.match(begin):
            remedy = _TLS_REMEDIES[self._group]
            return self._error("unexpected", expected=self._awaiting, presented="TLS", remedy=remedy)
        look = next((look for pattern, look in _LOOKS if pattern.match(begin)), "")
        return self._error("unexpected", expected=self._awaiting, presented=_sample(received), reason=look)

    def timed_out(self) -> PreambleError:
        """Return the error for a deadline that passed."""
        if self._buffer:
            return self._error("timeout", expected=self._awaiting, presented=_sample(self._buffer))
        remedy = ""
        if not self._received and self._group == "starttls":  # a server with TLS on connect waits for us
            remedy = f"{_IS_IT_UP}; if TLS begins with the connection on this port, drop --starttls"
        return self._error("timeout", expected=self._awaiting, remedy=remedy)

    def broken_off(self, reason: str) -> PreambleError:
        """Return the error for a connection that broke for ``reason``, in the system's words."""
        return self._error("reset", presented=printable(reason), reason=self._when())

    def _error(
        self, kind: str, expected: str = "", presented: str = "", reason: str = "", remedy: str = ""
    ) -> PreambleError:
        """Return the error with a finding of that kind; the other arguments are its fields."""
        return PreambleError(
            Finding(
                ALL_FINDINGS[f"{self._group}.{kind}"],
                role=f"{self._name} server",
                expected=expected,
                presented=presented,
                reason=reason,
                remedy=remedy,
            )
        )

    def _more(self) -> Steps[None]:
        """Send what is queued and wait for more. Raises if the peer has closed, or sends without end."""
        outgoing, self._outgoing = self._outgoing, b""
        data = yield outgoing
        if not data:
            raise self._error("closed", reason=self._when())
        self._received += len(data)
        if self._received > MAX_BYTES:
            raise self._too_long(f"more than {MAX_BYTES} bytes before TLS")
        self._buffer += data

    def _take(self, size: int) -> bytes:
        """Take so many bytes out of the buffer."""
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _when(self) -> str:
        return f"{'within' if self._buffer else 'before'} {self._awaiting}"

    def _too_long(self, what: str) -> PreambleError:
        return self._error("too-long", presented=what)


def _sample(data: bytes | bytearray) -> str:
    return quoted(bytes(data[:_QUOTED_BYTES]).strip(b" \t\r\n"))


class Protocol(NamedTuple):
    """How TLS begins in one protocol."""

    #: What `--starttls` calls it, for messages.
    name: str
    #: The conversation; it takes the server name, which a few protocols ask for.
    preamble: Callable[[Wire, str], Steps[None]]
    #: The polite end to send inside TLS, b"" where the protocol has none.
    farewell: bytes = b""
    #: The polite end in plaintext, when the server does not offer or grant TLS.
    refused_end: bytes = b""
    #: Show the conversation as hex.
    binary: bool = False
    #: Makes a new layer for one handshake, where TLS records do not stand in the stream by themselves.
    framing: Callable[[], Framing] | None = None
    #: What we send is not for anybody to see.
    secret: bool = False
    #: What follows is another server's.
    transparent: bool = False

    def steps(self, wire: Wire, server_name: str) -> Steps[bytes]:
        """Speak the preamble to its end; return the bytes that are still to be sent before TLS."""
        yield from self.preamble(wire, server_name)
        return b"" if self.transparent else wire.end()


class PreambleError(FramingError):
    """TLS cannot begin; ``finding`` says why."""
