"""Two profiles: "short", the same examples every time, for CI; "long", random ones without end in sight, for leisure."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from tests import pki
from tests.fuzz import invariants, seeds

#: How many examples of each test: by the variable, for a longer run than "long" is.
_LONG = int(os.environ.get("CHECK_TLS_CERT_EXAMPLES", "20000"))
_HEALTH = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture]

settings.register_profile(
    "short", derandomize=True, max_examples=1000, deadline=None, database=None, suppress_health_check=_HEALTH
)
settings.register_profile("long", max_examples=_LONG, deadline=None, print_blob=True, suppress_health_check=_HEALTH)
settings.load_profile("short")


@pytest.fixture(scope="session")
def directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a directory for what the examples write, one after the other."""
    return tmp_path_factory.mktemp("fuzz")


@pytest.fixture(scope="session")
def anchors(directory: Path) -> Path:
    """Return the path of the trust anchor."""
    return pki.write(directory / "ca.pem", seeds.ROOT)


_total: Counter[str] = Counter()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session: pytest.Session) -> Iterator[None]:
    """Hand the counts of a worker of pytest-xdist over to its controller."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["executions"] = dict(invariants.executions)
    yield


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401  # pytest-xdist has no types for it
    """Take the counts of a worker."""
    _total.update(getattr(node, "workeroutput", {}).get("executions", {}))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many runs there were."""
    total = _total + invariants.executions
    for name, number in sorted(total.items()):
        terminalreporter.write_line(f"{name}: {number} executions")
    terminalreporter.write_line(f"together: {sum(total.values())} executions")
