"""What is to be checked: a target, the way to it, and the options of one command line. No behaviour."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from check_tls_cert.model.ranges import Thresholds
from check_tls_cert.x509.identity import Identifier

HTTP, SOCKS5 = "http", "socks5"


class Proxy(NamedTuple):
    """A proxy to go through. ``user`` is "" for none."""

    kind: str
    host: str
    port: int
    user: str = ""
    password: bytes = b""


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
