"""From a parsed command line to the one target that it names: an endpoint or files."""

from __future__ import annotations

import argparse
import os
from typing import NamedTuple

from check_tls_cert.model import services
from check_tls_cert.model.settings import DEFAULT_PORT
from check_tls_cert.model.target import Proxy, Target, Way
from check_tls_cert.options.errors import UsageError
from check_tls_cert.options.values import identifier_of, port_number, split_port
from check_tls_cert.text import listing, printable, quoted
from check_tls_cert.x509.identity import DNS_ID, Identifier, parse_address, reference_identifier

_ENDPOINT_ONLY = (
    "--port",
    "--address",
    "--sni",
    "--ipv4",
    "--ipv6",
    "--starttls",
    "--all-addresses",
    "--both-key-types",
    "--proxy",
    "--proxy-password-file",
    "--client-cert",
    "--client-key",
    "--alpn",
    "--dtls",
    "--deployed",
)


class Endpoint(NamedTuple):
    """What a person writes for an endpoint, taken apart: HOST, HOST:PORT or [IPV6]:PORT."""

    #: The host as written, an IPv6 address perhaps in brackets.
    host: str
    #: The same as a name or address that certificates can have.
    identifier: Identifier
    #: None if none was written.
    port: int | None

    @property
    def shown_host(self) -> str:
        """The host as a label has it: an IPv6 address in brackets, a name in A-labels."""
        return f"[{self.host.strip('[]')}]" if ":" in self.host else self.identifier.text


def parse_endpoint(option: str, text: str) -> Endpoint:
    """Return the endpoint that ``text``, the value of ``option``, names. Raises UsageError."""
    if "://" in text:
        raise UsageError(f"{option}: give the host name alone, not a URL such as {quoted(text)}")
    host, port = split_port(text)
    return Endpoint(host, identifier_of(option, host), None if port is None else port_number(option, port))


def target_of(given: argparse.Namespace) -> Target:
    """Return the one target that ``given`` names. Raises UsageError."""
    hosts, files = given.host or [], given.file or []
    if len(hosts) + bool(files) != 1:
        raise UsageError(
            "use either -H or --file, not both" if hosts else "nothing to check: use -H HOST or --file PATH"
        )
    name = None if given.name is None else identifier_of("--name", given.name)
    required = [part.strip() for value in given.san or () for part in value.split(",")]
    names = tuple(dict.fromkeys(identifier_of("--san", part, wildcard=True) for part in required))
    if files:
        return _file_target(given, files, name, names)
    return _endpoint_target(given, parse_endpoint("-H", hosts[0]), name, names)


def destination(option: str) -> str:
    """Return what the parser calls the value of ``option``."""
    return option.lstrip("-").replace("-", "_")


def _file_target(
    given: argparse.Namespace, paths: list[str], name: Identifier | None, names: tuple[Identifier, ...]
) -> Target:
    for option in _ENDPOINT_ONLY:
        if getattr(given, destination(option)):
            raise UsageError(f"{option} does not go with --file")
    if not all(paths):
        raise UsageError("--file: the path is empty")
    label = listing(("standard input" if path == "-" else printable(path) for path in paths), limit=2)
    way = Way(password_file=given.password_file or "")
    if not names and name is not None:
        names = (name,)
    return Target(label, reference=name, required=names, paths=tuple(paths), way=way)


def _endpoint_target(
    given: argparse.Namespace, endpoint: Endpoint, name: Identifier | None, names: tuple[Identifier, ...]
) -> Target:
    port = _port_of(given, endpoint)
    reference = name or endpoint.identifier
    label = printable(f"{endpoint.shown_host}:{port}")
    address = endpoint.host
    if given.address is not None:
        identifier_of("--address", given.address)
        address = given.address
        label += f" at {printable(address)}"
    _check_family(given, address)
    return Target(
        label,
        address=_connectable(address),
        port=port,
        server_name=_server_name(given.sni, endpoint.identifier, reference),
        reference=reference,
        required=names or (reference,),
        all_addresses=given.all_addresses,
        both_key_types=given.both_key_types,
        deployed=given.deployed or "",
        way=_way(given, endpoint.identifier),
    )


def _port_of(given: argparse.Namespace, endpoint: Endpoint) -> int:
    """Return the port: that of -H or -p, which must agree, or else the one usual for what is spoken."""
    port = port_number("-p", given.port) if given.port else None
    if endpoint.port is not None:
        if port not in (None, endpoint.port):
            raise UsageError(f"-H and -p name different ports, {endpoint.port} and {port}")
        return endpoint.port
    if port is not None:
        return port
    return services.PORTS[given.starttls] if given.starttls else DEFAULT_PORT


def _check_family(given: argparse.Namespace, address: str) -> None:
    """Raise UsageError if only addresses of one family are wanted, and ``address`` is one of the other."""
    literal = parse_address(address)
    if literal is None:
        return
    for wanted, option, version in ((given.ipv4, "-4", 4), (given.ipv6, "-6", 6)):
        if wanted and literal.version != version:
            raise UsageError(f"{option} does not go with the address {literal}")


def _way(given: argparse.Namespace, host: Identifier) -> Way:
    """Return how to get to a handshake with ``host``. Raises UsageError for options that contradict each other."""
    proxy = _proxy(given.proxy, host)
    if proxy is not None and given.all_addresses:
        raise UsageError("--all-addresses does not go with --proxy, which resolves the name itself")
    if (given.client_key or given.password_file) and not given.client_cert:
        raise UsageError(f"{'--client-key' if given.client_key else '--password-file'} needs --client-cert")
    if given.dtls and (given.starttls or given.proxy):
        raise UsageError(f"{'--starttls' if given.starttls else '--proxy'} does not go with --dtls")
    protocols = () if given.alpn is None else tuple(name.strip() for name in given.alpn.split(","))
    if not all(0 < len(name) < 256 and name.isascii() for name in protocols):
        raise UsageError(f"--alpn: {quoted(given.alpn)} is not a list of protocol names, such as h2,http/1.1")
    return Way(
        starttls=given.starttls or "",
        proxy=proxy,
        proxy_password_file=given.proxy_password_file or "",
        client_certificate=given.client_cert or "",
        client_key=given.client_key or "",
        password_file=given.password_file or "",
        alpn=protocols,
        dtls=given.dtls,
    )


def _proxy(url: str | None, host: Identifier) -> Proxy | None:
    """Return the proxy that --proxy names for ``host``."""
    if url is None:
        return None
    from check_tls_cert.options import proxy_url

    try:
        if url == "env":
            return proxy_url.proxy_from_environment(host.text, os.environ)
        return proxy_url.parse_proxy(url)
    except ValueError as error:
        # A URL that may hold a password is not repeated, nor one that the user did not type.
        shown = "" if url == "env" or "@" in url else f"{quoted(url)} is "
        raise UsageError(f"--proxy: {shown}{error}") from error


def _connectable(host: str) -> str:
    """Return what to resolve: an address as given, with its zone, or a name in A-labels."""
    return host if parse_address(host) else reference_identifier(host).value


def _server_name(sni: str | None, host: Identifier, reference: Identifier) -> str | None:
    """Return the server name to send: never an address (RFC 6066, section 3)."""
    if sni is not None:
        chosen = identifier_of("--sni", sni) if sni else None
        if chosen is not None and chosen.kind != DNS_ID:
            raise UsageError("--sni: an IP address is never sent as server name; use '' for none")
        return chosen.value if chosen is not None else None
    return next((identifier.value for identifier in (host, reference) if identifier.kind == DNS_ID), None)
