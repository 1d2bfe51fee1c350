"""How a server from a package is run for a test: as a child process, on loopback, in a directory of its own.

Nothing of an installed service is touched: neither its configuration, nor its data, nor its ports.
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import string
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any, Callable, NamedTuple, Union

import pytest

from tests.installed import installed, lacking
from tests.servers import PATIENCE

#: What a server that does not need root runs as if the tests are root's. Some refuse to be root.
UNPRIVILEGED = {"user": "nobody", "group": "nogroup"}

#: The environment of a server: a locale that every machine has, and no setting of who runs the tests.
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}

# Seconds between two looks at whether a server answers.
_INTERVAL = 0.02

# Seconds that a server gets to end by itself.
_INSISTENCE = 10

# What of a server's output is shown if it does not start.
_SHOWN = 4_000

Command = list[Union[str, Path]]


class Material(NamedTuple):
    """What a server presents, in PEM: certificates (end entity first), and the key."""

    chain: bytes
    key: bytes


class Place(NamedTuple):
    """Where a server lives during one test.

    ``ports`` has one for each protocol, by the protocol's name. Without ``tls`` the server is to be configured as if
    nobody had given it a certificate. ``identity`` is a user and a group to become, or empty.
    """

    program: str
    directory: Path
    ports: Mapping[str, int]
    tls: bool
    identity: Mapping[str, str]

    def write(self, name: str, template: str, **more: str) -> Path:
        """Write a file, and return it.

        ``template`` may use $directory, $chain, $key, the port of each protocol, as in $xmpp_client, and what is in
        ``more``.
        """
        files = {field: self.directory / f"{field}.pem" for field in Material._fields}
        ports = {protocol.replace("-", "_"): str(port) for protocol, port in self.ports.items()}
        words = {"directory": self.directory, **files, **ports, **more}
        return self.put(name, string.Template(template).substitute(words).encode())

    def put(self, name: str, content: bytes) -> Path:
        """Write a file that only the server may read, and return it."""
        path = self.directory / name
        path.write_bytes(content)
        path.chmod(0o600)
        return self._own(path)

    @property
    def names(self) -> tuple[str, str]:
        """The user and the group that the server runs as."""
        return (
            self.identity.get("user") or pwd.getpwuid(os.geteuid()).pw_name,
            self.identity.get("group") or grp.getgrgid(os.getegid()).gr_name,
        )

    def folder(self, name: str) -> Path:
        """Make a directory that the server may write to, and return it."""
        path = self.directory / name
        path.mkdir()
        return self._own(path)

    def run(self, *command: str | Path) -> None:
        """Run what has to run before the server; if it fails, what it said is shown."""
        with self.popen(list(command), stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
            try:
                out, _ = process.communicate(timeout=PATIENCE)
            finally:
                _end_group(process)
        if process.returncode:
            pytest.fail(f"{command[0]} ended with {process.returncode}: {_end(out)}")

    def popen(self, command: Command, **options: Any) -> subprocess.Popen[bytes]:  # noqa: ANN401  # Popen's own
        """Start ``command`` as the server's user, in a process group of its own."""
        if self.identity:
            options.update(self.identity, extra_groups=[])
        environment = {**ENVIRONMENT, "HOME": str(self.directory)}
        return subprocess.Popen(
            command, stdin=subprocess.DEVNULL, cwd=self.directory, env=environment, start_new_session=True, **options
        )

    def _own(self, path: Path) -> Path:
        if self.identity:
            shutil.chown(path, self.identity["user"], self.identity["group"])
        return path


class Server(NamedTuple):
    """A server, and what it takes to run it.

    ``version`` is the one of Debian 12, ``program`` a name or a path, ``packages`` are Debian's. ``configure`` writes the
    configuration and returns the command that stays in the foreground. ``starttls`` and ``implicit`` name the protocols
    it serves, as --starttls has them and as -p has services with TLS from the first octet.
    """

    name: str
    version: str
    program: str
    packages: tuple[str, ...]
    configure: Callable[[Place], Command]
    starttls: tuple[str, ...] = ()
    implicit: tuple[str, ...] = ()
    needs_root: bool = False

    @contextmanager
    def run(self, material: Material, tls: bool = True) -> Iterator[Mapping[str, int]]:
        """Run it with ``material``, or without ``tls``; yields the port of each protocol once all of them answer."""
        program = installed(self.program)
        root = os.geteuid() == 0
        if self.needs_root and not root:
            lacking(f"{self.name} needs root to run")
        protocols = (*self.starttls, *self.implicit) if tls else self.starttls
        with _directory() as directory, _reserved(protocols) as ports:
            place = Place(program, directory, ports, tls, UNPRIVILEGED if root and not self.needs_root else {})
            place._own(directory)
            for name, content in material._asdict().items():
                place.put(f"{name}.pem", content)
            with _running(place, self.configure(place)):
                yield ports


@contextmanager
def _directory() -> Iterator[Path]:
    """Make a directory that other users can enter, with a path short enough for sockets: pytest's is neither."""
    with tempfile.TemporaryDirectory(prefix="real-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        yield directory


@contextmanager
def _reserved(protocols: tuple[str, ...]) -> Iterator[Mapping[str, int]]:
    """Yield a port of 127.0.0.1 for each of ``protocols``.

    The kernel chose them, and gives them to nobody else meanwhile, because they remain bound. That does not hinder a
    server that asks for one by its number and sets SO_REUSEADDR, which they all do.
    """
    with ExitStack() as stack:
        ports = {}
        for protocol in protocols:
            holder = stack.enter_context(socket.socket())
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", 0))
            ports[protocol] = int(holder.getsockname()[1])
        yield ports


@contextmanager
def _running(place: Place, command: Command) -> Iterator[None]:
    """Run ``command`` while the context lasts, once it answers at all the ports of ``place``."""
    log = place.directory / "output"
    with log.open("wb") as output, place.popen(command, stdout=output, stderr=output) as process:
        try:
            _wait_until_it_answers(place, process, log)
            yield
        finally:
            _end_group(process)


def _wait_until_it_answers(place: Place, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    for protocol, port in place.ports.items():
        while not _answers(port):
            with suppress(subprocess.TimeoutExpired):
                process.wait(_INTERVAL)
                pytest.fail(f"{place.program} ended with {process.returncode}: {_end(log.read_bytes())}")
            if time.monotonic() > until:
                pytest.fail(f"{place.program} does not answer at its port for {protocol}: {_end(log.read_bytes())}")


def _answers(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _end_group(process: subprocess.Popen[bytes]) -> None:
    """End a server and what it started: first in good order, then by force what may be left."""
    with suppress(ProcessLookupError, subprocess.TimeoutExpired):
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(_INSISTENCE)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)


def _end(output: bytes) -> str:
    return output[-_SHOWN:].decode(errors="replace")
