"""PKCS#12 keystores (RFC 7292): every certificate in the file's order, with its friendly name.

Walked here, not by cryptography's `load_pkcs12`: that returns the certificate of one key alone, nothing at all if it
dislikes one certificate, the same error for a wrong password and a broken file, and works as many iterations as the
file asks for. Keys are never decrypted here. What encrypts the certificates is in `pbe`.
"""

from __future__ import annotations

from typing import NamedTuple

from check_tls_cert.fetch.formats import ber, pbe
from check_tls_cert.fetch.formats.entry import MAX_CERTIFICATES, Entry, FormatError, Password, lone, lost
from check_tls_cert.x509 import der

_DATA, _ENCRYPTED_DATA = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
_CERT_BAG, _SAFE_CONTENTS_BAG = "1.2.840.113549.1.12.10.1.3", "1.2.840.113549.1.12.10.1.6"
_X509_CERTIFICATE = "1.2.840.113549.1.9.22.1"
_FRIENDLY_NAME = "1.2.840.113549.1.9.20"

#: More parts than any program writes, and more bags within bags.
_MAX_CONTENTS = 100
_MAX_NESTED = 8


class _Content(NamedTuple):
    """One of the AuthenticatedSafe's ContentInfos (RFC 7292, 4.1)."""

    #: How it is encrypted, None if it is not.
    scheme: pbe.Scheme | None
    data: bytes


class _Keystore(NamedTuple):
    """A PFX (RFC 7292, 4)."""

    #: The AuthenticatedSafe, which the MAC authenticates.
    safe: bytes
    #: None if the keystore has none.
    mac: pbe.Mac | None
    contents: tuple[_Content, ...]


def read_pkcs12(data: bytes, password: Password) -> list[Entry] | None:
    """Return an entry for each certificate.

    Raises FormatError if the keystore is broken, encrypted in a way that is not supported, or needs another password.
    """
    try:
        keystore = _keystore(data)
        given = password()
        encrypted = any(content.scheme for content in keystore.contents)
        if not encrypted and (given is None or keystore.mac is None):
            return _opened(keystore, pbe.secrets(None)[0])  # a MAC is for those who know the password
        if keystore.mac is not None:
            return _opened(keystore, _fitting(keystore, keystore.mac, given))
    except der.DerError as error:
        raise FormatError(f"the PKCS#12 keystore is broken ({error})") from error
    return _opened_with_any(keystore, given)


def _fitting(keystore: _Keystore, mac: pbe.Mac, given: bytes | None) -> pbe.Secret:
    """Return the secret whose MAC is that of the keystore; without a password, what programs write for none."""
    for secret in pbe.secrets(given):
        if mac.fits(secret, keystore.safe):
            return secret
    raise FormatError(_why_not(given))


def _opened_with_any(keystore: _Keystore, given: bytes | None) -> list[Entry]:
    """Return the certificates of a keystore without MAC: a password is wrong if decryption leaves no DER."""
    for secret in pbe.secrets(given):
        try:
            return _opened(keystore, secret)
        except der.DerError:
            continue
    raise FormatError(f"{_why_not(given)}, or it is broken")


def _why_not(given: bytes | None) -> str:
    """Return what to say about a keystore that the password given does not open."""
    if given is None:
        return "the PKCS#12 keystore needs a password"
    return "the password does not fit the PKCS#12 keystore"


def _keystore(data: bytes) -> _Keystore:
    """Return the keystore, nothing of it decrypted. Raises FormatError if that would take too long."""
    _version, authenticated_safe, *mac_data = ber.fields(ber.read_ber(data), least=2)
    safe = _data(authenticated_safe)
    infos = ber.fields(ber.read_ber(safe), limit=_MAX_CONTENTS)
    mac = pbe.mac(mac_data[0]) if mac_data else None
    contents = tuple(_content(info) for info in infos)
    steps = [content.scheme.work(content.data) for content in contents if content.scheme]
    pbe.limit([mac.work() if mac else 0, *steps])
    return _Keystore(safe, mac, contents)


def _data(info: der.Element) -> bytes:
    """Return the bytes in a ContentInfo of type data (RFC 5652, 4)."""
    kind, content, *_ = ber.fields(info, least=2)
    if der.object_identifier(kind) != _DATA:
        raise FormatError("the PKCS#12 keystore is signed or encrypted with a key, which is not supported")
    return ber.octet_string(ber.explicit(content))


def _content(info: der.Element) -> _Content:
    """Return a ContentInfo of type data or encryptedData (RFC 5652, 8)."""
    kind, content, *_ = ber.fields(info, least=2)
    if der.object_identifier(kind) != _ENCRYPTED_DATA:
        return _Content(None, _data(info))
    _version, encrypted, *_ = ber.fields(ber.explicit(content), least=2)
    _type, algorithm, ciphertext, *_ = ber.fields(encrypted, least=3)
    return _Content(pbe.scheme(algorithm), ber.octet_string(ciphertext))


def _opened(keystore: _Keystore, secret: pbe.Secret) -> list[Entry]:
    """Return the certificates of a keystore. Raises DerError if what the secret decrypts is none."""
    entries: list[Entry] = []
    for content in keystore.contents:
        safe_contents = content.data
        if content.scheme is not None:
            safe_contents = content.scheme.decrypt(secret, content.data)
        entries.extend(_certificates(safe_contents, _MAX_NESTED))
    return entries


def _certificates(safe_contents: bytes, nested: int) -> list[Entry]:
    """Return the certificates among the bags of SafeContents (RFC 7292, 4.2), which may be bags of bags."""
    if not nested:
        raise der.DerError("bags are nested too deep")
    entries: list[Entry] = []
    for bag in ber.fields(ber.read_ber(safe_contents), limit=MAX_CERTIFICATES):
        kind, value, *attributes = ber.fields(bag, least=2)
        bag_type = der.object_identifier(kind)
        if bag_type == _SAFE_CONTENTS_BAG:
            entries.extend(_certificates(value.content, nested - 1))
        elif bag_type == _CERT_BAG:
            entries.append(_certificate_of_bag(value, _friendly_name(attributes)))
    return entries


def _certificate_of_bag(value: der.Element, alias: str) -> Entry:
    """Return the certificate of a CertBag (RFC 7292, 4.2.3)."""
    try:
        kind, content, *_ = ber.fields(ber.explicit(value), least=2)
        if der.object_identifier(kind) != _X509_CERTIFICATE:
            return lost(alias, "the keystore says that it is no X.509 certificate")
        return lone(alias, ber.octet_string(ber.explicit(content)))
    except der.DerError as error:
        return lost(alias, f"the keystore is broken there ({error})")


def _friendly_name(attributes: list[der.Element]) -> str:
    """Return the friendlyName (RFC 2985, 5.5.1), "" if there is none that can be read: it is but a name."""
    try:
        for attribute in ber.fields(attributes[0], der.SET) if attributes else ():
            kind, values, *_ = ber.fields(attribute, least=2)
            if der.object_identifier(kind) == _FRIENDLY_NAME:
                return ber.fields(values, der.SET, least=1)[0].content.decode("utf-16-be", "replace")
    except der.DerError:
        pass
    return ""
