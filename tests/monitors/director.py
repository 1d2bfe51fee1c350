"""Icinga Director on loopback: its database, its configuration, and its command line, which is all of it that runs."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from tests.monitors import as_user, daemon, give, until
from tests.monitors.icinga import Node

MODULES = Path("/usr/share/icingaweb2/modules")

DATABASE = "/usr/sbin/mariadbd"

_DATABASE_SETTINGS = """\
[mariadbd]
datadir = {directory}/data
tmpdir = {directory}
socket = {directory}/socket
pid_file = {directory}/pid
init_file = {directory}/init.sql
skip_networking
skip_grant_tables
innodb_buffer_pool_size = 32M
innodb_log_file_size = 16M
innodb_flush_log_at_trx_commit = 0
performance_schema = OFF
"""

_WEB = {
    "config.ini": """\
[global]
module_path = "{modules}"
config_backend = "none"

[logging]
log = "none"
""",
    "resources.ini": """\
[director]
type = "db"
db = "mysql"
host = "localhost"
dbname = "director"
username = "director"
password = ""
charset = "utf8mb4"
""",
    "modules/director/config.ini": '[db]\nresource = "director"\n',
}

_KICKSTART = """\
[config]
endpoint = "{name}"
host = "{address}"
port = {port}
username = "tests"
password = "{password}"
"""


class Director(NamedTuple):
    """A Director: the directory of its configuration and its database."""

    directory: Path

    @property
    def configuration(self) -> Path:
        """The directory of Icinga Web's configuration."""
        return self.directory / "web"

    def run(self, *arguments: str, standard_input: str = "") -> str:
        """Run icingacli for the module, and return what it prints."""
        php = ["/usr/bin/php", f"-dpdo_mysql.default_socket={self.directory / 'socket'}"]
        environment = {"ICINGAWEB_CONFIGDIR": str(self.configuration), "PATH": os.defpath, "LC_ALL": "C.UTF-8"}
        done = as_user([*php, "/usr/bin/icingacli", "director", *arguments], environment, standard_input)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout + done.stderr
        return done.stdout

    def restore(self, basket: str) -> None:
        """Restore a basket."""
        said = self.run("basket", "restore", standard_input=basket)
        assert said == "Objects from Basket Snapshot have been restored\n"

    def dump(self, objects: dict[str, list[str]]) -> str:
        """Export ``objects``, which are names by their types: as a basket, the only way there is."""
        chosen = {"basket_name": "exported", "owner_type": "user", "owner_value": "tests", "objects": objects}
        self.restore(json.dumps({"Basket": {"exported": chosen}}))
        return self.run("basket", "dump", "--name", "exported")

    def create(self, kind: str, name: str, properties: dict[str, Any]) -> None:
        """Create an object."""
        self.run(kind, "create", name, "--json", json.dumps({"object_type": "object", **properties}))

    def show(self, kind: str, name: str) -> str:
        """Return an object as Director has it rendered, and as JSON."""
        return self.run(kind, "show", name) + self.run(kind, "show", name, "--json")

    def meet(self, node: Node, password: str) -> None:
        """Have it deploy to ``node``, and know what is there: the kickstart."""
        settings = _KICKSTART.format(name=node.name, address=node.address, port=node.port, password=password)
        (self.configuration / "modules" / "director" / "kickstart.ini").write_text(settings)
        give(self.directory)
        self.run("kickstart", "run")


@contextlib.contextmanager
def running(directory: Path) -> Iterator[Director]:
    """Yield a Director whose database is up and has its tables, and nothing else."""
    director = Director(directory)
    for name in ("data", "web/enabledModules", "web/modules/director"):
        (directory / name).mkdir(parents=True)
    directory.chmod(0o700)  # the database asks nobody for a password
    for name, text in _WEB.items():
        (director.configuration / name).write_text(text.format(modules=MODULES))
    for module in ("director", "incubator", "reactbundle"):
        (director.configuration / "enabledModules" / module).symlink_to(MODULES / module)
    settings = directory / "my.cnf"
    settings.write_text(_DATABASE_SETTINGS.format(directory=directory))
    (directory / "init.sql").write_text("CREATE DATABASE director CHARACTER SET utf8mb4;\n")
    give(directory)
    with daemon([DATABASE, f"--defaults-file={settings}"], directory):
        until(lambda: _listens(directory / "socket"), "MariaDB")
        director.run("migration", "run")
        yield director


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0
