"""From a parsed command line to the one target that it names."""

from __future__ import annotations

import argparse
import os
from typing import TYPE_CHECKING

from check_tls_cert.model import services
from check_tls_cert.model.target import Target, Way
from check_tls_cert.text import listing, printable, quoted
from check_tls_cert.x509.identity import DNS_ID, Identifier, parse_address, reference_identifier

if TYPE_CHECKING:
    from check_tls_cert.model.target import Proxy
from check_tls_cert.model.settings import DEFAULT_PORT
from check_tls_cert.options.errors import UsageError
from check_tls_cert.options.values import identifier_of, port_number, split_port

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


def target_of(given: argparse.Namespace) -> Target:
    """Return the one target that ``given`` names. Raises UsageError."""
    hosts, files = given.host or [], given.file or []
    if len(hosts) + bool(files) != 1:
        few = "only one target is possible" if hosts else "a target is needed"
        raise UsageError(f"{few}: either -H HOST or --file PATH")
    name = None if given.name is None else identifier_of("--name", given.name)
    required = [part.strip() for value in given.san or () for part in value.split(",")]
    names = tuple(dict.fromkeys(identifier_of("--san", part, wildcard=True) for part in required))
    if files:
        return _file_target(given, files, name, names)
    return _endpoint_target(given, hosts[0], name, names)


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
    return Target(label, reference=name, required=names or ((name,) if name else ()), paths=tuple(paths), way=way)


def _endpoint_target(
    given: argparse.Namespace, host: str, name: Identifier | None, names: tuple[Identifier, ...]
) -> Target:
    if "://" in host:
        raise UsageError(f"-H: name the host alone, not a URL such as {quoted(host)}")
    bare, port = split_port(host)
    identifier = identifier_of("-H", bare)
    default = services.PORTS[given.starttls] if given.starttls else DEFAULT_PORT
    number = port_number("-H", port) if port is not None else port_number("-p", given.port) if given.port else default
    if port is not None and given.port and port_number("-p", given.port) != number:
        raise UsageError(f"-H and -p name different ports, {number} and {given.port}")
    reference = name or identifier
    shown = f"[{bare.strip('[]')}]" if ":" in bare else identifier.text
    label = printable(f"{shown}:{number}")
    literal = parse_address(given.address if given.address is not None else bare)
    if literal is not None and ((given.ipv4 and literal.version == 6) or (given.ipv6 and literal.version == 4)):
        raise UsageError(f"-{'4' if given.ipv4 else '6'} does not go with the address {literal}")
    if given.address is not None:
        identifier_of("--address", given.address)
        label += f" at {printable(given.address)}"
    return Target(
        label,
        address=_connectable(given.address if given.address is not None else bare),
        port=number,
        server_name=_server_name(given.sni, identifier, reference),
        reference=reference,
        required=names or (reference,),
        all_addresses=given.all_addresses,
        both_key_types=given.both_key_types,
        deployed=given.deployed or "",
        way=_way(given, identifier),
    )


def _way(given: argparse.Namespace, host: Identifier) -> Way:
    proxy = _proxy(given.proxy, host)
    if proxy is not None and given.all_addresses:
        raise UsageError("--all-addresses does not go with --proxy, which resolves the name itself")
    if (given.client_key or given.password_file) and not given.client_cert:
        raise UsageError(f"{'--client-key' if given.client_key else '--password-file'} needs --client-cert")
    if given.dtls and (given.starttls or given.proxy):
        raise UsageError(f"{'--starttls' if given.starttls else '--proxy'} does not go with --dtls")
    protocols = () if given.alpn is None else tuple(name.strip() for name in given.alpn.split(","))
    if not all(0 < len(name) < 256 and name.isascii() for name in protocols):
        raise UsageError(f"--alpn: {quoted(given.alpn)} is no list of protocol names")
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
    if url is None:
        return None
    from check_tls_cert.options import proxy_url

    try:
        return proxy_url.proxy_from_environment(host.text, os.environ) if url == "env" else proxy_url.parse_proxy(url)
    except ValueError as error:
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
