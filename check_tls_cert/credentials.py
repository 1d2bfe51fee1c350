"""Passwords, and the certificate by which a server may know us: from files and the environment, never from argv."""

from __future__ import annotations

import os

from OpenSSL import crypto

from check_tls_cert.model import FindingKind, Way
from check_tls_cert.options import PASSWORD_VARIABLE, PROXY_PASSWORD_VARIABLE
from check_tls_cert.pem import certificate_blocks, der_in
from check_tls_cert.text import quoted
from check_tls_cert.tls import ClientCertificate

FINDINGS = (
    FindingKind("credentials.unreadable", "a password, or the client certificate or its key, cannot be read or used"),
)

#: Far more than a key or a chain has; what is longer is another file.
_MAX_OCTETS = 1_048_576


class CredentialsError(Exception):
    """What was named cannot be used; the message says which and why, and quotes no secret."""


def password(path: str, variable: str) -> bytes:
    """Return the first line of the file at ``path``, or without one the environment's ``variable``, or b"" for none.

    Raises CredentialsError.
    """
    if not path:
        return os.environb.get(variable.encode(), b"")
    return _read("a password", path).split(b"\n")[0].rstrip(b"\r")


def with_proxy_password(way: Way) -> Way:
    """Return ``way`` with the password that its proxy needs, if it needs one. Raises CredentialsError."""
    proxy = way.proxy
    if proxy is None or not proxy.user or proxy.password:
        return way
    return way._replace(proxy=proxy._replace(password=password(way.proxy_password_file, PROXY_PASSWORD_VARIABLE)))


def client_certificate(way: Way) -> ClientCertificate | None:
    """Return the client certificate to present, or None if there is none to. Raises CredentialsError."""
    if not way.client_certificate:
        return None
    encoded = _read("the client certificate", way.client_certificate)
    key_path = way.client_key or way.client_certificate
    secret = password(way.password_file, PASSWORD_VARIABLE)
    try:
        chain = tuple(
            crypto.load_certificate(crypto.FILETYPE_ASN1, der_in(block)) for block in certificate_blocks(encoded)
        )
    except (crypto.Error, ValueError) as error:
        raise CredentialsError(f"{quoted(way.client_certificate)} is no client certificate in PEM: broken") from error
    if not chain:
        raise CredentialsError(f"{quoted(way.client_certificate)} holds no client certificate in PEM")
    return ClientCertificate(chain, _key(key_path, secret))


def _key(path: str, secret: bytes) -> crypto.PKey:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    encoded = _read("the key of the client certificate", path)
    try:
        # Not OpenSSL.crypto's: it asks the terminal for a password that is missing.
        key = serialization.load_pem_private_key(encoded, secret or None)
        return crypto.PKey.from_cryptography_key(key)  # type: ignore[arg-type]  # one it does not take is an error
    except TypeError as error:  # a password where none is needed, or none where one is; or a kind that TLS cannot use
        if secret and b"ENCRYPTED" not in encoded:
            return _key(path, b"")
        raise CredentialsError(f"the key in {quoted(path)} cannot be used: {error}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        hint = "is the password right?" if secret else "is it a PEM file with a private key?"
        raise CredentialsError(f"the key in {quoted(path)} cannot be read; {hint}") from error


def _read(what: str, path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(_MAX_OCTETS)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise CredentialsError(f"cannot read {what} from {quoted(path)}: {reason}") from error
