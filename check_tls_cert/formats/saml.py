"""SAML metadata (SAML 2.0 Metadata, 2.4.1.1) and other XML with the X509Certificate elements of XML Signature.

Parsed by the standard library's expat, which needs no optional package: it fetches nothing and, as declarations of
entities are refused here, expands nothing but the five entities that XML has itself.
"""

from __future__ import annotations

import base64
import binascii
from xml.parsers import expat

from check_tls_cert.formats.entry import Entry, FormatError, Password, lone, lost, refuse_too_many

_CERTIFICATE = "http://www.w3.org/2000/09/xmldsig# X509Certificate"  # XML Signature, 4.4.4
_METADATA = "urn:oasis:names:tc:SAML:2.0:metadata "
_ENTITY, _KEY = _METADATA + "EntityDescriptor", _METADATA + "KeyDescriptor"

#: Metadata takes about ten. Each level costs a hundred octets, of which a file of tags alone would make a lot.
_MAX_DEPTH = 1_000


class _Collector:
    """Gathers the certificates while expat reports what it meets."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._entity = ""
        self._use = ""
        self._text: list[str] | None = None
        self._depth = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise FormatError("the XML file is nested too deep")
        if name == _ENTITY:
            self._entity, self._use = attributes.get("entityID", ""), ""
        elif name == _KEY:
            self._use = attributes.get("use", "")
        elif name == _CERTIFICATE:
            self._text = []

    def text(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def end(self, name: str) -> None:
        self._depth -= 1
        if name == _KEY:
            self._use = ""
        elif name == _CERTIFICATE and self._text is not None:
            self.entries.append(_entry(f"{self._entity} {self._use}".strip(), "".join(self._text)))
            refuse_too_many(len(self.entries))
            self._text = None


def read(data: bytes, _password: Password) -> list[Entry] | None:
    """Return an entry for each X509Certificate element, its alias being the entityID and the use of the key.

    Raises FormatError if it is no well-formed XML, or declares entities.
    """
    collector = _Collector()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.EntityDeclHandler = _refuse_entities
    parser.StartElementHandler = collector.start
    parser.EndElementHandler = collector.end
    parser.CharacterDataHandler = collector.text
    parser.buffer_text = True
    try:
        parser.Parse(data, True)  # at once: pieces cost old versions of expat quadratic time
    except (expat.ExpatError, ValueError) as error:
        raise FormatError(f"the XML file is broken ({error})") from error
    return collector.entries


def _refuse_entities(*_declaration: object) -> None:
    raise FormatError("the XML file declares entities, which no SAML metadata does and which may be an attack")


def _entry(alias: str, text: str) -> Entry:
    try:
        return lone(alias, base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError) as error:
        return lost(alias, f"an X509Certificate element is not base64 ({error})")
