"""JSON Web Keys and sets of them (RFC 7517): the certificate chain of a key is its ``x5c`` (4.7)."""

from __future__ import annotations

import base64
import binascii
from functools import partial

from check_tls_cert.fetch.formats import tree
from check_tls_cert.fetch.formats.entry import Entry, Password, alias_of, bounded, utf8
from check_tls_cert.x509.certificate import Certificate, CertificateError, parse


def read_jwks(data: bytes, _password: Password) -> list[Entry] | None:
    """Return the chain of each key that has one, its alias being the key's ``kid``, wherever in the JSON it is."""
    return bounded(
        Entry(
            alias_of(_text(key.get("kid"))), tuple(partial(_certificate_of_link, link) for link in links), is_chain=True
        )
        for key in tree.mappings(tree.from_json(utf8(data)))
        for links in [key.get("x5c")]
        if isinstance(links, list) and links
    )


def _text(value: tree.Tree) -> str:
    return value if isinstance(value, str) else ""


def _certificate_of_link(link: tree.Tree) -> Certificate:
    """Return a member of ``x5c``, which is base64 proper, not base64url (RFC 7517, 4.7)."""
    try:
        encoded = base64.b64decode(_text(link), validate=True)
    except (binascii.Error, ValueError) as error:
        raise CertificateError(f"a member of x5c is not base64 ({error})") from error
    return parse(encoded)
