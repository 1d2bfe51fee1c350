"""What kinds of file can hold certificates, one module each, told apart by content, never by name.

    entries = formats.read_entries(data, lambda: password)      # None: of no kind known here
    for entry in formats.end_entities(entries or []):   # one chain to judge each
        chain, failure = parse_chain(entry.parsers, "file")

The contract. A kind has a ``claims``, which is cheap, and a module, imported only for files that it claims, with

    read_MODULE(data: bytes, password: Callable[[], bytes | None]) -> list[Entry] | None

It returns what the file holds in the file's order ([] for an empty keystore), None if the file is of another kind after
all, and raises FormatError, whose message is for the user, if the file is of this kind but cannot be read. One broken
certificate costs itself alone: its parser raises CertificateError. ``password`` is called, at most once, by keystores
only. Aliases are raw. Files are hostile: work is bounded for whatever the caller reads (16 MiB), nothing is executed,
expanded or fetched. A new kind is one module, one row of `_KINDS`, and its test.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Callable, NamedTuple

from check_tls_cert.fetch.formats.entry import BEGIN_IN_BASE64, Entry, FormatError, Password, bounded, utf8

__all__ = ["FORMATS", "Entry", "FormatError", "end_entities", "read_entries"]


class _Kind(NamedTuple):
    """One kind of file."""

    #: What the documentation calls it.
    name: str
    #: What there is in it.
    description: str
    #: Tells whether a file seems to be of this kind; text comes without its byte order mark and in UTF-8.
    claims: Callable[[bytes], bool]
    #: The module of this package that reads it.
    module: str


_JAVA = (b"\xfe\xed\xfe\xed", b"\xce\xce\xce\xce", b"\0\0\0\1\0\0\0\x14", b"\0\0\0\2\0\0\0\x14")


def _der_start(data: bytes) -> bytes:
    """Return what the SEQUENCE that ``data`` begins with holds, a few bytes of it; its length may be indefinite."""
    if data[:1] != b"\x30" or len(data) < 2:
        return b""
    start = 2 + (data[1] & 0x7F if data[1] & 0x80 else 0)
    return data[start : start + 4]


def _is_pkcs12(data: bytes) -> bool:
    """Tell whether it is a PFX of version 3 and no private key, which has other versions (RFC 7292, 4; RFC 5958, 2)."""
    return _der_start(data) == b"\x02\x01\x03\x30"


def _is_pkcs7(data: bytes) -> bool:
    return _der_start(data)[:1] == b"\x06"  # the OID that says what it is


def _is_der(data: bytes) -> bool:
    return data[:1] == b"\x30"


def _is_java(data: bytes) -> bool:
    return data.startswith(_JAVA)


def _is_xml(text: bytes) -> bool:
    return text.lstrip()[:1] == b"<" and b"X509Certificate" in text


def _is_json(text: bytes) -> bool:
    return text.lstrip()[:1] in (b"{", b"[")


def _is_jwks(text: bytes) -> bool:
    return _is_json(text) and b'"x5c"' in text


def _is_kubernetes(text: bytes) -> bool:
    """Tell whether it is an object of Kubernetes, or other JSON that may hold PEM."""
    if _is_json(text):
        return any(sign in text for sign in (b"-----BEGIN ", BEGIN_IN_BASE64, b'"apiVersion"'))
    return b"apiVersion:" in text and b"kind:" in text


def _is_pem(text: bytes) -> bool:
    return b"-----BEGIN " in text


_KINDS = (
    _Kind("JKS, JCEKS", "keystores and truststores of Java; the password is optional", _is_java, "java"),
    _Kind("PKCS#12", "keystores (.p12, .pfx), also of Java 9 and later", _is_pkcs12, "pkcs12"),
    _Kind("PKCS#7, CMS", "the certificates of a SignedData (.p7b, .p7c, .p7s), DER or PEM", _is_pkcs7, "pkcs7"),
    _Kind("DER", "one certificate, or several behind each other (.der, .cer, .crt)", _is_der, "der_file"),
    _Kind("SAML metadata", "X509Certificate elements, also of other signed XML", _is_xml, "saml"),
    _Kind("JWKS", "x5c of JSON Web Keys", _is_jwks, "jwks"),
    _Kind("Kubernetes", "Secrets, ConfigMaps, kubeconfig: JSON, or YAML with PyYAML", _is_kubernetes, "kubernetes"),
    _Kind("PEM", "a bundle, end-entity certificate first, with any text around it", _is_pem, "pem_file"),
)

#: (name, description) of each kind of file.
FORMATS = tuple((kind.name, kind.description) for kind in _KINDS)


def read_entries(data: bytes, password: Password) -> list[Entry] | None:
    """Return what the file ``data`` holds in the file's order, or None if no kind of file claims it.

    Raises FormatError if it is of a known kind but cannot be read.
    """
    text = utf8(data)
    for kind in _KINDS:
        if kind.claims(text):
            entries: list[Entry] | None = _reader(kind)(data, password)
            if entries is not None:
                return bounded(entries)
    return None


def _reader(kind: _Kind) -> Callable[[bytes, Password], list[Entry] | None]:
    """Return the function that reads a kind of file: ``read_java`` of the module ``java``."""
    reader: Callable[[bytes, Password], list[Entry] | None] = getattr(
        import_module(f"{__name__}.{kind.module}"), f"read_{kind.module}"
    )
    return reader


def end_entities(entries: Iterable[Entry]) -> list[Entry]:
    """Return ``entries`` with the lone certificates regrouped into chains; see `group.end_entities`."""
    from check_tls_cert.fetch.formats import group

    return group.end_entities(entries)
