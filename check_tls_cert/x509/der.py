"""A strict, bounded reader of DER (X.690), as far as certificates need it.

Own code because the certificates that matter most to a monitor are the broken ones, and cryptography refuses to hand
out any field of a certificate of which it dislikes one. Nothing here knows what a certificate is.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

# Tags of the universal class (X.680, 8.4). Those of SEQUENCE and SET include the bit that says "constructed".
BOOLEAN, INTEGER, BIT_STRING, OCTET_STRING, OID = 0x01, 0x02, 0x03, 0x04, 0x06
UTC_TIME, GENERALIZED_TIME = 0x17, 0x18
SEQUENCE, SET = 0x30, 0x31

#: More than anything in a certificate is made of: 10 000 SANs are the most that anybody is known to have issued.
MAX_CHILDREN = 50_000

#: Bytes of an OBJECT IDENTIFIER. The longest in use have 20 or so; beyond this, somebody wants us to calculate.
_MAX_OID = 64


class DerError(ValueError):
    """The bytes are not the DER that was expected; the message says what is wrong with them."""


class Element(NamedTuple):
    """One tag-length-value (X.690, 8.1.1)."""

    #: The identifier byte: class, constructed or not, and number.
    tag: int
    #: The value, without tag and length.
    content: bytes
    #: The whole encoding, tag and length included.
    raw: bytes


def read(data: bytes, offset: int = 0) -> Element:
    """Return the element that starts at ``offset``, whatever follows it.

    Raises DerError when it is cut short, of indefinite length or has a tag of several bytes (neither occurs in the DER
    of certificates).
    """
    if offset + 2 > len(data):
        raise DerError("element cut short")
    tag, length, start = data[offset], data[offset + 1], offset + 2
    if tag & 0x1F == 0x1F:
        raise DerError("multi-byte tag")
    if length & 0x80:
        # The long form (X.690, 8.1.3.5): these seven bits say how many bytes of length follow. None is the indefinite
        # form of BER; four are enough for 4 GiB.
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
    """Yield the elements that ``content`` is made of.

    Raises DerError at the first that is broken, or when there are more than ``limit``.
    """
    offset, count = 0, 0
    while offset < len(content):
        count += 1
        if count > limit:
            raise DerError(f"more than {limit} elements")
        element = read(content, offset)
        offset += len(element.raw)
        yield element


def expect(element: Element, tag: int) -> Element:
    """Return ``element`` if it has ``tag``, so that a caller can say what it expects in passing.

    Raises DerError otherwise.
    """
    if element.tag != tag:
        raise DerError(f"tag {element.tag:#x} where {tag:#x} belongs")
    return element


def sequence(data: bytes) -> list[Element]:
    """Return the members of the SEQUENCE that ``data`` starts with. Raises DerError."""
    return list(children(expect(read(data), SEQUENCE).content))


def integer(element: Element) -> int:
    """Return the value of an INTEGER (X.690, 8.3). Raises DerError."""
    content = expect(element, INTEGER).content
    if not content:
        raise DerError("bad integer")
    return int.from_bytes(content, "big", signed=True)


def object_identifier(element: Element) -> str:
    """Return an OBJECT IDENTIFIER in dotted form, such as ``2.5.4.3``. Raises DerError."""
    return _dotted(expect(element, OID).content)


@lru_cache(maxsize=512)  # certificates have few, over and over
def _dotted(content: bytes) -> str:
    """Return the dotted form of an OBJECT IDENTIFIER's content (X.690, 8.19). Raises DerError."""
    if not content or content[-1] & 0x80 or len(content) > _MAX_OID:
        raise DerError("bad object identifier")
    # Each number is written in groups of seven bits; the top bit of a byte says that another group follows.
    numbers, value = [], 0
    for byte in content:
        value = value << 7 | byte & 0x7F
        if not byte & 0x80:
            numbers.append(value)
            value = 0
    # The first holds two: 40 * first + second, where first is 0, 1 or 2, and second below 40 unless first is 2.
    first = min(numbers[0] // 40, 2)
    return ".".join(str(number) for number in [first, numbers[0] - 40 * first, *numbers[1:]])


def bit_string(element: Element) -> bytes:
    """Return the bytes of a BIT STRING, without the leading count of unused bits (X.690, 8.6). Raises DerError."""
    content = expect(element, BIT_STRING).content
    if not content or content[0] > 7:
        raise DerError("bad bit string")
    return content[1:]
