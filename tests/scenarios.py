"""What scenarios of whole runs are made of, and the registry of them by finding id; see test_transcripts.py."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, NamedTuple

from tests import pki, servers
from tests.pki import Entity
from tests.program import AS_OF

GOOD = "expiry=60d;22.5:;9: lifetime_used=33.34%;75;90;0"
VALID = f"{GOOD} chain_valid=1;;1:;0;1 chain_expiry=2000d;22.5:;9:"
NAMED = "hostname_match=1;;1:;0;1 san_coverage=100%;;100:;0;100"
REACHED = "reachable=100%;;100:;0;100 time=0.01s;;;0"
UNREACHED = "reachable=0%;;100:;0;100"
NAME = ("--name", "www.example.org")


class Scenario(NamedTuple):
    """One run: what the program is told, and what it must say. ``{}`` in ``line`` is the target's label.

    With ``facts``, ``line`` also has the metrics without default thresholds.
    """

    arguments: tuple[str, ...]
    code: int
    line: str
    label: str
    environment: dict[str, str] = {}  # noqa: RUF012  # never changed
    facts: bool = False


class Place(NamedTuple):
    """Where a scenario may put its files, with a CA at hand that the program trusts."""

    directory: Path
    root: Entity
    issuing: Entity

    @property
    def trust(self) -> tuple[str, str]:
        """The options by which the program trusts the root."""
        return ("--ca-file", str(pki.write(self.directory / "ca.pem", self.root)))

    def bundle(self, *chain: Entity) -> str:
        """Write a chain, and return its path."""
        return str(pki.write(self.directory / "chain.pem", *chain))

    def data(self, content: bytes) -> str:
        """Write any octets, and return their path."""
        path = self.directory / "file"
        path.write_bytes(content)
        return str(path)


Build = Callable[[Place], Iterator[Scenario]]
SCENARIOS: dict[str, list[Build]] = {}


def scenario(*finding_ids: str) -> Callable[[Build], Build]:
    """Register a scenario under the finding ids that it shows."""

    def register(build: Build) -> Build:
        for finding_id in finding_ids:
            SCENARIOS.setdefault(finding_id, []).append(build)
        return build

    return register


def chain_file(place: Place, *chain: Entity, code: int, line: str, extra: tuple[str, ...] = NAME) -> Scenario:
    """Return the scenario of a bundle on disk, judged with the root as trust anchor."""
    path = place.bundle(*chain)
    return Scenario(("--file", path, *place.trust, *extra), code, line, path)


def any_file(path: str, line: str, *extra: str) -> Scenario:
    """Return the scenario of a file that holds no certificate."""
    return Scenario(("--file", path, *extra), 3, line, path)


@contextmanager
def nothing() -> Iterator[int]:
    """Yield a port on which nothing listens."""
    yield servers.closed_port()


def broken_chain(place: Place, site: Entity, *above: Entity, problem: str, metrics: str = GOOD) -> Scenario:
    """Return the scenario of a chain with one thing wrong."""
    return chain_file(
        place,
        site,
        *above,
        code=2,
        line=f"CRITICAL - {AS_OF} {{}}: {problem} | {metrics} chain_valid=0;;1:;0;1 {NAMED}",
    )
