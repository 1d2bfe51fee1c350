"""The Zabbix template, made from the metric table: a macro lists endpoints, and one check of each brings all its items.

    python -m tools.zabbix          rewrite zabbix-templates/check_tls_cert.yaml

The format is that of Zabbix 6.0, which later versions import. A test fails when the file differs from what this makes.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from check_tls_cert.model.metrics import (
    EXPIRY,
    HOSTNAME_MATCH,
    LIFETIME_USED,
    SAN_COVERAGE,
    YES_OR_NO,
    MetricKind,
    all_metrics,
)
from check_tls_cert.model.settings import DEFAULT_RANGE

TEMPLATE = Path(__file__).resolve().parent.parent / "zabbix-templates" / "check_tls_cert.yaml"

Plain = dict[str, Any]

NAME = "TLS certificates by check_tls_cert"
GROUP = "Templates/Applications"
STATES = "TLS certificate state"

#: How an endpoint is called in names and keys: all that its entry in the macro says.
ENTRY = "{#TLS.ENTRY}"

#: How many options an entry may have. Parameters cannot be left out: one that stands for none repeats another.
OPTIONS = 5
_NO_OPTION = "--output=json"

#: Discovery, in Zabbix's JavaScript.
_DISCOVER = """\
var given = JSON.parse(value);
var found = [];
(given.endpoints || given.host).split(/[;\\n]/).forEach(function (entry) {
    var words = entry.split(/\\s+/).filter(function (word) { return word !== ''; });
    if (words.length === 0) {
        return;
    }
    if (words.length > OPTIONS + 1) {
        throw 'more than OPTIONS options: ' + entry;
    }
    var row = {'{#TLS.ENTRY}': words.join(' '), '{#TLS.HOST}': words[0]};
    for (var number = 1; number <= OPTIONS; number++) {
        row['{#TLS.OPTION' + number + '}'] = words[number] || 'NONE';
    }
    found.push(row);
});
return JSON.stringify(found);
""".replace("OPTIONS", str(OPTIONS)).replace("NONE", _NO_OPTION)

#: What a verdict has to say for people, and why there is none if there is none.
_SAY = "var said = JSON.parse(value);\nreturn said.text || said.error;\n"

# What is not reported is no problem of its own, nor is what was not measured unless the program lists it as a problem:
# what keeps it from being measured is one. Anything but a verdict is an error, and ends no problem.
_JUDGE = """\
var said = JSON.parse(value);
var found = (said.metrics || {}).METRIC;
function own(finding) {
    return finding.metric === 'METRIC';
}
if (!found || (found.value === null && !said.findings.some(own))) {
    return 'OK';
}
return found.state;
"""

#: Where Zabbix is told how long external checks may take.
_TIMEOUT_6 = "Timeout in the configuration file of server or proxy"
_TIMEOUT_7 = "Administration, General, Timeouts"

#: What is told of the end-entity certificate, by Zabbix agent 2's names for it.
FACTS = {
    "subject": ("$.x509.subject", "CHAR", ""),
    "issuer": ("$.x509.issuer", "CHAR", ""),
    "alternative names": ("$.x509.alternative_names", "TEXT", ""),
    "not before": ("$.x509.not_before.timestamp", "FLOAT", "unixtime"),
    "not after": ("$.x509.not_after.timestamp", "FLOAT", "unixtime"),
    "serial number": ("$.x509.serial_number", "CHAR", ""),
    "SHA-256 fingerprint": ("$.sha256_fingerprint", "CHAR", ""),
}

#: A problem of the first metric is one of the second already, or may be its consequence; Zabbix then shows but that.
CONSEQUENCES = {LIFETIME_USED: EXPIRY, SAN_COVERAGE: HOSTNAME_MATCH}

_SEVERITIES = {"WARNING": "WARNING", "CRITICAL": "HIGH"}


def identifier(*of: str) -> str:
    """Return a UUID for something, the same each time: Zabbix wants version 4, whose digits are otherwise free."""
    digest = hashlib.sha256("/".join((NAME, *of)).encode()).digest()
    return uuid.UUID(bytes=digest[:16], version=4).hex


def macro(kind: MetricKind, level: str) -> str:
    """Return the macro with a threshold."""
    return f"{{$TLS.{kind.name.upper()}.{level.upper()}}}"


def check_key() -> str:
    """Return the key of the item that runs the program."""
    thresholds = (
        f"--{kind.name.replace('_', '-')}-{level}={macro(kind, level)}"
        for kind in all_metrics()
        for level in ("warning", "critical")
    )
    own = (f"{{#TLS.OPTION{number}}}" for number in range(1, OPTIONS + 1))
    parameters = ["-H", "{#TLS.HOST}", "--output=json", "--timeout={$TLS.TIMEOUT}", *thresholds, *own]
    return f"check_tls_cert[{','.join(_quoted(parameter) for parameter in parameters)}]"


def _quoted(parameter: str) -> str:
    return f'"{parameter}"'


def key(what: str, of: str = "") -> str:
    """Return the key of an item that the check brings."""
    return f"tls.{what}[{_quoted(ENTRY)}{f',{of}' if of else ''}]"


def dependent(name: str, item_key: str, kind: str, *steps: Plain, **more: object) -> Plain:
    """Return an item that is taken from what the check says."""
    return {
        "uuid": identifier("item", item_key),
        "name": f"{ENTRY}: {name}",
        "type": "DEPENDENT",
        "key": item_key,
        "delay": "0",
        **({} if kind == "FLOAT" else {"trends": "0"}),
        "value_type": kind,
        **more,
        "preprocessing": [*steps],
        "master_item": {"key": check_key()},
        "tags": [{"tag": "component", "value": "tls"}],
    }


def taken(path: str) -> Plain:
    """Return the step that takes what stands at a path; nothing is stored where there is nothing."""
    return {"type": "JSONPATH", "parameters": [path], "error_handler": "DISCARD_VALUE"}


def computed(script: str) -> Plain:
    """Return the step that runs a script."""
    return {"type": "JAVASCRIPT", "parameters": [script]}


def items() -> Iterator[Plain]:
    """Yield the items of an endpoint, with their triggers."""
    yield {
        "uuid": identifier("item", "check"),
        "name": f"{ENTRY}: check",
        "type": "EXTERNAL",
        "key": check_key(),
        "delay": "{$TLS.INTERVAL}",
        "history": "0",
        "trends": "0",
        "value_type": "TEXT",
        "tags": [{"tag": "component", "value": "tls"}],
    }
    state = dependent("state", key("state"), "UNSIGNED", taken("$.exit_code"), trends="0", valuemap={"name": STATES})
    yield {**state, "trigger_prototypes": [unknown(), silent()]}
    yield dependent("text", key("text"), "TEXT", computed(_SAY))
    for name, (path, kind, unit) in FACTS.items():
        shown = {"units": unit} if unit else {}
        yield dependent(name, key(name.lower().replace(" ", "_").replace("-", "")), kind, taken(path), **shown)
    for row in all_metrics():
        yield from metric(row)


def metric(kind: MetricKind) -> Iterator[Plain]:
    """Yield the items of a metric: its number, and its state with the triggers."""
    unit = {"": "", YES_OR_NO: "", "%": "%", "s": "s"}.get(kind.unit, f"!{kind.unit}")
    about = {"units": unit} if unit else {}
    number = {"type": "MATCHES_REGEX", "parameters": ["^-?[0-9]"], "error_handler": "DISCARD_VALUE"}  # or it is null
    value = taken(f"$.metrics.{kind.name}.value")
    yield dependent(kind.name, key("metric", kind.name), "FLOAT", value, number, description=kind.meaning, **about)
    judged = computed(_JUDGE.replace("METRIC", kind.name))
    state = dependent(f"state of {kind.name}", key("metric_state", kind.name), "CHAR", judged)
    yield {**state, "trigger_prototypes": [problem(kind, level) for level in _SEVERITIES]}


#: What the program said, of the host that the trigger is on.
_EVENT_NAME = f"{ENTRY}: {{?last(//{key('text')})}}"


def expression(kind: MetricKind, level: str) -> str:
    """Return when a trigger of a metric fires."""
    return f'last(/{NAME}/{key("metric_state", kind.name)})="{level}"'


def problem(kind: MetricKind, level: str) -> Plain:
    """Return the trigger for a metric's state."""
    found: Plain = {
        "uuid": identifier("trigger", kind.name, level),
        "expression": expression(kind, level),
        "name": trigger_name(kind, level),
        "event_name": _EVENT_NAME,
        "opdata": "{ITEM.LASTVALUE1}",
        "priority": _SEVERITIES[level],
        "description": f"{kind.meaning}. Set {macro(kind, level.lower())} to a range, or to {DEFAULT_RANGE} for the"
        " program's default.",
        "manual_close": "YES",
        "tags": [{"tag": "metric", "value": kind.name}],
    }
    if kind.name in CONSEQUENCES:
        cause = next(other for other in all_metrics() if other.name == CONSEQUENCES[kind.name])
        found["dependencies"] = [
            {"name": trigger_name(cause, other), "expression": expression(cause, other)} for other in _SEVERITIES
        ]
    return found


