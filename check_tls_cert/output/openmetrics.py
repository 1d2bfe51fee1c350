"""The verdict in OpenMetrics text, for a textfile collector: one gauge a metric, in base units, and who it is about.

All are gauges, the names of the certificate too (value 1): an older collector knows no type `info`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from check_tls_cert import EXIT_UNKNOWN
from check_tls_cert.metrics import METRICS, MetricKind
from check_tls_cert.model import Options, Presented
from check_tls_cert.names import distinguished_name
from check_tls_cert.plugin import Verdict
from check_tls_cert.text import fixed, printable

_PREFIX = "tls_cert"
_SECONDS_A_DAY = 86_400.0

#: By our unit: what the name of a metric ends with, and what a value is multiplied by (OpenMetrics wants base units).
_BASE_UNITS = {"d": ("seconds", _SECONDS_A_DAY), "s": ("seconds", 1.0), "%": ("ratio", 0.01), "bits": ("bits", 1.0)}


class _Sample(NamedTuple):
    labels: Mapping[str, str]
    value: float


def render(verdict: Verdict, presented: Sequence[Presented], options: Options) -> str:
    """Return the exposition for a verdict."""
    target = {"target": options.target.label}
    lines = [*_state(target, verdict.exit_code)]
    for kind in METRICS.values():
        unit, factor = _BASE_UNITS.get(kind.unit, ("", 1.0))
        samples = [
            _Sample(target, outcome.measurement.value * factor)
            for outcome in verdict.outcomes
            if outcome.measurement.metric == kind.name and outcome.measurement.value is not None
        ]
        lines += _family(kind.name, unit, _meaning(kind), samples)
    lines += _certificates(presented, target)
    return "\n".join([*lines, "# EOF"])


def render_error(message: str) -> str:
    """Return the exposition of a run without verdict: the state UNKNOWN, with the reason as a label."""
    return "\n".join([*_state({"error": printable(message, 1_000)}, EXIT_UNKNOWN), "# EOF"])


def _state(labels: Mapping[str, str], exit_code: int) -> Iterator[str]:
    about = "state of the check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN"
    yield from _family("state", "", about, [_Sample(labels, exit_code)])


def _meaning(kind: MetricKind) -> str:
    return kind.meaning.replace("days", "time").replace("seconds for", "time for")


def _certificates(presented: Sequence[Presented], target: Mapping[str, str]) -> Iterator[str]:
    """Yield what is known of the end-entity certificates, and until when they are valid."""
    chains = [one for one in presented if one.chain]
    names, ends = [], []
    for one in chains:
        certificate = one.chain[0]
        labels = {**target, "origin": one.origin}
        if certificate.not_after is not None:
            ends.append(_Sample(labels, certificate.not_after.timestamp()))
        identity = {
            "subject": printable(distinguished_name(certificate.subject), 1_000),
            "issuer": printable(distinguished_name(certificate.issuer), 1_000),
            "serial_number": f"{certificate.serial:x}",
        }
        names.append(_Sample({**labels, **identity}, 1))
    yield from _family("not_after_timestamp", "seconds", "end of the end-entity certificate's validity period", ends)
    yield from _family("certificate_info", "", "the end-entity certificate", names)


def _family(name: str, unit: str, about: str, samples: Sequence[_Sample]) -> Iterator[str]:
    """Yield the lines of one metric family, none if it has no samples."""
    if not samples:
        return
    full = f"{_PREFIX}_{name}_{unit}" if unit else f"{_PREFIX}_{name}"
    yield f"# TYPE {full} gauge"
    if unit:
        yield f"# UNIT {full} {unit}"
    yield f"# HELP {full} {about}"
    for labels, value in samples:
        spelled = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items() if text)
        yield f"{full}{f'{{{spelled}}}' if spelled else ''} {fixed(value, 4)}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
