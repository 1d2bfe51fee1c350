"""The Zabbix template is what the metric table makes of it, and has everything that Zabbix stores."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from check_tls_cert.model.metrics import all_metrics
from tests.program import ROOT
from tools import zabbix

#: What the database of Zabbix 6.0 has room for.
MAX_KEY = 2_048
MAX_NAME = 255


def shipped() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(zabbix.TEMPLATE.read_text())["zabbix_export"]
    return found


def prototypes() -> list[dict[str, Any]]:
    (rule,) = shipped()["templates"][0]["discovery_rules"]
    found: list[dict[str, Any]] = rule["item_prototypes"]
    return found


def test_made_by_the_tool() -> None:
    assert zabbix.TEMPLATE.read_text() == zabbix.template(), "run: python -m tools.zabbix"


@pytest.mark.parametrize("name", [kind.name for kind in all_metrics()])
def test_every_metric(name: str) -> None:
    """Its number, its state with two triggers, and two macros that go to the program."""
    by_key = {item["key"]: item for item in prototypes()}
    number = by_key[f'tls.metric["{{#TLS.ENTRY}}",{name}]']
    state = by_key[f'tls.metric_state["{{#TLS.ENTRY}}",{name}]']
    assert number["preprocessing"][0]["parameters"] == [f"$.metrics.{name}.value"]
    (script,) = state["preprocessing"][0]["parameters"]
    assert f"(said.metrics || {{}}).{name};" in script
    assert [trigger["priority"] for trigger in state["trigger_prototypes"]] == ["WARNING", "HIGH"]
    macros = {macro["macro"]: macro["value"] for macro in shipped()["templates"][0]["macros"]}
    for level in ("WARNING", "CRITICAL"):
        macro = f"{{$TLS.{name.upper()}.{level}}}"
        assert macros[macro] == "default"
        assert f"--{name.replace('_', '-')}-{level.lower()}={macro}" in zabbix.check_key()


def test_what_zabbix_has_room_for() -> None:
    for item in prototypes():
        assert len(item["key"]) < MAX_KEY - 500  # endpoints are yet to be filled in
        for trigger in item.get("trigger_prototypes", ()):
            assert len(trigger["name"]) < MAX_NAME


def test_everything_has_an_identity_of_its_own() -> None:
    """UUIDs of version 4: with any other, Zabbix refuses the template."""
    found = list(identities(shipped()))
    assert len(found) == len(set(found)) > 60
    assert {uuid.UUID(text).version for text in found} == {4}


def identities(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        if "uuid" in part:
            yield part["uuid"]
        for value in part.values():
            yield from identities(value)
    elif isinstance(part, list):
        for value in part:
            yield from identities(value)


def test_readme_names_the_macros() -> None:
    text = (ROOT / "zabbix-templates" / "README.md").read_text()
    for macro in zabbix.macros():
        metric = any(kind.name.upper() in macro["macro"] for kind in all_metrics())
        assert metric or f"`{macro['macro']}`" in text
