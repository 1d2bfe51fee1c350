"""The program as a process: usage, environment, interruptions. Exit codes 0 to 3, whatever happens."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from check_tls_cert import __version__
from tests import pki, servers
from tests.program import AS_OF, AT, ROOT, run, without_facts

GOOD = (
    'expires in 60 d (2026-03-16), path to "Example Root R1" valid, hostname matches, SANs cover 1/1 | '
    "expiry=60d;22.5:;9: lifetime_used=33.34%;75;90;0 chain_valid=1;;1:;0;1 chain_expiry=2000d;22.5:;9: "
    "hostname_match=1;;1:;0;1 san_coverage=100%;;100:;0;100"
)


@pytest.fixture
def bundle(tmp_path: Path) -> tuple[Path, Path]:
    """A good chain on disk, and the trust anchor for it."""
    root = pki.authority()
    issuing = pki.authority("Example Issuing CA 3", root)
    site = pki.end_entity(issuing)
    return pki.write(tmp_path / "site.pem", site, issuing), pki.write(tmp_path / "ca.pem", root)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ((), "nothing to check: use -H HOST or --file PATH"),
        (("-H", "a.example", "--file", "b"), "use either -H or --file, not both"),
        (("--no-such-option",), "unknown option --no-such-option"),
        (("-H", "a.example", "--expiry-warn", "5"), "unknown option --expiry-warn (did you mean --expiry-warning?)"),
        (
            ("-H", "a.example", "x|y\n\x1b[2J\u202e"),
            "x/y\\x0a\\x1b[2J\\u202e: host names need -H: check_tls_cert -H x/y\\x0a\\x1b[2J\\u202e",
        ),
        (("-H",), "argument -H/--host: expected one argument"),
        (
            ("-H", "a.example", "-c", "-5"),
            "argument -c/--expiry-critical: expected one argument; write negative values with =, e.g. "
            "--expiry-critical=-5",
        ),
        (("-H", "a.example", "-p", "0"), '-p: the port must be a number from 1 to 65535, not "0"'),
        (("-H", "a.example", "-p", "99999"), '-p: the port must be a number from 1 to 65535, not "99999"'),
        (("-H", "a.example", "-t", "0"), '-t: the timeout must be a number of seconds above 0, at most 86400, not "0"'),
        (
            ("-H", "https://www.example.org/"),
            '-H: give the host name alone, not a URL such as "https://www.example.org/"',
        ),
        (("-H", "a..example"), '-H: "a..example" is not a DNS name or IP address'),
        (
            ("-H", "a.example", "-w", "5", "-c", "10"),
            '-w "5" is looser than -c "10": the warning could never trigger before the critical',
        ),
        (("-H", "a.example", "-w", "x"), '-w: "x" is not a valid range; use for example 30, 30d, 4w or 25%'),
        (
            ("-H", "a.example", "-c", "20:10"),
            '-c: "20:10" is reversed: its start is greater than its end',
        ),
        (
            ("-H", "a.example", "--chain-valid-critical", "2:"),
            '--chain-valid-critical: "2:" is impossible: no value of chain_valid is inside',
        ),
    ],
)
def test_wrong_usage_is_one_line_on_stdout_and_unknown(arguments: tuple[str, ...], error: str) -> None:
    done = run(*arguments)
    assert (done.out, done.err, done.code) == (f"TLS_CERT UNKNOWN - usage: {error} (see --help)\n", "", 3)


def test_version() -> None:
    assert run("-V") == (3, f"check_tls_cert {__version__}\n", "")


def test_help_is_complete_and_ends_in_examples() -> None:
    done = run("--help")
    assert (done.code, done.err) == (3, "")
    examples = done.out[done.out.index("\nexamples:\n") :]
    assert examples.count("\n  check_tls_cert ") == 6
    assert examples.rstrip() == done.out[-len(examples) :].rstrip()
    for group in ("target:", "what is expected:", "thresholds, per metric:", "general:", "ranges:"):
        assert f"\n{group}\n" in done.out


def test_bundle_on_standard_input(bundle: tuple[Path, Path]) -> None:
    path, anchors = bundle
    done = run("--file", "-", "--name", "www.example.org", "--ca-file", anchors, *AT, stdin=path.read_bytes())
    assert done == (0, f"TLS_CERT OK - {AS_OF} standard input {GOOD}\n", "")


def test_der_file_measures_no_hostname_without_a_name(tmp_path: Path) -> None:
    root = pki.authority()
    path = tmp_path / "site.der"
    path.write_bytes(pki.end_entity(root).der)
    done = run("--file", path, "--ca-file", pki.write(tmp_path / "ca.pem", root), *AT)
    metrics = GOOD.partition(" | ")[2].partition(" hostname_match")[0]
    line = f'TLS_CERT OK - {AS_OF} {path} expires in 60 d (2026-03-16), path to "Example Root R1" valid | {metrics}\n'
    assert done == (0, line, "")


def test_empty_environment_and_a_locale_that_does_not_exist(bundle: tuple[Path, Path]) -> None:
    """As a monitor starts it: no HOME, no PATH, no LANG."""
    path, anchors = bundle
    command = [sys.executable, "-m", "check_tls_cert", "--file", str(path), "--name", "www.example.org", *AT]
    for environment in ({}, {"LC_ALL": "xx_XX.UTF-99"}, {"PYTHONIOENCODING": "ascii"}):
        done = subprocess.run(
            [*command, "--ca-file", str(anchors)], capture_output=True, check=False, cwd=ROOT, env=environment
        )
        assert (without_facts(done.stdout.decode()), done.stderr, done.returncode) == (
            f"TLS_CERT OK - {AS_OF} {path} {GOOD}\n",
            b"",
            0,
        )


def start(*arguments: str, stdout: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    """Start the program."""
    command = [sys.executable, "-m", "check_tls_cert", *arguments]
    return subprocess.Popen(command, stdout=stdout, stderr=subprocess.PIPE, cwd=ROOT)


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_signals_end_it_with_unknown(name: str) -> None:
    """A monitor whose patience is at its end sends SIGTERM: it still gets a line and a state."""
    with servers.serving(servers.silent_once_heard()) as port, start("-H", f"127.0.0.1:{port}") as process:
        servers.wait_until_heard(port)
        process.send_signal(signal.Signals[name])
        out, err = process.communicate(timeout=servers.PATIENCE)
    line = f"TLS_CERT UNKNOWN - interrupted by {name} before there was a verdict\n"
    assert (out.decode(), err, process.returncode) == (line, b"", 3)


def test_signal_without_standard_output_is_unknown_too() -> None:
    full = os.open("/dev/full", os.O_WRONLY)
    with servers.serving(servers.silent_once_heard()) as port, start("-H", f"127.0.0.1:{port}", stdout=full) as process:
        os.close(full)
        servers.wait_until_heard(port)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=servers.PATIENCE)
    assert (err, process.returncode) == (b"", 3)


def test_full_disk_on_standard_output_is_unknown() -> None:
    with Path("/dev/full").open("wb") as full, start("--version", stdout=full.fileno()) as process:
        _, err = process.communicate(timeout=servers.PATIENCE)
    assert (err, process.returncode) == (b"", 3)


def test_closed_standard_output_is_unknown(bundle: tuple[Path, Path]) -> None:
    """A verdict that nobody could read is none."""
    path, anchors = bundle
    command = f'exec "{sys.executable}" -m check_tls_cert --file "{path}" --ca-file "{anchors}" --at {AT[1]} >&-'
    done = subprocess.run(["/bin/sh", "-c", command], capture_output=True, check=False, cwd=ROOT)
    assert (done.stdout, done.stderr, done.returncode) == (b"", b"", 3)


def test_reader_that_went_away_is_unknown(bundle: tuple[Path, Path]) -> None:
    path, anchors = bundle
    reader, writer = os.pipe()
    os.close(reader)
    with start("--file", str(path), "--ca-file", str(anchors), *AT, stdout=writer) as process:
        os.close(writer)
        _, err = process.communicate(timeout=servers.PATIENCE)
    assert (err, process.returncode) == (b"", 3)


FAULT = """
import sys
from check_tls_cert import cli
def broken(*_):
    raise RuntimeError("a|b\\n\\x1b[2J")
