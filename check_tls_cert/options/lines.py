"""What a command line with several targets asks for: those of -H, and those of --targets, one a line.

A line that is not understood is a target all the same, with the finding that says why it was not checked: one bad line
must not cost the verdicts on the others.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Callable, NamedTuple

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch import reading
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import TARGET_NOT_UNDERSTOOD
from check_tls_cert.model.metrics import TARGETS_BAD
from check_tls_cert.model.plan import Plan, Planned
from check_tls_cert.model.ranges import Thresholds
from check_tls_cert.model.settings import (
    AGGREGATE,
    ALL,
    DEFAULT_FLEET_WARNING,
    DEFAULT_JOBS,
    DEFAULT_TOTAL_TIMEOUT,
    FEW_TARGETS,
    MAX_JOBS,
)
from check_tls_cert.model.target import Options, Target
from check_tls_cert.options.command_line import general_options, options_of
from check_tls_cert.options.errors import UsageError
from check_tls_cert.options.parser import build_line_parser
from check_tls_cert.options.values import seconds_of, split_port, thresholds_of
from check_tls_cert.text import printable, quoted

MAX_TARGETS = 100_000
MAX_FILE_OCTETS = 67_108_864
#: Longer than any line that names one target.
MAX_LINE_OCTETS = 8_192

#: Of what is wrong with a line, that much is told.
_MAX_REASON = 300

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def total_timeout(given: argparse.Namespace) -> float:
    """Return the seconds that the whole run may take, reading the files of targets included. Raises UsageError."""
    if given.total_timeout is None:
        return max(DEFAULT_TOTAL_TIMEOUT, seconds_of("-t", given.timeout))
    return seconds_of("--total-timeout", given.total_timeout)


def plan(given: argparse.Namespace, now: datetime, total: Deadline) -> Plan:
    """Return what the command line asks for. Raises UsageError if that makes no sense; a bad line is a finding."""
    if given.file:
        raise UsageError("--file does not go with several targets")
    common = general_options(given, now)
    parser = build_line_parser()
    # Lines with the same options are many: a parser takes longer over them than over everything else.
    parse = lru_cache(maxsize=1_000)(lambda options: vars(parser.parse_args(options)))
    reader = _LineReader(given, now, common, parse)
    distinct = _Distinct()
    for one in (*_of_hosts(given, now), *_of_files(reader, total)):
        distinct.add(one)
    planned = distinct.planned
    return Plan(
        planned=tuple(planned),
        common=common,
        repeated=tuple(distinct.repeated),
        jobs=_jobs(given.jobs),
        quorum=_quorum(given.fleet_warning, given.fleet_critical),
        perfdata=given.perfdata or (ALL if len(planned) <= FEW_TARGETS else AGGREGATE),
        by_expiry=given.sort_by_expiry,
    )


def _of_hosts(given: argparse.Namespace, now: datetime) -> Iterator[Planned]:
    for host in given.host or ():
        yield Planned(options_of(_for_host(given, host, {}), now))


class _LineReader(NamedTuple):
    """What it takes to understand a line: what the command line says, and what parses what differs from it."""

    #: The command line.
    given: argparse.Namespace
    #: The present, UTC.
    now: datetime
    #: What the command line says of every target.
    common: Options
    #: Parses the options of a line, and remembers what it parsed.
    parse: Callable[[tuple[str, ...]], Mapping[str, object]]


def _of_files(reader: _LineReader, total: Deadline) -> Iterator[Planned]:
    """Yield the targets of the files, of each at least one and of all not too many."""
    count = 0
    for path in reader.given.targets or ():
        before = count
        for planned in _of_lines(path, reader, total):
            count += 1
            if count > MAX_TARGETS:
                raise UsageError(f"--targets: {reading.shown_path(path)} has more than {MAX_TARGETS} targets")
            yield planned
        if count == before:
            raise UsageError(f"--targets: {reading.shown_path(path)} contains no target")


def _of_lines(path: str, reader: _LineReader, total: Deadline) -> Iterator[Planned]:
    """Yield the target of each line that has one."""
    given, now, common, parse = reader
    name = reading.shown_path(path)
    try:
        data = reading.read_bytes(path, MAX_FILE_OCTETS, total)
    except reading.ReadError as error:
        raise UsageError(f"--targets: cannot read {name}: {error}") from error
    if len(data) > MAX_FILE_OCTETS:
        raise UsageError(f"--targets: {name} is larger than {MAX_FILE_OCTETS // 2**20} MiB")
    for number, line in enumerate(data.removeprefix(_BYTE_ORDER_MARK).split(b"\n"), 1):
        place = f"line {number} of {name}"
        try:
            words = _words(line)
            if words:
                yield Planned(options_of(_merged(given, words, parse), now), place=place)
        except UsageError as error:
            # argparse quotes what it does not know
            failure = Finding(TARGET_NOT_UNDERSTOOD, reason=printable(str(error), _MAX_REASON))
            yield Planned(common._replace(target=Target(place)), failure, place)


def _words(line: bytes) -> list[str]:
    """Return the words of a line as a shell has them, none for a comment. Raises UsageError."""
    if len(line) > MAX_LINE_OCTETS:
        raise UsageError(f"it has {len(line)} bytes, more than {MAX_LINE_OCTETS}")
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"it is not UTF-8 at byte {error.start}") from error
    if not any(special in text for special in "#'\"\\"):
        return text.split()
    import shlex

    try:
        return shlex.split(text, comments=True)
    except ValueError as error:
        raise UsageError(f"it is broken: {str(error).lower()}") from error


def _merged(
    given: argparse.Namespace, words: list[str], parse: Callable[[tuple[str, ...]], Mapping[str, object]]
) -> argparse.Namespace:
    """Return the command line with what a line says instead."""
    host, *arguments = words
    if host.startswith("-"):
        raise UsageError(f"the line must begin with a host, not {quoted(host)}")
    return _for_host(given, host, parse(tuple(arguments)) if arguments else {})


def _for_host(given: argparse.Namespace, host: str, own: Mapping[str, object]) -> argparse.Namespace:
    """Return the command line for one of several hosts; its port is for those without one, unless it is their own."""
    port = {} if split_port(host)[1] is None else {"port": None}
    family = {"ipv4": False, "ipv6": False} if own.keys() & {"ipv4", "ipv6"} else {}
    return argparse.Namespace(**{**vars(given), **port, **family, **own, "host": [host]})


class _Distinct:
    """Targets each once, in the order given, and what is said of the lines that repeat one."""

    def __init__(self) -> None:
        self.planned: list[Planned] = []
        self.repeated: list[str] = []
        #: Targets by what tells most of them apart, so that each is compared with few others.
        self._alike: dict[object, list[Planned]] = {}
        #: How many targets have a label, which different targets may share.
        self._labels: Counter[str] = Counter()

    def add(self, one: Planned) -> None:
        """Plan a target, unless the same is planned already."""
        target = one.options.target
        alike = self._alike.setdefault((target, one.options.anchors), [])
        first = None if one.failure is not None else _same_as(one, alike)
        if first is not None:
            self.repeated.append(_repetition(one, first))
            return
        alike.append(one)
        self._labels[target.label] += 1
        self.planned.append(_numbered(one, self._labels[target.label]))


def _same_as(one: Planned, others: list[Planned]) -> Planned | None:
    """Return the first of ``others`` that is checked in just the same way."""
    return next((other for other in others if other.options == one.options), None)


def _numbered(one: Planned, number: int) -> Planned:
    """Return a target with a label of its own: the second of the same label is #2."""
    if number == 1:
        return one
    target = one.options.target
    return one._replace(options=one.options._replace(target=target._replace(label=f"{target.label} #{number}")))


def _repetition(one: Planned, first: Planned) -> str:
    """Say that ``one`` was named before, as ``first``."""
    of = f" of {first.place}" if first.place else ""
    return f"{one.place or '-H'}: duplicate of {one.options.target.label}{of}, checked once"


def _jobs(text: str | None) -> int:
    if text is None:
        return DEFAULT_JOBS
    if re.fullmatch("[0-9]{1,9}", text) is None or not 1 <= int(text) <= MAX_JOBS:
        raise UsageError(f"--jobs: must be a number from 1 to {MAX_JOBS}, not {quoted(text)}")
    return int(text)


def _quorum(warning: str | None, critical: str | None) -> Thresholds | None:
    given = thresholds_of(TARGETS_BAD, (warning, critical))
    if not any(given):
        return None
    return given if given.warning else thresholds_of(TARGETS_BAD, (DEFAULT_FLEET_WARNING, critical))
