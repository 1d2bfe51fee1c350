"""A plugin of pytest for `tools.mutants`: run the quickest tests first, for most mutants fail one of these.

mutmut stops at the first test that fails, but hands the tests of a mutant to pytest in any order. How long each takes
is in the file that mutmut writes when it runs them all on the original.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

#: In the directory in which mutmut runs pytest.
STATISTICS = Path("mutmut-stats.json")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Sort ``items`` by what they took on the original; without statistics, leave them as they are."""
    if STATISTICS.is_file():
        durations: Mapping[str, float] = json.loads(STATISTICS.read_text("utf-8"))["duration_by_test"]
        items.sort(key=lambda item: durations.get(item.nodeid, 0.0))
