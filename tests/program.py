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
    *arguments: str | Path,
    stdin: bytes = b"",
    timeout: float = 60,
    environment: dict[str, str] | None = None,
    facts: bool = False,
) -> Run:
    """Run the program with ``arguments`` and return what it did; ``timeout`` is in seconds.

    Without ``facts``, metrics that have no default thresholds are left out of what it printed.
    """
    done = subprocess.run(
        [sys.executable, "-m", "check_tls_cert", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=timeout,
        check=False,
        cwd=ROOT,
        env={**os.environ, **(environment or {})},
    )
    out = done.stdout.decode("ascii")
    return Run(done.returncode, out if facts else without_facts(out), done.stderr.decode())


def without_facts(output: str) -> str:
    """Return ``output`` without the metrics that every check reports and none judges unless it is told to."""
    return re.sub(r" (?:tls_version|key_strength|validity_period)=[0-9.]+d?;[^ \n]*", "", output)


def without_time(output: str) -> str:
    """Return ``output`` with the one number that no test can know, how long it took, replaced."""
    return re.sub(r"\btime=[0-9.]+s", "time=0.01s", output)
