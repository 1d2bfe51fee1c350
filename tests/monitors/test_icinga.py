"""Icinga 2: the templates are valid, and what it shows is what the program said."""

from __future__ import annotations

import configparser
import contextlib
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import servers
from tests.monitors import NAME, Endpoint, Plugin, Verdict, checked, free_ports, icinga, needs, until, without_time
from tests.monitors.icinga import Node

SINGLE = icinga.ALONE + icinga.include("check_tls_cert.conf", "tls_cert_services.conf")

#: What Icinga 2 makes of the program's units, and by how much it multiplies then; others it has no name for.
UNITS = {"d": ("seconds", 86_400), "s": ("seconds", 1), "%": ("percent", 1), "": ("", 1)}


@pytest.fixture
def node(directory: Path, plugin: Plugin) -> Node:
    needs("icinga2")
    return icinga.prepare(directory / "master", plugin, icinga.authority())


def host(targets: list[Endpoint], more: str = "") -> str:
    """Return a host with ``targets`` as its endpoints."""
    entries = []
    for endpoint in targets:
        options = ", ".join(f"{option} = {icinga.literal(value)}" for option, value in endpoint.options.items())
        entries.append(f'\tvars.tls_endpoints["{endpoint.name}"] = {{ {options} }}\n')
    return (
        f'object Host "{NAME}" {{\n\tcheck_command = "dummy"\n\taddress = "127.0.0.1"\n{more}\n{"".join(entries)}}}\n'
    )


@contextlib.contextmanager
def graphite() -> Iterator[tuple[int, dict[str, float]]]:
    """Take what a GraphiteWriter sends; yields the port, and the numbers by the names that they have come under."""
    found: dict[str, float] = {}

    def take(connection: socket.socket) -> None:
        with connection.makefile() as lines:
            for line in lines:
                name, value, _ = line.split()
                found[name] = float(value)

    with servers.serving(take) as port:
        yield port, found


def test_shows_what_the_program_said(node: Node, plugin: Plugin, targets: list[Endpoint]) -> None:
    """State, text and performance data of services in each state."""
    icinga.configure(node, SINGLE + host(targets))
    with icinga.running(node):
        node.check_now()
        for endpoint in targets:
            result = waited(node, endpoint)
            expected = plugin.run(checked(endpoint))
            performance = [without_time(metric) for metric in result["performance_data"]]
            assert Verdict(int(result["exit_status"]), result["output"].rstrip(), performance) == expected
            assert int(result["state"]) == endpoint.state, expected.text
            assert [understood(node, endpoint, number) for number in range(len(performance))] == [
                meant(metric) for metric in result["performance_data"]
            ]


def waited(node: Node, endpoint: Endpoint) -> dict[str, Any]:
    """Return the result of an endpoint's check, once there is one."""
    service = f"{NAME}!tls {endpoint.name}"
    return until(lambda: node.result(service), service)


def understood(node: Node, endpoint: Endpoint, number: int) -> dict[str, Any]:
    """Return what Icinga understands a service's performance data to be."""
    script = (
        f'parse_performance_data(get_service("{NAME}", "tls {endpoint.name}")'
        f".last_check_result.performance_data[{number}])"
    )
    ((answer),) = node.ask(f"console/execute-script?command={icinga.query(script)}", {})
    parsed: dict[str, Any] = answer["result"]
    return {
        key: pytest.approx(parsed[key]) if isinstance(parsed[key], float) else parsed[key]
        for key in ("label", "value", "unit", "warn", "crit", "min", "max")
    }


def meant(metric: str) -> dict[str, Any]:
    """Return what the program says with ``metric``, in Icinga's units; it knows no thresholds but upper bounds."""
    label, rest = metric.split("=")
    value, *others = rest.split(";")
    number, unit = re.fullmatch(r"(-?[\d.]+)(.*)", value).groups()  # type: ignore[union-attr]
    name, factor = UNITS[unit]
    bounds = [float(text) * factor if re.fullmatch(r"-?[\d.]+", text) else None for text in [*others, "", "", "", ""]]
    return {"label": label, "value": float(number) * factor, "unit": name} | dict(
        zip(("warn", "crit", "min", "max"), bounds)
    )


