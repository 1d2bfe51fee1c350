"""The values that flow between the rooms: what to check, what was presented, what was measured. No behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from check_tls_cert.model.metrics import Thresholds
from check_tls_cert.x509.certificate import Certificate
from check_tls_cert.x509.identity import Identifier

if TYPE_CHECKING:
    from check_tls_cert.fetch.proxy import Proxy

#: Whose strictness to judge a path by: that of OpenSSL, or of Web-PKI clients.
OPENSSL, WEBPKI = PROFILES = ("openssl", "webpki")


class Way(NamedTuple):
    """How to get from a connection to a handshake, and what to offer in it.

    ``starttls`` is the protocol of the preamble, "" for none; ``proxy`` the proxy to go through. Paths: the client's
    certificate with its chain and its key (in the same file if empty), and the file with the password of that, or of
    keystores. ``dtls``: over datagrams.
    """

    starttls: str = ""
    proxy: Proxy | None = None
    proxy_password_file: str = ""
    client_certificate: str = ""
    client_key: str = ""
    password_file: str = ""
    alpn: tuple[str, ...] = ()
    dtls: bool = False


class Target(NamedTuple):
    """What one verdict is about: a TLS endpoint, or files when there are ``paths``.

    ``address`` is where to connect (the host unless the user says otherwise); ``server_name`` goes into SNI;
    ``reference`` is the reference identifier (RFC 9525); ``required`` are the names the SANs must cover. ``deployed``
    is the path of a file whose end-entity certificate the endpoint has to present.
    ``way`` is how to get to a handshake.
    """

    label: str
    address: str = ""
    port: int = 0
    server_name: str | None = None
    reference: Identifier | None = None
    required: tuple[Identifier, ...] = ()
    paths: tuple[str, ...] = ()
    all_addresses: bool = False
    both_key_types: bool = False
    deployed: str = ""
    way: Way = Way()  # a NamedTuple never changes


class AnchorLocations(NamedTuple):
    """Where the trust anchors come from; ``system`` adds the operating system's store."""

    files: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    system: bool = True


class Options(NamedTuple):
    """One command line, checked. ``rehearsal`` says that ``validation_time`` is not the present.

    ``timeout`` is in seconds and covers the whole run. ``family`` is an address family of `socket`, or 0 for any;
    ``profile`` is one of PROFILES, ``output`` a format that `check_tls_cert.report` has. ``terminal``: people read the
    output, so that nothing need be cut to what monitors take.
    """

    target: Target
    anchors: AnchorLocations
    thresholds: Mapping[str, Thresholds]
    accept: frozenset[str]
    validation_time: datetime
    rehearsal: bool
    timeout: float
    family: int
    verbosity: int
    profile: str = OPENSSL
    output: str = "text"
    terminal: bool = False


class Finding(NamedTuple):
    """Why a metric is what it is: a stable ``id``, the expected and the presented in one sentence, and the remedy.

    ``certificate`` is the one at fault, where it is one. ``numeric``: the metric's number itself is the reason, so that
    the range it should be in belongs to the sentence.
    """

    id: str
    text: str
    remedy: str = ""
    certificate: Certificate | None = None
    numeric: bool = False


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


class Measurement(NamedTuple):
    """One metric, measured, with the findings that explain it.

    ``value`` is in the metric's unit, or None for "could not be determined", which is never OK. ``statement`` is what
    to say when all is well. A problem that is another metric's already names that metric in ``charged_to``: this one
    then takes over its state and adds no words. ``accepted`` findings do not count. ``details`` are remarks, and
    ``path`` is the certification path judged, for verbose output.
    """

    metric: str
    value: float | None
    statement: str = ""
    findings: tuple[Finding, ...] = ()
    accepted: tuple[Finding, ...] = ()
    charged_to: str = ""
    details: tuple[str, ...] = ()
    path: tuple[Certificate, ...] = ()


class FindingKind(NamedTuple):
    """What a finding id stands for, for the documentation."""

    id: str
    meaning: str
