"""Certificates out of PEM text (RFC 7468)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from check_tls_cert import der
from check_tls_cert.certificate import Certificate, CertificateError, parse

_BEGIN, _END, _DASHES = b"-----BEGIN ", b"-----END ", b"-----"
_LABELS = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")


class Block(bytes):
    """The text between the BEGIN and END lines of one block; ``label`` is what the BEGIN line says it is."""

    label: bytes


def blocks(data: bytes) -> Iterator[Block]:
    """Yield every complete PEM block in ``data``, whatever stands around the blocks (RFC 7468, section 2)."""
    at = data.find(_BEGIN)
    while at >= 0:
        label_end = data.find(_DASHES, at + len(_BEGIN))
        label = data[at + len(_BEGIN) : label_end] if 0 <= label_end < at + 80 else b""
        end = data.find(_END + label + _DASHES, at)
        if end < 0:
            return
        block = Block(data[label_end + len(_DASHES) : end])
        block.label = label
        yield block
        at = data.find(_BEGIN, end)


def certificate_blocks(data: bytes) -> Iterator[Block]:
    """Yield those blocks of ``data`` that say they are certificates."""
    return (block for block in blocks(data) if block.label in _LABELS)


def certificate_in(block: Block) -> Certificate:
    """Return the certificate in a block. Raises CertificateError if its base64 or what it encodes is broken."""
    try:
        content = base64.b64decode(b"".join(block.split()), validate=True)
        if block.label.startswith(b"TRUSTED"):
            content = der.read(content).raw  # OpenSSL's own kind: its trust settings stand behind the certificate
    except binascii.Error as error:
        raise CertificateError(f"a PEM block is not base64 ({error})") from error
    except der.DerError as error:
        raise CertificateError(f"not an X.509 certificate ({error})") from error
    return parse(content)
