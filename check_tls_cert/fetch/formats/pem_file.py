"""PEM text (RFC 7468) with anything around and between the blocks: comments, output of openssl, keys, indentation."""

from __future__ import annotations

import binascii
from functools import partial
from itertools import chain, islice

from check_tls_cert.fetch.formats.entry import MAX_CERTIFICATES, Entry, FormatError, Password, bounded, lost, utf8
from check_tls_cert.x509.pem import Block, blocks, certificate_blocks, certificate_in, from_base64

_PKCS7_LABELS = (b"PKCS7", b"CMS", b"PKCS #7 SIGNED DATA")  # RFC 7468, 8 and 9; the last one is older


def read_pem_file(data: bytes, password: Password) -> list[Entry] | None:
    """Return the bundle as one chain, then what PKCS#7 blocks hold; None if there is no block of either kind.

    A block that is broken becomes an entry that cannot be read, and costs no other.
    """
    text = utf8(data)
    messages = (block for block in blocks(text) if block.label in _PKCS7_LABELS)
    held = (entry for block in messages for entry in _pkcs7_entries(block, password))
    entries = bounded(chain(bundle("", text), held))
    return entries if entries or any(block.label in _PKCS7_LABELS for block in blocks(text)) else None


def bundle(alias: str, text: bytes) -> list[Entry]:
    """Return one chain of all certificates in ``text``, the first being the end-entity certificate; [] if none."""
    found = islice(certificate_blocks(text), MAX_CERTIFICATES + 1)  # one too many is seen by who counts
    parsers = tuple(partial(certificate_in, block) for block in found)
    return [Entry(alias, parsers, is_chain=True)] if parsers else []


def apart(entries: list[Entry]) -> list[Entry]:
    """Return an entry for each certificate, for what is a bundle by its syntax but by no meaning a chain."""
    return [Entry(entry.alias, (parser,)) for entry in entries for parser in entry.parsers]


def _pkcs7_entries(block: Block, password: Password) -> list[Entry]:
    """Return the certificates of a PKCS#7 block; what cannot be read of it is an entry, too."""
    try:
        content = from_base64(block.text)
    except binascii.Error as error:
        return [lost("", f"a PEM block is not base64 ({error})")]
    from check_tls_cert.fetch.formats import pkcs7

    try:
        entries = pkcs7.read_pkcs7(content, password)
    except FormatError as error:
        return [lost("", str(error))]
    return [lost("", "a PEM block is no PKCS#7")] if entries is None else entries
