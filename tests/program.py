"""The program under test, as a monitor runs it: a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from tests.pki import EPOCH

#: The present for the program.
AT = ("--at", EPOCH.isoformat())

#: How every status line of a run with AT begins, after the state.
AS_OF = "[as of 2026-01-15T12:00:00Z]"

ROOT = Path(__file__).resolve().parent.parent


class Run(NamedTuple):
    """What came of a run."""

    code: int
    out: str
    err: str


def run(
    *arguments: str | Path, stdin: bytes = b"", timeout: float = 60, environment: dict[str, str] | None = None
) -> Run:
    """Run the program with ``arguments`` and return what it did; ``timeout`` is in seconds."""
    done = subprocess.run(
        [sys.executable, "-m", "check_tls_cert", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=timeout,
        check=False,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
    )
    return Run(done.returncode, done.stdout.decode("ascii"), done.stderr.decode())


def without_time(output: str) -> str:
    """Return ``output`` with the one number that no test can know, how long it took, replaced."""
    return re.sub(r"\btime=[0-9.]+s", "time=0.01s", output)
