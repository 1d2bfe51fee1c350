"""What a source brought home: chains, attempts, and what a handshake agreed on. No behaviour."""

from __future__ import annotations

from typing import NamedTuple, Union

from check_tls_cert.model.finding import Finding
from check_tls_cert.x509.certificate import Certificate


class Attempt(NamedTuple):
    """One address tried."""

    #: Numeric, without the port.
    address: str
    #: None: a TLS handshake completed there.
    failure: Finding | None = None
    #: How long connecting and the handshake took; None if none began.
    seconds: float | None = None


class Negotiated(NamedTuple):
    """What the handshake agreed on, for people; empty strings where the library does not tell, or there is nothing."""

    #: Such as TLSv1.3.
    protocol: str
    #: OpenSSL's name of the cipher suite.
    cipher: str
    #: Of the key exchange; "" where the library does not tell.
    group: str
    #: The application protocol, if one was agreed on (RFC 7301).
    alpn: str = ""


class Explained(NamedTuple):
    """A remark with the finding that explains it, which does not count."""

    #: Said before what the finding says.
    text: str
    #: What it is about; it is not accepted or counted.
    finding: Finding


#: A remark for verbose output.
Note = Union[str, Explained]


class Presented(NamedTuple):
    """One chain that a source brought home, or why there is none."""

    #: In the order presented: the end-entity certificate first.
    chain: tuple[Certificate, ...] = ()
    #: Empty for sources that are not on the network.
    attempts: tuple[Attempt, ...] = ()
    #: Why there is no certificate, or what of it is missing, where that is not an attempt's.
    failure: Finding | None = None
    #: None where no handshake got that far.
    negotiated: Negotiated | None = None
    #: Remarks for verbose output.
    notes: tuple[Note, ...] = ()
    #: The exchange with the peer, for -vvv.
    conversation: tuple[str, ...] = ()
    #: What tells it from the other chains of a target: an address, a kind of key, a place in a file.
    origin: str = ""
    #: The type of key that was asked for, RSA or ECDSA; "" for any.
    key_type: str = ""
