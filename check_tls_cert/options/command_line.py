"""The command line: the parser, whose help is the reference, and its conversion to `Options`. Judges nothing."""

from __future__ import annotations

import argparse
import os
import re
import socket
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING, NoReturn

from check_tls_cert import __version__
from check_tls_cert import report as output
from check_tls_cert.fetch import starttls
from check_tls_cert.model.finding import OPENSSL, PROFILES, AnchorLocations, Options, Target, Way
from check_tls_cert.model.metrics import (
    MetricKind,
    Threshold,
    ThresholdError,
    Thresholds,
    all_metrics,
    contradiction,
    parse_threshold,
)
from check_tls_cert.text import listing, printable, quoted
from check_tls_cert.x509.identity import DNS_ID, Identifier, parse_address, reference_identifier

if TYPE_CHECKING:
    from check_tls_cert.fetch.proxy import Proxy

DEFAULT_PORT = 443
DEFAULT_TIMEOUT = 10.0
MAX_TIMEOUT = 86_400.0

#: How many targets are at work side by side: enough for a network's delays to overlap, too few to wait for two cores.
DEFAULT_JOBS = 64
MAX_JOBS = 10_000

#: Seconds for a run with several targets: Icinga, Nagios and systems like them give a check 60.
DEFAULT_TOTAL_TIMEOUT = 50.0

#: Stands for a range that is not given, where a monitor's template gives every option.
DEFAULT_RANGE = "default"

#: With a range for CRITICAL alone, one bad target is worth a warning.
DEFAULT_FLEET_WARNING = "0"

#: Performance data of every target, or of all of them together; of so many, each has its own unless the user says so.
ALL, AGGREGATE = PERFDATA = ("all", "aggregate")
FEW_TARGETS = 5

#: Environment variables for secrets, which have no place on a command line that every user can read.
PASSWORD_VARIABLE = "CHECK_TLS_CERT_PASSWORD"  # noqa: S105  # nosec B105  # the name of a variable
PROXY_PASSWORD_VARIABLE = "CHECK_TLS_CERT_PROXY_PASSWORD"  # noqa: S105  # nosec B105  # the name of a variable

DESCRIPTION = """\
Check the certificates of a TLS endpoint, or in a file: are they good, and do they stay good long enough to act?
Asks what a strict client asks (expiry, certification path, hostname, SANs), reports every problem with its remedy, and
exits 0 (OK), 1 (WARNING), 2 (CRITICAL) or 3 (UNKNOWN: could not tell)."""

EPILOG = """\
ranges:
  RANGE is the Monitoring Plugins' [@]start:end: alert when the value is outside, or with @ when it is inside. For
  metrics in days a lone N means N: (at least N days left), and units are d (default), h, w and % of the validity
  period; of alternatives such as 30,25% the one that leaves less time holds. The word default is the default.

examples:
  check_tls_cert -H www.example.org
      the endpoint www.example.org:443 with the default thresholds
  check_tls_cert -H www.example.org -w 21 -c 7 --san example.org,www.example.org
      warn 21 days before the end, and require both names
  check_tls_cert -H www.example.org --address 192.0.2.17
      the same site on one node behind the load balancer
  check_tls_cert -H db.example.org:8443 --ca-file /etc/ssl/private-ca.pem --at +30d
      what will be reported in 30 days, with a CA of your own as the only trust anchor
  check_tls_cert --targets /etc/tls-targets -w 21 --fleet-critical 10%
      all endpoints that a file lists, and CRITICAL only if more than a tenth of them is not OK
  check_tls_cert --file /etc/ssl/site.pem --name www.example.org
      a certificate and its chain on disk, before the server is told to load it
"""


class UsageError(Exception):
    """The command line cannot be meant; the message says why, for the user."""


class Printed(Exception):
    """Help or version was asked for; the message is the text to print."""


class _Parser(argparse.ArgumentParser):
    """argparse, but errors are raised: it would print to stderr and exit 2, which is CRITICAL."""

    def error(self, message: str) -> NoReturn:
        if message.endswith(("-warning: expected one argument", "-critical: expected one argument")):
            message += "; a range that begins with - goes behind =, as in --expiry-critical=-5"
        raise UsageError(message)


