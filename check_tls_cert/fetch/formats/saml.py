"""SAML metadata (SAML 2.0 Metadata, 2.4.1.1) and other XML with the X509Certificate elements of XML Signature.

Parsed by the standard library's expat, which needs no optional package: it fetches nothing and, as declarations of
entities are refused here, expands nothing but the five entities that XML has itself.
"""

from __future__ import annotations

import binascii
from xml.parsers import expat

from check_tls_cert.fetch.formats.entry import Entry, FormatError, Password, alias_of, lone, lost, refuse_too_many, utf8
from check_tls_cert.x509.pem import from_base64

_CERTIFICATE = "http://www.w3.org/2000/09/xmldsig# X509Certificate"  # XML Signature, 4.4.4
_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata "
_ENTITY, _KEY = _METADATA + "EntityDescriptor", _METADATA + "KeyDescriptor"

#: What expat holds of a file: the levels that are open, of which metadata has about ten, and names.
_MAX_DEPTH, _MAX_TAGS, _MAX_ATTRIBUTES = 1_000, 500_000, 250_000

#: Characters of an X509Certificate element, more than the largest certificate takes with blanks.
_MAX_TEXT = 4_194_304


class _Collector:
    """Gathers the certificates while expat reports what it meets."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._entity = ""
        self._use = ""
        self._text: list[str] | None = None
        self._room = 0
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        """Take note of an element that begins. Raises FormatError beyond the bounds."""
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise FormatError("the XML file is nested too deep")
        if name == _ENTITY:
            self._entity, self._use = attributes.get("entityID", ""), ""
        elif name == _KEY:
            self._use = attributes.get("use", "")
        elif name == _CERTIFICATE:
            self._text, self._room = [], _MAX_TEXT

    def add_text(self, text: str) -> None:
        """Take a piece of text, if it belongs to a certificate and that is not too long."""
        if self._text is not None and self._room >= 0:
            self._text.append(text)
            self._room -= len(text)

    def end(self, name: str) -> None:
        """Take note of an element that ends; that of a certificate makes an entry."""
        self._depth -= 1
        if name == _KEY:
            self._use = ""
        elif name == _CERTIFICATE and self._text is not None:
            self.entries.append(_entry(alias_of(self._entity, self._use), "".join(self._text)))
            refuse_too_many(len(self.entries))
            self._text = None


def read_saml(data: bytes, _password: Password) -> list[Entry] | None:
    """Return an entry for each X509Certificate element, its alias being the entityID and the use of the key.

    Raises FormatError if it is no well-formed XML, or declares entities.
    """
    text = utf8(data)
    if b"\0" in text:  # UTF-16 without byte order mark, in which nothing could be counted
        raise FormatError("the XML file is broken (it holds NUL)")
    if text.count(b"<") > _MAX_TAGS or text.count(b"=") > _MAX_ATTRIBUTES:
        raise FormatError("the XML file has too many parts")
    collector = _Collector()
    parser = expat.ParserCreate(None, " ", None)  # the last: no name is kept for the next time that it occurs
    parser.EntityDeclHandler = _refuse_entities
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.add_text
    parser.buffer_text = True
    try:
        parser.Parse(data, True)  # at once: pieces cost old versions of expat quadratic time
    except (expat.ExpatError, ValueError) as error:
        raise FormatError(f"the XML file is broken ({error})") from error
    return collector.entries


def _refuse_entities(*_declaration: object) -> None:
    raise FormatError("the XML file declares entities, which no SAML metadata does and which may be an attack")


def _entry(alias: str, text: str) -> Entry:
    """Return what an X509Certificate element holds."""
    if len(text) > _MAX_TEXT:
        return lost(alias, "an X509Certificate element is too long")
    try:
        return lone(alias, from_base64(text.encode()))
    except (binascii.Error, ValueError) as error:
        return lost(alias, f"an X509Certificate element is not base64 ({error})")
