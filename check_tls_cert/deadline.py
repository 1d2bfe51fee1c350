"""One monotonic budget for the whole run. Everything that waits takes it; nothing else here reads a clock."""

from __future__ import annotations

import time
from typing import Callable

Clock = Callable[[], float]


class Deadline:
    """A moment by which the run must be over.

    ``seconds`` is the whole budget, counted from construction; ``clock`` returns monotonic seconds.
    """

    def __init__(self, seconds: float, clock: Clock = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds

    def now(self) -> float:
        """Return the clock's reading in seconds; only differences mean anything."""
        return self._clock()

    def remaining(self) -> float:
        """Return the seconds left, never negative."""
        return max(0.0, self._end - self._clock())
