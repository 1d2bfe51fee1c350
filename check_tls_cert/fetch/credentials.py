"""Passwords, and the certificate by which a server may know us: from files and the environment, never from argv."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from OpenSSL import crypto

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.reading import ReadError, read_bytes
from check_tls_cert.fetch.tls.context import ClientCertificate
from check_tls_cert.model.settings import PASSWORD_VARIABLE, PROXY_PASSWORD_VARIABLE
from check_tls_cert.model.target import Way
from check_tls_cert.text import quoted
from check_tls_cert.x509.pem import certificate_blocks, der_in

#: Far more than a key or a chain has; what is longer is another file.
_MAX_BYTES = 1_048_576


class CredentialsError(Exception):
    """What was named cannot be used; the message says which and why, and quotes no secret."""


class Credentials(NamedTuple):
    """What a way needs."""

    #: The way itself, with the proxy's password.
    way: Way
    #: The client certificate, None if none is named.
    certificate: ClientCertificate | None
    #: Remarks for whoever set it up.
    notes: tuple[str, ...]


def load_credentials(way: Way, deadline: Deadline) -> Credentials:
    """Return the credentials that ``way`` names. Raises CredentialsError."""
    return Credentials(_with_proxy_password(way, deadline), _client_certificate(way, deadline), tuple(_exposed(way)))


def password(path: str, variable: str, deadline: Deadline) -> bytes:
    """Return the first line of the file at ``path``, or without one the environment's ``variable``, or b"" for none.

    Raises CredentialsError.
    """
    if not path:
        return os.environb.get(variable.encode(), b"")
    return _read("a password", path, deadline).split(b"\n")[0].rstrip(b"\r")


def _exposed(way: Way) -> Iterator[str]:
    """Yield a remark on each file with a secret that every user may read."""
    for path in (way.client_key or way.client_certificate, way.password_file, way.proxy_password_file):
        try:
            if path and os.stat(path).st_mode & stat.S_IROTH:
                yield f"every user of this machine may read {quoted(path)}, which holds a secret; run: chmod o-r"
        except (OSError, ValueError):
            continue  # whoever has to read it says so


def _with_proxy_password(way: Way, deadline: Deadline) -> Way:
    """Return ``way`` with the password for its proxy, unless the URL has it or nobody is to log in."""
    proxy = way.proxy
    if proxy is None or not proxy.user or proxy.password:
        return way
    secret = password(way.proxy_password_file, PROXY_PASSWORD_VARIABLE, deadline)
    return way._replace(proxy=proxy._replace(password=secret))


def _client_certificate(way: Way, deadline: Deadline) -> ClientCertificate | None:
    """Return the certificate to show to the server. Raises CredentialsError if it or its key cannot be used."""
    if not way.client_certificate:
        return None
    encoded = _read("the client certificate", way.client_certificate, deadline)
    secret = password(way.password_file, PASSWORD_VARIABLE, deadline)
    try:
        chain = tuple(
            crypto.load_certificate(crypto.FILETYPE_ASN1, der_in(block)) for block in certificate_blocks(encoded)
        )
    except (crypto.Error, ValueError) as error:
        raise CredentialsError(f"{quoted(way.client_certificate)} is no client certificate in PEM: broken") from error
    if not chain:
        raise CredentialsError(f"{quoted(way.client_certificate)} holds no client certificate in PEM")
    key = encoded  # not read again: once read, a pipe is empty
    if way.client_key:
        key = _read("the key of the client certificate", way.client_key, deadline)
    return ClientCertificate(chain, _private_key(key, way.client_key or way.client_certificate, secret))


def _private_key(encoded: bytes, path: str, secret: bytes) -> crypto.PKey:
    """Return the key in PEM that was read from ``path``. Raises CredentialsError."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        # Not OpenSSL.crypto's: it asks the terminal for a password that is missing.
        key = serialization.load_pem_private_key(encoded, secret or None)
        return crypto.PKey.from_cryptography_key(key)  # type: ignore[arg-type]  # one it does not take is an error
    except TypeError as error:  # a password where none is needed, or none where one is; or a kind that TLS cannot use
        if secret and b"ENCRYPTED" not in encoded:
            return _private_key(encoded, path, b"")
        raise CredentialsError(f"the key in {quoted(path)} cannot be used: {error}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        hint = "is the password right?" if secret else "is it a PEM file with a private key?"
        raise CredentialsError(f"the key in {quoted(path)} cannot be read; {hint}") from error


def _read(what: str, path: str, deadline: Deadline) -> bytes:
    """Return what is in the file at ``path``, which is ``what`` in messages. Raises CredentialsError."""
    try:
        return read_bytes(path, _MAX_BYTES, deadline)
    except ReadError as error:
        raise CredentialsError(f"cannot read {what} from {quoted(path)}: {error}") from error
