"""A budget for work that a peer can ask for: chains can be built that cost minutes to judge. Knows no certificate."""

from __future__ import annotations

#: Steps for one chain: some seconds on a slow machine, and a hundred times what real chains cost.
MAX_STEPS = 200_000

#: What it costs to verify one signature, compared with a look at one name.
SIGNATURE_STEPS = 200


class WorkExceeded(Exception):
    """The budget is spent."""


class Work:
    """What is left of the budget."""

    def __init__(self, steps: int = MAX_STEPS) -> None:
        self._left = steps

    def spend(self, steps: int) -> None:
        """Take ``steps`` from the budget. Raises WorkExceeded if there are not so many left."""
        self._left -= steps
        if self._left < 0:
            raise WorkExceeded
