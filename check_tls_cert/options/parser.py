"""The parser, whose help is the reference."""

from __future__ import annotations

import argparse
from typing import NoReturn

from check_tls_cert import __version__
from check_tls_cert.model import services, settings
from check_tls_cert.model.metrics import all_metrics
from check_tls_cert.model.settings import (
    DEFAULT_FLEET_WARNING,
    DEFAULT_JOBS,
    DEFAULT_PORT,
    DEFAULT_TIMEOUT,
    DEFAULT_TOTAL_TIMEOUT,
    FEW_TARGETS,
    PASSWORD_VARIABLE,
    PERFDATA,
    PROXY_PASSWORD_VARIABLE,
)
from check_tls_cert.model.target import OPENSSL, PROFILES
from check_tls_cert.options.errors import Printed, UsageError

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


class _Parser(argparse.ArgumentParser):
    """argparse, but errors are raised: it would print to stderr and exit 2, which is CRITICAL."""

    def error(self, message: str) -> NoReturn:
        if message.endswith(("-warning: expected one argument", "-critical: expected one argument")):
            message += "; write negative values with =, e.g. --expiry-critical=-5"
        unknown = message.partition("unrecognized arguments: ")[2]
        raise UsageError(self._about_unknown(unknown) if unknown else message)

    def _about_unknown(self, arguments: str) -> str:
        """Say what is wrong with ``arguments``, of which argparse does not know any, and what may have been meant."""
        if not arguments.startswith("-"):
            return self._about_stray(arguments)
        option = arguments.split(maxsplit=1)[0].partition("=")[0]
        known = [name for action in self._actions for name in action.option_strings if name.startswith("--")]
        import difflib

        near = difflib.get_close_matches(option, known, n=1, cutoff=0.7)
        return f"unknown option {option}" + (f" (did you mean {near[0]}?)" if near else self._hint)

    #: What to say of an option that looks like no other.
    _hint = ""

    def _about_stray(self, words: str) -> str:
        """Say what is wrong with ``words`` that belong to no option."""
        return f"{words}: host names need -H: check_tls_cert -H {words}"


class _LineParser(_Parser):
    """The same for what follows the host on a line of --targets."""

    _hint = ", or one that is not allowed on a line"

    def _about_stray(self, words: str) -> str:
        return f"unexpected {words}: a line has one host, then options"


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
    parser = _LineParser(add_help=False, allow_abbrev=False)
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
        help="host name or address; also HOST:PORT or [IPV6]:PORT; repeatable",
    )
    add(
        "--file",
        metavar="PATH",
        action="append",
        help="check a file, pattern or directory instead, of any format that holds certificates; - is standard input;"
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
        help="file with one target per line: HOST[:PORT] and options that differ from the command line's, such as"
        " --starttls, --name or thresholds; - is standard input; repeatable",
    )
    add("--jobs", metavar="N", help=f"how many targets to check in parallel (default: {DEFAULT_JOBS})")
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
            help=f"{level.upper()} by the number of targets that are not OK, or a share such as 10%%, instead of by the"
            f" worst target{unless}",
        )
    add(
        "--perfdata",
        metavar="|".join(PERFDATA),
        choices=PERFDATA,
        help=f"performance data of each target or in sum (default: all for up to {FEW_TARGETS} targets)",
    )
    add("--sort-by-expiry", action="store_true", help="list all targets, soonest expiry first")


def _add_connection(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("connection").add_argument
    add(
        "--starttls",
        metavar="PROTOCOL",
        choices=services.starttls_names(),
        help=f"use STARTTLS with this protocol: {', '.join(services.starttls_names())}",
    )
    add("--all-addresses", action="store_true", help="check every address of HOST in parallel; the worst decides")
    add(
        "--both-key-types",
        action="store_true",
        help="check both the RSA and the ECDSA certificate of the server",
    )
    add(
        "--proxy",
        metavar="URL",
        help="http://[USER@]HOST:PORT (CONNECT), socks5://[USER@]HOST:PORT, or env for what https_proxy says",
    )
    add(
        "--proxy-password-file",
        metavar="PATH",
        help=f"file with its password (default: the variable {PROXY_PASSWORD_VARIABLE})",
    )
    add("--client-cert", metavar="PATH", help="PEM file of a client certificate and its chain, for servers that ask")
    add("--client-key", metavar="PATH", help="PEM file of its key (default: in the file of --client-cert)")
    add(
        "--password-file",
        metavar="PATH",
        help=f"file with the password of that key, or of keystores (default: the variable {PASSWORD_VARIABLE})",
    )
    add("--dtls", action="store_true", help="DTLS, over UDP")
    add("--alpn", metavar="NAME[,NAME...]", help="application protocols to offer, such as h2,http/1.1")


def _add_expectations(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument_group("what is expected").add_argument
    add("--name", metavar="NAME", help="host name the certificate must be valid for (default: HOST)")
    add(
        "--san",
        metavar="NAME[,NAME...]",
        action="append",
        help="name or address the certificate must cover (SAN); repeatable (default: --name)",
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
    add("--system-ca", action="store_true", help="also trust the system's anchors with --ca-file or --ca-path")
    add(
        "--profile",
        metavar="|".join(PROFILES),
        choices=PROFILES,
        default=OPENSSL,
        help=f"validation rules: OpenSSL's, or those of strict Web-PKI clients (default: {OPENSSL})",
    )
    add(
        "--deployed",
        metavar="PATH",
        help="file with the certificate that the endpoint must present (was the server reloaded?)",
    )
    add("--accept", metavar="ID", action="append", help="ignore this finding (ids: -v); repeatable")
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
        metavar="|".join(settings.FORMATS),
        choices=settings.FORMATS,
        default=settings.TEXT,
        help="format: text for people and monitors, json, or openmetrics for a textfile collector (default: text)",
    )
    add("-V", "--version", action=_Print, nargs=0, dest="version", help="print the version and exit 3")
    add("-h", "--help", action=_Print, nargs=0, dest="help", help="print this help and exit 3")
