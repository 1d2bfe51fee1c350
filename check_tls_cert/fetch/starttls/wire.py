"""What every preamble is written with: bounded reads over a receive buffer, and one error for whatever goes wrong.

Knows neither sockets nor clocks nor any protocol. The words for what every server can do wrong are here.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Callable, NamedTuple, TypeVar
from typing import Protocol as Interface

from check_tls_cert.model.finding import Finding, FindingKind
from check_tls_cert.model.findings import ALL_FINDINGS
from check_tls_cert.text import printable, quoted

#: Bounds on a hostile peer, far above what a line is by the protocols (SMTP: 512 octets) and a preamble in sum.
MAX_LINE = 8_192
MAX_LINES = 512
MAX_OCTETS = 65_536

_QUOTED_OCTETS = 80

_T = TypeVar("_T")

#: A conversation: yields the octets to send before it needs more (b"" for none), and is sent what was received next,
#: of any size; b"" says that the peer has closed.
Steps = Generator[bytes, bytes, _T]

# What another protocol's first octets are, so that a wrong port is named as what it is.
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
        self._octets = 0
        self._lines = 0
        self._awaiting = "its greeting"

    def send(self, data: bytes, awaiting: str) -> None:
        """Queue ``data``; it goes out before the next octets are awaited. ``awaiting`` names these: "its greeting"."""
        self._outgoing += data
        self._awaiting = awaiting

    def answer(self, data: bytes) -> None:
        """Queue ``data`` in answer to the server, of which what was awaited still is."""
        self._outgoing += data

    def until(self, delimiter: bytes, limit: int = MAX_LINE) -> Steps[bytes]:
        """Read up to and with the octet ``delimiter``; over ``limit`` octets is an error."""
        while (end := self._buffer.find(delimiter, 0, limit)) < 0:
            if len(self._buffer) >= limit:
                raise self._too_long(f"more than {limit} octets in one piece of {self._awaiting}")
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
        """Read ``size`` octets."""
        if size > MAX_OCTETS:
            raise self._too_long(f"{self._awaiting} with a length of {size} octets")
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
            raise self._error(
                "trailing-data",
                f"the {self._name} server sent {_sample(self._buffer)} in plaintext after its go-ahead for TLS",
                "see whether somebody between us and the server injects it, and update the server",
            )
        outgoing, self._outgoing = self._outgoing, b""
        return outgoing

    def not_offered(self, how: str, remedy: str = "turn TLS on in the server's configuration") -> PreambleError:
        """Return the error for a server without TLS; ``how`` is the clause that says how we know."""
        return self._error("not-offered", f"the {self._name} server does not offer TLS: {how}", remedy)

    def refused(self, what: str, reply: bytes | str, remedy: str = "see the server's log for why") -> PreambleError:
        """Return the error for a server that refused ``what`` with ``reply``."""
        return self._error("refused", f"the {self._name} server refused {what}: {quoted(reply)}", remedy)

    def unexpected(self, octets: bytes, to_the_end: bool = False) -> PreambleError:
        """Return the error for ``octets``, the last ones read, that do not belong to the protocol.

        ``to_the_end``: where they end means nothing, so that all there is belongs to them.
        """
        if to_the_end:
            octets += self._take(len(self._buffer))
        begin = (octets + b"\n" + self._buffer)[:_QUOTED_OCTETS]
        if _TLS.match(begin):
            text = f"the server speaks TLS already where {self._name} has {self._awaiting}"
            return self._error("unexpected", text, _TLS_REMEDIES[self._group])
        text = f"where {self._name} has {self._awaiting}, the server sent {_sample(octets)}"
        look = next((look for pattern, look in _LOOKS if pattern.match(begin)), "")
        if look:
            text += f", which looks like {look}"
        return self._error("unexpected", text, f"see whether the port and --{self._group} belong together")

    def timed_out(self) -> PreambleError:
        """Return the error for a deadline that passed; " within 10 s" can follow the text."""
        remedy = "see whether the service is up"
        if self._buffer:
            text = f"the {self._name} server sent no more of {self._awaiting} than {_sample(self._buffer)}"
            return self._error("timeout", text, remedy)
        if not self._octets and self._group == "starttls":  # a server with TLS on connect waits for us
            remedy += "; if TLS begins with the connection on this port, drop --starttls"
        return self._error("timeout", f"the {self._name} server did not send {self._awaiting}", remedy)

    def broken_off(self, reason: str) -> PreambleError:
        """Return the error for a connection that broke for ``reason``, in the system's words."""
        text = f"connection to the {self._name} server broken off ({printable(reason)}) {self._when()}"
        return self._error("reset", text, "see whether the service is up and lets us in")

    def _error(self, kind: str, text: str, remedy: str) -> PreambleError:
        return PreambleError(ALL_FINDINGS[f"{self._group}.{kind}"], text, remedy)

    def _more(self) -> Steps[None]:
        outgoing, self._outgoing = self._outgoing, b""
        data = yield outgoing
        if not data:
            text = f"the {self._name} server closed the connection {self._when()}"
            raise self._error("closed", text, "see whether the service is up and lets us in")
        self._octets += len(data)
        if self._octets > MAX_OCTETS:
            raise self._too_long(f"more than {MAX_OCTETS} octets before TLS")
        self._buffer += data

    def _take(self, size: int) -> bytes:
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _when(self) -> str:
        return f"{'within' if self._buffer else 'before'} {self._awaiting}"

    def _too_long(self, what: str) -> PreambleError:
        text = f"the {self._name} server sent {what}"
        return self._error("too-long", text, "see whether the service is the one meant")


def _sample(octets: bytes | bytearray) -> str:
    return quoted(bytes(octets[:_QUOTED_OCTETS]).strip(b" \t\r\n"))


class Framing(Interface):
    """A layer between TLS and the stream while the handshake lasts."""

    def wrap(self, data: bytes) -> bytes:
        """Return ``data`` from TLS as it goes into the stream."""

    def feed(self, data: bytes) -> bytes:
        """Return what octets received hold for TLS, none if there is too little. Raises PreambleError."""


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
        """Speak the preamble to its end; return the octets that are still to be sent before TLS."""
        yield from self.preamble(wire, server_name)
        return b"" if self.transparent else wire.end()


class PreambleError(Exception):
    """TLS cannot begin: the finding that says why, in its three parts."""

    def __init__(self, kind: FindingKind, text: str, remedy: str = "") -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text
        self.remedy = remedy

    @property
    def finding(self) -> Finding:
        """The same as a finding."""
        return Finding(self.kind, self.text, self.remedy)
