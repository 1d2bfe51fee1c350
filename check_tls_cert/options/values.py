"""Single values of the command line: ports, names, ranges, times. Raises UsageError."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta, timezone
from functools import lru_cache

from check_tls_cert.model import services
from check_tls_cert.model.metrics import EXPIRY, TARGETS_BAD, MetricKind, all_metrics
from check_tls_cert.model.ranges import Threshold, ThresholdError, Thresholds, contradiction, parse_threshold
from check_tls_cert.model.settings import DEFAULT_RANGE, MAX_TIMEOUT
from check_tls_cert.options.errors import UsageError
from check_tls_cert.text import quoted
from check_tls_cert.x509.identity import Identifier, reference_identifier


def split_port(host: str) -> tuple[str, str | None]:
    """Split HOST:PORT and [IPV6]:PORT; more than one colon without brackets is an IPv6 address."""
    bracketed = re.fullmatch(r"(\[[^\]]*\])(?::(.*))?", host, re.DOTALL)
    if bracketed is not None:
        return bracketed.group(1), bracketed.group(2)
    name, colon, port = host.partition(":")
    return (name, port) if colon and ":" not in port else (host, None)


def port_number(option: str, text: str) -> int:
    """Return a port, given by number or by the name of a service. Raises UsageError."""
    if text in services.SERVICES:
        return services.SERVICES[text]
    if re.fullmatch("[0-9]{1,9}", text) is None or not 1 <= int(text) <= 65535:
        hint = f"; did you mean --starttls {text}?" if text in services.PORTS else ""
        raise UsageError(f"{option}: the port must be a number from 1 to 65535, not {quoted(text)}{hint}")
    return int(text)


def identifier_of(option: str, text: str, wildcard: bool = False) -> Identifier:
    """Return the reference identifier that ``text`` names. Raises UsageError."""
    try:
        return reference_identifier(text, wildcard)
    except ValueError as error:
        raise UsageError(f"{option}: {quoted(text)} is {error}") from error


#: What the parser calls the ranges, two for each metric.
RANGE_OPTIONS = tuple(f"{kind.name}_{level}" for kind in all_metrics() for level in ("warning", "critical"))


@lru_cache(maxsize=16)  # nearly all targets of a fleet have the same
def all_thresholds(ranges: tuple[str | None, ...]) -> Mapping[str, Thresholds]:
    """Return the thresholds of every metric, given in the order of RANGE_OPTIONS. Raises UsageError."""
    return {kind.name: thresholds_of(kind, pair) for kind, pair in zip(all_metrics(), zip(ranges[::2], ranges[1::2]))}


def thresholds_of(kind: MetricKind, texts: tuple[str | None, str | None]) -> Thresholds:
    """Return the thresholds that ``texts`` give for a metric, for warning and critical. Raises UsageError."""
    pair: dict[str, Threshold | None] = {}
    for level, text in zip(("warning", "critical"), texts):
        pair[level] = None
        if text is None or text == DEFAULT_RANGE:
            continue
        try:
            pair[level] = parse_threshold(kind, text)
        except ThresholdError as error:
            raise UsageError(f"{_option(kind, level)}: {quoted(text)} {error}") from error
    warning, critical = pair["warning"], pair["critical"]
    if warning is not None and critical is not None and contradiction(warning, critical):
        raise UsageError(
            f"{_option(kind, 'warning')} {quoted(warning.text)} is looser than {_option(kind, 'critical')}"
            f" {quoted(critical.text)}: the warning could never trigger before the critical"
        )
    return Thresholds(warning, critical)


def _option(kind: MetricKind, level: str) -> str:
    """Return the option, as people write it, for a metric's threshold."""
    if kind is TARGETS_BAD:
        return f"--fleet-{level}"
    return f"-{level[0]}" if kind.name == EXPIRY else f"--{kind.name.replace('_', '-')}-{level}"


def accepted_ids(ids: Sequence[str]) -> list[str]:
    """Return the finding ids of --accept, of which each value may list several. Raises UsageError."""
    if not ids:
        return []
    from check_tls_cert.model.findings import ALL_FINDINGS

    wanted = [part.strip() for value in ids for part in value.split(",")]
    for finding_id in wanted:
        if finding_id not in ALL_FINDINGS:
            import difflib

            near = difflib.get_close_matches(finding_id, ALL_FINDINGS, n=3, cutoff=0.5)
            hint = f"did you mean {' or '.join(near)}?" if near else "-v shows the id of each finding"
            raise UsageError(f"--accept: unknown finding id {quoted(finding_id)}; {hint}")
    return wanted


_OFFSET = re.compile(r"[+]([0-9]{1,7}(?:[.][0-9]{1,4})?)([dhw]?)")


def validation_time(text: str, now: datetime) -> datetime:
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
            f"--at: {quoted(text)} is not a valid time; use for example 2027-01-31, 2027-01-31T06:00Z or +30d"
        ) from error


def seconds_of(option: str, text: str) -> float:
    """Return a time-out in seconds. Raises UsageError."""
    if re.fullmatch("[0-9]{1,9}(?:[.][0-9]{1,9})?", text) is None or not 0 < float(text) <= MAX_TIMEOUT:
        most = int(MAX_TIMEOUT)
        raise UsageError(
            f"{option}: the timeout must be a number of seconds above 0, at most {most}, not {quoted(text)}"
        )
    return float(text)
