"""One verdict on a target that presents several chains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from check_tls_cert.judge.states import EXIT_CODES, badness, worst
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.metrics import METRICS
from check_tls_cert.model.ranges import Interval
from check_tls_cert.model.verdict import TABLE_ORDER, Outcome, Problem, Verdict


def combine(verdicts: Sequence[tuple[str, Verdict]]) -> Verdict:
    """Return the verdict on a target that presents several chains, each with its origin: a metric takes the worst.

    Origins are for people, and may be the same: two entries of a file can have one name.
    """
    if len(verdicts) == 1:
        return verdicts[0][1]
    by_metric: dict[str, list[Outcome]] = {}
    problems: dict[str, dict[tuple[Finding, str, Interval | None], list[str]]] = {}
    for origin, verdict in verdicts:
        for outcome in verdict.outcomes:
            name = outcome.measurement.metric
            by_metric.setdefault(name, []).append(outcome)
            for problem in outcome.problems:
                problems.setdefault(name, {}).setdefault(problem[:3], []).append(origin)
    together = [
        outcome._replace(problems=_worst_first(problems.get(outcome.measurement.metric, {}), len(verdicts)))
        for outcome in map(_worst, by_metric.values())
    ]
    together.sort(key=lambda outcome: (badness(outcome.state), TABLE_ORDER[outcome.measurement.metric]))
    state = worst(verdict.state for _, verdict in verdicts)
    return Verdict(state, EXIT_CODES[state], tuple(together))


def _worst(outcomes: Sequence[Outcome]) -> Outcome:
    """Return the outcome to show for one metric: the worst state, and in that the worst number."""
    sign = -1 if METRICS[outcomes[0].measurement.metric].less_is_better else 1
    return min(outcomes, key=lambda one: (badness(one.state), sign * (one.measurement.value or 0)))


def _worst_first(
    problems: Mapping[tuple[Finding, str, Interval | None], Sequence[str]], presentations: int
) -> tuple[Problem, ...]:
    merged = (
        Problem(*problem, origins=() if len(origins) == presentations else tuple(dict.fromkeys(origins)))
        for problem, origins in problems.items()
    )
    return tuple(sorted(merged, key=lambda problem: badness(problem.state)))
