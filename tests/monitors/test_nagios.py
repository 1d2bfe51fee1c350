"""Nagios Core and NRPE: the templates are valid, and what they show is what the program said."""

from __future__ import annotations

import contextlib
import re
import shlex
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.monitors import (
    NAME,
    USER,
    Endpoint,
    Plugin,
    Verdict,
    arguments,
    checked,
    daemon,
    free_ports,
    give,
    needs,
    until,
    verdict,
)
from tests.program import ROOT
from tests.servers import PATIENCE

TEMPLATES = ROOT / "nagios-templates"

#: Where Debian has the plugins that others made, and the objects that templates build on.
PLUGINS = Path("/usr/lib/nagios/plugins")
OBJECTS = Path("/etc/nagios4/objects")

_MAIN = """\
cfg_file={objects}/commands.cfg
cfg_file={objects}/contacts.cfg
cfg_file={objects}/timeperiods.cfg
cfg_file={objects}/templates.cfg
cfg_file={templates}/tls_cert_commands.cfg
cfg_file={directory}/monitored.cfg
resource_file={directory}/resource.cfg
log_file={directory}/log
object_cache_file={directory}/objects.cache
status_file={directory}/status.dat
lock_file={directory}/pid
temp_file={directory}/temporary
temp_path={directory}
check_result_path={directory}/results
state_retention_file={directory}/retention.dat
command_file={directory}/command
check_external_commands=0
check_for_updates=0
use_syslog=0
enable_notifications=0
# At once, and not some time in the first hour.
service_inter_check_delay_method=n
check_result_reaper_frequency=1
status_update_interval=1
"""


class Nagios(NamedTuple):
    """A Nagios Core in a directory of its own."""

    directory: Path

    def command(self, *more: str) -> list[str]:
        """Return the command of its daemon."""
        return ["/usr/sbin/nagios4", *more, str(self.directory / "nagios.cfg")]

    def configure(self, monitored: str) -> None:
        """Write what it monitors."""
        self.directory.joinpath("monitored.cfg").write_text(monitored)
        give(self.directory)

    def services(self) -> dict[str, dict[str, str]]:
        """Return what status.dat shows of the services that were checked, by their descriptions."""
        found = {}
        status = self.directory / "status.dat"
        text = status.read_text() if status.exists() else ""
        for block in re.findall(r"^servicestatus \{\n(.*?)^\t\}", text, re.DOTALL | re.MULTILINE):
            entries = dict(line.strip().split("=", 1) for line in block.splitlines())
            if entries["has_been_checked"] == "1":
                found[entries["service_description"]] = entries
        return found


@pytest.fixture
def nagios(directory: Path, plugin: Plugin) -> Nagios:
    needs("nagios4", str(PLUGINS / "check_nrpe"))
    home, plugins = directory / "nagios", directory / "plugins"
    for place in (home / "results", plugins):
        place.mkdir(parents=True)
    # As the README has it: a link in the plugin directory.
    for program in (plugin.path, PLUGINS / "check_nrpe"):
        (plugins / program.name).symlink_to(program)
    home.joinpath("nagios.cfg").write_text(_MAIN.format(objects=OBJECTS, templates=TEMPLATES, directory=home))
    home.joinpath("resource.cfg").write_text(f"$USER1$={plugins}\n")
    return Nagios(home)


def service_template() -> str:
    """Return the template of services."""
    return TEMPLATES.joinpath("tls_cert_template.cfg").read_text()


def service(name: str, command: str) -> str:
    """Return a service on the host NAME."""
    return (
        f"define service {{\n  use tls-certificate\n  host_name {NAME}\n"
        f"  service_description {name}\n  check_command {command}\n}}\n"
    )


HOST = f"define host {{\n  use generic-host\n  host_name {NAME}\n  address 127.0.0.1\n  max_check_attempts 1\n}}\n"


def command(endpoint: Endpoint) -> str:
    """Return the check_command for ``endpoint``, by the commands of tls_cert_commands.cfg."""
    options = dict(endpoint.options)
    if "file" in options:
        first, *others = arguments({"file": options.pop("file")})[1::2]
        more = [*arguments({"file": others}), *arguments(options)]
        return f"check_tls_cert_file!{first}!{shlex.join(more)}"
    return f"check_tls_cert_here!{NAME}!{shlex.join(arguments(options))}"


