"""What is said about versions in one place is said in all."""

from __future__ import annotations

import configparser
import re
import runpy
import shutil
import subprocess
from pathlib import Path

from check_tls_cert import __version__
from check_tls_cert.options.parser import build_parser
from tests.program import ROOT


def requirements() -> dict[str, str]:
    """Return the run-time dependencies with their version ranges, from setup.cfg."""
    return ranges("options", "install_requires")


def ranges(section: str, option: str) -> dict[str, str]:
    settings = configparser.ConfigParser()
    settings.read(ROOT / "setup.cfg")
    lines = settings[section][option].strip().splitlines()
    return dict(re.fullmatch(r"([A-Za-z]+)(.*)", line).groups() for line in lines)  # type: ignore[union-attr,misc]


def test_run_time_dependencies_are_four() -> None:
    assert sorted(requirements()) == ["cryptography", "idna", "nagiosplugin", "pyOpenSSL"]


def test_lowest_versions_are_those_tested() -> None:
    """The versions that `make test-oldest` installs are the lower ends of the ranges."""
    pinned = dict(re.findall(r"^(\w+)==([0-9.]+)$", (ROOT / "tests/lowest.txt").read_text(), re.MULTILINE))
    every = {
        **requirements(),
        **ranges("options.extras_require", "yaml"),
        **ranges("options.extras_require", "progress"),
    }
    lowest = {name: re.search(">=([0-9.]+)", text).group(1) for name, text in every.items()}  # type: ignore[union-attr]
    assert {name: (pinned[name] + ".0.0").split(".")[:3] for name in pinned} == {
        name: (version + ".0.0").split(".")[:3] for name, version in lowest.items()
    }


def test_man_page_and_completions_have_every_option(tmp_path: Path) -> None:
    """Made from the parser while the package is built; `make demo` installs them."""
    make_documents = runpy.run_path(str(ROOT / "setup.py"))["make_documents"]
    make_documents(tmp_path)
    known = {name for action in build_parser()._actions for name in action.option_strings if name != "--help"}
    manual = (tmp_path / "check_tls_cert.1").read_text().replace("\\-", "-")
    assert {name for name in known if name not in manual} == set()
    for shell in ("check_tls_cert", "_check_tls_cert"):
        completion = (tmp_path / shell).read_text()
        assert {name for name in known if name not in completion} == set()
    subprocess.run(["bash", "-n", tmp_path / "check_tls_cert"], check=True)


def test_man_page_says_what_a_reader_looks_for() -> None:
    manual: str = runpy.run_path(str(ROOT / "setup.py"))["manual"]()
    sections = re.findall(r"^\.SH (.*)$", manual, re.MULTILINE)
    assert sections[:3] == ["NAME", "SYNOPSIS", "DESCRIPTION"]
    assert sections[-6:] == ["RANGES", "EXAMPLES", "EXIT STATUS", "ENVIRONMENT", "FILES", "SEE ALSO"]
    assert r"check_tls_cert \- check the TLS certificates of" in manual
    assert r"\fBcheck_tls_cert \-H www.example.org\fR" in manual
    assert "Generated Python Manual" not in manual
    if shutil.which("man"):
        done = subprocess.run(
            ["man", "--warnings", "-l", "-"], input=manual, capture_output=True, check=True, text=True
        )
        assert done.stderr == ""


def test_what_is_tested_with_debian_13_is_within_the_bounds() -> None:
    pinned = dict(re.findall(r"^(\w+)==([0-9.]+)$", (ROOT / "tests/debian13.txt").read_text(), re.MULTILINE))
    assert set(requirements()) <= set(pinned)
    for name, text in requirements().items():
        least = re.fullmatch(">=([0-9.]+)", text)
        assert least is not None, f"{name} has an upper bound, which would block a security fix"
        assert [*map(int, pinned[name].split("."))] >= [*map(int, least.group(1).split("."))]


def test_changelog_has_this_version() -> None:
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()
