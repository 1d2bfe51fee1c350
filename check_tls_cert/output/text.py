"""The plugin's text output (Monitoring Plugins guidelines): a first line that is enough, details with -v, -vv, -vvv."""

from __future__ import annotations

from collections.abc import Iterator

from check_tls_cert import NAME
from check_tls_cert.algorithms import key_of, signature_name
from check_tls_cert.certificate import Certificate
from check_tls_cert.metrics import METRICS
from check_tls_cert.model import Finding, Options, Presented
from check_tls_cert.plugin import OK, UNKNOWN, Outcome, Verdict
from check_tls_cert.text import capitalized, fixed, printable, timestamp

#: Nagios cuts a plugin's output at 8 KB; the first line stays well below.
MAX_FIRST_LINE = 4_000


def render(verdict: Verdict, presented: Presented, options: Options) -> str:
    """Return the whole output for one target, without a final newline."""
    target = options.target.label
    as_of = f" [as of {timestamp(options.validation_time)}]" if options.rehearsal else ""
    if verdict.state == OK:
        message = f"{target} {', '.join(_statements(verdict))}"
    else:
        problems = [
            _sentence(finding, outcome) for outcome in _problems(verdict) for finding in outcome.measurement.findings
        ]
        message = f"{target}: {'. '.join([*problems[:1], *map(capitalized, problems[1:])])}"
    if len(message) > MAX_FIRST_LINE:
        message = message[:MAX_FIRST_LINE] + "..."
    first = f"{NAME} {verdict.state} -{as_of} {message}"
    lines = [f"{first} | {verdict.perfdata}" if verdict.perfdata else first]
    if options.verbosity >= 1:
        lines += _verbose(verdict, presented)
    if options.verbosity >= 2:
        lines += _very_verbose(verdict, presented)
    if options.verbosity >= 3:
        lines += [f"conversation: {printable(step)}" for step in presented.conversation]
    return "\n".join(lines)


def render_error(message: str) -> str:
    """Return the output for a run that did not get as far as a verdict, such as wrong usage."""
    return f"{NAME} {UNKNOWN} - {printable(message, MAX_FIRST_LINE)}"


def _statements(verdict: Verdict) -> Iterator[str]:
    """Yield what is well, in the order of the metric table; all outcomes are OK here, so that is their order."""
    return (outcome.measurement.statement for outcome in verdict.outcomes if outcome.measurement.statement)


def _problems(verdict: Verdict) -> list[Outcome]:
    """Return what is not OK and not another metric's problem, worst first."""
    states = {outcome.measurement.metric: outcome.state for outcome in verdict.outcomes}
    return [
        outcome
        for outcome in verdict.outcomes
        if outcome.state != OK and states.get(outcome.measurement.charged_to, OK) == OK
    ]


def _sentence(finding: Finding, outcome: Outcome) -> str:
    sentence = finding.text
    violated = outcome.ranges.critical if outcome.state == "CRITICAL" else outcome.ranges.warning
    if finding.numeric and violated is not None:
        sentence += f", {violated.words} {METRICS[outcome.measurement.metric].uom} wanted"
    return f"{sentence}; {finding.remedy}" if finding.remedy else sentence


def _verbose(verdict: Verdict, presented: Presented) -> Iterator[str]:
    for outcome in _problems(verdict):
        for finding in outcome.measurement.findings:
            where = _where(finding, presented)
            yield f"{outcome.state} {outcome.measurement.metric} {finding.id}{where}: {_sentence(finding, outcome)}"
    for outcome in verdict.outcomes:
        for finding in outcome.measurement.accepted:
            yield f"accepted {outcome.measurement.metric} {finding.id}: {finding.text}"
    for position, certificate in enumerate(presented.chain):
        yield f"presented {position}: {_certificate(certificate)}"
    for outcome in verdict.outcomes:
        for position, certificate in enumerate(outcome.measurement.path):
            yield f"path {position}: {_certificate(certificate)}"
        yield from outcome.measurement.details
    yield from presented.notes


def _where(finding: Finding, presented: Presented) -> str:
    """Say which certificate a finding is about: its place in the presented chain and its serial number."""
    if finding.certificate is None:
        return ""
    places = [position for position, one in enumerate(presented.chain) if one == finding.certificate]
    place = f"presented {places[0]}" if places else "not presented"
    return f" ({place}, serial {finding.certificate.serial:x})"


def _very_verbose(verdict: Verdict, presented: Presented) -> Iterator[str]:
    for outcome in verdict.outcomes:
        measurement = outcome.measurement
        if measurement.value is not None:
            unit = METRICS[measurement.metric].uom
            warning, critical = (interval if interval is not None else "none" for interval in outcome.ranges)
            value = fixed(measurement.value, 4)
            yield f"{measurement.metric} {value}{unit}, warning {warning}, critical {critical}: {outcome.state}"
    for attempt in presented.attempts:
        result = attempt.failure.id if attempt.failure is not None else "handshake completed"
        yield f"address {attempt.address}: {result}"
    if presented.negotiated is not None:
        protocol, cipher, group = presented.negotiated
        yield printable(f"negotiated {protocol}, {cipher}" + (f", group {group}" if group else ""))


def _certificate(certificate: Certificate) -> str:
    begin, end = (timestamp(time) if time else "?" for time in (certificate.not_before, certificate.not_after))
    line = (
        f"{certificate.name} issued by {certificate.issuer_name}, valid {begin} to {end}, {key_of(certificate)},"
        f" {signature_name(certificate)}, serial {certificate.serial:x}"
    )
    return "; ".join([line, *certificate.defects])
