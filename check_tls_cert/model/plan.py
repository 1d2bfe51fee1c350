"""What a run with several targets is to check. No behaviour."""

from __future__ import annotations

from typing import NamedTuple

from check_tls_cert.model.finding import Finding
from check_tls_cert.model.ranges import Thresholds
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
