"""What every reader of a kind of file hands back. Knows certificates, no kind of file."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Callable, NamedTuple, Optional

from check_tls_cert.x509.certificate import Certificate, CertificateError, parse

#: More than in any file that somebody monitors; keeps hostile files from costing minutes.
MAX_CERTIFICATES = 10_000

#: Of what a file calls a certificate, more than is ever shown, so that a long name is not held once per certificate.
_MAX_ALIAS = 500

#: Yields the password of the file, None if the user gave none.
Password = Callable[[], Optional[bytes]]

Parser = Callable[[], Certificate]


class Entry(NamedTuple):
    """One chain or one lone certificate found in a file."""

    #: What the file calls it, raw, "" if it has no name. Print it through `text.printable`.
    alias: str
    #: Return a certificate each, or raise CertificateError if it cannot be read.
    parsers: tuple[Parser, ...]
    #: The file itself says that the first is an end-entity certificate and the others are presented with it, so that
    #: nothing may be added.
    is_chain: bool = False


class FormatError(Exception):
    """A file is of a known kind but cannot be read. The message is a sentence for the user, without the file's name."""


def alias_of(*parts: str) -> str:
    """Return what to call an entry by the names, raw, that a file has for it; empty ones are left out."""
    return " ".join(part[:_MAX_ALIAS] for part in parts if part)


def lone(alias: str, encoded: bytes) -> Entry:
    """Return the entry of one certificate in DER."""
    return Entry(alias, (partial(parse, encoded),))


def lost(alias: str, reason: str) -> Entry:
    """Return an entry that stands for what cannot be read, so that it is reported instead of passed over."""
    return Entry(alias, (partial(_refuse, reason),))


def bounded(entries: Iterable[Entry]) -> list[Entry]:
    """Return ``entries``, or raise FormatError as soon as they are more than MAX_CERTIFICATES certificates."""
    found: list[Entry] = []
    count = 0
    for entry in entries:
        count += len(entry.parsers)
        refuse_too_many(count)
        found.append(entry)
    return found


def refuse_too_many(count: int) -> None:
    """Raise FormatError if ``count`` certificates are more than MAX_CERTIFICATES."""
    if count > MAX_CERTIFICATES:
        raise FormatError(f"the file holds more than {MAX_CERTIFICATES} certificates")


def _refuse(reason: str) -> Certificate:
    """Stand for a certificate that cannot be read. Raises CertificateError."""
    raise CertificateError(reason)


def utf8(data: bytes) -> bytes:
    """Return text without its byte order mark, in UTF-8 also if it was UTF-16 (what PowerShell's ``>`` writes)."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace").encode()
    return data[3:] if data[:3] == b"\xef\xbb\xbf" else data


#: How "-----BEGIN CERT" looks in base64.
BEGIN_IN_BASE64 = b"LS0tLS1CRUdJTiBDRVJU"
