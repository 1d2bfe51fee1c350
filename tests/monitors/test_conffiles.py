"""The list of Debian's configuration files, which no template may replace, is what dpkg says of the installed packages."""

from __future__ import annotations

import subprocess
from pathlib import PurePosixPath

import pytest

from tests.installed import installed, lacking
from tests.test_monitor_templates import conffiles

#: Those of these packages that CI installs.
IN_CI = ("icinga2-common", "nagios4-common", "nagios-nrpe-server", "nagios-nrpe-plugin", "zabbix-server-pgsql")


@pytest.mark.parametrize("package", sorted(conffiles()))
def test_every_conffile_is_in_the_list(package: str) -> None:
    """A new release of Debian may bring new ones: add them to tests/conffiles.txt."""
    done = subprocess.run(
        [installed("dpkg-query"), "--show", "--showformat", "${db:Status-Status}\n${Conffiles}\n", package],
        capture_output=True,
        text=True,
        check=False,
    )
    status, *lines = done.stdout.splitlines() or ["not known"]
    if status != "installed":
        if package in IN_CI:
            lacking(f"{package} is not installed")
        pytest.skip(f"{package} is not installed")
    known = {PurePosixPath(line.split()[0]) for line in lines if line.strip() and not line.endswith(" obsolete")}
    assert known <= conffiles()[package]
