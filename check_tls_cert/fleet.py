"""Several targets in one run: acquires side by side, judges each as soon as it is there, keeps what is to be shown.

All in one thread: a target costs its handshake and little else, and none waits for a slow one.
"""

from __future__ import annotations

import argparse
import gc
import resource
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Callable

from check_tls_cert import report
from check_tls_cert.deadline import Clock, Deadline
from check_tls_cert.fetch import endpoint
from check_tls_cert.fetch.deployment import load_deployed
from check_tls_cert.fetch.net.scheduler import Limits, Scheduler
from check_tls_cert.fetch.net.waiting import Waiting
from check_tls_cert.fetch.trust import load_anchors
from check_tls_cert.judge import judge_target, plugin
from check_tls_cert.judge.path.anchors import NoAnchors
from check_tls_cert.judge.states import OK
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import TARGET_NOT_REACHED
from check_tls_cert.model.metrics import EXPIRY
from check_tls_cert.model.plan import Checked, Fleet, Plan, Planned
from check_tls_cert.model.presented import Presented
from check_tls_cert.model.ranges import Ranges, Thresholds
from check_tls_cert.model.settings import ALL
from check_tls_cert.model.target import Options
from check_tls_cert.model.verdict import Verdict
from check_tls_cert.options import lines
from check_tls_cert.report import prefixes
from check_tls_cert.report.words import message

#: Targets begun and not over, slow ones included: each costs memory, and some file descriptors.
_MOST_BEGUN = 2_000
_DESCRIPTORS_EACH = 4
_DESCRIPTORS_SPARE = 32

#: A collection looks at everything there is, which is thousands of targets: look seldom.
_COLLECT_AFTER = 50_000


def check(given: argparse.Namespace, now: datetime) -> tuple[Iterable[str], int]:
    """Check all targets that ``given`` names; return the lines of the output and the exit code. Raises UsageError."""
    total = Deadline(lines.total_timeout(given))
    plan = lines.plan(given, now, total)
    gc.freeze()  # start-up's objects are no garbage; those of thousands of handshakes are
    gc.set_threshold(_COLLECT_AFTER)
    gc.enable()
    fleet = judge_all(plan, total)
    return report.load_format(plan.common.output).render_fleet(fleet), fleet.exit_code


def judge_all(plan: Plan, total: Deadline) -> Fleet:
    """Acquire what every target presents, by the deadline ``total``, and judge it."""
    keep = _Keeper(plan)
    scheduler: Scheduler[tuple[Presented, ...]] = Scheduler(_limits(plan.jobs), total)
    visits = (_visit(planned, total, scheduler.now) for planned in plan.planned)
    checked: list[Checked | None] = [None] * len(plan.planned)
    with _progress(len(plan.planned)) as advance:
        for number, presented in scheduler.run(visits):
            checked[number] = keep.checked(number, presented, total)
            advance()
    complete = tuple(filter(None, checked))
    ranges = None
    if plan.quorum is not None:
        ranges = Ranges(*(threshold and threshold.of(len(complete)) for threshold in plan.quorum))
    return Fleet(*plugin.overall([one.state for one in complete], ranges), complete, ranges, plan)


def _limits(jobs: int) -> Limits:
    """Return how much there may be side by side, with as many file descriptors as this process can have."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(jobs, _MOST_BEGUN) * _DESCRIPTORS_EACH + _DESCRIPTORS_SPARE
    if soft != resource.RLIM_INFINITY and soft < wanted:
        soft = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        wanted = soft
    most = max(1, (wanted - _DESCRIPTORS_SPARE) // _DESCRIPTORS_EACH)
    return Limits(min(jobs, most), most)


_NOT_REACHED = (Presented(failure=Finding(TARGET_NOT_REACHED)),)


def _visit(planned: Planned, total: Deadline, clock: Clock) -> Waiting[tuple[Presented, ...]]:
    if planned.failure is not None:
        return (Presented(failure=planned.failure),)
    if not total.remaining():
        return _NOT_REACHED
    return (yield from endpoint.acquire(planned.options, Deadline(planned.options.timeout, clock, total)))


class _Keeper:
    """Judges targets, and keeps of each what will be shown."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._keep = report.load_format(plan.common.output).keep
        self._prefixes = prefixes.perfdata_prefixes([planned.options.target.label for planned in plan.planned])
        #: Verdicts on what there was no time for, by all that they depend on: there may be thousands of one kind.
        self._not_reached: dict[tuple[tuple[Thresholds, ...], frozenset[str]], Verdict] = {}
        self._load_anchors = lru_cache(maxsize=8)(
            lambda locations: load_anchors(plan.common._replace(anchors=locations))
        )

    def checked(self, number: int, presented: Sequence[Presented], total: Deadline) -> Checked:
        """Return the verdict on the target with that number."""
        options = self._plan.planned[number].options
        if presented is _NOT_REACHED:
            verdict = self._verdict_on_not_reached(options)
        else:
            deployed = load_deployed(options, Deadline(options.timeout, within=total))
            verdict = judge_target(presented, options, self._load_anchors(options.anchors), deployed)
        told = verdict.state != OK or self._plan.listed
        return Checked(
            number,
            options.target.label,
            verdict.state,
            message(verdict, presented, options) if told else "",
            next((one.measurement.value for one in verdict.outcomes if one.measurement.metric == EXPIRY), None),
            _time_left(presented, options.validation_time),
            _perfdata(verdict, self._prefixes[number]) if self._plan.perfdata == ALL else "",
            self._keep(verdict, presented, options),
        )

    def _verdict_on_not_reached(self, options: Options) -> Verdict:
        alike = tuple(options.thresholds.values()), options.accept
        if alike not in self._not_reached:
            self._not_reached[alike] = judge_target(_NOT_REACHED, options, NoAnchors())
        return self._not_reached[alike]


def _time_left(presented: Sequence[Presented], at: datetime) -> timedelta | None:
    """Return how long it is to the notAfter of the end-entity certificate that is the first to expire."""
    ends = [one.chain[0].not_after for one in presented if one.chain]
    return min((end - at for end in ends if end is not None), default=None)


def _perfdata(verdict: Verdict, prefix: str) -> str:
    labelled = (one.split("=", 1) for one in verdict.perfdata.split())
    return " ".join(f"'{prefix} {name}'={rest}" for name, rest in labelled)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], object]]:
    """Show a progress bar to whoever waits at a terminal, if tqdm is there to draw it."""
    if not sys.stderr or not sys.stderr.isatty():
        yield lambda: None
        return
    try:
        from tqdm import tqdm
    except ImportError:
        yield lambda: None
        return
    with tqdm(total=total, unit=" targets", leave=False) as bar:
        yield bar.update
