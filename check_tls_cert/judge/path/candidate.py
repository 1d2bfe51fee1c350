"""Certification paths as values, and the verdict on them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from check_tls_cert.model.finding import Finding
from check_tls_cert.x509.certificate import Certificate


class Path(NamedTuple):
    """A certification path, end-entity certificate first. ``anchored``: the last one is a trust anchor."""

    certificates: tuple[Certificate, ...]
    anchored: bool


def describe(path: Path, position: int) -> str:
    """Name a certificate of ``path`` by its role and subject."""
    name = path.certificates[position].name
    if position == 0:
        return f"the end-entity certificate {name}"
    if path.anchored and position == len(path.certificates) - 1:
        return f"the trust anchor {name}"
    return f"the intermediate CA certificate {name}"


class PathVerdict(NamedTuple):
    """The outcome of path validation.

    ``findings`` is empty for a valid ``path``; otherwise they are every reason against the best path there is. ``ends``
    is the last moment at which a path will validate as far as its CA certificates go, and ``ended_by`` the one of them
    that ends it; None when no path validates now, or it has no CA certificate. ``tried`` counts the paths looked at.
    """

    path: Path
    findings: tuple[Finding, ...]
    accepted: tuple[Finding, ...]
    ends: datetime | None
    ended_by: Certificate | None
    tried: int
