"""What a source brought home: chains, attempts, and what a handshake agreed on. No behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from check_tls_cert.x509.certificate import Certificate

if TYPE_CHECKING:
    pass
from check_tls_cert.model.finding import Finding


class Attempt(NamedTuple):
    """One address tried: with ``failure`` None, a TLS handshake completed there. ``seconds`` is None if none began."""

    address: str
    failure: Finding | None = None
    seconds: float | None = None


class Negotiated(NamedTuple):
    """What the handshake agreed on, for people; empty strings where the library does not tell, or there is nothing."""

    protocol: str
    cipher: str
    group: str
    alpn: str = ""


class Presented(NamedTuple):
    """What a source brought home, in the order presented: the end-entity certificate first.

    ``attempts`` is empty for sources that are not on the network. ``failure`` says why there is no certificate, or what
    of it is missing, where that is not an attempt's. ``notes`` are remarks for verbose output, ``conversation`` is the
    exchange with the peer. ``origin`` tells it from the others where a target presents several chains: an address, a
    kind of key, a place in a file; ``key_type`` is the one that was asked for, if any.
    """

    chain: tuple[Certificate, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    failure: Finding | None = None
    negotiated: Negotiated | None = None
    notes: tuple[str, ...] = ()
    conversation: tuple[str, ...] = ()
    origin: str = ""
    key_type: str = ""
