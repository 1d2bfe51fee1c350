"""The run: parse, acquire, check, render. Reads the clock, once; wires everything, judges nothing."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import datetime, timezone

import nagiosplugin

from check_tls_cert import EXIT_UNKNOWN, output, plugin, sources, trust
from check_tls_cert.certificate import Certificate
from check_tls_cert.checks import Judging, measure_all
from check_tls_cert.deadline import Deadline
from check_tls_cert.metrics import resolve_all
from check_tls_cert.model import Finding, Options, Presented
from check_tls_cert.options import Printed, UsageError, parse
from check_tls_cert.text import printable

_SECONDS_A_DAY = 86_400


@nagiosplugin.guarded(verbose=0)  # type: ignore[untyped-decorator]  # nagiosplugin has no annotations
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check with ``arguments`` (default: the process's), print its output and return its exit code, 0 to 3."""
    given = sys.argv[1:] if arguments is None else arguments
    shown = output.wanted(given)
    nagiosplugin.Runtime().stdout = _LastResort(shown)
    try:
        options = parse(given, datetime.now(timezone.utc))
        nagiosplugin.Runtime().verbose = 3 if options.verbosity == 3 else 0  # tracebacks of what is our fault
        return check(options, Deadline(options.timeout))
    except Printed as printed:
        return _write(str(printed), EXIT_UNKNOWN)
    except UsageError as error:
        return _write(output.load(shown).render_error(f"usage: {error} (see --help)"), EXIT_UNKNOWN)


def check(options: Options, deadline: Deadline) -> int:
    """Check the target and print the verdict; return the exit code."""
    presented = sources.acquire(options, deadline)
    verdict = judge(presented, options, load_anchors(options), load_deployed(options, deadline))
    return _write(output.load(options.output).render(verdict, presented, options), verdict.exit_code)


def judge(
    presented: Sequence[Presented],
    options: Options,
    anchors: trust.TrustAnchors | Finding,
    deployed: tuple[Certificate, ...] | Finding = (),
) -> plugin.Verdict:
    """Return the verdict on what was presented, at least one chain or a reason.

    ``anchors`` is what `load_anchors` returns, ``deployed`` is from `load_deployed`.
    """
    given = frozenset(name for name, pair in options.thresholds.items() if any(pair))
    judging = Judging(
        options.target, options.validation_time, anchors, options.accept, given, options.profile, deployed
    )
    # An address that could not be reached presents nothing to judge; that is no reason to forget the others.
    judged = [one for one in presented if one.chain or one.failure is not None] or presented[:1]
    return plugin.combine(
        {
            one.origin: plugin.judge(
                measure_all(one, presented, judging), resolve_all(options.thresholds, _validity_days(one))
            )
            for one in judged
        }
    )


def load_anchors(options: Options) -> trust.TrustAnchors | Finding:
    """Return the trust anchors, or the finding that says why there are none."""
    try:
        return trust.load(options.anchors)
    except trust.TrustError as error:
        return Finding("chain.no-trust-anchors", f"cannot judge the certification path: {error}")


def load_deployed(options: Options, deadline: Deadline) -> tuple[Certificate, ...] | Finding:
    """Return the end-entity certificates in the file of --deployed, or the finding that says why there are none."""
    if not options.target.deployed:
        return ()
    from check_tls_cert.sources import file

    found = file.read((options.target.deployed,), "", deadline)
    chains = tuple(one.chain[0] for one in found if one.chain)
    reasons = (one.failure for one in found if one.failure is not None)
    return chains or next(reasons, ())


def _validity_days(presented: Presented) -> float | None:
    period = presented.chain[0].validity_period if presented.chain else None
    return None if period is None else period.total_seconds() / _SECONDS_A_DAY


def _write(text: str, code: int) -> int:
    """Print ``text`` and return ``code``, or UNKNOWN if nobody could read it."""
    try:
        sys.stdout.write(text + "\n")
        sys.stdout.flush()
    except (OSError, AttributeError, ValueError):  # closed, full, or never there
        return EXIT_UNKNOWN
    return code


class _LastResort:
    """Where nagiosplugin's `guarded` prints about an error of ours, in one safe line unless tracebacks are wanted."""

    def __init__(self, shown: str) -> None:
        self._shown = shown

    def write(self, text: str) -> None:
        first, *rest = text.splitlines() or [""]
        error = output.load(self._shown).render_error(f"internal error, please report it: {first}")
        traceback = map(printable, rest) if nagiosplugin.Runtime().verbose == 3 and self._shown == output.TEXT else ()
        if text:  # `print` also writes its end, which is empty
            _write("\n".join([error, *traceback]), EXIT_UNKNOWN)
