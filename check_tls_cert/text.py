"""Text for people: untrusted strings made safe, dates, durations, numbers. Knows nothing of TLS or certificates."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import lru_cache

SECONDS_A_DAY = 86_400

#: A name or banner longer than this tells an admin nothing more and could fill the line.
MAX_PRINTABLE = 120

_UNSAFE = re.compile(r"[^\x20-\x7e]|[|]")


def printable(untrusted: str | bytes, limit: int = MAX_PRINTABLE) -> str:
    r"""Return ``untrusted`` as ASCII that can harm neither the status line nor a terminal.

    Everything that came from a peer, a file or the command line passes through here on its way out. ``|`` starts
    performance data, so it becomes ``/``; whatever is not printable ASCII (newlines, control and bidirectional
    characters, escapes) is shown as ``\xNN`` or ``\uNNNN``. Text over ``limit`` characters is cut.
    """
    if isinstance(untrusted, bytes):
        untrusted = untrusted[: limit + 1].decode("latin-1")
    cut = len(untrusted) > limit
    safe = _UNSAFE.sub(_escape, untrusted[:limit])
    return safe + "..." if cut else safe


def _escape(match: re.Match[str]) -> str:
    char = match.group()
    if char == "|":
        return "/"
    return f"\\x{ord(char):02x}" if char < "\x80" else ascii(char)[1:-1]


def quoted(untrusted: str | bytes) -> str:
    """Return ``untrusted`` made printable, in double quotes."""
    return '"' + printable(untrusted).replace('"', "'") + '"'


def fixed(value: float, digits: int = 2) -> str:
    """Return ``value`` with at most ``digits`` decimals, never in scientific notation (monitors cannot read it)."""
    text = f"{value:.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@lru_cache(maxsize=256)
def date(moment: datetime) -> str:
    """Return the day of ``moment`` in ISO 8601, UTC."""
    return moment.strftime("%Y-%m-%d") if moment.year > 999 else f"{moment.year:04}-{moment:%m-%d}"


@lru_cache(maxsize=256)  # CA certificates are few, and end on the same days over and over
def timestamp(moment: datetime) -> str:
    """Return ``moment`` in ISO 8601, UTC, to the second."""
    return f"{date(moment)}T{moment:%H:%M:%S}Z"


def duration(span: timedelta) -> str:
    """Return the size of a span of time in the unit that a person would use: ``58 d``, ``31 h``, ``12 min``, ``45 s``.

    Rounded down, so that "58 d" never promises more than there is.
    """
    seconds = math.floor(abs(span).total_seconds())
    for size, unit in ((SECONDS_A_DAY, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def listing(names: Iterable[str], limit: int = 5) -> str:
    """Return ``names`` joined by commas, cut after ``limit`` with a count of the rest."""
    shown = list(names)
    rest = len(shown) - limit
    return ", ".join(shown[:limit]) + (f" and {rest} more" if rest > 0 else "")


def capitalized(sentence: str) -> str:
    """Return ``sentence`` with its first letter upper case and the rest as it was."""
    return sentence[:1].upper() + sentence[1:]


def days_between(start: datetime, end: datetime) -> float:
    """Return the days from ``start`` to ``end``, rounded down to hundredths, so that no range is met too early."""
    return ((end - start) // timedelta(seconds=864)) / 100
