"""The run: parse, acquire, check, render. Reads the clock, once; wires everything, judges nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone

from check_tls_cert import EXIT_UNKNOWN, fetch, report
from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.deployment import load_deployed
from check_tls_cert.fetch.trust import load_anchors
from check_tls_cert.judge import judge_target, plugin
from check_tls_cert.model import settings
from check_tls_cert.model.target import Options
from check_tls_cert.options import wanted
from check_tls_cert.options.command_line import options_of, read_arguments, several
from check_tls_cert.options.errors import Printed, UsageError
from check_tls_cert.text import printable


@plugin.guarded
def main(arguments: Sequence[str] | None = None) -> int:
    """Run the check with ``arguments`` (default: the process's), print its output and return its exit code, 0 to 3."""
    given = sys.argv[1:] if arguments is None else arguments
    shown = wanted.wanted_format(given)
    plugin.print_faults_to(_LastResort(shown))
    try:
        asked, now = read_arguments(given), datetime.now(timezone.utc)
        plugin.show_tracebacks(shown=asked.verbose >= 3)
        if several(asked):
            from check_tls_cert import fleet

            return _write(*fleet.check(asked, now))
        options = options_of(asked, now)
        return check(options, Deadline(options.timeout))
    except Printed as printed:
        return _write([str(printed)], EXIT_UNKNOWN)
    except UsageError as error:
        return _write([report.load_format(shown).render_error(f"usage: {error} (see --help)")], EXIT_UNKNOWN)


def check(options: Options, deadline: Deadline) -> int:
    """Check the target and print the verdict; return the exit code."""
    presented = fetch.acquire(options, deadline)
    verdict = judge_target(presented, options, load_anchors(options), load_deployed(options, deadline), deadline)
    return _write([report.load_format(options.output).render(verdict, presented, options)], verdict.exit_code)


def _write(lines: Iterable[str], code: int) -> int:
    """Print ``lines`` and return ``code``, or UNKNOWN if nobody could read them."""
    try:
        for line in lines:
            sys.stdout.write(line + "\n")
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
        error = report.load_format(self._shown).render_error(f"internal error, please report it: {first}")
        traceback = map(printable, rest) if plugin.tracebacks_shown() and self._shown == settings.TEXT else ()
        if text:  # `print` also writes its end, which is empty
            _write([error, *traceback], EXIT_UNKNOWN)
