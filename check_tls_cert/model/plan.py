"""What a run with several targets is to check. No behaviour."""

from __future__ import annotations

from typing import NamedTuple

from check_tls_cert.model.finding import Finding
from check_tls_cert.model.ranges import Ranges, Thresholds
from check_tls_cert.model.target import Options


class Planned(NamedTuple):
    """One target: what to check, or why that cannot be told. ``place`` is where it was named, "" for -H."""

    options: Options
    failure: Finding | None = None
    place: str = ""


class Plan(NamedTuple):
    """A whole run. ``common`` are the options that hold for all; its target is none.

    ``repeated`` says which lines name a target once more. ``quorum`` are the ranges for `targets_bad`, None where the
    worst target decides; ``perfdata`` is one of PERFDATA.
    """

    planned: tuple[Planned, ...]
    common: Options
    repeated: tuple[str, ...]
    jobs: int
    quorum: Thresholds | None
    perfdata: str
    by_expiry: bool

    @property
    def listed(self) -> bool:
        """Whether all targets are to be listed, also those that are OK."""
        return self.by_expiry or self.common.verbosity > 0


class Checked(NamedTuple):
    """One target, judged, as little of it as the output needs. ``kept`` is what its format made of it.

    ``number`` is the target's place in the order given. ``message`` is what to say in one sentence, with the label;
    ``expiry`` is in days, None if unknown. ``perfdata`` are the target's own, each with its label.
    """

    number: int
    label: str
    state: str
    message: str
    expiry: float | None
    perfdata: str
    kept: object


class Fleet(NamedTuple):
    """The verdict on all targets, in the order given. ``ranges`` are those that decide, None where the worst does."""

    state: str
    exit_code: int
    checked: tuple[Checked, ...]
    ranges: Ranges | None
    plan: Plan
