"""Kubernetes manifests and kubeconfig files, in YAML or JSON: values that are PEM, or base64 of PEM.

Secrets keep base64 below ``data`` and text below ``stringData``, ConfigMaps text; kubeconfig files, webhooks and API
services keep base64 of PEM below other keys. So every value is looked at, whatever its place. Other JSON with PEM is
read, too: its strings hold line ends as escapes.
"""

from __future__ import annotations

import base64
import binascii
import re

from check_tls_cert.fetch.formats import pem_file, tree
from check_tls_cert.fetch.formats.entry import BEGIN_IN_BASE64, Entry, FormatError, Password, alias_of, bounded, utf8

_BEGIN = b"-----BEGIN "
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")

#: Keys that hold what is presented, end-entity certificate first; below others, order means nothing.
_CHAIN_KEYS = ("tls.crt", "client-certificate-data")


def read_kubernetes(data: bytes, _password: Password) -> list[Entry] | None:
    """Return what the values hold, an entry for each chain and for each certificate of a bundle of CA certificates.

    A file that cannot be read as what it seems to be, but has PEM that can (a template, a configuration that begins
    with a bracket), is left to the reader of PEM: None. Raises FormatError if that would pass over a certificate.
    """
    text = utf8(data)
    try:
        documents = [tree.from_json(text)] if text.lstrip()[:1] in (b"{", b"[") else tree.from_yaml(text)
    except FormatError:
        if _BEGIN in text and BEGIN_IN_BASE64 not in text:
            return None
        raise
    return bounded(entry for document in documents for leaf in tree.leaves(document, _name) for entry in _entries(leaf))


def _entries(leaf: tree.Leaf) -> list[Entry]:
    """Return what a string holds: a chain where the key says so, else certificates that stand alone."""
    content = _content(leaf.value)
    if _BEGIN not in content:
        return []
    found = pem_file.bundle(alias_of(leaf.name, leaf.key), content)
    return found if leaf.key in _CHAIN_KEYS else pem_file.apart(found)


def _content(value: str) -> bytes:
    """Return what a value means: itself, or what it encodes."""
    if len(value) >= len(BEGIN_IN_BASE64) and _BASE64.fullmatch(value):
        try:
            return base64.b64decode(value)
        except binascii.Error:
            pass  # looks like base64 only
    return value.encode("utf-8", "replace")


def _name(mapping: dict[str, tree.Tree]) -> str:
    """Return the name of an object, with its namespace, or of kubeconfig's user or cluster."""
    metadata = mapping.get("metadata")
    named = metadata if isinstance(metadata, dict) else mapping
    name, namespace = named.get("name"), named.get("namespace")
    if not isinstance(name, str):
        return ""
    return f"{namespace}/{name}" if isinstance(namespace, str) else name