def trigger_name(kind: MetricKind, level: str) -> str:
    """Return the name of a metric's trigger."""
    return f"TLS certificate of {ENTRY}: {kind.name} {level}"


def unknown() -> Plain:
    """Return the trigger for what the program could not determine."""
    return {
        "uuid": identifier("trigger", "unknown"),
        "expression": f"last(/{NAME}/{key('state')})=3",
        "name": f"TLS certificate of {ENTRY}: unknown",
        "event_name": _EVENT_NAME,
        "priority": "AVERAGE",
        "description": "UNKNOWN: a metric could not be determined, or the options are wrong.",
        "manual_close": "YES",
        "tags": [{"tag": "metric", "value": "none"}],
    }


def silent() -> Plain:
    """Return the trigger for a check that says nothing any more."""
    return {
        "uuid": identifier("trigger", "silent"),
        "expression": f"nodata(/{NAME}/{key('state')},{{$TLS.NODATA}})=1",
        "name": f"TLS certificate of {ENTRY}: no result for {{$TLS.NODATA}}",
        "priority": "AVERAGE",
        "description": "The program did not run, or took longer than Zabbix allows external checks (3 s by"
        f" default): raise that above {{$TLS.TIMEOUT}}, in Zabbix 6.0 by {_TIMEOUT_6}, in 7.0 by {_TIMEOUT_7}.",
        "tags": [{"tag": "metric", "value": "none"}],
    }


