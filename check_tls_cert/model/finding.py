"""The values that flow between the rooms: what to check, what was presented, what was measured. No behaviour."""

from __future__ import annotations

from typing import NamedTuple

from check_tls_cert.x509.certificate import Certificate


class FindingKind(NamedTuple):
    """What a finding id stands for."""

    #: What `--accept` takes.
    id: str
    #: For the documentation.
    meaning: str
    #: The metric's number itself is the reason, so that the range it should be in belongs to the sentence.
    numeric: bool = False


class Finding(NamedTuple):
    """Why a metric is what it is: evidence, of which `report.phrases` makes the sentence."""

    #: One of `model.findings`.
    kind: FindingKind
    #: The certificate at fault, where it is one.
    certificate: Certificate | None = None
    #: What that is on the path judged, such as "intermediate CA certificate"; or which server did it: "imap server".
    role: str = ""
    #: Where: an address, a file, or several of them.
    place: str = ""
    #: What was wanted.
    expected: str = ""
    #: What there was.
    presented: str = ""
    #: What only whoever found it can say, such as the words of a library or of the peer, made printable.
    reason: str = ""
    #: What to do about it, where what is to be done about every finding of its kind does not fit.
    remedy: str = ""
    #: Who presented the chain: "server" or "file".
    presenter: str = ""
    #: The time that there was, in seconds, where it was too short.
    seconds: float | None = None
    #: What it follows from.
    causes: tuple[Finding, ...] = ()

    @property
    def id(self) -> str:
        """What `--accept` takes."""
        return self.kind.id


class Measurement(NamedTuple):
    """One metric, measured, with the findings that explain it."""

    #: The metric's name.
    metric: str
    #: In the metric's unit; None for "could not be determined", which is never OK.
    value: float | None
    #: What to say when all is well.
    statement: str = ""
    #: The findings that count.
    findings: tuple[Finding, ...] = ()
    #: The findings that do not.
    accepted: tuple[Finding, ...] = ()
    #: The metric whose problem this is already: this one then takes over its state and adds no words.
    charged_to: str = ""
    #: Remarks for verbose output.
    details: tuple[str, ...] = ()
    #: The certification path judged, for verbose output.
    path: tuple[Certificate, ...] = ()
