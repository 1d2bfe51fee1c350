"""What is built twice from the same tree is the same to the byte, if SOURCE_DATE_EPOCH says when it is built."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.program import ROOT

EPOCH = 1_767_225_600  # 2026-01-01

# `make test` has it; the environments of the matrix need not.
pytestmark = pytest.mark.skipif(importlib.util.find_spec("build") is None, reason="needs the package build")


def built(tree: Path, out: Path) -> dict[str, str]:
    """Return the digests of the wheel and the source archive of ``tree``."""
    command = [
        sys.executable,
        "-m",
        "build",
        "--quiet",
        "--no-isolation",
        "--wheel",
        "--sdist",
        "--outdir",
        str(out),
        str(tree),
    ]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH), "PYTHONHASHSEED": "random"}
    subprocess.run(command, env=environment, check=True, capture_output=True, cwd=tree)
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in out.iterdir()}


def copied(directory: Path, moment: int) -> Path:
    """Return a copy of the project, of which every file is of another time."""
    # Only what stays as it is while other tests run beside this one.
    passing = (".git", ".venv*", "build", "dist", ".*cache", "__pycache__", ".coverage*", ".hypothesis", ".mutants")
    shutil.copytree(ROOT, directory, ignore=shutil.ignore_patterns(*passing, "*.egg-info", "*.out"))
    for path in directory.rglob("*"):
        os.utime(path, (moment, moment))
    return directory


@pytest.fixture(scope="module")
def archives(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Path, dict[str, str]]]:
    base = tmp_path_factory.mktemp("built")
    made = []
    for name, moment in (("one", EPOCH + 86_400), ("another/and/deeper", EPOCH + 200_000)):
        out = base / f"out-{moment}"
        made.append((out, built(copied(base / name, moment), out)))
    return made


def test_same_to_the_byte(archives: list[tuple[Path, dict[str, str]]]) -> None:
    (_, one), (_, another) = archives
    assert len(one) == 2
    assert one == another


def test_archives_have_what_they_promise(archives: list[tuple[Path, dict[str, str]]]) -> None:
    """The tests run from the source archive; the templates come with the wheel."""
    out, names = archives[0]
    wheel = next(out / name for name in names if name.endswith(".whl"))
    shipped = zipfile.ZipFile(wheel).namelist()
    for end in ("check_tls_cert.1", "icinga-templates/check_tls_cert.conf", "zabbix-templates/check_tls_cert.yaml"):
        assert any(name.endswith(end) for name in shipped), end
    assert not any("/tests/" in name or name.startswith("tests/") for name in shipped)
    with tarfile.open(next(out / name for name in names if name.endswith(".tar.gz"))) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
        owners = {(member.uid, member.uname, member.mtime) for member in archive.getmembers()}
    assert {"tests/pki.py", "CHANGELOG.md", "Makefile", "tools/readme.py", "debian/rules", "demo/__main__.py"} <= inside
    assert owners == {(0, "", EPOCH)}
