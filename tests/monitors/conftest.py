"""What the tests of all monitors share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.monitors import Endpoint, Plugin, endpoints, install, needs


@pytest.fixture
def directory() -> Iterator[Path]:
    """Yield a directory that every user may enter."""
    with tempfile.TemporaryDirectory(prefix="monitor-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


@pytest.fixture(scope="session")
def plugin() -> Iterator[Plugin]:
    """Yield the program as installed for a monitor."""
    needs("/usr/bin/python3")
    with tempfile.TemporaryDirectory(prefix="plugin-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield install(path)


@pytest.fixture(scope="session")
def targets() -> Iterator[list[Endpoint]]:
    """Yield endpoints in each state."""
    with tempfile.TemporaryDirectory(prefix="endpoints-") as name:
        path = Path(name)
        path.chmod(0o755)
        with endpoints(path) as found:
            yield found
