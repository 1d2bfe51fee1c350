"""Start-up and exit: what `check_tls_cert` and `python -m check_tls_cert` run."""

from __future__ import annotations

import gc
import os
import signal
import sys
import warnings
from typing import TYPE_CHECKING, NoReturn

from check_tls_cert import EXIT_UNKNOWN, NAME
from check_tls_cert.model.settings import JSON, OPENMETRICS, TEXT
from check_tls_cert.options.wanted import wanted_format

if TYPE_CHECKING:
    from types import FrameType

# Nearly the whole run is imports: thousands of objects, no garbage. Collecting among them costs a tenth of it.
gc.disable()

# Monitors merge stderr into the output; a library's remark on its future is not for whoever is paged.
if not sys.warnoptions:
    warnings.simplefilter("ignore")


def run() -> NoReturn:
    """Run the check with the process's arguments and exit with its state (0 to 3)."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupted)
    try:
        from check_tls_cert.cli import main

        code = main()
    except (MemoryError, ImportError) as error:  # a library that cannot be mapped for want of memory is one of these
        missing = error.name if isinstance(error, ImportError) and error.name else "memory"
        _end(f"cannot run for want of {missing}")
    # Not sys.exit: taking the interpreter apart costs milliseconds a check and gains nothing; output is flushed.
    os._exit(code)


def _interrupted(number: int, _frame: FrameType | None) -> NoReturn:
    """Say so and exit: the monitor has lost patience.

    At once, since an exception raised here would be lost wherever a library calls back into Python.
    """
    _end(f"interrupted by {signal.Signals(number).name} before there was a verdict")


def _end(reason: str) -> NoReturn:
    """Exit with UNKNOWN, and say why by hand: what a format needs may be half imported at this moment."""
    lines = {
        TEXT: f"{NAME} UNKNOWN - {reason}",
        JSON: f'{{"state": "UNKNOWN", "exit_code": {EXIT_UNKNOWN}, "error": "{reason}"}}',
        OPENMETRICS: f"# {reason}\n# EOF",
    }
    try:
        os.write(1, f"{lines[wanted_format(sys.argv[1:])]}\n".encode("ascii"))
    finally:
        os._exit(EXIT_UNKNOWN)


if __name__ == "__main__":
    run()
