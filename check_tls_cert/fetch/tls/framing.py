"""A layer between TLS and the stream while the handshake lasts, where TLS records do not stand in it by themselves."""

from __future__ import annotations

from typing import Protocol

from check_tls_cert.model.finding import Finding, FindingKind


class FramingError(Exception):
    """What was received is not what the protocol below TLS has; ``finding`` says why."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(f"{finding.id}: {finding.presented or finding.reason or finding.expected}")
        self.finding = finding

    @property
    def kind(self) -> FindingKind:
        """What kind of finding it is."""
        return self.finding.kind


class Framing(Protocol):
    """The layer, new for each handshake."""

    def wrap(self, data: bytes) -> bytes:
        """Return ``data`` from TLS as it goes into the stream."""

    def feed(self, data: bytes) -> bytes:
        """Return what bytes received hold for TLS, none if there is too little. Raises FramingError."""
