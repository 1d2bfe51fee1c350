"""Start-up is the bill: what a plain check may import, and what it may not."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests import pki
from tests.program import AT, ROOT

#: The floor that the benchmark compares with.
FLOOR = "import argparse, nagiosplugin, OpenSSL.SSL, cryptography.x509"

#: What would be noticed: each costs milliseconds, most of them without being asked for by name.
FORBIDDEN = {
    "asyncio",
    "concurrent.futures",
    "ctypes",
    "dataclasses",
    "dns",
    "encodings.idna",
    "http",
    "http.client",
    "idna",
    "importlib.metadata",
    "json",
    "multiprocessing",
    "pathlib",
    "queue",
    "ssl",
    "stringprep",
    "subprocess",
    "unicodedata",
    "urllib.request",
    "xml",
}


def modules_after(code: str, *arguments: str) -> set[str]:
    """Return the names of the modules that a process has imported after running ``code``."""
    script = f"{code}\nprint(); print('MODULES', *sys.modules)"
    command = [sys.executable, "-c", f"import sys\n{script}", *arguments]
    done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, text=True)
    return set(done.stdout.rpartition("MODULES ")[2].split())


def test_plain_check_imports_the_floor_and_our_own(tmp_path: Path) -> None:
    root = pki.authority()
    issuing = pki.authority("Example Issuing CA 3", root)
    path = pki.write(tmp_path / "site.pem", pki.end_entity(issuing), issuing)
    anchors = pki.write(tmp_path / "ca.pem", root)
    arguments = ("--file", str(path), "--name", "www.example.org", "--ca-file", str(anchors), *AT)
    floor = modules_after(FLOOR)
    ours = modules_after("from check_tls_cert.cli import main\nassert main() == 0", *arguments)
    added = {name for name in ours - floor if name.partition(".")[0] != "check_tls_cert"}
    assert added & FORBIDDEN == set()
    assert len(added) <= 3, added
    assert not ours & LATE


#: Ours that a plain check that is OK has no use for: sentences, preambles, many targets.
LATE = {
    "check_tls_cert.fetch.starttls.wire",
    "check_tls_cert.fleet",
    "check_tls_cert.judge.path.webpki",
    "check_tls_cert.model.plan",
    "check_tls_cert.report.phrases",
}


def test_a_file_needs_no_handshake(tmp_path: Path) -> None:
    path = pki.write(tmp_path / "ca.pem", pki.authority())
    loaded = modules_after(
        "from check_tls_cert.cli import main\nmain()", "--file", str(path), "--ca-file", str(path), *AT
    )
    assert "check_tls_cert.fetch.files" in loaded
    assert not loaded & {"check_tls_cert.fetch.endpoint", "check_tls_cert.fetch.tls.handshake"}
