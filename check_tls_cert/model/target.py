"""What is to be checked: a target, the way to it, and the options of one command line. No behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from check_tls_cert.model.ranges import Thresholds
from check_tls_cert.x509.identity import Identifier

HTTP, SOCKS5 = "http", "socks5"


class Proxy(NamedTuple):
    """A proxy to go through."""

    #: HTTP or SOCKS5.
    kind: str
    #: Name or address.
    host: str
    #: TCP port.
    port: int
    #: "" for none.
    user: str = ""
    #: Read before it is needed, b"" until then.
    password: bytes = b""


#: Whose strictness to judge a path by: that of OpenSSL, or of Web-PKI clients.
OPENSSL, WEBPKI = PROFILES = ("openssl", "webpki")


class Way(NamedTuple):
    """How to get from a connection to a handshake, and what to offer in it."""

    #: The protocol of the preamble, "" for none.
    starttls: str = ""
    #: The proxy to go through.
    proxy: Proxy | None = None
    #: The path of the file with the proxy's password.
    proxy_password_file: str = ""
    #: The path of the client's certificate with its chain.
    client_certificate: str = ""
    #: The path of its key; in the same file if empty.
    client_key: str = ""
    #: The path of the file with the password of that key, or of keystores.
    password_file: str = ""
    #: Application protocols to offer (RFC 7301).
    alpn: tuple[str, ...] = ()
    #: Over datagrams.
    dtls: bool = False


class Target(NamedTuple):
    """What one verdict is about: a TLS endpoint, or files when there are ``paths``."""

    #: What to call it.
    label: str
    #: Where to connect: the host unless the user says otherwise.
    address: str = ""
    #: TCP or UDP port.
    port: int = 0
    #: What goes into SNI, None for none.
    server_name: str | None = None
    #: The reference identifier (RFC 9525).
    reference: Identifier | None = None
    #: The names that the SANs must cover.
    required: tuple[Identifier, ...] = ()
    #: Files, directories and patterns to check instead of an endpoint.
    paths: tuple[str, ...] = ()
    #: Each address of the host is checked.
    all_addresses: bool = False
    #: The certificates for RSA and for ECDSA are checked.
    both_key_types: bool = False
    #: The path of a file whose end-entity certificate the endpoint has to present.
    deployed: str = ""
    #: How to get to a handshake.
    way: Way = Way()  # a NamedTuple never changes


class AnchorLocations(NamedTuple):
    """Where the trust anchors come from."""

    #: Paths of PEM files.
    files: tuple[str, ...] = ()
    #: Paths of hashed directories.
    directories: tuple[str, ...] = ()
    #: The operating system's store, too.
    system: bool = True


class Options(NamedTuple):
    """One command line, checked."""

    #: What to check.
    target: Target
    #: Where the trust anchors are.
    anchors: AnchorLocations
    #: By the name of the metric.
    thresholds: Mapping[str, Thresholds]
    #: Ids of findings that do not count.
    accept: frozenset[str]
    #: UTC, in whole seconds.
    validation_time: datetime
    #: The validation time is not the present.
    rehearsal: bool
    #: Seconds for the whole run, or for one of several targets.
    timeout: float
    #: An address family of `socket`, or 0 for any.
    family: int
    #: How many -v there are, 3 at most.
    verbosity: int
    #: One of PROFILES.
    profile: str = OPENSSL
    #: One of `settings.FORMATS`.
    output: str = "text"
    #: People read the output, so that nothing need be cut to what monitors take.
    terminal: bool = False
