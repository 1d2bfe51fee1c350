"""Certificates out of PEM text (RFC 7468).

Lenient in what surrounds the base64, as OpenSSL is: text around the blocks, white space and any ends of lines do not
matter. A block that is cut off or no base64 is an error, and costs no other block.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import NamedTuple

from check_tls_cert.x509 import der
from check_tls_cert.x509.certificate import Certificate, CertificateError, parse

_BEGIN, _END, _DASHES = b"-----BEGIN ", b"-----END ", b"-----"

#: Of certificates: the usual one, that of old, and OpenSSL's own for a certificate with trust settings behind it.
_LABELS = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")


class Block(NamedTuple):
    """One block of PEM text."""

    #: What its BEGIN line says it is, such as ``CERTIFICATE``.
    label: bytes
    #: What stands below that line: base64, and whatever else.
    text: bytes
    #: Its END line is there, too.
    complete: bool


def blocks(data: bytes) -> Iterator[Block]:
    """Yield every PEM block in ``data``, whatever stands around the blocks (RFC 7468, section 2).

    A block ends with its END line, or else where the next one begins, so that a lost line costs one block alone.
    """
    at = data.find(_BEGIN)
    while at >= 0:
        start = at + len(_BEGIN)
        following = data.find(_BEGIN, start)
        stop = len(data) if following == -1 else following
        label = data[start : _found(data, _DASHES, start, stop)]
        start += len(label) + len(_DASHES)
        end = _found(data, _END + label + _DASHES, start, stop)
        yield Block(label, data[start:end], complete=end < stop)
        at = following


def _found(data: bytes, sought: bytes, start: int, stop: int) -> int:
    """Return where ``sought`` is between ``start`` and ``stop``, or ``stop`` if it is not there.

    All of it must be before ``stop``.
    """
    at = data.find(sought, start, stop)
    return stop if at == -1 else at


def certificate_blocks(data: bytes) -> Iterator[Block]:
    """Yield those blocks of ``data`` that say they are certificates."""
    for block in blocks(data):
        if block.label in _LABELS:
            yield block


_WHITE_SPACE = b" \t\r\n\v\f"


def from_base64(text: bytes) -> bytes:
    """Return what ``text`` encodes in base64, without regard to white space. Raises binascii.Error."""
    return base64.b64decode(text.translate(None, _WHITE_SPACE), validate=True)


def trusted_for_servers(block: Block) -> bool:
    """Tell whether OpenSSL's trust settings, if the block has any, leave a trust anchor for TLS servers.

    A TRUSTED CERTIFICATE has them behind the certificate (X509_CERT_AUX): the purposes it is trusted for, and those it
    is rejected for. Settings that cannot be read trust nothing.
    """
    if not block.label.startswith(b"TRUSTED"):
        return True
    try:
        content = from_base64(block.text)
        settings = content[len(der.read(content).raw) :]
        fields = der.sequence(settings) if settings else []
        trusted = [_purposes(field) for field in fields if field.tag == der.SEQUENCE]
        rejected = [_purposes(field) for field in fields if field.tag == _TAG_REJECTED]
    except (binascii.Error, der.DerError):
        return False
    if any(purposes & _SERVER_PURPOSES for purposes in rejected):
        return False
    return all(purposes & _SERVER_PURPOSES for purposes in trusted)


#: The second list of X509_CERT_AUX; the first is a plain SEQUENCE.
_TAG_REJECTED = 0xA0
#: serverAuth and anyExtendedKeyUsage (RFC 5280, 4.2.1.12).
_SERVER_PURPOSES = {"1.3.6.1.5.5.7.3.1", "2.5.29.37.0"}


def _purposes(field: der.Element) -> set[str]:
    """Return the OIDs of the purposes in a list. Raises DerError."""
    return {der.object_identifier(purpose) for purpose in der.children(field.content)}


def der_in(block: Block) -> bytes:
    """Return what a block encodes: the DER, and whatever may follow it. Raises CertificateError.

    Of a TRUSTED CERTIFICATE, the certificate alone, without the trust settings.
    """
    if not block.complete:
        raise CertificateError("a PEM block has no END line")
    try:
        content = from_base64(block.text)
        if block.label.startswith(b"TRUSTED"):
            content = der.read(content).raw  # OpenSSL's own kind: its trust settings stand behind the certificate
    except binascii.Error as error:
        raise CertificateError(f"a PEM block is not base64 ({error})") from error
    except der.DerError as error:
        raise CertificateError(f"not an X.509 certificate ({error})") from error
    return content


def certificate_in(block: Block) -> Certificate:
    """Return the certificate in a block. Raises CertificateError if its base64 or what it encodes is broken."""
    return parse(der_in(block))