def discovery() -> Plain:
    """Return the rule that makes items for each endpoint."""
    return {
        "uuid": identifier("discovery"),
        "name": "TLS endpoints",
        "type": "SCRIPT",
        "key": "tls.endpoints",
        "delay": "{$TLS.DISCOVERY.INTERVAL}",
        "lifetime": "1d",
        "description": "The endpoints that {$TLS.ENDPOINTS} lists.",
        "item_prototypes": list(items()),
        "params": _DISCOVER,
        "parameters": [
            {"name": "endpoints", "value": "{$TLS.ENDPOINTS}"},
            {"name": "host", "value": "{HOST.HOST}"},
        ],
    }


def macros() -> Iterator[Plain]:
    """Yield the macros with their defaults."""
    yield {
        "macro": "{$TLS.ENDPOINTS}",
        "value": "",
        "description": "What to check: HOST[:PORT] and up to "
        f"{OPTIONS} options written --option=value, such as --starttls=smtp; several are separated by ;"
        " (default: the host's name)",
    }
    yield {"macro": "{$TLS.INTERVAL}", "value": "1h", "description": "How often to check"}
    yield {"macro": "{$TLS.DISCOVERY.INTERVAL}", "value": "1h", "description": "How often to look for new endpoints"}
    yield {
        "macro": "{$TLS.NODATA}",
        "value": "3h",
        "description": "How long there may be no result before that is a problem: a multiple of {$TLS.INTERVAL}",
    }
    yield {
        "macro": "{$TLS.TIMEOUT}",
        "value": "2.5",
        "description": "Time limit of a check in seconds: less than Zabbix allows external checks, which is 3 by"
        f" default (Zabbix 6.0: {_TIMEOUT_6}; 7.0: {_TIMEOUT_7})",
    }
    for kind in all_metrics():
        for level in ("warning", "critical"):
            about = f"{kind.name}, {level.upper()}: a range, or {DEFAULT_RANGE} for the program's default"
            yield {"macro": macro(kind, level), "value": DEFAULT_RANGE, "description": about}


def template() -> str:
    """Return the whole file."""
    names = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
    mappings = [{"value": str(number), "newvalue": name} for number, name in enumerate(names)]
    whole = {
        "uuid": identifier("template"),
        "template": NAME,
        "name": NAME,
        "description": "Expiry, certification path, hostname and SANs of TLS endpoints; made by tools/zabbix.py.",
        "groups": [{"name": GROUP}],
        "discovery_rules": [discovery()],
        "tags": [{"tag": "class", "value": "tls"}],
        "macros": list(macros()),
        "valuemaps": [{"uuid": identifier("states"), "name": STATES, "mappings": mappings}],
    }
    groups = [{"uuid": identifier("group"), "name": GROUP}]
    export = {"version": "6.0", "date": "2026-01-15T12:00:00Z", "groups": groups, "templates": [whole]}
    text: str = yaml.safe_dump({"zabbix_export": export}, sort_keys=False, width=120)
    return text


if __name__ == "__main__":
    TEMPLATE.parent.mkdir(exist_ok=True)
    TEMPLATE.write_text(template())
