"""Zabbix: it imports the template, stores what the program measured, and raises and resolves problems."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from check_tls_cert.model.metrics import all_metrics
from tests import pki, servers
from tests.installed import installed, lacking
from tests.monitors import NAME, Endpoint, Plugin, as_user, needs, until, zabbix
from tests.monitors.zabbix import Zabbix
from tests.pki import EPOCH, days
from tests.servers import PATIENCE
from tools.zabbix import ENTRY, TEMPLATE
from tools.zabbix import NAME as TEMPLATE_NAME
from tools.zabbix import items as prototypes

#: So seldom that no endpoint is checked but when a test asks for it.
SELDOM = {"{$TLS.INTERVAL}": "1d", "{$TLS.DISCOVERY.INTERVAL}": "2s"}

#: Sooner than Zabbix does what it is asked for.
OFTEN = {**SELDOM, "{$TLS.INTERVAL}": "2s"}


@pytest.fixture(scope="module")
def manager(plugin: Plugin) -> Iterator[Zabbix]:
    needs("zabbix_server", "php")
    if zabbix.POSTGRES is None or not zabbix.FRONTEND.is_dir():
        lacking("PostgreSQL or Zabbix's front end is not installed")
    with tempfile.TemporaryDirectory(prefix="zabbix-") as name:
        directory = Path(name)
        directory.chmod(0o755)
        with zabbix.running(directory, plugin) as found:
            found.load(TEMPLATE.read_text())
            yield found


class Speechless(NamedTuple):
    """A host whose endpoint never answers, and the item that runs the program."""

    host: str
    listed: str
    check: str


@pytest.fixture(scope="module")
def speechless(manager: Zabbix) -> Iterator[Speechless]:
    """Yield a host that is there while the other tests run: Zabbix takes half a minute at least to miss a verdict."""
    with servers.serving(servers.silent) as port:
        listed = f"{NAME}:{port} --address=127.0.0.1"
        macros = {"{$TLS.ENDPOINTS}": listed, "{$TLS.TIMEOUT}": "60", "{$TLS.NODATA}": "30s", **SELDOM}
        host = manager.monitor("silent", TEMPLATE_NAME, macros)
        yield Speechless(host, listed, discovered(manager, host, listed)[listed])


def reported(state: str, days_left: float | None, problem: str) -> str:
    """Return a verdict that lists one problem, as far as the state of expiry depends on it."""
    metrics = {"expiry": {"value": days_left, "state": state}}
    return json.dumps({"metrics": metrics, "findings": [{"metric": problem}]})


def entry(endpoint: Endpoint) -> str:
    """Return an endpoint as the macro has it."""
    options = {"address": "127.0.0.1", **endpoint.options}
    port = options.pop("port")
    spelled = (
        f"--{name.replace('_', '-')}={','.join(value) if isinstance(value, list) else value}"
        for name, value in options.items()
    )
    return " ".join([f"{NAME}:{port}", *spelled])


def said(plugin: Plugin, listed: str) -> dict[str, Any]:
    """Return what the program says of an entry, as the monitor's user."""
    host, *options = listed.split()
    command = [str(plugin.path), "-H", host, "--output", "json", *options]
    done = as_user(command)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def key(what: str, listed: str, of: str = "") -> str:
    return f'tls.{what}["{listed}"{f",{of}" if of else ""}]'


def discovered(manager: Zabbix, host: str, *entries: str) -> dict[str, str]:
    """Have Zabbix find the endpoints; return the ids of the items that run the program, by their entries."""
    wanted = [key("metric_state", listed, "deployed") for listed in entries]
    manager.check(manager.rules(host), lambda: _if_all(manager.items(host), wanted), "discovery")
    checks = manager.call("item.get", hostids=[host], search={"key_": "check_tls_cert["}, output=["name", "key_"])
    return {item["name"].removesuffix(": check"): item["itemid"] for item in checks}


