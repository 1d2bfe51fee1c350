"""Copying a template into a monitor's configuration, as the READMEs say, must not cost what is there already."""

from __future__ import annotations

import re
import shlex
from pathlib import Path, PurePosixPath

import pytest

from tests.program import ROOT

READMES = [ROOT / "README.md", *sorted(ROOT.glob("*-templates/README.md"))]

#: Everything that a reader may put into a configuration directory.
TEMPLATES = sorted(path for path in ROOT.glob("*-templates/*") if path.name != "README.md")


def conffiles() -> dict[str, set[PurePosixPath]]:
    """Return the configuration files that Debian's packages bring, by package; see tests/conffiles.txt."""
    found: dict[str, set[PurePosixPath]] = {}
    for line in ROOT.joinpath("tests", "conffiles.txt").read_text().splitlines():
        if not line.startswith("#"):
            package, path = line.split()
            found.setdefault(package, set()).add(PurePosixPath(path))
    return found


#: Icinga's services.conf, Nagios's commands.cfg, ...: files that an administrator has edited.
TAKEN = {path.name for paths in conffiles().values() for path in paths}


def copies(readme: Path) -> list[list[str]]:
    """Return the words of each command in ``readme`` that copies or links something."""
    text = re.sub(r"```\n", "`", readme.read_text())
    lines = (line.strip() for span in re.findall(r"`([^`]+)`", text) for line in span.splitlines())
    return [shlex.split(line) for line in lines if re.match(r"(cp|install|ln|mv) ", line)]


def overwrites(words: list[str]) -> bool:
    """Say whether a command would replace a file that is there."""
    program, *others = words
    flags = "".join(word for word in others if re.fullmatch("-[a-zA-Z]+", word))
    if program == "install":
        return "d" not in flags
    return "f" in flags if program == "ln" else "n" not in flags


def test_the_list_names_what_was_once_overwritten() -> None:
    assert PurePosixPath("/etc/icinga2/conf.d/services.conf") in conffiles()["icinga2-common"]
    assert {"services.conf", "hosts.conf", "zones.conf", "commands.cfg", "nrpe.cfg"} <= TAKEN


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_no_template_bears_the_name_of_a_conffile(template: Path) -> None:
    assert template.name not in TAKEN


@pytest.mark.parametrize("readme", READMES, ids=lambda path: path.parent.name)
def test_commands_copy_what_there_is_and_overwrite_nothing(readme: Path) -> None:
    commands = copies(readme)
    assert commands, "a README that says how to install has a command for it"
    for words in commands:
        assert not overwrites(words), shlex.join(words)
        *sources, destination = (word for word in words[1:] if not word.startswith("-"))
        assert PurePosixPath(destination).name not in TAKEN
        for source in sources:
            assert PurePosixPath(source).name not in TAKEN
            assert source.startswith("/") or (ROOT / source).is_file(), f"{source} is not there to be copied"


@pytest.mark.parametrize(
    ("command", "harmful"),
    [
        ("cp services.conf /etc/icinga2/conf.d/", True),
        ("cp -nv services.conf /etc/icinga2/conf.d/", False),
        ("mv services.conf /etc/icinga2/conf.d/", True),
        ("install -m 644 services.conf /etc/icinga2/conf.d/", True),
        ("install -d /etc/zabbix/externalscripts", False),
        ("ln -s /opt/check_tls_cert/bin/check_tls_cert /usr/lib/nagios/plugins/", False),
        ("ln -sf /opt/check_tls_cert/bin/check_tls_cert /usr/lib/nagios/plugins/", True),
    ],
)
def test_which_commands_overwrite(command: str, harmful: bool) -> None:
    assert overwrites(shlex.split(command)) is harmful
