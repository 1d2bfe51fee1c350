"""Sentences about a verdict, shared by all formats."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from check_tls_cert.judge.states import OK, STATES
from check_tls_cert.model.metrics import METRICS
from check_tls_cert.model.presented import Note, Presented
from check_tls_cert.model.ranges import Interval
from check_tls_cert.model.target import Options
from check_tls_cert.model.verdict import Problem, Verdict
from check_tls_cert.text import capitalized, fixed, listing

#: Nagios cuts a plugin's output at 8 KB; the message of the first line stays well below.
MAX_OUTPUT = 8_000
MAX_FIRST_LINE = 4_000
_MAX_LINE = 1_000


def room_below(line: str, options: Options) -> float:
    """Return how many characters there may be below the first line."""
    return math.inf if options.terminal else MAX_OUTPUT - len(line)


def fitting(lines: Sequence[str], room: float, beyond: str) -> Iterator[str]:
    """Yield as many of ``lines``, none of them endless, as fit into ``room`` characters, and how many do not.

    ``beyond`` is what is said of these.
    """
    for number, line in enumerate(lines):
        shown = line[:_MAX_LINE] + "..." if len(line) > _MAX_LINE else line
        room -= len(shown) + 1
        if room < 0:
            left = len(lines) - number
            yield f"{left} more {'line' if left == 1 else 'lines'} omitted{beyond}"
            return
        yield shown


def message(verdict: Verdict, presented: Sequence[Presented], options: Options) -> str:
    """Return what the first line says: every problem, worst first, or what is well."""
    target = options.target.label + (f" ({len(presented)} chains)" if len(presented) > 1 else "")
    if verdict.state == OK:
        said = f"{target} {', '.join(_statements(verdict))}"
    else:
        sentences = [sentence(problem, metric) for metric, problem in problems(verdict)]
        said = f"{target}: {'. '.join([*sentences[:1], *map(capitalized, sentences[1:])])}"
    return said[:MAX_FIRST_LINE] + "..." if len(said) > MAX_FIRST_LINE else said


def _statements(verdict: Verdict) -> Iterator[str]:
    """Yield what is well, in the order of the metric table; all outcomes are OK here, so that is their order."""
    return (outcome.measurement.statement for outcome in verdict.outcomes if outcome.measurement.statement)


def problems(verdict: Verdict) -> Iterator[tuple[str, Problem]]:
    """Yield what is wrong with which metric, worst first."""
    return (
        (outcome.measurement.metric, problem)
        for state in STATES
        for outcome in verdict.outcomes
        for problem in outcome.problems
        if problem.state == state
    )


def sentence(problem: Problem, metric: str, remedy: bool = True) -> str:
    """Return what a problem is, where, and what to do about it, if there is something and it is wanted."""
    from check_tls_cert.report.phrases import clause, remedy_of  # a check that is OK has no problem to word

    finding = problem.finding
    text = clause(finding)
    if problem.origins:
        text = f"{listing(problem.origins)}: {text}"
    if finding.kind.numeric and problem.violated is not None:
        text += f", {violation(problem.violated, METRICS[metric].unit)}"
    advice = remedy_of(finding) if remedy else ""
    return f"{text}; {advice}" if advice else text


def violation(interval: Interval, unit: str = "") -> str:
    """Say how a number outside ``interval`` is outside, without naming the number."""
    start, end = (fixed(bound, 2) + (f" {unit}" if unit else "") for bound in (interval.start, interval.end))
    if interval.inverted:
        if interval.start == -math.inf:
            return f"not more than the required {end}"
        if interval.end == math.inf:
            return f"not less than the required {start}"
        return f"within the forbidden {fixed(interval.start, 2)} to {end}"
    if interval.end == math.inf:
        return f"less than the required {start}"
    if interval.start in (0, -math.inf):
        return f"more than the allowed {end}"
    return f"outside the required {fixed(interval.start, 2)} to {end}"


def noted(note: Note) -> str:
    """Return a remark as text."""
    if isinstance(note, str):
        return note
    from check_tls_cert.report.phrases import clause

    return ": ".join(filter(None, (note.text, clause(note.finding))))


def places(presented: Sequence[Presented]) -> dict[bytes, int]:
    """Return each presented certificate's place in its chain, by its DER: of the first, where it is in several."""
    found: dict[bytes, int] = {}
    for one in presented:
        for position, certificate in enumerate(one.chain):
            found.setdefault(certificate.der, position)
    return found