def _if_all(found: dict[str, dict[str, str]], wanted: list[str]) -> dict[str, dict[str, str]] | None:
    return found if all(name in found for name in wanted) else None


@pytest.mark.usefixtures("speechless")
def test_values_are_what_the_program_measured(manager: Zabbix, plugin: Plugin, targets: list[Endpoint]) -> None:
    entries = {target.name: entry(target) for target in targets if "file" not in target.options}
    host = manager.monitor("values", TEMPLATE_NAME, {"{$TLS.ENDPOINTS}": "; ".join(entries.values()), **SELDOM})
    checks = discovered(manager, host, *entries.values())
    assert set(checks) == set(entries.values())
    verdicts = {name: said(plugin, listed) for name, listed in entries.items()}
    wanted = [item for name, listed in entries.items() for item in brought(listed, verdicts[name])]
    items = manager.check(checks.values(), lambda: _if_all(_with_values(manager.items(host)), wanted), "values")
    for target in targets:
        if target.name in entries:
            compare(items, entries[target.name], verdicts[target.name], target.state)


def brought(listed: str, verdict: dict[str, Any]) -> list[str]:
    """Return the items that a verdict brings values for; Zabbix stores them one after another."""
    measured = [name for name, found in verdict.get("metrics", {}).items() if found["value"] is not None]
    facts = ("subject", "issuer", "alternative_names", "not_before", "not_after", "serial_number", "sha256_fingerprint")
    return [
        *(key(what, listed) for what in ("state", "text", *(facts if "x509" in verdict else ()))),
        *(key("metric", listed, name) for name in measured),
        *(key("metric_state", listed, kind.name) for kind in all_metrics()),
    ]


