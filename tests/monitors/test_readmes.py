"""The READMEs' commands as written, beside the configuration that Debian's packages bring: nothing of it is lost."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from tests.monitors import give, icinga, needs
from tests.program import ROOT
from tests.servers import PATIENCE
from tests.test_monitor_templates import copies

ICINGA = ROOT / "icinga-templates" / "README.md"
NAGIOS = ROOT / "nagios-templates" / "README.md"
ZABBIX = ROOT / "zabbix-templates" / "README.md"


def follow(readme: Path, configured: str, directory: Path) -> None:
    """Run the commands of ``readme`` that copy into ``configured``, with ``directory`` in its place."""
    commands = [words for words in copies(readme) if words[-1].startswith(f"{configured}/")]
    assert commands
    for *words, destination in commands:
        subprocess.run([*words, destination.replace(configured, str(directory))], check=True, cwd=ROOT)


def example(readme: Path, begins: str) -> str:
    """Return the block of ``readme`` that begins so."""
    blocks = re.findall(r"```\n(.*?)```", readme.read_text(), re.DOTALL)
    (found,) = (block for block in blocks if block.lstrip().startswith(begins))
    assert isinstance(found, str)
    return found


def test_icinga_keeps_the_services_it_had(directory: Path) -> None:
    needs("icinga2")
    shutil.copytree("/etc/icinga2", directory / "etc", symlinks=True)
    for place in ("lib", "log", "cache", "spool", "run"):
        directory.joinpath(place).mkdir()
    own = directory / "etc" / "conf.d" / "own.conf"
    variables = example(ICINGA, "vars.tls_endpoints")
    added = len(variables.strip().splitlines())
    assert added == 3
    own.write_text('object Host "www.example.org" {\n\timport "generic-host"\n\taddress = "192.0.2.10"\n}\n')
    before = icinga_services(directory)
    assert before > 10, "those that Debian brings"
    follow(ICINGA, "/etc/icinga2", directory / "etc")
    own.write_text(own.read_text().replace("}", variables + "}"))
    assert icinga_services(directory) == before + added


def icinga_services(directory: Path) -> int:
    """Return how many services Icinga makes of its configuration. Fails if it refuses it."""
    give(directory)
    done = icinga.Node(directory, "", "127.0.0.1", 0).validate()
    assert done.returncode == 0, done.stdout
    found = re.search(r"Instantiated (\d+) Services", done.stdout)
    assert found, done.stdout
    return int(found.group(1))


def test_nagios_keeps_the_services_it_had(directory: Path) -> None:
    needs("nagios4")
    configuration = directory / "nagios4"
    shutil.copytree("/etc/nagios4", configuration)
    main = configuration / "nagios.cfg"
    main.write_text(main.read_text().replace("/etc/nagios4", str(configuration)))
    before = nagios_services(main)
    assert before > 5, "those that Debian brings"
    follow(NAGIOS, "/etc/nagios4", configuration)
    host = "define host {\n  use generic-host\n  host_name www.example.org\n  max_check_attempts 1\n}\n"
    configuration.joinpath("conf.d", "own.cfg").write_text(host + example(NAGIOS, "define service"))
    assert nagios_services(main) == before + 1


def nagios_services(main: Path) -> int:
    """Return how many services Nagios finds in its configuration. Fails if it refuses it."""
    command = ["/usr/sbin/nagios4", "-v", str(main)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert done.returncode == 0, done.stdout
    found = re.search(r"Checked (\d+) services", done.stdout)
    assert found, done.stdout
    return int(found.group(1))


def test_nrpe_reads_the_directory_that_is_named() -> None:
    needs("nrpe")
    (destination,) = (words[-1] for words in copies(NAGIOS) if "/nrpe" in words[-1])
    settings = Path("/etc/nagios/nrpe.cfg").read_text().splitlines()
    assert f"include_dir={destination.rstrip('/')}/" in settings


def test_zabbix_looks_into_the_directory_that_is_named() -> None:
    """The server's own word; nothing in the file that Debian brings says otherwise."""
    needs("zabbix_server")
    assert "`zabbix_server --help | grep ExternalScripts`" in ZABBIX.read_text()
    said = subprocess.run(["/usr/sbin/zabbix_server", "--help"], capture_output=True, text=True, check=True).stdout
    found = re.search(r'ExternalScripts +"(.*)"', said)
    assert found, said
    directories = {words[-1].rstrip("/") for words in copies(ZABBIX)}
    assert directories == {found.group(1)}
    settings = Path("/etc/zabbix/zabbix_server.conf").read_text().splitlines()
    assert not any(line.startswith("ExternalScripts") for line in settings)
