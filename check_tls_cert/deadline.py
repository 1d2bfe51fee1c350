"""One monotonic budget for the whole run. Everything that waits takes it; nothing else here reads a clock."""

from __future__ import annotations

import time
from typing import Callable

#: Returns the seconds since some moment in the past, and never goes back.
Clock = Callable[[], float]


class Deadline:
    """A moment by which the run, or one part of it, must be over.

    ``seconds`` is the whole budget, counted from construction, and ``clock`` what it is counted by. A deadline that is
    ``within`` another (one target's within the run's) never outlasts it.
    """

    #: The budget in seconds: what was asked for, or less if the deadline that this one is within had less left.
    seconds: float

    def __init__(self, seconds: float, clock: Clock = time.monotonic, within: Deadline | None = None) -> None:
        if within is not None:
            seconds = min(seconds, within.remaining())
        self.seconds = seconds
        self._clock = clock
        self._end = clock() + seconds
        self._within = within

    def now(self) -> float:
        """Return the clock's reading in seconds; only differences between two readings mean anything."""
        return self._clock()

    def remaining(self) -> float:
        """Return the seconds left, never negative."""
        left = self._end - self._clock()
        if self._within is not None:
            left = min(left, self._within.remaining())
        return max(0.0, left)