def test_graphs_are_of_metrics_that_arrive(node: Node, targets: list[Endpoint]) -> None:
    """Under the very names of tls_cert_graphite.ini, and in the units that it takes them to be in."""
    template = configparser.ConfigParser(interpolation=None)
    template.read_string(icinga.TEMPLATES.joinpath("tls_cert_graphite.ini").read_text())
    names = [
        path.strip('"').replace("$service_name_template$", r"icinga2.www_example_org.services.tls_https.tls_cert")
        for section in template.sections()
        if section.endswith(".metrics_filters")
        for path in template[section].values()
    ]
    with graphite() as (port, found):
        writer = f'object GraphiteWriter "graphite" {{ port = {port}, enable_send_thresholds = true }}\n'
        icinga.configure(node, SINGLE + writer + host(targets[:1]))
        with icinga.running(node):
            until(lambda: node.ask("objects/graphitewriters")[0]["attrs"]["connected"], "the GraphiteWriter")
            node.check_now()
            until(lambda: set(names) <= set(found), f"{names} in Graphite")
    by_label = {name.split(".perfdata.")[1]: value for name, value in found.items() if ".perfdata." in name}
    assert by_label["expiry.value"] == 60 * 86_400
    assert (by_label["lifetime_used.warn"], by_label["lifetime_used.crit"]) == (75, 90)


def test_examples_are_valid(node: Node) -> None:
    icinga.configure(node, SINGLE + icinga.include("tls_cert_hosts.conf"))
    done = node.validate()
    assert (done.returncode, "warning" in done.stdout) == (0, False), done.stdout
    assert "Instantiated 9 Services." in done.stdout


@pytest.mark.parametrize("key", ["prot", "expiry_waring", "tls_cert_port", "help"])
def test_what_is_no_option_is_refused(node: Node, key: str) -> None:
    """Rather than left out, and what it was to alert of with it."""
    icinga.configure(node, SINGLE + host([Endpoint("https", 0, {key: 443})]))
    done = node.validate()
    assert done.returncode == 1
    assert f'check_tls_cert has no option "{key}": host "{NAME}", endpoint "https"' in done.stdout


def test_intervals_are_of_hours_and_timeouts_above_the_programs_own(node: Node) -> None:
    """Whether an endpoint sets the timeout, or the host for all of its endpoints."""
    wanted = [Endpoint("own", 2, {"timeout": 40}), Endpoint("common", 2, {})]
    icinga.configure(node, SINGLE + host(wanted, "\tvars.tls_cert_timeout = 50"))
    with icinga.running(node):
        services = node.known("services")
    assert [services[f"{NAME}!tls {name}"]["check_timeout"] for name in ("own", "common")] == [60, 70]
    assert {(found["check_interval"], found["retry_interval"]) for found in services.values()} == {(3600, 300)}


def test_address_of_the_host_can_be_declined(node: Node) -> None:
    """Then the name is resolved; one that does not exist says so."""
    port = free_ports(1)[0]
    names: dict[str, Any] = {"host": "tls.invalid", "port": port}
    wanted = [Endpoint("pinned", 2, names), Endpoint("free", 2, names | {"address": None})]
    wanted.append(Endpoint("all", 2, names | {"all_addresses": True}))
    icinga.configure(node, SINGLE + host(wanted))
    with icinga.running(node):
        node.check_now()
        pinned, free, every = (waited(node, endpoint) for endpoint in wanted)
    assert "--address" in pinned["command"]
    assert "connection refused" in pinned["output"]
    for result in (free, every):
        assert "--address" not in result["command"]
        assert "resolve" in result["output"]


def test_zones_share_the_work(directory: Path, plugin: Plugin, targets: list[Endpoint]) -> None:
    """The satellite connects, the agent reads files and checks what it is told to, and the master shows it all."""
    needs("icinga2")
    issuer = icinga.authority()
    nodes = [
        icinga.prepare(directory / name, plugin, issuer, name, zone, f"127.0.0.{number}")
        for number, (name, zone) in enumerate(
            (("master.example.org", "master"), ("satellite.example.org", "satellite"), ("agent.example.org",) * 2), 1
        )
    ]
    master, satellite, agent = nodes
    told = targets[0]._replace(name="told", options=targets[0].options | {"command_endpoint": agent.name})
    icinga.configure_zones(nodes, host([*targets, told], f'\tvars.agent_endpoint = "{agent.name}"'))
    with contextlib.ExitStack() as stack:
        for node in nodes:
            stack.enter_context(icinga.running(node))
        until(lambda: ready(satellite, agent), "the zones' configuration")
        satellite.check_now()
        for endpoint in [*targets, told]:
            result = waited(master, endpoint)
            by_agent = "file" in endpoint.options or endpoint is told
            assert result["check_source"] == (agent if by_agent else satellite).name
            performance = [without_time(metric) for metric in result["performance_data"]]
            options = {key: value for key, value in endpoint.options.items() if key != "command_endpoint"}
            expected = plugin.run(checked(endpoint._replace(options=options)))
            assert Verdict(int(result["exit_status"]), result["output"].rstrip(), performance) == expected
            assert expected.state == endpoint.state


def ready(satellite: Node, agent: Node) -> bool:
    """Tell whether the master's configuration has arrived everywhere, and everybody is connected."""
    return (
        bool(satellite.known("services"))
        and "tls_cert" in agent.known("checkcommands")
        and all(there["connected"] for name, there in satellite.known("endpoints").items() if name != satellite.name)
    )
