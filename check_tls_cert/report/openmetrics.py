"""The verdict in OpenMetrics text, for a textfile collector: one gauge a metric, in base units, and who it is about.

All are gauges, the names of the certificate too (value 1): an older collector knows no type `info`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, cast

from check_tls_cert import EXIT_UNKNOWN
from check_tls_cert.judge.states import bad
from check_tls_cert.model.metrics import METRICS, TARGETS_BAD, MetricKind
from check_tls_cert.model.presented import Presented
from check_tls_cert.model.target import Options
from check_tls_cert.model.verdict import Verdict
from check_tls_cert.text import SECONDS_A_DAY, fixed, printable
from check_tls_cert.x509.names import distinguished_name

if TYPE_CHECKING:
    from check_tls_cert.model.plan import Fleet

_PREFIX = "tls_cert"

#: By our unit: what the name of a metric ends with, and what a value is multiplied by (OpenMetrics wants base units).
_BASE_UNITS = {
    "d": ("seconds", float(SECONDS_A_DAY)),
    "s": ("seconds", 1.0),
    "%": ("ratio", 0.01),
    "bits": ("bits", 1.0),
}


class _Family(NamedTuple):
    """A metric family. ``factor`` is what our value of it is multiplied by."""

    name: str
    about: str
    unit: str = ""
    factor: float = 1.0

    @property
    def full_name(self) -> str:
        """The name in the exposition."""
        return "_".join(filter(None, (_PREFIX, self.name, self.unit)))

    def head(self) -> Iterator[str]:
        """Yield the lines that stand before its samples."""
        yield f"# TYPE {self.full_name} gauge"
        if self.unit:
            yield f"# UNIT {self.full_name} {self.unit}"
        yield f"# HELP {self.full_name} {self.about}"

    def sample(self, labels: Mapping[str, str], value: float) -> str:
        """Return the line of a sample; labels without text are left out."""
        spelled = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items() if text)
        return f"{self.full_name}{f'{{{spelled}}}' if spelled else ''} {fixed(value * self.factor, 4)}"


def _family_of(kind: MetricKind) -> _Family:
    unit, factor = _BASE_UNITS.get(kind.unit, ("", 1.0))
    return _Family(kind.name, kind.meaning.replace("days", "time").replace("seconds for", "time for"), unit, factor)


_STATE = _Family("state", "state of the check: 0 OK, 1 WARNING, 2 CRITICAL, 3 UNKNOWN")
_METRICS = tuple(map(_family_of, METRICS.values()))
_NOT_AFTER = _Family("not_after_timestamp", "end of the end-entity certificate's validity period", "seconds")
_CERTIFICATE = _Family("certificate_info", "the end-entity certificate")
_FAMILIES = (_STATE, *_METRICS, _NOT_AFTER, _CERTIFICATE)

_TARGETS = _Family("targets", "how many targets were checked")
_TARGETS_BAD = _family_of(TARGETS_BAD)

#: The lines of one target's samples, those of one family together, in the order of the families.
_Samples = tuple[str, ...]


def render(verdict: Verdict, presented: Sequence[Presented], options: Options) -> str:
    """Return the exposition for a verdict."""
    return "\n".join([*_exposition([keep(verdict, presented, options)]), "# EOF"])


def keep(verdict: Verdict, presented: Sequence[Presented], options: Options) -> _Samples:
    """Return the samples of one target."""
    target = {"target": options.target.label}
    values = {outcome.measurement.metric: outcome.measurement.value for outcome in verdict.outcomes}
    measured = [(family, values.get(family.name)) for family in _METRICS]
    return (
        _STATE.sample(target, verdict.exit_code),
        *("" if value is None else family.sample(target, value) for family, value in measured),
        "\n".join(_ends(presented, target)),
        "\n".join(_certificate_samples(presented, target)),
    )


def render_fleet(fleet: Fleet) -> Iterator[str]:
    """Yield the lines of the exposition for several targets."""
    states = [one.state for one in fleet.checked]
    for family, value in ((_TARGETS, len(states)), (_TARGETS_BAD, bad(states))):
        yield from family.head()
        yield family.sample({}, value)
    yield from _exposition([cast(_Samples, one.kept) for one in fleet.checked])
    yield "# EOF"


def render_error(message: str) -> str:
    """Return the exposition of a run without verdict: the state UNKNOWN, with the reason as a label."""
    sample = _STATE.sample({"error": printable(message, 1_000)}, EXIT_UNKNOWN)
    return "\n".join([*_STATE.head(), sample, "# EOF"])


def _exposition(every: Sequence[_Samples]) -> Iterator[str]:
    """Yield the families that have samples, each once, with the samples of all targets."""
    for family, *columns in zip(_FAMILIES, *every):
        samples = [lines for lines in columns if lines]
        if samples:
            yield from family.head()
            yield from samples


def _ends(presented: Sequence[Presented], target: Mapping[str, str]) -> Iterator[str]:
    for one in presented:
        if one.chain and one.chain[0].not_after is not None:
            yield _NOT_AFTER.sample({**target, "origin": one.origin}, one.chain[0].not_after.timestamp())


def _certificate_samples(presented: Sequence[Presented], target: Mapping[str, str]) -> Iterator[str]:
    for one in presented:
        if one.chain:
            certificate = one.chain[0]
            identity = {
                "subject": printable(distinguished_name(certificate.subject), 1_000),
                "issuer": printable(distinguished_name(certificate.issuer), 1_000),
                "serial_number": certificate.serial_number,
            }
            yield _CERTIFICATE.sample({**target, "origin": one.origin, **identity}, 1)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
