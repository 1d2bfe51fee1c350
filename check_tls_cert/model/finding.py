"""The values that flow between the rooms: what to check, what was presented, what was measured. No behaviour."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from check_tls_cert.x509.certificate import Certificate

if TYPE_CHECKING:
    pass


class FindingKind(NamedTuple):
    """What a finding id stands for, for the documentation."""

    id: str
    meaning: str


class Finding(NamedTuple):
    """Why a metric is what it is: its kind, the expected and the presented in one sentence, and the remedy."""

    #: One of `model.findings`.
    kind: FindingKind
    #: What is wrong.
    text: str
    #: What to do about it, "" if nobody can say.
    remedy: str = ""
    #: The certificate at fault, where it is one.
    certificate: Certificate | None = None
    #: The metric's number itself is the reason, so that the range it should be in belongs to the sentence.
    numeric: bool = False

    @property
    def id(self) -> str:
        """What `--accept` takes."""
        return self.kind.id


class Measurement(NamedTuple):
    """One metric, measured, with the findings that explain it.

    ``value`` is in the metric's unit, or None for "could not be determined", which is never OK. ``statement`` is what
    to say when all is well. A problem that is another metric's already names that metric in ``charged_to``: this one
    then takes over its state and adds no words. ``accepted`` findings do not count. ``details`` are remarks, and
    ``path`` is the certification path judged, for verbose output.
    """

    metric: str
    value: float | None
    statement: str = ""
    findings: tuple[Finding, ...] = ()
    accepted: tuple[Finding, ...] = ()
    charged_to: str = ""
    details: tuple[str, ...] = ()
    path: tuple[Certificate, ...] = ()
