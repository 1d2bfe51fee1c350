"""The plugin's text output (Monitoring Plugins guidelines): a first line that is enough, details with -v, -vv, -vvv."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from check_tls_cert import NAME
from check_tls_cert.judge.plugin import OK, STATES, UNKNOWN, Problem, Verdict
from check_tls_cert.model.finding import Finding, Options, Presented
from check_tls_cert.model.metrics import METRICS
from check_tls_cert.text import capitalized, fixed, listing, printable, timestamp
from check_tls_cert.x509.algorithms import key_of, signature_name
from check_tls_cert.x509.certificate import Certificate

if TYPE_CHECKING:
    from check_tls_cert.fleet import Fleet

#: Nagios cuts a plugin's output at 8 KB; the message of the first line stays well below.
MAX_OUTPUT = 8_000
MAX_FIRST_LINE = 4_000
_MAX_LINE = 1_000
_BEYOND = ", beyond the 8 KB that monitors take"


def render(verdict: Verdict, presented: Sequence[Presented], options: Options) -> str:
    """Return the whole output for one target, without a final newline."""
    as_of = f" [as of {timestamp(options.validation_time)}]" if options.rehearsal else ""
    first = f"{NAME} {verdict.state} -{as_of} {message(verdict, presented, options)}"
    line = f"{first} | {verdict.perfdata}" if verdict.perfdata else first
    details = list(_details(verdict, presented, options.verbosity))
    return "\n".join([line, *fitting(details, room_below(line, options), _BEYOND)])


def keep(verdict: Verdict, presented: Sequence[Presented], options: Options) -> str:
    """Return the details below a target's line, where there are several: those of -v with -vv, and so on."""
    return "\n".join(_details(verdict, presented, options.verbosity - 1))


def render_fleet(fleet: Fleet) -> Iterator[str]:
    """Yield the lines of the output for several targets."""
    from check_tls_cert.report.overview import render as render_all

    return render_all(fleet)


def _details(verdict: Verdict, presented: Sequence[Presented], verbosity: int) -> Iterator[str]:
    if verbosity >= 1:
        yield from _verbose(verdict, presented)
    if verbosity >= 2:
        yield from _very_verbose(verdict, presented)
    if verbosity >= 3:
        yield from (f"conversation{_at(one)}: {printable(step)}" for one in presented for step in one.conversation)


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
            yield f"and {len(lines) - number} more{beyond}"
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


def render_error(message: str) -> str:
    """Return the output for a run that did not get as far as a verdict, such as wrong usage."""
    return f"{NAME} {UNKNOWN} - {printable(message, MAX_FIRST_LINE)}"


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
    finding = problem.finding
    text = f"{listing(problem.origins)}: {finding.text}" if problem.origins else finding.text
    if finding.numeric and problem.violated is not None:
        unit = METRICS[metric].unit
        text += f", {problem.violated.words}{f' {unit}' if unit else ''} wanted"
    return f"{text}; {finding.remedy}" if finding.remedy and remedy else text


def _verbose(verdict: Verdict, presented: Sequence[Presented]) -> Iterator[str]:
    positions = places(presented)
    for metric, problem in problems(verdict):
        where = _where(problem.finding, positions)
        yield f"{problem.state} {metric} {problem.finding.id}{where}: {sentence(problem, metric)}"
    for outcome in verdict.outcomes:
        for finding in outcome.measurement.accepted:
            yield f"accepted {outcome.measurement.metric} {finding.id}: {finding.text}"
    for one in presented:
        for position, certificate in enumerate(one.chain):
            yield f"presented {position}{_at(one)}: {_certificate(certificate)}"
    for outcome in verdict.outcomes:
        for position, certificate in enumerate(outcome.measurement.path):
            yield f"path {position}: {_certificate(certificate)}"
        yield from outcome.measurement.details
    for one in presented:
        yield from (f"{one.origin}: {note}" if one.origin else note for note in one.notes)


def _at(presented: Presented) -> str:
    return f" at {presented.origin}" if presented.origin else ""


def places(presented: Sequence[Presented]) -> dict[bytes, int]:
    """Return each presented certificate's place in its chain, by its DER: of the first, where it is in several."""
    found: dict[bytes, int] = {}
    for one in presented:
        for position, certificate in enumerate(one.chain):
            found.setdefault(certificate.der, position)
    return found


def _where(finding: Finding, positions: Mapping[bytes, int]) -> str:
    """Say which certificate a finding is about: its place in the presented chain and its serial number."""
    if finding.certificate is None:
        return ""
    position = positions.get(finding.certificate.der)
    place = "not presented" if position is None else f"presented {position}"
    return f" ({place}, serial {finding.certificate.serial_number})"


def _very_verbose(verdict: Verdict, presented: Sequence[Presented]) -> Iterator[str]:
    for outcome in verdict.outcomes:
        measurement = outcome.measurement
        if measurement.value is not None:
            unit = METRICS[measurement.metric].uom
            warning, critical = (interval if interval is not None else "none" for interval in outcome.ranges)
            value = fixed(measurement.value, 4)
            yield f"{measurement.metric} {value}{unit}, warning {warning}, critical {critical}: {outcome.state}"
    for one in presented:
        for attempt in one.attempts:
            result = attempt.failure.id if attempt.failure is not None else "handshake completed"
            yield f"address {attempt.address}: {result}"
        if one.negotiated is not None:
            yield printable(f"negotiated{_at(one)} {', '.join(filter(None, one.negotiated))}")


def _certificate(certificate: Certificate) -> str:
    begin, end = (timestamp(time) if time else "?" for time in (certificate.not_before, certificate.not_after))
    line = (
        f"{certificate.name} issued by {certificate.issuer_name}, valid {begin} to {end}, {key_of(certificate)},"
        f" {signature_name(certificate)}, serial {certificate.serial_number}"
    )
    return "; ".join([line, *certificate.defects])
