"""The command line: the parser, whose help is the reference, and its conversion to `Options`. Judges nothing."""

from __future__ import annotations

import argparse
import socket
import sys
from collections.abc import Sequence
from datetime import datetime

from check_tls_cert.model.target import AnchorLocations, Options, Target
from check_tls_cert.options.errors import UsageError
from check_tls_cert.options.parser import build_parser
from check_tls_cert.options.targets import destination, target_of
from check_tls_cert.options.values import RANGE_OPTIONS, accepted_ids, all_thresholds, seconds_of, validation_time


def parse(arguments: Sequence[str], now: datetime) -> Options:
    """Return the options that a command line with one target gives. Raises as `read_arguments` and `options_of` do."""
    return options_of(read_arguments(arguments), now)


def read_arguments(arguments: Sequence[str]) -> argparse.Namespace:
    """Return what the command line says. Raises UsageError, or Printed for --help and --version."""
    return build_parser().parse_args(list(arguments))


def several(given: argparse.Namespace) -> bool:
    """Tell whether what is ``given`` names several targets. Raises UsageError if it says how to check some, of one."""
    if given.targets is not None or len(given.host or ()) > 1:
        return True
    for option in _FLEET_ONLY:
        if getattr(given, destination(option)):
            raise UsageError(f"{option} is for several targets: -H more than once, or --targets")
    return False


def options_of(given: argparse.Namespace, now: datetime) -> Options:
    """Return the options for the one target of ``given``. Raises UsageError.

    ``now`` is the present, UTC.
    """
    return general_options(given, now)._replace(target=target_of(given))


def general_options(given: argparse.Namespace, now: datetime) -> Options:
    """Return what ``given`` says of every target, for one that has yet to be named. Raises as `options_of` does."""
    return Options(
        target=Target(""),
        anchors=AnchorLocations(
            tuple(given.ca_file or ()),
            tuple(given.ca_path or ()),
            given.system_ca or not (given.ca_file or given.ca_path),
        ),
        thresholds=all_thresholds(tuple(getattr(given, name) for name in RANGE_OPTIONS)),
        accept=frozenset(accepted_ids(given.accept or ())),
        # Certificates know whole seconds, and notAfter is the last of them (RFC 5280, 4.1.2.5).
        validation_time=(now if given.at is None else validation_time(given.at, now)).replace(microsecond=0),
        rehearsal=given.at is not None,
        timeout=seconds_of("-t", given.timeout),
        family=socket.AF_INET if given.ipv4 else socket.AF_INET6 if given.ipv6 else 0,
        verbosity=min(given.verbose, 3),
        profile=given.profile,
        output=given.output,
        terminal=sys.stdout is not None and sys.stdout.isatty(),
    )


_FLEET_ONLY = ("--jobs", "--total-timeout", "--fleet-warning", "--fleet-critical", "--perfdata", "--sort-by-expiry")
