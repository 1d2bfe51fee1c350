"""PKCS#7 and CMS files (RFC 2315, RFC 5652): the certificates of a SignedData, whatever it signs.

They are walked here because cryptography's loader hands out no certificate at all if it dislikes one of them.
"""

from __future__ import annotations

from check_tls_cert.fetch.formats import ber
from check_tls_cert.fetch.formats.entry import MAX_CERTIFICATES, Entry, FormatError, Password, lone, lost
from check_tls_cert.x509 import der

_ARC = "1.2.840.113549.1.7."
_SIGNED_DATA = _ARC + "2"
_CERTIFICATES = 0xA0  # of SignedData (RFC 5652, 5.1)


def read_pkcs7(data: bytes, _password: Password) -> list[Entry] | None:
    """Return an entry for each certificate; None if ``data`` is no ContentInfo of PKCS#7.

    Raises FormatError if it holds other content than SignedData or is broken.
    """
    try:
        kind, *content = ber.fields(ber.read_ber(data), least=1)
        content_type = der.object_identifier(kind)
        if not content_type.startswith(_ARC):
            return None
        if content_type != _SIGNED_DATA or not content:
            raise FormatError("the PKCS#7 file is none that holds certificates (no SignedData)")
        optional = ber.fields(ber.explicit(content[0]), least=4)[3:]  # behind version, digestAlgorithms, content
    except der.DerError as error:
        raise FormatError(f"the PKCS#7 file is broken ({error})") from error
    return [
        entry for field in optional[:1] if field.tag == _CERTIFICATES for entry in _certificates_of_set(field.content)
    ]


def _certificates_of_set(content: bytes) -> list[Entry]:
    """Return the certificates among the CertificateChoices; the others have tags of their own (RFC 5652, 10.2.2)."""
    entries: list[Entry] = []
    try:
        entries.extend(
            lone("", element.raw) for element in ber.children(content, MAX_CERTIFICATES) if element.tag == der.SEQUENCE
        )
    except der.DerError as error:
        entries.append(lost("", f"what follows in the PKCS#7 file is broken ({error})"))
    return entries
