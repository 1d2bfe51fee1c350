"""One monotonic budget for the whole run. Everything that waits takes it; nothing else here reads a clock."""

from __future__ import annotations

import time
from typing import Callable

Clock = Callable[[], float]


class Deadline:
    """A moment by which the run must be over.

    ``seconds`` is the whole budget, counted from construction; ``clock`` returns monotonic seconds. One that is
    ``within`` another never outlasts it.
    """

    def __init__(self, seconds: float, clock: Clock = time.monotonic, within: Deadline | None = None) -> None:
        self.seconds = seconds if within is None else min(seconds, within.remaining())
        self._clock = clock
        self._end = clock() + self.seconds
        self._within = within

    def now(self) -> float:
        """Return the clock's reading in seconds; only differences mean anything."""
        return self._clock()

    def remaining(self) -> float:
        """Return the seconds left, never negative."""
        left = max(0.0, self._end - self._clock())
        return left if self._within is None else min(left, self._within.remaining())
