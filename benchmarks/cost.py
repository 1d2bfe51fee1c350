"""What the benchmarks share: the cost of one process."""

from __future__ import annotations

import os
import shutil
import statistics
import sys
import time
from pathlib import Path
from typing import NamedTuple


class Cost(NamedTuple):
    """What one process cost: seconds of wall and CPU time, and its largest resident size in MB."""

    wall: float
    cpu: float
    memory: float


def program() -> str:
    """Return the path of the installed program. Exits if there is none."""
    found = shutil.which("check_tls_cert", path=str(Path(sys.executable).parent))
    if found is None:
        raise SystemExit("install the package into this environment first: an editable install starts slower")
    return found


def measure(command: list[str], wanted: int = 0) -> Cost:
    """Run ``command`` and return its cost. Raises RuntimeError unless it exits with ``wanted``."""
    silenced = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    begin = time.perf_counter()
    process = os.posix_spawn(command[0], command, {"PATH": os.environ["PATH"]}, file_actions=silenced)
    _, status, usage = os.wait4(process, 0)
    wall = time.perf_counter() - begin
    if os.waitstatus_to_exitcode(status) != wanted:
        raise RuntimeError(f"{command} ended with status {status}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(costs: list[Cost]) -> Cost:
    """Return the median of each cost."""
    return Cost(*(statistics.median(column) for column in zip(*costs)))
