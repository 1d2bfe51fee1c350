"""The states of the Monitoring Plugins guidelines, and which is worse."""

from __future__ import annotations

from collections.abc import Iterable

OK, WARNING, CRITICAL, UNKNOWN = "OK", "WARNING", "CRITICAL", "UNKNOWN"

#: The states, worst first. "Could not tell" must not hide what could be told and is bad, so UNKNOWN is not the worst.
STATES = (CRITICAL, WARNING, UNKNOWN, OK)

#: What a plugin exits with.
EXIT_CODES = {OK: 0, WARNING: 1, CRITICAL: 2, UNKNOWN: 3}


def worst(states: Iterable[str]) -> str:
    """Return the worst of ``states``, of which there is at least one."""
    return min(states, key=STATES.index)


def bad(states: Iterable[str]) -> int:
    """Return how many of ``states`` are not OK."""
    return sum(state != OK for state in states)


def badness(state: str) -> int:
    """Return 0 for the worst state, more for better ones."""
    return STATES.index(state)
