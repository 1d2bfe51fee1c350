"""The text output for several targets: a first line that is enough, the other bad ones below it, worst first.

Without -v all of it stays within what Nagios takes of a plugin's output; a table of all targets is for people.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from check_tls_cert import NAME
from check_tls_cert.judge.plugin import Number, performance
from check_tls_cert.judge.states import CRITICAL, OK, STATES, bad, badness
from check_tls_cert.model.metrics import EXPIRY, TARGETS_BAD
from check_tls_cert.model.ranges import Ranges
from check_tls_cert.model.settings import ALL
from check_tls_cert.report.words import fitting, room_below, violation
from check_tls_cert.text import capitalized, duration, fixed, timestamp

if TYPE_CHECKING:
    from check_tls_cert.model.plan import Checked, Fleet

#: How many causes the first line tells, and how long each may be there and below.
_TOLD = 3
_MAX_CAUSE = 400

_TENTH_OF_A_DAY = timedelta(days=0.1)


def render(fleet: Fleet) -> Iterator[str]:
    """Yield the lines of the output."""
    worst_first = sorted(fleet.checked, key=lambda one: (badness(one.state), _left(one), one.number))
    causes = [one for one in worst_first if one.state != OK]
    options = fleet.plan.common
    as_of = f" [as of {timestamp(options.validation_time)}]" if options.rehearsal else ""
    told = causes[:_TOLD]
    sentences = [_summary(fleet), *(_cut(one.message) for one in told)]
    first = f"{NAME} {fleet.state} -{as_of} {'. '.join(sentences)} | {_perfdata(fleet)}"
    yield first
    rest = [*(f"{one.state} {_cut(one.message)}" for one in causes[_TOLD:]), *fleet.plan.repeated]
    if fleet.plan.listed:
        yield from _table(sorted(fleet.checked, key=_left) if fleet.plan.by_expiry else worst_first)
        yield from fleet.plan.repeated
    else:
        yield from fitting(rest, room_below(first, options), "; see them with -v")


def _left(one: Checked) -> float:
    """Return the days left for sorting; unknown sorts as the soonest."""
    return float("-inf") if one.expiry is None else one.expiry


def _cut(text: str) -> str:
    return text[:_MAX_CAUSE] + "..." if len(text) > _MAX_CAUSE else text


def _summary(fleet: Fleet) -> str:
    states = [one.state for one in fleet.checked]
    count, wrong = len(states), bad(states)
    targets = "1 target" if count == 1 else f"{count} targets"
    if not wrong:
        return f"{targets} OK, {_soonest(fleet.checked)}"
    counts = Counter(states)
    how_many = ", ".join(f"{counts[state]} {state}" for state in STATES if counts[state])
    return f"{wrong} of {targets} bad ({how_many}){_wanted(fleet)}"


def _soonest(checked: Sequence[Checked]) -> str:
    """Say which target is the first to expire: all are OK, so of all it is known. What has expired may be accepted."""
    left, label = min((one.left, one.label) for one in checked if one.left is not None)
    span = duration(left)
    if left < timedelta(0):
        return f"the first to expire was {label} {span} ago"
    return f"the first to expire is {label} in {span}"


def _wanted(fleet: Fleet) -> str:
    """Say which range for the number of bad targets decides, if one does."""
    if fleet.ranges is None:
        return ""
    interval = fleet.ranges.critical if fleet.state == CRITICAL else fleet.ranges.warning
    return "" if interval is None else f", {violation(interval)}"


def _perfdata(fleet: Fleet) -> str:
    states = [one.state for one in fleet.checked]
    count = len(states)
    known = [one.expiry for one in fleet.checked if one.expiry is not None]
    together = [
        performance(Number("targets", count, low=0)),
        performance(Number(TARGETS_BAD.name, bad(states), low=0, high=count), fleet.ranges or Ranges()),
        *([performance(Number(EXPIRY, min(known), "d"))] if known else []),
    ]
    own = (one.perfdata for one in fleet.checked if one.perfdata) if fleet.plan.perfdata == ALL else ()
    return " ".join([*together, *own])


def _table(checked: Iterable[Checked]) -> Iterator[str]:
    """Yield one aligned line a target: its state, the days left, its name and what is to be said of it."""
    rows = [(one, _days(one)) for one in checked]
    widths = [max(map(len, STATES)), max(len(left) for _, left in rows), max(len(one.label) for one, _ in rows)]
    for one, left in rows:
        said = one.message.removeprefix(one.label).lstrip(": ")
        yield f"{one.state:{widths[0]}}  {left:>{widths[1]}}  {one.label:{widths[2]}}  {capitalized(said)}".rstrip()
        yield from (f"  {line}" for line in _lines(one))


def _days(one: Checked) -> str:
    """Return the days left, rounded down to tenths: of one that has expired they are never 0."""
    if one.expiry is None or one.left is None:
        return "?"
    return f"{fixed(one.left // _TENTH_OF_A_DAY / 10, 1)} d"


def _lines(one: Checked) -> list[str]:
    return str(one.kept).splitlines() if one.kept else []