class _Print(argparse.Action):
    """--help and --version."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object, **__: object) -> NoReturn:
        raise Printed(f"check_tls_cert {__version__}" if self.dest == "version" else parser.format_help().rstrip())


def build_parser() -> argparse.ArgumentParser:
    """Return the parser; the README's table of options is generated from it."""
    parser = _Parser(
        prog="check_tls_cert",
        description=DESCRIPTION,
        epilog=EPILOG,
        usage="check_tls_cert -H HOST [-p PORT] [--starttls PROTOCOL] [option ...]\n"
        "       check_tls_cert -H HOST -H HOST ... | --targets PATH [option ...]\n"
        "       check_tls_cert --file PATH [option ...]",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=False,
    )
    _add_target(parser)
    _add_endpoint(parser)
    _add_fleet(parser)
    _add_connection(parser)
    _add_expectations(parser)
    _add_thresholds(parser)
    _add_general(parser)
    return parser


def build_line_parser() -> argparse.ArgumentParser:
    """Return the parser for what follows the host on a line of --targets; only what is given is in its namespace."""
    parser = _Parser(add_help=False, allow_abbrev=False)
    _add_endpoint(parser)
    _add_connection(parser)
    _add_expectations(parser)
    _add_thresholds(parser)
    for action in parser._actions:  # noqa: SLF001  # argparse has no other way to list them
        action.default = argparse.SUPPRESS
    return parser