def _with_values(items: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    return {name: item for name, item in items.items() if item["lastclock"] != "0"}


def compare(items: dict[str, dict[str, str]], listed: str, verdict: dict[str, Any], state: int) -> None:
    """Hold what Zabbix stored of an endpoint to what the program says."""
    stored = {name: item["lastvalue"] for name, item in items.items() if f'"{listed}"' in name}
    assert stored.pop(key("state", listed)) == str(state)
    assert stored.pop(key("text", listed)) == verdict.get("text", verdict.get("error"))
    listed_problems = {finding["metric"] for finding in verdict.get("findings", ())}
    for metric, found in verdict.get("metrics", {}).items():
        consequence = found["value"] is None and metric not in listed_problems
        assert stored.pop(key("metric_state", listed, metric)) == ("OK" if consequence else found["state"])
        number = stored.pop(key("metric", listed, metric), None)
        assert (number is None) == (found["value"] is None)
        if number is not None and metric != "time":
            assert float(number) == pytest.approx(found["value"])
    # What was not measured has no number, and is no problem by itself.
    assert {value for name, value in stored.items() if "metric_state" in name} <= {"OK"}
    assert not [name for name in stored if name.startswith("tls.metric[")]
    assert not [item["error"] for name, item in items.items() if listed in name and item["error"]]
    if "x509" in verdict:
        certificate = verdict["x509"]
        assert stored[key("subject", listed)] == certificate["subject"]
        assert stored[key("issuer", listed)] == certificate["issuer"]
        assert stored[key("serial_number", listed)] == certificate["serial_number"]
        assert json.loads(stored[key("alternative_names", listed)]) == certificate["alternative_names"]
        assert float(stored[key("not_before", listed)]) == certificate["not_before"]["timestamp"]
        assert float(stored[key("not_after", listed)]) == certificate["not_after"]["timestamp"]
        assert stored[key("sha256_fingerprint", listed)] == verdict["sha256_fingerprint"]


def test_a_problem_is_raised_and_resolved(manager: Zabbix, directory: Path) -> None:
    """The certificate is swapped for one that ends soon, and renewed; then the server goes down."""
    root = pki.authority("Example Root R1")
    issuing = pki.authority("Example Issuing CA 3", root)
    good = pki.end_entity(issuing, names=(NAME,))
    soon = pki.end_entity(issuing, names=(NAME,), not_before=EPOCH - days(84), not_after=EPOCH + days(6))
    anchors = pki.write(directory / "ca.pem", root)
    with servers.tls(good, issuing) as port:
        listed = f"{NAME}:{port} --address=127.0.0.1 --ca-file={anchors} --at={EPOCH.isoformat()}"
        host = manager.monitor("swapped", TEMPLATE_NAME, {"{$TLS.ENDPOINTS}": listed, **OFTEN})
        check = discovered(manager, host, listed)[listed]
        checked(manager, host, check, listed, "0")
        assert manager.problems(host) == {}
    with servers.tls(soon, issuing, port=port):
        only(manager, host, check, f"TLS certificate of {listed}: expiry CRITICAL", "expires in 6 d")
    with servers.tls(good, issuing, port=port):
        manager.check([check], lambda: not manager.problems(host), "the end of the problem")
    only(manager, host, check, f"TLS certificate of {listed}: reachable CRITICAL", "connection refused")


def only(manager: Zabbix, host: str, check: str, trigger: str, text: str) -> None:
    """Wait until there is one problem, which says ``text``: what follows from it is not shown beside it."""
    problem = manager.check([check], lambda: _alone(manager.problems(host), trigger), f"nothing but {trigger}")
    assert problem["severity"] == "4"
    assert text in problem["name"]


def _alone(problems: dict[str, dict[str, str]], trigger: str) -> dict[str, str] | None:
    return problems[trigger] if set(problems) == {trigger} else None


def checked(manager: Zabbix, host: str, check: str, listed: str, state: str) -> None:
    """Have an endpoint checked until its state is ``state``."""
    manager.check([check], lambda: stored(manager, host, key("state", listed)) == state, f"the state {state}")


def stored(manager: Zabbix, host: str, item: str) -> str | None:
    """Return the last value of an item, None if it has none yet."""
    found = manager.items(host)[item]
    return None if found["lastclock"] == "0" else found["lastvalue"]


@pytest.mark.parametrize(
    ("output", "state"),
    [
        pytest.param(reported("WARNING", 6, "expiry"), "WARNING", id="measured"),
        pytest.param(reported("CRITICAL", None, "expiry"), "CRITICAL", id="not measured, which is a problem"),
        pytest.param(reported("CRITICAL", None, "reachable"), "OK", id="not measured, for another problem"),
        pytest.param('{"metrics": {}, "findings": []}', "OK", id="not reported"),
        pytest.param('{"state": "UNKNOWN", "error": "usage"}', "OK", id="wrong usage"),
        pytest.param("sh: check_tls_cert: not found", None, id="no verdict, which ends no problem"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_state_of_a_metric(output: str, state: str | None, tmp_path: Path) -> None:
    """As Zabbix's own interpreter has it; None is an error, which leaves the last state as it is."""
    script = tmp_path / "script.js"
    (item,) = (item for item in prototypes() if item["key"] == key("metric_state", ENTRY, "expiry"))
    script.write_text(item["preprocessing"][0]["parameters"][0])
    command = [installed("zabbix_js"), "-s", str(script), "-i", "-"]
    done = subprocess.run(command, input=output, capture_output=True, text=True, check=False, timeout=PATIENCE)
    assert (done.stdout.strip() if done.returncode == 0 else None) == state


def test_no_verdict_is_a_problem(manager: Zabbix, speechless: Speechless) -> None:
    """A program that takes longer than Zabbix allows is ended, and says nothing: Zabbix then does."""
    host, listed, check = speechless
    manager.check([check], lambda: _unsupported(manager, host), "the end of Zabbix's patience")
    name = f"TLS certificate of {listed}: no result for 30s"
    until(lambda: manager.problems(host).get(name), "the problem")


def _unsupported(manager: Zabbix, host: str) -> bool:
    return any("imeout" in item["error"] for item in manager.items(host).values())
