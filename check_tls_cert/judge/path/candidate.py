"""Certification paths as values, and the verdict on them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from check_tls_cert.model.finding import Finding
from check_tls_cert.x509.certificate import Certificate


class Path(NamedTuple):
    """A certification path."""

    #: The end-entity certificate first.
    certificates: tuple[Certificate, ...]
    #: The last one is a trust anchor.
    anchored: bool


def role_of(path: Path, position: int) -> str:
    """Return what the certificate at ``position``, which may count from the end, is on ``path``."""
    last = len(path.certificates) - 1
    if position % len(path.certificates) == 0:
        return "end-entity certificate"
    if path.anchored and position % len(path.certificates) == last:
        return "trust anchor"
    return "intermediate CA certificate"


class Rank(NamedTuple):
    """How far a path is from being valid: of several, the one with the lowest rank is the one to report."""

    #: No trust anchor is at its top.
    dead_end: bool
    #: How many reasons against it count.
    reasons: int


class Candidate(NamedTuple):
    """A path that was tried, with every reason against it."""

    path: Path
    #: Every reason against it, accepted ones included.
    findings: tuple[Finding, ...]
    #: Ids of findings that do not count.
    accept: frozenset[str]

    @property
    def counted(self) -> tuple[Finding, ...]:
        """The reasons that count."""
        return tuple(finding for finding in self.findings if finding.id not in self.accept)

    @property
    def accepted(self) -> tuple[Finding, ...]:
        """The reasons that do not count."""
        return tuple(finding for finding in self.findings if finding.id in self.accept)

    @property
    def rank(self) -> Rank:
        """How far it is from being valid."""
        return Rank(not self.path.anchored, len(self.counted))


class PathVerdict(NamedTuple):
    """The outcome of path validation."""

    #: The best path there is, valid if there are no findings.
    path: Path
    #: Every reason against it that counts.
    findings: tuple[Finding, ...]
    #: The reasons that do not count.
    accepted: tuple[Finding, ...]
    #: The last moment at which a path will validate as far as its CA certificates go; None when none validates now, or
    #: the path has no CA certificate.
    ends: datetime | None
    #: The CA certificate that ends it.
    ended_by: Certificate | None
    #: How many paths were looked at.
    tried: int
