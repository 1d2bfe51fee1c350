"""The shipped templates, in the monitors that they are for: real programs, everything in temporary directories.

    make test-monitors

What is shared: the plugin installed where a monitor's user can run it, endpoints in each state, daemons, bounded waits.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Callable, NamedTuple, TypeVar, Union

import pytest

from tests import pki, servers
from tests.pki import EPOCH, days
from tests.program import ROOT
from tests.servers import PATIENCE

#: Whom Debian's monitors run as.
USER = "nagios"

#: The name that the endpoints' certificates are for.
NAME = "www.example.org"

STATES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")

#: How long to wait between two looks, in seconds.
_LOOK = 0.05

#: How an option's value is given to the program and to the templates alike.
Value = Union[str, int, list[str]]

Seen = TypeVar("Seen")


def needs(*programs: str) -> None:
    """Skip the test unless ``programs`` and root's rights are there; in CI they are relied on."""
    missing = [name for name in programs if shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") is None]
    reason = f"{', '.join(missing)} not installed" if missing else ""
    if os.geteuid():
        reason = "daemons that run as another user need root"
    if reason and os.environ.get("CI"):
        pytest.fail(f"{reason}, and CI relies on it")
    if reason:
        pytest.skip(reason)


def until(look: Callable[[], Seen | None], what: str) -> Seen:
    """Return what ``look`` returns, once that is something."""
    end = time.monotonic() + PATIENCE
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            pytest.fail(f"waited {PATIENCE:.0f} s for {what}")
        time.sleep(_LOOK)


def free_ports(number: int, address: str = "127.0.0.1") -> tuple[int, ...]:
    """Return ``number`` ports at which nothing listens."""
    with contextlib.ExitStack() as stack:
        reserved = [stack.enter_context(socket.socket()) for _ in range(number)]
        for one in reserved:
            one.bind((address, 0))
        return tuple(one.getsockname()[1] for one in reserved)


def give(directory: Path, user: str = USER) -> None:
    """Make ``user`` the owner of ``directory`` and of everything in it, but not of what links there lead to."""
    for path in (directory, *directory.rglob("*")):
        if not path.is_symlink():
            shutil.chown(path, user, user)


@contextlib.contextmanager
def daemon(command: Sequence[str], directory: Path, user: str = USER) -> Iterator[Path]:
    """Run a monitor as ``user`` in an empty environment; yields the file with what it prints. It ends with its group."""
    output = directory / "output"
    with output.open("wb") as stream:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=stream,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=directory,
            user=user,
            group=user,
            extra_groups=[],
            env={},
        )
    try:
        yield output
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(2)  # it has nothing to save, and may not have heard if it has only just begun


def as_user(
    command: Sequence[str], environment: Mapping[str, str] | None = None, standard_input: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a program to its end as the monitors' user, in no environment but ``environment``."""
    return subprocess.run(
        command,
        input=standard_input,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        user=USER,
        group=USER,
        extra_groups=[],
        env={} if environment is None else environment,
    )


class Verdict(NamedTuple):
    """What the program said: its exit status, its text, and its performance data, metric by metric."""

    state: int
    text: str
    performance: list[str]


def verdict(state: int, output: str) -> Verdict:
    """Return what the program said in ``output``, without the one number that differs from run to run."""
    text, _, performance = output.strip().partition(" | ")
    return Verdict(state, text, [without_time(metric) for metric in performance.split()])


def without_time(metric: str) -> str:
    """Return performance data of one metric, with another number if it is how long the program took."""
    label, _, rest = metric.partition("=")
    return f"time=0.01s;{rest.partition(';')[2]}" if label == "time" else metric


class Plugin(NamedTuple):
    """The program, installed where a monitor's user can run it."""

    directory: Path

    @property
    def path(self) -> Path:
        """The program itself."""
        return self.directory / "check_tls_cert"

    def run(self, options: Mapping[str, Value]) -> Verdict:
        """Run it as the monitor does, and return what it says."""
        done = as_user([str(self.path), *arguments(options)])
        assert not done.stderr
        return verdict(done.returncode, done.stdout)


def arguments(options: Mapping[str, Value]) -> list[str]:
    """Return ``options``, which are spelled as in the templates, as the program's arguments."""
    found = []
    for option, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            found += ["--" + option.replace("_", "-"), str(one)]
    return found


def install(directory: Path) -> Plugin:
    """Install the program into a virtual environment of the system's Python, whose files every user can read."""
    source, environment = directory / "source", directory / "venv"
    shutil.copytree(ROOT / "check_tls_cert", source / "check_tls_cert", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "setup.cfg", "setup.py", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    subprocess.run(["/usr/bin/python3", "-m", "venv", environment], check=True)
    subprocess.run(
        [environment / "bin" / "pip", "install", "--quiet", "--disable-pip-version-check", source],
        check=True,
        timeout=PATIENCE * 5,
    )
    return Plugin(environment / "bin")


class Endpoint(NamedTuple):
    """Something to check: a name for the service, the state it is in, and the options beside host and address."""

    name: str
    state: int
    options: dict[str, Value]


@contextlib.contextmanager
def endpoints(directory: Path) -> Iterator[list[Endpoint]]:
    """Bring up endpoints in each state; ``directory`` takes their files."""
    root = pki.authority("Example Root R1")
    issuing = pki.authority("Example Issuing CA 3", root)
    site = pki.end_entity(issuing, names=(NAME, "example.org"))
    ending = pki.end_entity(issuing, not_before=EPOCH - days(70), not_after=EPOCH + days(20))
    expired = pki.end_entity(issuing, not_before=EPOCH - days(92), not_after=EPOCH - days(2))
    common: dict[str, Value] = {"ca_file": str(pki.write(directory / "ca.pem", root)), "at": EPOCH.isoformat()}
    kept = pki.write(directory / "site.pem", site, issuing)
    secret = pki.write(directory / "secret.pem", site, issuing)
    secret.chmod(0o600)  # root's
    with contextlib.ExitStack() as stack:
        good = stack.enter_context(servers.tls(site, issuing))
        mail = stack.enter_context(servers.tls(site, issuing, preamble=_smtp))
        warning = stack.enter_context(servers.tls(ending, issuing))
        critical = stack.enter_context(servers.tls(expired, issuing))
        yield [
            Endpoint("https", 0, {"port": good, "san": [NAME, "example.org"], **common}),
            Endpoint("smtp", 0, {"port": mail, "starttls": "smtp", **common}),
            Endpoint("ending", 1, {"port": warning, **common}),
            Endpoint("by policy", 1, {"port": good, "expiry_warning": "80d", "expiry_critical": 10, **common}),
            Endpoint("expired", 2, {"port": critical, **common}),
            Endpoint("refused", 2, {"port": servers.closed_port(), **common}),
            Endpoint("files", 3, {"file": [str(kept), str(secret)], "name": NAME, **common}),
            Endpoint("usage", 3, {"port": good, "expiry_warning": 5, "expiry_critical": 10, **common}),
        ]


_smtp = servers.converses(b"220 mail.example.org\r\n", b"250-mail.example.org\r\n250 STARTTLS\r\n", b"220 go\r\n")


def checked(endpoint: Endpoint) -> dict[str, Value]:
    """Return all options that ``endpoint`` is checked with on a host that is called NAME at 127.0.0.1."""
    if "file" in endpoint.options:
        return endpoint.options
    return {"host": NAME, "address": "127.0.0.1", **endpoint.options}
