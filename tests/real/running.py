"""Bring a real server up in a directory of its own, on ports from the kernel, and take it down by its process group."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Callable, NamedTuple

import pytest

from tests.pki import Entity
from tests.servers import PATIENCE

HOST = "127.0.0.1"

#: How long to wait between two looks at a server that is starting, in seconds.
_LOOK = 0.05


class Setting(NamedTuple):
    """What a server is configured with: a directory it may write to, its certificate chain and key, and its ports."""

    directory: Path
    chain: Path
    key: Path
    ports: tuple[int, ...]

    def write(self, name: str, text: str) -> Path:
        """Write a file of configuration, and return its path."""
        path = self.directory / name
        path.write_text(text)
        return path

    def make(self, name: str) -> Path:
        """Make a directory, and return its path."""
        path = self.directory / name
        path.mkdir()
        return path


class Server(NamedTuple):
    """A server: what it is called, with the version that Debian 12 has, its program, and what is spoken on its ports.

    ``speaks`` are protocols of --starttls, "" for TLS from the first octet. ``user`` is who it runs as, "" for us.
    ``configure`` writes its configuration and returns the command that runs it in the foreground.
    """

    name: str
    version: str
    program: str
    speaks: tuple[str, ...]
    configure: Callable[[Setting], list[str]]
    user: str = ""


def missing(server: Server) -> str:
    """Return why ``server`` cannot be run here, or ""; in CI there is no reason."""
    if shutil.which(server.program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin") is None:
        return f"{server.program} is not installed"
    return "servers that change their user need root" if os.geteuid() else ""


@contextlib.contextmanager
def running(server: Server, *chain: Entity) -> Iterator[tuple[int, ...]]:
    """Run ``server`` with ``chain``, end entity first, until it answers; yields its ports."""
    with tempfile.TemporaryDirectory(prefix="server-") as name:
        setting = _prepared(Path(name), server, chain)
        command = server.configure(setting)
        if server.user:
            _give(setting.directory, server.user)
            command = ["setpriv", "--reuid", server.user, "--regid", server.user, "--clear-groups", *command]
        with (setting.directory / "output").open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                cwd=setting.directory,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": name, "LC_ALL": "C.UTF-8"},
            )
        try:
            for port in setting.ports:
                _wait_until_it_listens(process, port, setting.directory / "output")
            yield setting.ports
        finally:
            _end(process)


def _prepared(directory: Path, server: Server, chain: tuple[Entity, ...]) -> Setting:
    directory.chmod(0o755)  # for servers that give up root
    certificates, key = directory / "chain.pem", directory / "key.pem"
    certificates.write_bytes(b"".join(entity.pem for entity in chain))
    key.write_bytes(chain[0].key_pem)
    key.chmod(0o600)
    with contextlib.ExitStack() as stack:
        reserved = [stack.enter_context(socket.socket()) for _ in server.speaks]
        for one in reserved:
            one.bind((HOST, 0))
        ports = tuple(one.getsockname()[1] for one in reserved)
    return Setting(directory, certificates, key, ports)


def _give(directory: Path, user: str) -> None:
    """Make ``user`` the owner of ``directory`` and of everything in it."""
    entry = pwd.getpwnam(user)
    for path in (directory, *directory.rglob("*")):
        os.chown(path, entry.pw_uid, entry.pw_gid)


def _wait_until_it_listens(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    for _ in range(int(PATIENCE / _LOOK)):
        with socket.socket() as probe:
            if probe.connect_ex((HOST, port)) == 0:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_LOOK)
            break
    pytest.fail(f"{process.args!r} does not listen: {output.read_text(errors='replace')[-2000:]}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server and all that it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(5)
