"""A strict, bounded reader of DER (X.690), as far as certificates need it.

Own code because the certificates that matter most to a monitor are the broken ones, and cryptography refuses to hand
out any field of a certificate of which it dislikes one. Nothing here knows what a certificate is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID = 0x01, 0x02, 0x03, 0x04, 0x06
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31


#: More than anything in a certificate is made of: 10 000 SANs are the most that anybody is known to have issued.
MAX_CHILDREN = 50_000


class DerError(ValueError):
    """The bytes are not the DER that was expected."""


class Element(NamedTuple):
    """One tag-length-value: ``content`` is the value, ``raw`` the whole encoding."""

    tag: int
    content: bytes
    raw: bytes


def read(data: bytes, offset: int = 0) -> Element:
    """Return the element that starts at ``offset``.

    Raises DerError when it is cut short, of indefinite length or has a multi-byte tag (neither occurs in DER
    certificates).
    """
    if offset + 2 > len(data):
        raise DerError("element cut short")
    tag, length, start = data[offset], data[offset + 1], offset + 2
    if tag & 0x1F == 0x1F:
        raise DerError("multi-byte tag")
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4 or start + size > len(data):
            raise DerError("bad length")
        length = int.from_bytes(data[start : start + size], "big")
        start += size
    end = start + length
    if end > len(data):
        raise DerError("element cut short")
    return Element(tag, data[start:end], data[offset:end])


def children(content: bytes, limit: int = MAX_CHILDREN) -> Iterator[Element]:
    """Yield the elements that ``content`` is made of; raise DerError at the first that is broken or one too many."""
    offset, count = 0, 0
    while offset < len(content):
        count += 1
        if count > limit:
            raise DerError(f"more than {limit} elements")
        element = read(content, offset)
        offset += len(element.raw)
        yield element


def expect(element: Element, tag: int) -> Element:
    """Return ``element`` if it has ``tag``; raise DerError otherwise."""
    if element.tag != tag:
        raise DerError(f"tag {element.tag:#x} where {tag:#x} belongs")
    return element


def sequence(data: bytes) -> list[Element]:
    """Return the members of the SEQUENCE that ``data`` starts with."""
    return list(children(expect(read(data), SEQUENCE).content))


def integer(element: Element) -> int:
    """Return the value of an INTEGER."""
    content = expect(element, INTEGER).content
    if not content:
        raise DerError("bad integer")
    return int.from_bytes(content, "big", signed=True)


def object_identifier(element: Element) -> str:
    """Return an OBJECT IDENTIFIER in dotted form."""
    return _dotted(expect(element, OID).content)


@lru_cache(maxsize=512)  # certificates have few, over and over
def _dotted(content: bytes) -> str:
    if not content or content[-1] & 0x80 or len(content) > 64:
        raise DerError("bad object identifier")
    arcs, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            arcs.append(value)
            value = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(str(arc) for arc in [first, arcs[0] - 40 * first, *arcs[1:]])


def bit_string(element: Element) -> bytes:
    """Return the octets of a BIT STRING, without the count of unused bits."""
    content = expect(element, BIT_STRING).content
    if not content or content[0] > 7:
        raise DerError("bad bit string")
    return content[1:]
