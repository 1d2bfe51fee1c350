"""Words for a path that leads to no trust anchor."""

from __future__ import annotations

from check_tls_cert.text import printable
from check_tls_cert.x509.certificate import Certificate
from check_tls_cert.x509.extensions import issuer_urls

# What is said of a server, and of a file, where a certificate is missing or is another.
_ADD = {"server": "have the server send", "file": "put into the file"}


_HAS = {"server": "the server sent", "file": "is in the file"}


_LACKS = {"server": "server did not send", "file": "the file does not hold"}


def where_to_get(below: Certificate) -> str:
    """Say where the issuer's certificate is published, if ``below`` says so (RFC 5280, 4.2.2.1)."""
    urls = issuer_urls(below)
    return f" (published at {printable(urls[0])})" if urls else ""
