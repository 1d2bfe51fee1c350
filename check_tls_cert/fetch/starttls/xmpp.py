"""What XMPP's two ports share: STARTTLS in a stream (RFC 6120, section 5).

No XML parser: one that is fed by a stranger would have to be kept from entities and depth. XMPP forbids comments,
processing instructions and document types (RFC 6120, 11.1), so that a scanner of tags, each bounded, is enough.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from check_tls_cert.fetch.starttls.wire import MAX_LINE, PreambleError, Steps, Wire

END = b"</stream:stream>"

_HEADER = (
    "<?xml version='1.0'?><stream:stream xmlns='{}' xmlns:stream='http://etherx.jabber.org/streams'{} to='{}' "
    "version='1.0'>"
)
_STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

# A tag whose quoted strings are empty: slash, prefix, local name, attributes, slash.
_TAG = re.compile(rb"<(/?)(?:[^\s:/<>'\"=]+:)?([^\s:/<>'\"=!?]+)((?:\s[^<]*)?)(?<!/)(/?)>", re.DOTALL)
_VERSION = re.compile(rb"\sversion\s*=")
_QUOTE = re.compile(rb"['\"]")
_QUOTED_STRING = re.compile(rb"'[^']*'|\"[^\"]*\"")

# RFC 6120, 4.9.3: what is wrong with the "to" of our stream header.
_REMEDIES = dict.fromkeys(
    (b"host-unknown", b"host-gone", b"improper-addressing"), "give the XMPP domain as the server name (--sni)"
)


class _Tag(NamedTuple):
    """One tag."""

    #: Its local name.
    name: bytes
    #: Its attributes, without their values.
    attributes: bytes
    #: What it does to the depth: 1 for one that begins an element, -1 for its end, 0 for an empty element.
    step: int
    #: The whole of it, as it came.
    raw: bytes


def speak(wire: Wire, domain: str, namespace: str, declarations: str = "") -> Steps[None]:
    """Open a stream of ``namespace`` to ``domain`` and ask for TLS."""
    header = _HEADER.format(namespace, declarations, _escaped(domain))
    wire.send(header.encode("ascii", "xmlcharrefreplace"), "its stream header")
    yield from _stream_header(wire)
    if b"starttls" not in (yield from _features(wire)):
        raise wire.not_offered("its stream features do not list starttls")
    wire.send(_STARTTLS, "its reply to starttls")
    tag = yield from _tag(wire)
    if tag.name == b"failure" and tag.step >= 0:
        raise wire.refused("STARTTLS", tag.raw)
    if tag.name != b"proceed" or tag.step < 0:
        raise (yield from _broken(wire, tag))
    yield from _children(wire, tag)


def _escaped(text: str) -> str:
    """Return ``text`` as it stands in an attribute in single quotes."""
    for char, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ("'", "&apos;")):
        text = text.replace(char, entity)
    return text


def _stream_header(wire: Wire) -> Steps[None]:
    """Read the server's stream header (RFC 6120, 4.7)."""
    tag = yield from _tag(wire)
    if tag.name != b"stream" or tag.step != 1:
        raise (yield from _broken(wire, tag))
    if not _VERSION.search(tag.attributes):  # before version 1.0 there are no features: RFC 6120, 4.7.5
        raise wire.not_offered("its stream has no version")


def _features(wire: Wire) -> Steps[list[bytes]]:
    """Read the stream features (RFC 6120, 4.3.2); return their names."""
    tag = yield from _tag(wire)
    if tag.name != b"features" or tag.step < 0:
        raise (yield from _broken(wire, tag))
    return (yield from _children(wire, tag))


def _broken(wire: Wire, tag: _Tag) -> Steps[PreambleError]:
    """Return the error for ``tag``, which was not asked for."""
    if tag.name == b"error" and tag.step >= 0:
        conditions = yield from _children(wire, tag)
        condition = conditions[0] if conditions else b"no reason given"
        return wire.refused("the stream", condition, _REMEDIES.get(condition, "check the server's log"))
    if tag.name == b"stream" and tag.step < 0:
        return wire.refused("the stream", tag.raw)
    return wire.unexpected(tag.raw)


def _children(wire: Wire, parent: _Tag) -> Steps[list[bytes]]:
    """Read the rest of the element that ``parent`` opens; return the local names of its child elements."""
    names, depth = [], parent.step
    while depth:
        tag = yield from _tag(wire, text=True)
        if depth == 1 and tag.step >= 0:
            names.append(tag.name)
        depth += tag.step
    return names


def _tag(wire: Wire, text: bool = False) -> Steps[_Tag]:
    """Read the next tag and what is before it: white space, an XML declaration, with ``text`` any text."""
    if text:
        yield from wire.until(b"<")
        raw = yield from _markup(wire)
    else:
        raw = yield from _markup_after_space(wire)
        if raw.startswith(b"<?xml "):
            raw = yield from _markup_after_space(wire)
    match = _TAG.fullmatch(_QUOTED_STRING.sub(b"''", raw))
    if match is None:
        raise wire.unexpected(raw)
    step = -1 if match[1] else 0 if match[4] else 1
    return _Tag(match[2], match[3], step, raw)


def _markup_after_space(wire: Wire) -> Steps[bytes]:
    """Pass over blanks, of which there may be any number between elements, and read the tag after them."""
    while (byte := (yield from wire.exactly(1))).isspace():
        pass
    if byte != b"<":
        raise wire.unexpected(byte, to_the_end=True)
    return (yield from _markup(wire))


def _markup(wire: Wire) -> Steps[bytes]:
    """Read what follows a "<" up to the ">" that is not in quotes; return it with both."""
    raw, quote = b"<", b""
    while True:
        piece = yield from wire.until(b">", MAX_LINE - len(raw))
        raw += piece
        quote = _open_quote(piece, quote)
        if not quote:
            return raw


def _open_quote(piece: bytes, quote: bytes) -> bytes:
    """Return the quotation mark that is open at the end of ``piece``, if ``quote`` was at its begin."""
    for mark in _QUOTE.findall(piece):
        quote = b"" if mark == quote else quote or mark
    return quote
