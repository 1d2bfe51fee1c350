"""From what a target presents to the verdict on it. No I/O; time is an argument."""

from __future__ import annotations

from collections.abc import Sequence

from check_tls_cert.deadline import Deadline
from check_tls_cert.judge import combine, plugin
from check_tls_cert.judge.checks import in_time, measure_all
from check_tls_cert.judge.judging import Judging
from check_tls_cert.judge.path.anchors import Anchors
from check_tls_cert.judge.resolving import resolve_all
from check_tls_cert.model import verdict
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.presented import Presented
from check_tls_cert.model.target import Options
from check_tls_cert.text import SECONDS_A_DAY
from check_tls_cert.x509.certificate import Certificate


def judge_target(
    presented: Sequence[Presented],
    options: Options,
    anchors: Anchors | Finding,
    deployed: tuple[Certificate, ...] | Finding = (),
    deadline: Deadline | None = None,
) -> verdict.Verdict:
    """Return the verdict on what was presented, at least one chain or a reason.

    ``anchors`` are the trust anchors and ``deployed`` the end-entity certificates of --deployed, or the finding that
    says why there are none. What cannot be judged by the ``deadline``, if there is one, is a reason of its own.
    """
    given = frozenset(name for name, pair in options.thresholds.items() if any(pair))
    judging = Judging(
        options.target, options.validation_time, anchors, options.accept, given, options.profile, deployed
    )
    # An address that could not be reached presents nothing to judge; that is no reason to forget the others.
    judged = [one for one in presented if one.chain or one.failure is not None] or list(presented[:1])
    if deadline is not None and options.target.paths:
        judged = list(in_time(judged, deadline))
    return combine.combine(
        [
            (
                one.origin,
                plugin.judge_measurements(
                    measure_all(one, presented, judging), resolve_all(options.thresholds, _validity_days(one))
                ),
            )
            for one in judged
        ]
    )


def _validity_days(presented: Presented) -> float | None:
    period = presented.chain[0].validity_period if presented.chain else None
    return None if period is None else period.total_seconds() / SECONDS_A_DAY
