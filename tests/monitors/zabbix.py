"""Zabbix on loopback: its database, the server, and the front end, whose API is what tests talk to."""

from __future__ import annotations

import contextlib
import gzip
import json
import shutil
import time
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Callable, NamedTuple

from tests.monitors import USER, Plugin, Seen, as_user, daemon, free_ports, give, until
from tests.servers import PATIENCE

SERVER = "/usr/sbin/zabbix_server"
FRONTEND = Path("/usr/share/zabbix")
_SETTINGS_PATH = "/etc/zabbix/zabbix.conf.php"
_SQL = Path("/usr/share/zabbix-server-pgsql")

#: Debian's package has it in a directory named for its version, and not on PATH.
POSTGRES = next((path.parent for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))), None)

# Shared memory in files: a container's /dev/shm is not always open to everybody.
_DATABASE_SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{directory}'
shared_buffers = 32MB
dynamic_shared_memory_type = mmap
fsync = off
full_page_writes = off
"""

_SERVER_SETTINGS = """
DBHost={directory}
DBName=zabbix
DBUser={user}
LogType=console
PidFile={directory}/server.pid
SocketDir={directory}
ExternalScripts={scripts}
Timeout={timeout}
CacheUpdateFrequency=1
StartPollers=3
StartPollersUnreachable=1
StartPreprocessors=1
StartTrappers=0
StartPingers=0
StartDiscoverers=0
StartHTTPPollers=0
StartTimers=1
StartEscalators=1
StartAlerters=1
StartReportWriters=0
"""

_FRONTEND_SETTINGS = """<?php
$DB['TYPE'] = 'POSTGRESQL';
$DB['SERVER'] = '{directory}';
$DB['PORT'] = '0';
$DB['DATABASE'] = 'zabbix';
$DB['USER'] = '{user}';
$DB['PASSWORD'] = '';
$DB['SCHEMA'] = '';
$DB['ENCRYPTION'] = false;
$DB['DOUBLE_IEEE754'] = true;
"""

#: Seconds that Zabbix gives an external check.
TIMEOUT = 3

# Zabbix 6.0 wants hosts with external checks to have one.
_INTERFACE = {"type": 1, "main": 1, "useip": 1, "ip": "127.0.0.1", "dns": "", "port": "10050"}

#: Seconds between two requests to check something.
_AGAIN = 2.0

_CHECK_NOW = 6  # of task.create
_IMPORTED = ("templates", "discoveryRules", "items", "triggers", "valueMaps", "templateLinkage")


class Zabbix(NamedTuple):
    """A Zabbix that is up: the address of its API, and a session there."""

    url: str
    session: str

    def call(self, method: str, **parameters: object) -> Any:  # noqa: ANN401  # it is JSON
        """Call the API and return its result."""
        return _call(self.url, method, parameters, self.session)

    def is_6(self) -> bool:
        """Say whether this is Zabbix 6.0, and not a later one."""
        version: str = _call(self.url, "apiinfo.version", [], None)
        return version.startswith("6.0.")

    def load(self, template: str) -> None:
        """Import a template from YAML."""
        rules: dict[str, Any] = {name: {"createMissing": True, "updateExisting": True} for name in _IMPORTED}
        rules["templateLinkage"] = {"createMissing": True}
        for groups in ("groups",) if self.is_6() else ("template_groups", "host_groups"):
            rules[groups] = {"createMissing": True}
        assert self.call("configuration.import", format="yaml", source=template, rules=rules) is True

    def monitor(self, host: str, template: str, macros: dict[str, str]) -> str:
        """Create a host with the template; return its id."""
        (group,) = self.call("hostgroup.get", limit=1)
        (found,) = self.call("template.get", filter={"host": template})
        created = self.call(
            "host.create",
            host=host,
            groups=[{"groupid": group["groupid"]}],
            interfaces=[_INTERFACE],
            templates=[{"templateid": found["templateid"]}],
            macros=[{"macro": macro, "value": value} for macro, value in macros.items()],
        )
        identity: str = created["hostids"][0]
        return identity

    def items(self, host: str) -> dict[str, dict[str, str]]:
        """Return the items of a host by their keys."""
        fields = ["key_", "lastvalue", "lastclock", "state", "error", "units", "value_type"]
        return {item["key_"]: item for item in self.call("item.get", hostids=[host], output=fields)}

    def rules(self, host: str) -> list[str]:
        """Return the ids of the discovery rules of a host."""
        return [rule["itemid"] for rule in self.call("discoveryrule.get", hostids=[host], output=["itemid"])]

    def check(self, items: Iterable[str], look: Callable[[], Seen | None], what: str) -> Seen:
        """Have items, or discovery rules, checked until ``look`` returns something; a server forgets what is too new."""
        tasks = [{"type": _CHECK_NOW, "request": {"itemid": item}} for item in items]
        asked = -_AGAIN

        def again() -> Seen | None:
            nonlocal asked
            if time.monotonic() - asked > _AGAIN:
                _call(self.url, "task.create", tasks, self.session)
                asked = time.monotonic()
            return look()

        return until(again, what)

    def problems(self, host: str) -> dict[str, dict[str, str]]:
        """Return the problems of a host that are not over, by the names of their triggers."""
        found = self.call("problem.get", hostids=[host], output=["objectid", "name", "severity"])
        identities = [problem["objectid"] for problem in found]
        triggers = self.call("trigger.get", triggerids=identities, output=["description"], expandDescription=True)
        names = {trigger["triggerid"]: trigger["description"] for trigger in triggers}
        return {names[problem["objectid"]]: problem for problem in found if problem["objectid"] in names}


def _call(url: str, method: str, parameters: object, session: str | None) -> Any:  # noqa: ANN401  # it is JSON
    body = {"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters, "auth": session}
    request = urllib.request.Request(  # noqa: S310  # always http, on loopback
        url, json.dumps(body).encode(), {"Content-Type": "application/json-rpc"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310  # the same
        said = json.load(answer)
    assert "error" not in said, str(said["error"])
    return said["result"]


@contextlib.contextmanager
def running(directory: Path, plugin: Plugin) -> Iterator[Zabbix]:
    """Yield a Zabbix that runs ``plugin``; all it has is in ``directory``."""
    (port,) = free_ports(1)
    names = {"directory": directory, "user": USER, "scripts": plugin.directory, "timeout": TIMEOUT}
    (directory / "server.conf").write_text(_SERVER_SETTINGS.format(**names))
    frontend = _frontend(directory, _FRONTEND_SETTINGS.format(**names))
    with contextlib.ExitStack() as stack:
        stack.enter_context(_database(directory))
        for name, command in (
            ("server", [SERVER, "-f", "-c", str(directory / "server.conf")]),
            ("web", ["/usr/bin/php", "-S", f"127.0.0.1:{port}", "-t", str(frontend)]),
        ):
            (directory / name).mkdir()
            give(directory / name)
            stack.enter_context(daemon(command, directory / name))
        url = f"http://127.0.0.1:{port}/api_jsonrpc.php"
        until(lambda: _answers(url), "Zabbix's front end")
        manager = Zabbix(url, _call(url, "user.login", {"username": "Admin", "password": "zabbix"}, None))
        if not manager.is_6():  # which has it in the server's file
            manager.call("settings.update", timeout_external_check=f"{TIMEOUT}s")
        yield manager


def _frontend(directory: Path, settings: str) -> Path:
    """Copy the front end, which reads its settings from a path that is in its code, and return where it is."""
    copy = directory / "frontend"
    shutil.copytree(FRONTEND, copy, ignore=shutil.ignore_patterns("locale"))
    (directory / "zabbix.conf.php").write_text(settings)
    reader = copy / "include" / "classes" / "core" / "CConfigFile.php"
    code = reader.read_text()
    assert _SETTINGS_PATH in code
    reader.write_text(code.replace(_SETTINGS_PATH, str(directory / "zabbix.conf.php")))
    return copy


def _answers(url: str) -> bool:
    try:
        return bool(_call(url, "apiinfo.version", [], None))
    except OSError:
        return False


@contextlib.contextmanager
def _database(directory: Path) -> Iterator[None]:
    """Bring up PostgreSQL with Zabbix's tables, at a socket in ``directory``."""
    assert POSTGRES is not None
    data = directory / "data"
    give(directory)
    settings = ["-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"]
    _succeed([str(POSTGRES / "initdb"), "-D", str(data), *settings])
    (data / "postgresql.conf").write_text(_DATABASE_SETTINGS.format(directory=directory))
    home = directory / "database"
    home.mkdir()
    give(home)
    with daemon([str(POSTGRES / "postgres"), "-D", str(data)], home):
        client = [str(POSTGRES / "psql"), "-h", str(directory), "-q", "-v", "ON_ERROR_STOP=1"]
        create = [*client, "-d", "postgres", "-c", "CREATE DATABASE zabbix"]
        until(lambda: not as_user(create).returncode, "PostgreSQL")
        files = [_SQL / f"{name}.sql.gz" for name in ("schema", "images", "data")]
        tables = "".join(gzip.decompress(path.read_bytes()).decode() for path in files)
        _succeed([*client, "-1", "-d", "zabbix"], tables)
        yield


def _succeed(command: list[str], standard_input: str = "") -> None:
    done = as_user(command, standard_input=standard_input)
    assert done.returncode == 0, done.stderr
