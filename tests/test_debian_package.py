"""What debian/ says again, of version, licence, dependencies and templates, is what the project says; run.sh does the rest."""

from __future__ import annotations

import re

from check_tls_cert import __version__
from tests.program import ROOT
from tests.test_packaging import requirements

DEBIAN = ROOT / "debian"


def test_version_is_the_programs() -> None:
    newest = (DEBIAN / "changelog").read_text().splitlines()[0]
    assert newest.startswith(f"check-tls-cert ({__version__}) ")


def test_every_dependency_has_its_debian_name() -> None:
    """PEP386 has dh_python3 translate the version bounds of setup.cfg, too; without it they are dropped."""
    named = re.findall(r"^(\S+) python3-\w+; PEP386$", (DEBIAN / "py3dist-overrides").read_text(), re.MULTILINE)
    assert sorted(named) == sorted(requirements())


def test_licence_is_the_projects() -> None:
    words = (DEBIAN / "copyright").read_text().replace("\n .\n", "\n").split()
    terms = (ROOT / "LICENSE").read_text().partition("Permission is")[2].split()
    assert " ".join(terms) in " ".join(words)


def test_templates_of_every_monitor_are_examples() -> None:
    folders = {path.name for path in ROOT.glob("*-templates")}
    assert folders == set((DEBIAN / "check-tls-cert.examples").read_text().split())


def test_command_that_icinga_includes_is_not_an_example_too() -> None:
    """Whoever copied it into conf.d would define the command twice, which Icinga refuses."""
    installed = (DEBIAN / "check-tls-cert.install").read_text().split()[0]
    assert (ROOT / installed).is_file()
    assert f"--exclude={installed.rpartition('/')[2]}\n" in (DEBIAN / "rules").read_text()
