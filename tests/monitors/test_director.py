"""Icinga Director: the basket is restored as it is, and Icinga 2 runs what Director makes of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.installed import lacking
from tests.monitors import NAME, Endpoint, Plugin, Verdict, checked, director, icinga, needs, until, without_time
from tests.monitors.director import Director
from tests.monitors.icinga import Node
from tools.director import BASKET, COMMAND, SERVICE

#: A field of somebody else's, which has the number that the basket has for one of its own.
FOREIGN: dict[str, Any] = {
    "originalId": "1",
    "varname": "location",
    "caption": "Location",
    "description": None,
    "datatype": "Icinga\\Module\\Director\\DataType\\DataTypeString",
    "format": None,
    "settings": {},
    "category": None,
}


@pytest.fixture
def manager(directory: Path) -> Iterator[Director]:
    needs("icingacli", director.DATABASE)
    if not (director.MODULES / "director").is_dir():
        lacking("Icinga Director is not installed")
    home = directory / "director"
    home.mkdir()
    with director.running(home) as found:
        yield found


@pytest.fixture
def node(directory: Path, plugin: Plugin) -> Node:
    needs("icinga2")
    return icinga.prepare(directory / "master", plugin, icinga.authority())


def test_restored_is_what_was_shipped(manager: Director) -> None:
    """In a Director that knows no Icinga yet, but has a field. Once more, and nothing changes: no field is there twice."""
    shipped = BASKET.read_text()
    manager.restore(json.dumps({"Datafield": {"1": FOREIGN}}))
    manager.restore(shipped)
    exported = manager.dump(chosen(shipped))
    assert meant(exported) == meant(shipped)
    shown = manager.show("command", COMMAND), manager.show("service", SERVICE)
    fields = manager.run("export", "datafields")
    assert fields.count('"varname"') == len(json.loads(shipped)["Datafield"]) + 1
    manager.restore(shipped)
    assert manager.dump(chosen(shipped)) == exported
    assert (manager.show("command", COMMAND), manager.show("service", SERVICE)) == shown
    assert manager.run("export", "datafields") == fields


def chosen(text: str) -> dict[str, list[str]]:
    """Return the names of what is in a basket, as Director's page for uploads has them: fields come with what uses them."""
    return {kind: list(objects) for kind, objects in json.loads(text).items() if kind != "Datafield"}


def meant(text: str) -> dict[str, Any]:
    """Return a basket with names for the numbers that each Director gives by itself."""
    basket: dict[str, Any] = json.loads(text)
    names = {number: field.pop("varname") for number, field in basket["Datafield"].items()}
    basket["Datafield"] = {names[number]: field for number, field in basket["Datafield"].items()}
    for kind in ("Datafield", "DatafieldCategory"):
        for found in basket[kind].values():
            found.pop("originalId", None)
    for owner in (basket["Command"][COMMAND], basket["ServiceTemplate"][SERVICE]):
        owner["fields"] = {names[str(field.pop("datafield_id"))]: field for field in owner["fields"]}
    return basket


def test_icinga_shows_what_the_program_said(
    manager: Director, node: Node, plugin: Plugin, targets: list[Endpoint]
) -> None:
    """Services of the template, one for each endpoint, deployed by Director: state, text and performance data."""
    configure(node)
    with icinga.running(node):
        manager.meet(node, icinga.PASSWORD)
        manager.restore(BASKET.read_text())
        host(manager, NAME, address="127.0.0.1")
        for endpoint in targets:
            service(manager, NAME, endpoint.name, endpoint.options)
        deploy(manager, node, len(targets))
        for endpoint in targets:
            result = waited(node, NAME, endpoint.name)
            expected = plugin.run(checked(endpoint))
            performance = [without_time(metric) for metric in result["performance_data"]]
            assert Verdict(int(result["exit_status"]), result["output"].rstrip(), performance) == expected
            assert int(result["state"]) == endpoint.state, expected.text
        found = node.known("services")[f"{NAME}!{targets[0].name}"]
    intervals = ("check_interval", "retry_interval", "max_check_attempts")
    assert [found[name] for name in intervals] == [3600, 300, 3]
    assert node.validate().returncode == 0


def test_address_is_the_hosts_if_it_has_one(manager: Director, node: Node) -> None:
    """Otherwise the resolver is asked, and so it is where all addresses are to be checked."""
    configure(node)
    with icinga.running(node):
        manager.meet(node, icinga.PASSWORD)
        manager.restore(BASKET.read_text())
        host(manager, "pinned.invalid", address="127.0.0.1")
        host(manager, "free.invalid")
        service(manager, "pinned.invalid", "own", {"port": 1})
        service(manager, "pinned.invalid", "all", {"port": 1, "all_addresses": True})
        service(manager, "pinned.invalid", "other", {"port": 1, "all_addresses": True, "address": "127.0.0.2"})
        service(manager, "pinned.invalid", "resolved", {"port": 1, "address": "$host.name$"})
        service(manager, "free.invalid", "own", {"port": 1})
        host(manager, "six.invalid", address6="::1")
        service(manager, "six.invalid", "own", {"port": 1, "address": "$address6$"})
        deploy(manager, node, 6)
        pinned = [waited(node, "pinned.invalid", name) for name in ("own", "all", "other", "resolved")]
        free, six = (waited(node, name, "own") for name in ("free.invalid", "six.invalid"))
    own, every, other, resolved = pinned
    assert own["command"][1:] == ["--address", "127.0.0.1", "--host", "pinned.invalid", "--port", "1"]
    assert every["command"][1:] == ["--all-addresses", "--host", "pinned.invalid", "--port", "1"]
    assert other["command"][1:3] == ["--address", "127.0.0.2"]
    assert "cannot resolve" in resolved["output"]
    assert six["command"][1:3] == ["--address", "::1"]
    assert free["command"][1:] == ["--host", "free.invalid", "--port", "1"]


def configure(node: Node) -> None:
    """Make ``node`` one that a Director can deploy to: it says where it is, and has the zone for what all nodes need."""
    alone = icinga.ALONE.replace("NodeName { }", f'NodeName {{ host = "{node.address}", port = "{node.port}" }}')
    assert alone != icinga.ALONE
    icinga.configure(node, alone + 'object Zone "director-global" { global = true }\n')


def host(manager: Director, name: str, **more: str) -> None:
    """Create a host."""
    manager.create("host", name, {"check_command": "dummy", **more})


def service(manager: Director, on: str, name: str, options: dict[str, Any]) -> None:
    """Create a service of the template, with variables for the program's ``options``."""
    variables = {f"tls_cert_{option}": value for option, value in options.items()}
    manager.create("service", name, {"host": on, "imports": [SERVICE], "vars": variables})


def deploy(manager: Director, node: Node, services: int) -> None:
    """Have Director deploy, and Icinga check all of the ``services`` once it has them."""
    assert "has been deployed" in manager.run("config", "deploy")
    until(lambda: len(node.known("services")) == services, "what Director deployed")
    node.check_now()


def waited(node: Node, on: str, name: str) -> dict[str, Any]:
    """Return the result of a service's check, once there is one."""
    service = f"{on}!{name}"
    return until(lambda: node.result(service), service)