def _add_target(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("target").add_argument
    add(
        "-H",
        "--host",
        metavar="HOST",
        action="append",
        help="name or address; also HOST:PORT or [IPV6]:PORT; repeatable",
    )
    add(
        "--file",
        metavar="PATH",
        action="append",
        help="check files, patterns or directories instead, of any kind that holds certificates; - is standard input;"
        " repeatable",
    )


def _add_endpoint(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("endpoint")
    add = group.add_argument
    add(
        "-p",
        "--port",
        metavar="PORT",
        help=f"TCP port, or a service with TLS, such as ldaps (default: {DEFAULT_PORT}, or that of --starttls)",
    )
    add("--address", metavar="ADDRESS", help="connect to this name or address instead of HOST")
    add(
        "--sni",
        metavar="NAME",
        help="server name to ask for (default: HOST, or --name if HOST is an address; '': none)",
    )
    family = group.add_mutually_exclusive_group()
    family.add_argument("-4", "--ipv4", action="store_true", help="use IPv4 only")
    family.add_argument("-6", "--ipv6", action="store_true", help="use IPv6 only")
    add(
        "-t",
        "--timeout",
        metavar="SECONDS",
        default=str(int(DEFAULT_TIMEOUT)),
        help="for the whole run, or for each of several targets (default: 10)",
    )


def _add_fleet(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("several targets").add_argument
    add(
        "--targets",
        metavar="PATH",
        action="append",
        help="file with a target a line: HOST[:PORT] and what differs from the command line, such as --starttls, --name"
        " or thresholds; - is standard input; repeatable",
    )
    add("--jobs", metavar="N", help=f"how many to check side by side (default: {DEFAULT_JOBS})")
    add(
        "--total-timeout",
        metavar="SECONDS",
        help=f"for the whole run (default: {int(DEFAULT_TOTAL_TIMEOUT)}, or --timeout if that is longer)",
    )
    for level in ("warning", "critical"):
        unless = f"; default: {DEFAULT_FLEET_WARNING} with --fleet-critical" if level == "warning" else ""
        add(
            f"--fleet-{level}",
            metavar="RANGE",
            help=f"{level.upper()} by how many targets are not OK, or which share such as 10%%, instead of by the worst"
            f" of them{unless}",
        )
    add(
        "--perfdata",
        metavar="|".join(PERFDATA),
        choices=PERFDATA,
        help=f"performance data of all targets or of them together (default: all for up to {FEW_TARGETS} targets)",
    )
    add("--sort-by-expiry", action="store_true", help="list all targets, the first to expire first")


def _add_connection(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("connection").add_argument
    add("--starttls", metavar="PROTOCOL", choices=starttls.names(), help=f"begin with {', '.join(starttls.names())}")
    add("--all-addresses", action="store_true", help="check every address of HOST, side by side; the worst decides")
    add(
        "--both-key-types",
        action="store_true",
        help="check the RSA and the ECDSA certificate of a server that has both",
    )
    add(
        "--proxy",
        metavar="URL",
        help="http://[USER@]HOST:PORT (CONNECT), socks5://[USER@]HOST:PORT, or env for what https_proxy says",
    )
    add("--proxy-password-file", metavar="PATH", help=f"its password (default: the variable {PROXY_PASSWORD_VARIABLE})")
    add("--client-cert", metavar="PATH", help="PEM file of a client certificate and its chain, for servers that ask")
    add("--client-key", metavar="PATH", help="PEM file of its key (default: in the file of --client-cert)")
    add(
        "--password-file",
        metavar="PATH",
        help=f"password of that key, or of keystores (default: the variable {PASSWORD_VARIABLE})",
    )
    add("--dtls", action="store_true", help="DTLS, over UDP")
    add("--alpn", metavar="NAME[,NAME...]", help="application protocols to offer, such as h2,http/1.1")


def _add_expectations(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("what is expected").add_argument
    add("--name", metavar="NAME", help="reference identifier the certificate must match (default: HOST)")
    add(
        "--san",
        metavar="NAME[,NAME...]",
        action="append",
        help="name or address the SANs must cover; repeatable (default: the reference identifier)",
    )
    add(
        "--ca-file",
        metavar="PATH",
        action="append",
        help="PEM file of trust anchors, instead of the system's; repeatable",
    )
    add(
        "--ca-path",
        metavar="DIRECTORY",
        action="append",
        help="hashed directory of trust anchors, instead of the system's; repeatable",
    )
    add("--system-ca", action="store_true", help="trust the system's anchors beside --ca-file or --ca-path")
    add(
        "--profile",
        metavar="|".join(PROFILES),
        choices=PROFILES,
        default=OPENSSL,
        help=f"whose strictness to judge by: OpenSSL's, or that of Web-PKI clients (default: {OPENSSL})",
    )
    add("--deployed", metavar="PATH", help="file whose end-entity certificate the endpoint must present, once reloaded")
    add("--accept", metavar="ID", action="append", help="finding that does not count, by its id (see -v); repeatable")
    add(
        "--at",
        metavar="TIME",
        help="judge as of this time: ISO 8601 (UTC unless it says otherwise), or +N with d, h or w",
    )


def _add_thresholds(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("thresholds, per metric")
    for kind in all_metrics():
        for level, default in (("warning", kind.warning), ("critical", kind.critical)):
            option = f"--{kind.name.replace('_', '-')}-{level}"
            short = [f"-{level[0]}"] if kind.name == "expiry" else []
            unit = f"in {kind.unit}, " if kind.unit else ""
            about = f"{kind.meaning}; {unit}" if level == "warning" else ""
            shown = {"": "none", "derived": "that of expiry"}.get(default, default).replace("%", "%%")
            text = f"{about.replace('%', '%%')}default: {shown}"
            group.add_argument(*short, option, metavar="RANGE", dest=f"{kind.name}_{level}", help=text)


def _add_general(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("general").add_argument
    add(
        "-v",
        "--verbose",
        action="count",
        default=0,
        help="say more: -v problems and certificates, -vv metrics and connection, -vvv the handshake",
    )
    add(
        "--output",
        metavar="|".join(output.FORMATS),
        choices=output.FORMATS,
        default=output.TEXT,
        help="format: text for people and monitors, json, or openmetrics for a textfile collector (default: text)",
    )
    add("-V", "--version", action=_Print, nargs=0, dest="version", help="print the version and exit 3")
    add("-h", "--help", action=_Print, nargs=0, dest="help", help="print this help and exit 3")


def parse(arguments: Sequence[str], now: datetime) -> Options:
    """Return the options that a command line with one target gives. Raises as `read` and `options_of` do."""
    return options_of(read(arguments), now)


def read(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what the command line says. Raises UsageError, or Printed for --help and --version."""
    return build_parser().parse_args(list(arguments))


def several(given: argparse.Namespace) -> bool:
    """Tell whether what is ``given`` names several targets. Raises UsageError if it says how to check some, of one."""
    if given.targets is not None or len(given.host or ()) > 1:
        return True
    for option in _FLEET_ONLY:
        if getattr(given, _destination(option)):
            raise UsageError(f"{option} is for several targets: -H more than once, or --targets")
    return False


def options_of(given: argparse.Namespace, now: datetime) -> Options:
    """Return the options for the one target of ``given``. Raises UsageError.

    ``now`` is the present, UTC.
    """
    return general_options(given, now)._replace(target=_target(given))


def general_options(given: argparse.Namespace, now: datetime) -> Options:
    """Return what ``given`` says of every target, for one that has yet to be named. Raises as `options_of` does."""
    return Options(
        target=Target(""),
        anchors=AnchorLocations(
            tuple(given.ca_file or ()),
            tuple(given.ca_path or ()),
            given.system_ca or not (given.ca_file or given.ca_path),
        ),
        thresholds=_all_thresholds(tuple(getattr(given, name) for name in _RANGES)),
        accept=frozenset(_accepted(given.accept or ())),
        # Certificates know whole seconds, and notAfter is the last of them (RFC 5280, 4.1.2.5).
        validation_time=(now if given.at is None else _time(given.at, now)).replace(microsecond=0),
        rehearsal=given.at is not None,
        timeout=timeout("-t", given.timeout),
        family=socket.AF_INET if given.ipv4 else socket.AF_INET6 if given.ipv6 else 0,
        verbosity=min(given.verbose, 3),
        profile=given.profile,
        output=given.output,
        terminal=sys.stdout is not None and sys.stdout.isatty(),
    )


_FLEET_ONLY = ("--jobs", "--total-timeout", "--fleet-warning", "--fleet-critical", "--perfdata", "--sort-by-expiry")

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


def _target(given: argparse.Namespace) -> Target:
    hosts, files = given.host or [], given.file or []
    if len(hosts) + bool(files) != 1:
        few = "only one target is possible" if hosts else "a target is needed"
        raise UsageError(f"{few}: either -H HOST or --file PATH")
    name = None if given.name is None else _identifier("--name", given.name)
    required = [part.strip() for value in given.san or () for part in value.split(",")]
    names = tuple(dict.fromkeys(_identifier("--san", part, wildcard=True) for part in required))
    if files:
        return _file_target(given, files, name, names)
    return _endpoint_target(given, hosts[0], name, names)


def _destination(option: str) -> str:
    return option.lstrip("-").replace("-", "_")


def _file_target(
    given: argparse.Namespace, paths: list[str], name: Identifier | None, names: tuple[Identifier, ...]
) -> Target:
    for option in _ENDPOINT_ONLY:
        if getattr(given, _destination(option)):
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
    identifier = _identifier("-H", bare)
    default = starttls.PORTS[given.starttls] if given.starttls else DEFAULT_PORT
    number = _port("-H", port) if port is not None else _port("-p", given.port) if given.port else default
    if port is not None and given.port and _port("-p", given.port) != number:
        raise UsageError(f"-H and -p name different ports, {number} and {given.port}")
    reference = name or identifier
    shown = f"[{bare.strip('[]')}]" if ":" in bare else identifier.text
    label = printable(f"{shown}:{number}")
    literal = parse_address(given.address if given.address is not None else bare)
    if literal is not None and ((given.ipv4 and literal.version == 6) or (given.ipv6 and literal.version == 4)):
        raise UsageError(f"-{'4' if given.ipv4 else '6'} does not go with the address {literal}")
    if given.address is not None:
        _identifier("--address", given.address)
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
    from check_tls_cert.fetch import proxy

    try:
        return proxy.from_environment(host.text, os.environ) if url == "env" else proxy.parse(url)
    except ValueError as error:
        shown = "" if url == "env" or "@" in url else f"{quoted(url)} is "
        raise UsageError(f"--proxy: {shown}{error}") from error


def _connectable(host: str) -> str:
    """Return what to resolve: an address as given, with its zone, or a name in A-labels."""
    return host if parse_address(host) else reference_identifier(host).value


def _server_name(sni: str | None, host: Identifier, reference: Identifier) -> str | None:
    """Return the server name to send: never an address (RFC 6066, section 3)."""
    if sni is not None:
        chosen = _identifier("--sni", sni) if sni else None
        if chosen is not None and chosen.kind != DNS_ID:
            raise UsageError("--sni: an IP address is never sent as server name; use '' for none")
        return chosen.value if chosen is not None else None
    return next((identifier.value for identifier in (host, reference) if identifier.kind == DNS_ID), None)


def split_port(host: str) -> tuple[str, str | None]:
    """Split HOST:PORT and [IPV6]:PORT; more than one colon without brackets is an IPv6 address."""
    bracketed = re.fullmatch(r"(\[[^\]]*\])(?::(.*))?", host, re.DOTALL)
    if bracketed is not None:
        return bracketed.group(1), bracketed.group(2)
    name, colon, port = host.partition(":")
    return (name, port) if colon and ":" not in port else (host, None)


def _port(option: str, text: str) -> int:
    if text in starttls.SERVICES:
        return starttls.SERVICES[text]
    if re.fullmatch("[0-9]{1,9}", text) is None or not 1 <= int(text) <= 65535:
        hint = f"; did you mean --starttls {text}?" if text in starttls.PORTS else ""
        raise UsageError(f"{option}: the port must be a number from 1 to 65535, not {quoted(text)}{hint}")
    return int(text)


def _identifier(option: str, text: str, wildcard: bool = False) -> Identifier:
    try:
        return reference_identifier(text, wildcard)
    except ValueError as error:
        raise UsageError(f"{option}: {quoted(text)} is {error}") from error


#: What the parser calls the ranges, two for each metric.
_RANGES = tuple(f"{kind.name}_{level}" for kind in all_metrics() for level in ("warning", "critical"))


@lru_cache(maxsize=16)  # nearly all targets of a fleet have the same
def _all_thresholds(ranges: tuple[str | None, ...]) -> Mapping[str, Thresholds]:
    return {kind.name: thresholds(kind, pair) for kind, pair in zip(all_metrics(), zip(ranges[::2], ranges[1::2]))}


def thresholds(kind: MetricKind, texts: tuple[str | None, str | None]) -> Thresholds:
    """Return the thresholds that ``texts`` give for a metric, for warning and critical. Raises UsageError."""
    pair: dict[str, Threshold | None] = {}
    for level, text in zip(("warning", "critical"), texts):
        pair[level] = None
        if text is None or text == DEFAULT_RANGE:
            continue
        try:
            pair[level] = parse_threshold(kind, text)
        except ThresholdError as error:
            raise UsageError(f"the range {quoted(text)} for {kind.name} {level} {error}") from error
    warning, critical = pair["warning"], pair["critical"]
    if warning is not None and critical is not None and contradiction(warning, critical):
        raise UsageError(
            f"for {kind.name}, the warning range {quoted(warning.text)} is looser than the critical range "
            f"{quoted(critical.text)}: it would never show"
        )
    return Thresholds(warning, critical)


def _accepted(ids: Sequence[str]) -> list[str]:
    if not ids:
        return []
    from check_tls_cert.model.findings import all_findings

    wanted = [part.strip() for value in ids for part in value.split(",")]
    known = all_findings()
    for finding_id in wanted:
        if finding_id not in known:
            raise UsageError(f"--accept: {quoted(finding_id)} is no finding id; known are {', '.join(sorted(known))}")
    return wanted


_OFFSET = re.compile(r"[+]([0-9]{1,7}(?:[.][0-9]{1,4})?)([dhw]?)")


def _time(text: str, now: datetime) -> datetime:
    """Return a point in time, UTC, from ISO 8601 or an offset from the present."""
    offset = _OFFSET.fullmatch(text)
    try:
        if offset is not None:
            unit = {"h": "hours", "w": "weeks"}.get(offset.group(2), "days")
            return now + timedelta(**{unit: float(offset.group(1))})
        moment = datetime.fromisoformat(re.sub("[zZ]$", "+00:00", text.strip()))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return moment.astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--at: {quoted(text)} is no time; use for example 2027-01-31, 2027-01-31T06:00Z or +30d"
        ) from error


def timeout(option: str, text: str) -> float:
    """Return a time-out in seconds. Raises UsageError."""
    if re.fullmatch("[0-9]{1,9}(?:[.][0-9]{1,9})?", text) is None or not 0 < float(text) <= MAX_TIMEOUT:
        most = int(MAX_TIMEOUT)
        raise UsageError(
            f"{option}: the timeout must be a number of seconds above 0, at most {most}, not {quoted(text)}"
        )
    return float(text)