cli.fetch.acquire = broken
sys.exit(cli.main(sys.argv[1:]))
"""


def test_our_own_fault_is_one_safe_line_and_unknown() -> None:
    """And no traceback below -vvv, which a monitor would merge into the output."""
    command = [sys.executable, "-c", FAULT, "-H", "www.example.org"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, text=True)
    line = "TLS_CERT UNKNOWN - internal error, please report it: UNKNOWN: RuntimeError: a/b\n"
    assert (done.stdout, done.stderr, done.returncode) == (line, "", 3)


def test_our_own_fault_shows_where_with_vvv() -> None:
    command = [sys.executable, "-c", FAULT, "-H", "www.example.org", "-vvv"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, text=True)
    first, *rest = done.stdout.splitlines()
    assert first == "TLS_CERT UNKNOWN - internal error, please report it: UNKNOWN: RuntimeError: a/b"
    assert (done.stderr, done.returncode) == ("", 3)
    assert "Traceback (most recent call last):" in rest
    assert "\x1b" not in done.stdout
    assert any("in broken" in line for line in rest)


def test_installed_script_starts_the_same_run() -> None:
    command = [sys.executable, "-W", "error", "-c", "from check_tls_cert.__main__ import run; run()", "--version"]
    done = subprocess.run(command, capture_output=True, check=False, cwd=ROOT, text=True)
    assert (done.stdout, done.stderr, done.returncode) == (f"check_tls_cert {__version__}\n", "", 3)
