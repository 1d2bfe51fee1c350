"""Keystores of Java: JKS and JCEKS, in which certificates are not encrypted. BKS is recognised, no more.

Own reader because the one library for it (pyjks 20.0.0) had its last release in 2020 and wants four more packages, two
of them compiled, for the keys that nobody asks for here. The layout is that of `sun.security.provider.JavaKeyStore`
(its comment on `engineStore`) and `com.sun.crypto.provider.JceKeyStore` in OpenJDK: big-endian, strings in the modified
UTF-8 of `java.io.DataInput`.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator

from check_tls_cert.fetch.formats.entry import Entry, FormatError, Password, bounded, lone, lost

_MAGICS = {b"\xfe\xed\xfe\xed": "JKS", b"\xce\xce\xce\xce": "JCEKS"}
_VERSIONS = (1, 2)
_KEY, _TRUSTED_CERTIFICATE, _SECRET_KEY = 1, 2, 3
_TIMESTAMP_SIZE, _DIGEST_SIZE = 8, 20
_WHITENER = b"Mighty Aphrodite"


class _CutShortError(Exception):
    """The keystore ends in the middle of something."""


class _Reader:
    """Reads a keystore from its start."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        """Return the next ``size`` bytes."""
        piece = self._data[self._at : self._at + size]
        if len(piece) != size:
            raise _CutShortError
        self._at += size
        return piece

    def number(self, size: int = 4) -> int:
        """Return a number that is so many bytes long."""
        return int.from_bytes(self.take(size), "big")

    def string(self) -> str:
        """Return a string; surrogates and NUL, which modified UTF-8 encodes in its own way, are not restored."""
        return self.take(self.number(2)).decode("utf-8", "replace")

    def take_counted(self) -> bytes:
        """Return bytes that follow their number."""
        return self.take(self.number())


def read_java(data: bytes, password: Password) -> list[Entry] | None:
    """Return an entry for each alias with certificates: a key with its chain, or a trusted certificate.

    Raises FormatError if the keystore is broken, or was changed since it was written or has another password: Java's
    digest over both, checked if there is a password, does not tell these two apart.
    """
    kind = _MAGICS.get(data[:4])
    if kind is None:  # BouncyCastle's has no magic number, only a version and a salt of 20 bytes
        raise FormatError("BKS keystores are not supported: convert it to PKCS12 with keytool -importkeystore")
    _verify(kind, data, password())
    reader = _Reader(data)
    reader.take(4)
    try:
        version = reader.number()
        if version not in _VERSIONS:
            raise FormatError(f"the {kind} keystore has version {version}, which is not supported")
        return bounded(_entries(reader, typed=version > 1))
    except _CutShortError as error:
        raise FormatError(f"the {kind} keystore is broken (it is cut short)") from error


def _verify(kind: str, data: bytes, password: bytes | None) -> None:
    """Compare the digest at the end with that of the password and the rest."""
    if password is None:
        return
    try:
        keyed = password.decode().encode("utf-16-be")
    except UnicodeDecodeError:
        keyed = password.decode("latin-1").encode("utf-16-be")
    digest = hashlib.sha1(keyed + _WHITENER + data[:-_DIGEST_SIZE], usedforsecurity=False).digest()
    if not hmac.compare_digest(digest, data[-_DIGEST_SIZE:]):
        raise FormatError(f"the password does not fit the {kind} keystore, or the keystore is broken")


def _entries(reader: _Reader, *, typed: bool) -> Iterator[Entry]:
    """Yield what each alias has; ``typed``: each certificate says of what kind it is, as since version 2."""
    for _ in range(reader.number()):
        kind, alias = reader.number(), reader.string()
        reader.take(_TIMESTAMP_SIZE)
        if kind == _SECRET_KEY:
            yield lost(alias, "a secret key, whose length nobody knows, hides the rest of the JCEKS keystore")
            return
        if kind not in (_KEY, _TRUSTED_CERTIFICATE):
            raise FormatError(f"the keystore is broken (an entry of the unknown kind {kind})")
        if kind == _TRUSTED_CERTIFICATE:
            yield _java_certificate(reader, alias, typed=typed)
        else:
            yield from _chain(reader, alias, typed=typed)


def _java_certificate(reader: _Reader, alias: str, *, typed: bool) -> Entry:
    """Read one certificate; ``typed``: the keystore says of what kind it is."""
    kind = reader.string() if typed else "X.509"
    encoded = reader.take_counted()
    return lone(alias, encoded) if kind == "X.509" else lost(alias, "the keystore says that it is of another kind")


def _chain(reader: _Reader, alias: str, *, typed: bool) -> list[Entry]:
    """Return the chain of a key, which may have none. The key itself, encrypted, is passed over."""
    reader.take_counted()
    chain = bounded(_java_certificate(reader, alias, typed=typed) for _ in range(reader.number()))
    parsers = tuple(parser for entry in chain for parser in entry.parsers)
    return [Entry(alias, parsers, is_chain=True)] if parsers else []
