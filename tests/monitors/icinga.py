"""Icinga 2 nodes on loopback: their directories, their certificates, their API."""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import re
import shutil
import ssl
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.x509.oid import ExtendedKeyUsageOID

from tests import pki
from tests.monitors import USER, Plugin, as_user, daemon, free_ports, give, until
from tests.pki import EPOCH, Entity, days
from tests.program import ROOT
from tests.servers import PATIENCE

TEMPLATES = ROOT / "icinga-templates"

#: Of Icinga's API, and only there.
PASSWORD = "only-for-this-test"  # noqa: S105  # a daemon that lives as long as the test

#: Nodes look at the real date of their certificates.
_FAR = EPOCH + days(9_000)

_MAIN = """\
include <itl>
include <plugins>

const PluginDir = "{plugins}"
const NodeName = "{name}"
const ZoneName = "{zone}"

object ApiListener "api" {{
	bind_host = "{address}"
	bind_port = "{port}"
	accept_config = true
	accept_commands = true
}}

object ApiUser "tests" {{
	password = "{password}"
	permissions = [ "*" ]
}}

object CheckerComponent "checker" {{ }}

include "extra.conf"
"""

#: What a node on its own has instead of zones.conf.
ALONE = """\
object IcingaApplication "app" { enable_service_checks = false }  // but for those that a test asks for
object Endpoint NodeName { }
object Zone ZoneName { endpoints = [ NodeName ] }
"""


class Node(NamedTuple):
    """An Icinga 2: its directory, whose certificate authority it is of, its name, where it listens."""

    directory: Path
    name: str
    address: str
    port: int

    @property
    def configuration(self) -> Path:
        """The directory of its configuration."""
        return self.directory / "etc"

    def command(self, *more: str) -> list[str]:
        """Return the command of its daemon."""
        (program,) = Path("/usr/lib").glob("*/icinga2/sbin/icinga2")  # what /usr/sbin/icinga2 is a shell script around
        places = {
            "ConfigDir": "etc",
            "ZonesDir": "etc/zones.d",
            "DataDir": "lib",
            "LogDir": "log",
            "CacheDir": "cache",
            "SpoolDir": "spool",
            "InitRunDir": "run",
        }
        settings = {name: str(self.directory / place) for name, place in places.items()}
        settings |= {"RunAsUser": USER, "RunAsGroup": USER, "Concurrency": "2"}
        defined = [f"--define=Configuration.{name}={value}" for name, value in settings.items()]
        return [str(program), "daemon", f"--config={self.configuration / 'icinga2.conf'}", *defined, *more]

    def validate(self) -> subprocess.CompletedProcess[str]:
        """Have Icinga judge the configuration."""
        return as_user(self.command("--validate"))

    def ask(self, path: str, body: dict[str, Any] | None = None) -> list[Any]:
        """Return the results of a request to the API; with ``body``, of an action."""
        request = urllib.request.Request(
            f"https://{self.address}:{self.port}/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/json",
                "Authorization": "Basic " + base64.b64encode(f"tests:{PASSWORD}".encode()).decode(),
            },
        )
        context = ssl.create_default_context(cafile=str(self.directory / "lib" / "certs" / "ca.crt"))
        context.check_hostname = False  # it is for the node's name, not for its address
        with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as answer:  # noqa: S310  # always https
            results: list[Any] = json.load(answer)["results"]
        return results

    def known(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return its objects of that kind by name; none if it does not answer yet, or not while it reloads."""
        try:
            return {found["name"]: found["attrs"] for found in self.ask(f"objects/{kind}")}
        except (OSError, http.client.HTTPException):
            return {}

    def result(self, service: str) -> dict[str, Any] | None:
        """Return the last check result of a service, if there is one."""
        result: dict[str, Any] | None = self.known("services").get(service, {}).get("last_check_result")
        return result

    def check_now(self) -> None:
        """Have all services checked at once, rather than some time in their interval."""
        self.ask("actions/reschedule-check", {"type": "Service", "filter": "true", "force": True})


def authority() -> Entity:
    """Return the CA of the nodes."""
    return pki.authority("Icinga CA", not_after=_FAR)


def prepare(
    directory: Path,
    plugin: Plugin,
    issuer: Entity,
    name: str = "master.example.org",
    zone: str = "master",
    address: str = "127.0.0.1",
) -> Node:
    """Lay a node out in ``directory``; what it monitors is yet to be written."""
    for place in ("etc/zones.d", "lib/certs", "log", "cache", "spool", "run"):
        (directory / place).mkdir(parents=True)
    directory.chmod(0o755)
    node = Node(directory, name, address, *free_ports(1, address))
    certificate = pki.end_entity(
        issuer,
        names=(name,),
        common_name=name,
        not_after=_FAR,
        purposes=(ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH),
    )
    certificates = directory / "lib" / "certs"
    pki.write(certificates / "ca.crt", issuer)
    pki.write(certificates / f"{name}.crt", certificate)
    (certificates / f"{name}.key").write_bytes(certificate.key_pem)
    node.configuration.joinpath("icinga2.conf").write_text(
        _MAIN.format(plugins=plugin.directory, name=name, zone=zone, address=address, port=node.port, password=PASSWORD)
    )
    return node


def include(*names: str) -> str:
    """Return the configuration that includes templates."""
    return "".join(f'include "{TEMPLATES / name}"\n' for name in names)


def configure(node: Node, text: str) -> None:
    """Write what ``node`` monitors."""
    node.configuration.joinpath("extra.conf").write_text(text)
    give(node.directory)


def configure_zones(nodes: list[Node], monitored: str) -> None:
    """Make ``nodes`` master, satellite and agent as tls_cert_zones.conf has it, the satellite's zone with hosts of its own."""
    zones = TEMPLATES.joinpath("tls_cert_zones.conf").read_text()
    for number, node in enumerate(nodes, 1):
        zones, replaced = re.subn(
            f'host = "192.0.2.{number}"', f'host = "{node.address}"\n\tport = "{node.port}"', zones
        )
        assert replaced == 1
    for node in nodes:
        node.configuration.joinpath("zones.conf").write_text(zones)
    shared, own = (nodes[0].configuration / "zones.d" / zone for zone in ("global-templates", "satellite"))
    for zone in (shared, own):
        zone.mkdir()
    for name in ("check_tls_cert.conf", "tls_cert_services.conf"):
        shutil.copy(TEMPLATES / name, shared)
    own.joinpath("hosts.conf").write_text(monitored)
    for node in nodes:
        configure(node, 'include "zones.conf"\n')


@contextlib.contextmanager
def running(node: Node) -> Iterator[None]:
    """Run ``node``, until its API answers."""
    with daemon(node.command(), node.directory) as output:

        def answers() -> bool:
            text = output.read_text(errors="replace")
            assert "critical/c" not in text, text  # config, cli: it gives up
            return bool(node.known("checkcommands"))

        until(answers, "the API of Icinga 2")
        yield


def literal(value: object) -> str:
    """Return a value in Icinga's configuration language."""
    if isinstance(value, list):
        return "[ " + ", ".join(map(literal, value)) + " ]"
    return json.dumps(value)


def query(text: str) -> str:
    """Return ``text`` as part of a URL."""
    return urllib.parse.quote(text, safe="")
