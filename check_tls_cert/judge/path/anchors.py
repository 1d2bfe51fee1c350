"""Looking trust anchors up, as an argument: the anchors are on disk, and judging does no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from check_tls_cert.x509.certificate import Certificate


class Anchors(Protocol):
    """The trust anchors of one run; `fetch.trust` has them from files and directories."""

    def __contains__(self, certificate: Certificate) -> bool:
        """Tell whether a certificate is a trust anchor."""

    def named(self, name: bytes) -> Iterable[Certificate]:
        """Return the trust anchors whose subject is the distinguished name ``name``, in DER."""


class NoAnchors:
    """No trust anchor at all: enough to judge what presented no chain."""

    def __contains__(self, certificate: Certificate) -> bool:
        """Tell whether a certificate is a trust anchor: none is."""
        return False

    def named(self, name: bytes) -> Iterable[Certificate]:
        """Return no trust anchors."""
        return ()
