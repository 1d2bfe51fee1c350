"""Strategies that break things: DER element by element, so that what is around the break stays whole; and any octets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from hypothesis import strategies as st

from tests.fuzz import seeds
from tests.pki import Entity, tlv

#: What a peer would like to see in a status line or on a terminal, and what parsers stumble over.
NASTY = (
    b"a|b=1;2;3\n",
    b"\x1b[2J\x1b]0;owned\x07",
    "\u202egro.elpmaxe\u2066".encode(),
    b"www.example.org\0.example.net",
    b"*.*.example.org",
    b"*",
    b".",
    b"",
    b"xn--\x80",
    b"\xff\xfe\xfd",
    b"'=::%s%n{}\\x41\r\n",
    b"A" * 5_000,
    b"-----BEGIN CERTIFICATE-----",
)
nasty = st.sampled_from(NASTY) | st.binary(max_size=24)

_CONSTRUCTED = 0x20
_BIT_STRING, _OCTET_STRING = 0x03, 0x04


class Node(NamedTuple):
    """One element. ``children`` are what its content is made of; ``prefix`` precedes them in a BIT STRING."""

    tag: int
    content: bytes
    children: tuple[Node, ...] = ()
    prefix: bytes = b""

    @property
    def raw(self) -> bytes:
        """Its encoding."""
        return tlv(self.tag, self.content)


def _header(data: bytes) -> tuple[int, int]:
    """Return the length of header and content of the element at the start. Raises ValueError if there is none."""
    if len(data) < 2 or data[0] & 0x1F == 0x1F:
        raise ValueError("no element")
    start, length = 2, data[1]
    if length & 0x80:
        start, length = 2 + (length & 0x7F), int.from_bytes(data[2 : 2 + (length & 0x7F)], "big")
    if start + length > len(data):
        raise ValueError("cut short")
    return start, length


def _members(data: bytes) -> tuple[Node, ...]:
    found = []
    while data:
        start, length = _header(data)
        found.append(_node(data[0], data[start : start + length]))
        data = data[start + length :]
    return tuple(found)


def _node(tag: int, content: bytes) -> Node:
    prefix = content[:1] if tag == _BIT_STRING else b""
    if tag & _CONSTRUCTED or tag in (_BIT_STRING, _OCTET_STRING):
        try:
            return Node(tag, content, _members(content[len(prefix) :]), prefix)
        except ValueError:
            pass  # octets, not DER
    return Node(tag, content)


def parse(data: bytes) -> Node:
    """Return the tree of the one element that ``data`` is."""
    (node,) = _members(data)
    return node


def first(data: bytes) -> bytes:
    """Return the element that ``data`` begins with."""
    return data[: sum(_header(data))]


def every(node: Node) -> Iterator[Node]:
    """Yield the nodes of a tree, each before its children."""
    yield node
    for child in node.children:
        yield from every(child)


def replaced(node: Node, wanted: Node, new: bytes) -> bytes:
    """Return the encoding of a tree with one node, by identity, replaced; lengths around it follow."""
    if node is wanted:
        return new
    if not node.children:
        return node.raw
    return tlv(node.tag, node.prefix + b"".join(replaced(child, wanted, new) for child in node.children))


_DONORS = tuple(
    node.raw
    for entity in (*seeds.SITES, *seeds.AUTHORITIES)
    for node in every(parse(entity.der))
    if len(node.raw) < 800
)


@st.composite
def _broken(draw: st.DrawFn, node: Node) -> bytes:
    """Return what may stand in the place of a node."""
    ways = ("nasty", "flip", "graft", "remove", "repeat", "retag", "lie", "raw", "cut", "many")
    way = draw(st.sampled_from(ways))
    if way == "flip" and node.content:
        at = draw(st.integers(0, len(node.content) - 1))
        octet = node.content[at] ^ (1 << draw(st.integers(0, 7)))
        return tlv(node.tag, node.content[:at] + bytes((octet,)) + node.content[at + 1 :])
    if way == "graft":
        return draw(st.sampled_from(_DONORS))
    if way == "remove":
        return b""
    if way in ("repeat", "many"):
        return node.raw * draw(st.integers(2, 4 if way == "repeat" else 60))
    if way == "retag":
        return tlv(draw(st.integers(0, 255)), node.content)
    if way == "lie":
        return bytes((node.tag,)) + draw(st.binary(min_size=1, max_size=5)) + node.content
    if way == "raw":
        return draw(nasty)
    if way == "cut":
        return tlv(node.tag, node.content[: draw(st.integers(0, len(node.content)))])
    return tlv(node.tag, draw(nasty))


@st.composite
def der(draw: st.DrawFn, data: bytes, most: int = 3) -> bytes:
    """Return ``data``, one element of DER, with up to ``most`` of the elements in it broken."""
    for _ in range(draw(st.integers(1, most))):
        try:
            tree = parse(data)
        except ValueError:
            return data  # its outermost element is broken already
        node = draw(st.sampled_from(list(every(tree))))
        data = replaced(tree, node, draw(_broken(node)))
    return data


@st.composite
def certificate(draw: st.DrawFn, entity: Entity) -> bytes:
    """Return ``entity``'s certificate broken, most often with a signature of its issuer that fits all the same."""
    if draw(st.integers(0, 3)) == 0:
        return draw(der(entity.der))
    tbs = draw(der(entity.certificate.tbs_certificate_bytes))
    return seeds.signed(tbs, seeds.ISSUERS[entity.der])


@st.composite
def octets(draw: st.DrawFn, data: bytes) -> bytes:
    """Return ``data`` cut, flipped, filled or doubled somewhere, as no protocol or format has it."""
    for _ in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.sampled_from((0, 1, 2, 4, 16, 64, 1_000))))
        filling = draw(nasty | st.just(data[start:end] * 2) | st.just(b"\0" * 64) | st.just(b"\xff" * 64))
        data = data[:start] + filling + (data[end:] if draw(st.integers(0, 7)) else b"")
    return data