def test_examples_are_valid(nagios: Nagios) -> None:
    nagios.configure(service_template() + TEMPLATES.joinpath("tls_cert_services.cfg").read_text())
    done = subprocess.run(
        nagios.command("-v"), capture_output=True, text=True, check=False, timeout=PATIENCE, user=USER, env={}
    )
    assert done.returncode == 0, done.stdout
    assert "Checked 6 services." in done.stdout
    assert "Total Errors:   0" in done.stdout
    assert "check_tls_cert" not in done.stdout, "a warning"


def test_nagios_shows_what_the_program_said(nagios: Nagios, plugin: Plugin, targets: list[Endpoint]) -> None:
    """State, text and performance data of services in each state; the last of them by way of NRPE."""
    with nrpe(nagios.directory, plugin, targets) as port:
        remote = f"check_tls_cert_nrpe!{named(targets[0])}!-p {port}"
        services = [service(endpoint.name, command(endpoint)) for endpoint in targets]
        nagios.configure(service_template() + HOST + "".join(services) + service("remote", remote))
        with daemon(nagios.command(), nagios.directory):
            wanted = {endpoint.name for endpoint in targets} | {"remote"}
            until(lambda: wanted <= nagios.services().keys(), "status.dat of Nagios")
            found = nagios.services()
    for endpoint in [*targets, targets[0]._replace(name="remote")]:
        entries = found[endpoint.name]
        shown = " | ".join(filter(None, (entries["plugin_output"], entries["performance_data"])))
        expected = plugin.run(checked(endpoint))
        # Nagios makes colons of a text's semicolons, which separate the fields of its log.
        expected = expected._replace(text=expected.text.replace(";", ":"))
        assert verdict(int(entries["current_state"]), shown) == expected
        assert int(entries["current_state"]) == endpoint.state
        assert not entries["long_plugin_output"]
        assert (float(entries["check_interval"]), float(entries["retry_interval"])) == (60, 5)


def named(endpoint: Endpoint) -> str:
    """Return the name of the command by which NRPE checks ``endpoint``."""
    return "check_" + endpoint.name.replace(" ", "_")


@contextlib.contextmanager
def nrpe(directory: Path, plugin: Plugin, targets: list[Endpoint]) -> Iterator[int]:
    """Run NRPE with the commands of tls_cert_nrpe.cfg, and one for each of ``targets``; yields the port."""
    (port,) = free_ports(1)
    home = directory / "nrpe"
    home.mkdir()
    template = (
        TEMPLATES.joinpath("tls_cert_nrpe.cfg").read_text().replace(str(PLUGINS / "check_tls_cert"), str(plugin.path))
    )
    commands = [
        f"command[{named(endpoint)}]={shlex.join([str(plugin.path), *arguments(checked(endpoint))])}\n"
        for endpoint in targets
    ]
    home.joinpath("nrpe.cfg").write_text(
        f"server_address=127.0.0.1\nserver_port={port}\nallowed_hosts=127.0.0.1\npid_file={home}/pid\n"
        f"log_file={home}/log\nnrpe_user={USER}\nnrpe_group={USER}\n{template}{''.join(commands)}"
    )
    give(home)
    with daemon(["/usr/sbin/nrpe", "-c", str(home / "nrpe.cfg"), "-f"], home):
        until(lambda: _listens(port), "NRPE")
        yield port


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def by_nrpe(port: int, name: str) -> Verdict:
    """Return what comes of a command by way of NRPE."""
    done = subprocess.run(
        [PLUGINS / "check_nrpe", "-H", "127.0.0.1", "-p", str(port), "-t", "30", "-c", name],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        env={},
    )
    return verdict(done.returncode, done.stdout)


def test_nrpe_passes_on_what_the_program_said(directory: Path, plugin: Plugin, targets: list[Endpoint]) -> None:
    """With its exit status; and the commands of tls_cert_nrpe.cfg are none that the program refuses."""
    needs("nrpe", str(PLUGINS / "check_nrpe"))
    shipped = re.findall(r"^command\[(\w+)\]", TEMPLATES.joinpath("tls_cert_nrpe.cfg").read_text(), re.MULTILINE)
    assert len(shipped) == 3
    with nrpe(directory, plugin, targets) as port:
        for endpoint in targets:
            expected = plugin.run(checked(endpoint))
            assert by_nrpe(port, named(endpoint)) == expected
            assert expected.state == endpoint.state
        for name in shipped:
            text = by_nrpe(port, name).text
            assert text.startswith("TLS_CERT "), text
            assert "usage" not in text
