"""The little of BER (X.690, 8) that PKCS#7 and PKCS#12 files need beside DER: indefinite lengths, strings in pieces.

BouncyCastle, NSS and ``openssl smime -stream`` write them. Only the wrapping is read with this: certificates are DER.
"""

from __future__ import annotations

from collections.abc import Iterator

from check_tls_cert.x509 import der
from check_tls_cert.x509.der import DerError, Element

_INDEFINITE, _CONSTRUCTED, _EXPLICIT = 0x80, 0x20, 0xA0

#: How many elements an element of indefinite length, and how many pieces a string, may consist of.
_MAX_PIECES = 100_000

#: The size of what ends an element of indefinite length (X.690, 8.1.5).
_END_OF_CONTENTS = 2


def read_ber(data: bytes, offset: int = 0) -> Element:
    """Return the element at ``offset``, like `der.read`; the content of one of indefinite length ends at its marker."""
    if data[offset + 1 : offset + 2] != bytes((_INDEFINITE,)):
        return der.read(data, offset)
    end = _end(data, offset)
    return Element(data[offset], data[offset + 2 : end - _END_OF_CONTENTS], data[offset:end])


def _end(data: bytes, offset: int) -> int:
    """Return where the element of indefinite length at ``offset`` ends. Counts the open ones: nesting costs nothing."""
    unclosed = 0
    for _ in range(_MAX_PIECES):
        if data[offset + 1 : offset + 2] == bytes((_INDEFINITE,)):
            if not data[offset] & _CONSTRUCTED:
                raise DerError("bad length")
            unclosed += 1
            offset += 2
        elif data[offset : offset + 2] == b"\0\0":
            unclosed -= 1
            offset += 2
            if not unclosed:
                return offset
        else:
            offset = _after(data, offset)
    raise DerError("too many elements")


def _after(data: bytes, offset: int) -> int:
    """Return where the element of definite length at ``offset`` ends; copies nothing."""
    header = data[offset : offset + 6]
    if len(header) < 2 or header[0] & 0x1F == 0x1F:
        raise DerError("element cut short")
    length, start = header[1], offset + 2
    if length & 0x80:
        size = length & 0x7F
        if size > 4:
            raise DerError("bad length")
        length = int.from_bytes(header[2 : 2 + size], "big")
        start += size
    return start + length


def children(content: bytes, limit: int) -> Iterator[Element]:
    """Yield at most ``limit`` elements that ``content`` is made of; raise DerError at a broken one or one too many."""
    offset = 0
    for _ in range(limit):
        if offset >= len(content):
            return
        element = read_ber(content, offset)
        offset += len(element.raw)
        yield element
    if offset < len(content):
        raise DerError("too many elements")


def fields(element: Element, tag: int = der.SEQUENCE, *, least: int = 0, limit: int = 100) -> list[Element]:
    """Return the members of ``element``, which must have ``tag`` and as many members as said."""
    members = list(children(der.expect(element, tag).content, limit))
    if len(members) < least:
        raise DerError("fields are missing")
    return members


def explicit(element: Element) -> Element:
    """Return what stands in ``[0] EXPLICIT``."""
    return fields(element, _EXPLICIT, least=1)[0]


def octet_string(element: Element) -> bytes:
    """Return the content of an OCTET STRING, whatever its tag, that may come in pieces (X.690, 8.7.3)."""
    if not element.tag & _CONSTRUCTED:
        return element.content
    pieces = children(element.content, _MAX_PIECES)
    return b"".join(der.expect(piece, der.OCTET_STRING).content for piece in pieces)
