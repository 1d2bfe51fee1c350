"""What a run with several targets is to check. No behaviour."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from check_tls_cert.model.finding import Finding
from check_tls_cert.model.ranges import Ranges, Thresholds
from check_tls_cert.model.target import Options


class Planned(NamedTuple):
    """One target: what to check, or why that cannot be told."""

    #: As if the target were the only one.
    options: Options
    #: Why it cannot be checked, if so.
    failure: Finding | None = None
    #: Where it was named, "" for -H.
    place: str = ""


class Plan(NamedTuple):
    """A whole run."""

    #: Each target once, in the order given.
    planned: tuple[Planned, ...]
    #: The options that hold for all; its target is none.
    common: Options
    #: What to say of each line that names a target once more.
    repeated: tuple[str, ...]
    #: How many targets are at work side by side.
    jobs: int
    #: The ranges for `targets_bad`, None where the worst target decides.
    quorum: Thresholds | None
    #: One of `settings.PERFDATA`.
    perfdata: str
    #: List all targets, the soonest expiry first.
    by_expiry: bool

    @property
    def listed(self) -> bool:
        """Whether all targets are to be listed, also those that are OK."""
        return self.by_expiry or self.common.verbosity > 0


class Checked(NamedTuple):
    """One target, judged: as little of it as the output needs, because there may be thousands."""

    #: Its place in the order given, from 0.
    number: int
    #: What to call it.
    label: str
    #: One of `judge.states`.
    state: str
    #: What to say in one sentence, with the label.
    message: str
    #: Days to the end-entity certificate's notAfter, None if unknown.
    expiry: float | None
    #: The same before it was rounded, for words.
    left: timedelta | None
    #: The target's own performance data, each with its label.
    perfdata: str
    #: What its format made of it.
    kept: object


class Fleet(NamedTuple):
    """The verdict on all targets."""

    #: The worst, or what the ranges say.
    state: str
    #: Of the process.
    exit_code: int
    #: In the order given.
    checked: tuple[Checked, ...]
    #: The ranges that decide, None where the worst target does.
    ranges: Ranges | None
    #: What was asked for.
    plan: Plan
