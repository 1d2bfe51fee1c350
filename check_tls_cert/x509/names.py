"""Distinguished names (RFC 5280, 4.1.2.4): what to call one, and when two are the same. Works on their DER.

A Name is a SEQUENCE of RelativeDistinguishedNames; each is a SET of attributes, mostly of one; an attribute is a type
(such as 2.5.4.3, the common name) and a string in one of seven types.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from check_tls_cert.text import quoted
from check_tls_cert.x509 import der

OID_COMMON_NAME = "2.5.4.3"
OID_EMAIL_ADDRESS = "1.2.840.113549.1.9.1"

# Tags of the string types that names are made of (X.680, 8.4).
_UTF8, _PRINTABLE, _TELETEX, _IA5, _VISIBLE, _UNIVERSAL, _BMP = 0x0C, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E

#: All others are read as Latin-1, of which ASCII is a part, and which never fails.
_STRING_ENCODINGS = {_UTF8: "utf-8", _TELETEX: "latin-1", _UNIVERSAL: "utf-32-be", _BMP: "utf-16-be"}

#: Those that OpenSSL canonicalizes (`ASN1_MASK_CANON` in its x_name.c).
_CANONICALIZED = frozenset((_UTF8, _PRINTABLE, _TELETEX, _IA5, _VISIBLE, _UNIVERSAL, _BMP))


def attributes(name: bytes) -> Iterator[tuple[str, str]]:
    """Yield (type OID, text) for the attributes of a distinguished name; stop at what cannot be read."""
    try:
        for rdn in der.children(der.expect(der.read(name), der.SEQUENCE).content):
            for attribute in der.children(der.expect(rdn, der.SET).content):
                kind, value = der.sequence(attribute.raw)
                yield der.object_identifier(kind), _text(value)
    except (der.DerError, ValueError):  # ValueError: an attribute has not two members
        return


def _text(value: der.Element) -> str:
    """Return the text of an attribute's value; what cannot be decoded becomes U+FFFD."""
    return value.content.decode(_STRING_ENCODINGS.get(value.tag, "latin-1"), "replace")


_SHORT_NAMES = {
    OID_COMMON_NAME: "CN",
    "2.5.4.5": "serialNumber",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    OID_EMAIL_ADDRESS: "emailAddress",
}

#: What RFC 4514, 2.4, has escaped.
_RESERVED = re.compile(r'[,+"\\<>;]|^[ #]| $')


def distinguished_name(name: bytes) -> str:
    """Return the whole of ``name`` as RFC 4514 spells it, last attribute first: raw, what the certificate says."""
    spelled = []
    for kind, text in attributes(name):
        escaped = _RESERVED.sub(lambda match: "\\" + match.group(), text)
        spelled.append(f"{_SHORT_NAMES.get(kind, kind)}={escaped}")
    return ",".join(reversed(spelled))


@lru_cache(maxsize=256)
def display_name(name: bytes) -> str:
    """Return what to call ``name``: its common name or else its last attribute, printable and in quotes."""
    found = list(attributes(name))
    if not found:
        return "(empty name)"
    common_names = [text for kind, text in found if kind == OID_COMMON_NAME]
    return quoted(common_names[-1] if common_names else found[-1][1])


@lru_cache(maxsize=4096)  # a path search compares the same names over and over
def canonical_name(name: bytes) -> bytes:
    """Return ``name`` in OpenSSL's canonical encoding: two names are equal there if and only if they are here.

    Strings become UTF-8 with ASCII letters in lower case and white space trimmed and folded (`x509_name_canon` in
    OpenSSL's x_name.c, an approximation of RFC 5280, 7.1). Its SHA-1 also names the files of a hashed directory. A name
    that cannot be read stands for itself.
    """
    try:
        return b"".join(_canonical_rdn(rdn) for rdn in der.sequence(name))
    except (der.DerError, ValueError):  # ValueError: an attribute has not two members, or a string is broken
        return name


def _canonical_rdn(rdn: der.Element) -> bytes:
    """Return the canonical encoding of a RelativeDistinguishedName. Raises DerError or ValueError."""
    encoded = []
    for attribute in der.children(der.expect(rdn, der.SET).content):
        kind, value = der.sequence(attribute.raw)
        encoded.append(_tlv(der.SEQUENCE, kind.raw + _canonical_value(value)))
    return _tlv(der.SET, b"".join(sorted(encoded)))  # a SET OF is in ascending order (X.690, 11.6)


def _canonical_value(value: der.Element) -> bytes:
    """Return the canonical encoding of an attribute's value. Raises ValueError."""
    if value.tag not in _CANONICALIZED:
        return value.raw
    text = value.content.decode(_STRING_ENCODINGS.get(value.tag, "latin-1")).encode("utf-8")
    folded = b" ".join(text.split()).lower()  # those of bytes know ASCII alone, as OpenSSL does
    return _tlv(_UTF8, folded)


def _tlv(tag: int, content: bytes) -> bytes:
    """Return the DER of an element (X.690, 8.1)."""
    length = len(content)
    if length < 0x80:
        return bytes((tag, length)) + content
    size = (length.bit_length() + 7) // 8
    return bytes((tag, 0x80 | size)) + length.to_bytes(size, "big") + content
