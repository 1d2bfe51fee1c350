"""The plugin's text output (Monitoring Plugins guidelines): a first line that is enough, details with -v, -vv, -vvv."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from check_tls_cert import NAME
from check_tls_cert.judge.states import UNKNOWN
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.metrics import METRICS
from check_tls_cert.model.presented import Presented
from check_tls_cert.model.target import Options
from check_tls_cert.model.verdict import Verdict
from check_tls_cert.report.words import MAX_FIRST_LINE, fitting, message, noted, places, problems, room_below, sentence
from check_tls_cert.text import fixed, printable, timestamp
from check_tls_cert.x509.algorithms import key_of, signature_name
from check_tls_cert.x509.certificate import Certificate

if TYPE_CHECKING:
    from check_tls_cert.model.plan import Fleet

_BEYOND = " (8 KB limit)"


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


def render_error(message: str) -> str:
    """Return the output for a run that did not get as far as a verdict, such as wrong usage."""
    return f"{NAME} {UNKNOWN} - {printable(message, MAX_FIRST_LINE)}"


def _verbose(verdict: Verdict, presented: Sequence[Presented]) -> Iterator[str]:
    from check_tls_cert.report.phrases import clause

    positions = places(presented)
    for metric, problem in problems(verdict):
        where = _where(problem.finding, positions)
        yield f"{problem.state} {metric} {problem.finding.id}{where}: {sentence(problem, metric)}"
    for outcome in verdict.outcomes:
        for finding in outcome.measurement.accepted:
            yield f"accepted {outcome.measurement.metric} {finding.id}: {clause(finding)}"
    for one in presented:
        for position, certificate in enumerate(one.chain):
            yield f"presented {position}{_at(one)}: {_certificate_line(certificate)}"
    for outcome in verdict.outcomes:
        for position, certificate in enumerate(outcome.measurement.path):
            yield f"path {position}: {_certificate_line(certificate)}"
        yield from outcome.measurement.details
    for one in presented:
        yield from (f"{one.origin}: {noted(note)}" if one.origin else noted(note) for note in one.notes)


def _at(presented: Presented) -> str:
    return f" at {presented.origin}" if presented.origin else ""


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


def _certificate_line(certificate: Certificate) -> str:
    begin, end = (timestamp(time) if time else "?" for time in (certificate.not_before, certificate.not_after))
    line = (
        f"{certificate.name} issued by {certificate.issuer_name}, valid {begin} to {end}, {key_of(certificate)},"
        f" {signature_name(certificate)}, serial {certificate.serial_number}"
    )
    return "; ".join([line, *certificate.defects])
