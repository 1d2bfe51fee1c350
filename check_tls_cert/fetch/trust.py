"""Trust anchors: where they are, and which of them has a given name. Reads files; judges nothing.

OpenSSL's own store is not used for the look-up: loading a bundle into it costs tens of milliseconds, and it hands out
one anchor where a certification path may need each of several with the same name.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from functools import lru_cache

from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import CHAIN_NO_TRUST_ANCHORS
from check_tls_cert.model.target import AnchorLocations, Options
from check_tls_cert.text import quoted
from check_tls_cert.x509.certificate import Certificate, CertificateError
from check_tls_cert.x509.names import canonical_name
from check_tls_cert.x509.pem import certificate_blocks, certificate_in, trusted_for_servers

#: Hashed directories of the systems we know: Debian, Ubuntu, SUSE, Alpine, Arch; Fedora; older Red Hat.
SYSTEM_DIRECTORIES = (
    "/etc/ssl/certs",
    "/etc/pki/ca-trust/extracted/pem/directory-hash",
    "/etc/pki/tls/certs",
)
#: Bundles, for systems without one: Red Hat, SUSE, Alpine and the BSDs.
SYSTEM_FILES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
    "/usr/local/share/certs/ca-root-nss.crt",
)

#: Far more than all the anchors of the world.
_MAX_BYTES = 67_108_864

_HASHED_NAME = re.compile("[0-9a-f]{8}[.][0-9]+")
#: More files with one hash than any directory has; a bound against a hostile one.
_MAX_SAME_HASH = 100


#: How many names are remembered with their trust anchors.
_MAX_REMEMBERED = 1_000


class TrustError(Exception):
    """There is nothing to trust: a location cannot be read or holds no certificate. The message says which."""


class TrustAnchors:
    """The trust anchors of a run, looked up by name: bundles are held in memory, hashed directories read on demand."""

    def __init__(self, bundled: list[Certificate], directories: tuple[str, ...]) -> None:
        self._directories = directories
        self._by_name: dict[bytes, list[Certificate]] = {}
        # Each target of a fleet asks, mostly for the same.
        self._search = lru_cache(maxsize=_MAX_REMEMBERED)(self._look_up)
        for certificate in bundled:
            self._by_name.setdefault(canonical_name(certificate.subject), []).append(certificate)

    def named(self, name: bytes) -> list[Certificate]:
        """Return the trust anchors whose subject is the distinguished name ``name`` (DER), each once."""
        return self._search(canonical_name(name))

    def _look_up(self, canonical: bytes) -> list[Certificate]:
        """Return the trust anchors of that subject, each once."""
        found = {anchor.der: anchor for anchor in self._by_name.get(canonical, [])}
        for directory in self._directories:
            for anchor in _hashed(directory, canonical):
                found.setdefault(anchor.der, anchor)
        return list(found.values())

    def __contains__(self, certificate: Certificate) -> bool:
        return any(anchor.der == certificate.der for anchor in self.named(certificate.subject))


def anchors_at(locations: AnchorLocations) -> TrustAnchors:
    """Return the trust anchors at ``locations``. Raises TrustError if a location is missing, unreadable or empty."""
    bundled = [anchor for path in locations.files for anchor in _bundle(path)]
    directories = list(locations.directories)
    for directory in directories:
        if not is_hashed_directory(directory):
            raise TrustError(
                f"{quoted(directory)} is no directory of trust anchors named by hash; run: openssl rehash DIRECTORY"
            )
    if locations.system:
        system_directory, system_bundle = _system_store()
        directories += system_directory
        bundled += system_bundle
    return TrustAnchors(bundled, tuple(directories))


def _system_store() -> tuple[list[str], list[Certificate]]:
    """Return the system's trust anchors: a directory to look them up in, or those of a bundle."""
    for directory in SYSTEM_DIRECTORIES:
        if is_hashed_directory(directory):
            return [directory], []
    for path in SYSTEM_FILES:
        if os.path.exists(path):
            return [], _bundle(path)
    raise TrustError("this system has no trust anchors where we look; install ca-certificates or use --ca-file")


def is_hashed_directory(path: str) -> bool:
    """Tell whether ``path`` is a directory with at least one file named as OpenSSL's c_rehash does."""
    try:
        with os.scandir(path) as entries:
            return any(_HASHED_NAME.fullmatch(entry.name) for entry in entries)
    except OSError:
        return False


def _hashed(directory: str, canonical: bytes) -> Iterator[Certificate]:
    """Yield the anchors in ``directory`` whose canonical subject name is ``canonical`` (X509_NAME_hash in OpenSSL)."""
    digest = hashlib.sha1(canonical, usedforsecurity=False).digest()  # the file naming OpenSSL chose
    stem = os.path.join(directory, f"{int.from_bytes(digest[:4], 'little'):08x}")
    for number in range(_MAX_SAME_HASH):
        path = f"{stem}.{number}"
        if not os.path.exists(path):
            return
        try:
            anchors = _bundle(path)
        except TrustError:
            continue  # as OpenSSL does: what is no anchor here can be one of another number
        yield from (anchor for anchor in anchors if canonical_name(anchor.subject) == canonical)


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def _bundle(path: str) -> list[Certificate]:
    """Return the certificates of a PEM file. One that is broken does not hide the others."""
    try:
        with open(path, "rb", opener=_without_waiting) as file:
            # A pipe without a writer would be waited for past any deadline; its data are there, or it is none.
            data = file.read(_MAX_BYTES) or b""
    except OSError as error:
        raise TrustError(f"cannot read trust anchors from {quoted(path)}: {error.strerror}") from error
    anchors = []
    for block in certificate_blocks(data):
        try:
            if trusted_for_servers(block):
                anchors.append(certificate_in(block))
        except CertificateError:
            continue  # it can be nobody's anchor; the path then says which one is missing
    if not anchors:
        hint = "; it seems to be DER, run: openssl x509 -inform DER" if data[:1] == b"\x30" else ""
        raise TrustError(f"{quoted(path)} holds no PEM certificate to trust{hint}")
    return anchors


def load_anchors(options: Options) -> TrustAnchors | Finding:
    """Return the trust anchors, or the finding that says why there are none."""
    try:
        return anchors_at(options.anchors)
    except TrustError as error:
        return Finding(CHAIN_NO_TRUST_ANCHORS, reason=str(error))
