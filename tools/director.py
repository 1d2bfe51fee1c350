"""The basket for Icinga Director, made from the parser: command, fields for its variables, and a service template.

    python -m tools.director        rewrite icinga-templates/director-basket.json

The format is that of Director 1.10, as it exports it: numbers are strings there. A test fails when the file differs
from what this makes.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from check_tls_cert.options.parser import build_parser
from tools.icinga import HOST_IF, TEMPLATE, TIMEOUT, about, long_option, options, repeatable, variable

BASKET = TEMPLATE.parent / "director-basket.json"

Plain = dict[str, Any]

#: What Director's objects are called; as in check_tls_cert.conf and tls_cert_services.conf.
COMMAND = "tls_cert"
SERVICE = "tls-certificate"

#: The certificate must be for the host object's name, and it is this host that is asked, as in tls_cert_services.conf.
SERVICE_DEFAULTS = {"tls_cert_address": "$address$", "tls_cert_host": "$host.name$"}

#: When arguments are given, in Icinga's language; it must come out as a truth value. To check every address is to ask
#: the resolver, and not for the host object's own.
CONDITIONS = {
    "host": HOST_IF,
    "address": '!(macro("$tls_cert_file$") || macro("$tls_cert_targets$") || !macro("$tls_cert_address$")'
    ' || (macro("$tls_cert_all_addresses$") && macro("$tls_cert_address$") == macro("$address$")))',
}

#: Words that have a spelling of their own in captions.
SPELLINGS = {
    word.lower(): word for word in ("ALPN", "CA", "DTLS", "IPv4", "IPv6", "SAN", "SANs", "SNI", "STARTTLS", "TLS")
}

#: What a list does not name, the program would refuse.
_LIST_SETTINGS = {"behavior": "strict", "data_type": "string"}

_DATA_TYPES = r"Icinga\Module\Director\DataType\DataType"


def argument(action: argparse.Action) -> Plain:
    """Return the entry of one option in the command's arguments."""
    reference = f"${variable(action)}$"
    entry: Plain = {"description": about(action)}
    if action.nargs == 0:
        return {**entry, "set_if": reference}
    entry["value"] = reference
    if repeatable(action):
        entry["repeat_key"] = True
    if action.dest in CONDITIONS:
        entry |= {"set_if": CONDITIONS[action.dest], "set_if_format": "expression"}
    return entry


def command(fields: list[Plain]) -> Plain:
    """Return the command. Services that use it offer its fields, whatever template they are of."""
    return {
        "arguments": {long_option(action): argument(action) for action in options()},
        "command": "check_tls_cert",  # relative to PluginDir
        "fields": fields,
        "methods_execute": "PluginCheck",
        "object_name": COMMAND,
        "object_type": "object",
        "timeout": str(TIMEOUT),
    }


def service_template(fields: list[Plain]) -> Plain:
    """Return the template of services, with the intervals of tls_cert_services.conf."""
    return {
        "check_command": COMMAND,
        "check_interval": "3600",
        "fields": fields,
        "max_check_attempts": "3",
        "object_name": SERVICE,
        "object_type": "template",
        "retry_interval": "300",
        "vars": SERVICE_DEFAULTS,
    }


def categories() -> dict[str, str]:
    """Return the category of each field by the option's destination: a heading of the program's help."""
    return {
        action.dest: f"TLS certificate: {group.title}"
        for group in build_parser()._action_groups  # noqa: SLF001  # argparse has no other way to list them
        for action in group._group_actions  # noqa: SLF001  # the same
    }


def caption(action: argparse.Action) -> str:
    """Return the label of a field."""
    first, *others = long_option(action).lstrip("-").split("-")
    return " ".join([SPELLINGS.get(first, first.capitalize()), *(SPELLINGS.get(word, word) for word in others)])


def list_name(action: argparse.Action) -> str:
    """Return the name of the list with an option's choices."""
    return f"{COMMAND} {long_option(action).lstrip('-')}"


def datafield(number: int, action: argparse.Action, category: str) -> Plain:
    """Return the field for an option's variable."""
    settings: dict[str, str] = {}
    if action.nargs == 0:
        kind = "Boolean"
    elif action.choices:
        kind, settings = "Datalist", {**_LIST_SETTINGS, "datalist": list_name(action)}
    elif repeatable(action) and action.dest != "host":  # of which a host's service has one
        kind = "Array"
    else:
        kind, settings = "String", {"visibility": "visible"}
    return {
        "caption": caption(action),
        "category": category,
        "datatype": _DATA_TYPES + kind,
        "description": about(action),
        "format": None,
        "originalId": str(number),
        "settings": settings,
        "varname": variable(action),
    }


def datalist(action: argparse.Action) -> Plain:
    """Return the list of an option's choices."""
    entries = [
        {"allowed_roles": None, "entry_name": choice, "entry_value": choice, "format": "string"}
        for choice in sorted(action.choices or ())
    ]
    return {"entries": entries, "list_name": list_name(action), "owner": "check_tls_cert"}


def basket() -> dict[str, dict[str, Plain]]:
    """Return what Director is to have, by type and name; fields by numbers that count inside the basket only."""
    of = categories()
    numbered = list(enumerate(options(), 1))
    fields: list[Plain] = [{"datafield_id": number, "is_required": "n", "var_filter": None} for number, _ in numbered]
    used = dict.fromkeys(of[action.dest] for _, action in numbered)
    return {
        "Command": {COMMAND: command(fields)},
        "ServiceTemplate": {SERVICE: service_template(fields)},
        "DataList": {list_name(action): datalist(action) for _, action in numbered if action.choices},
        "DatafieldCategory": {name: {"category_name": name, "description": None} for name in used},
        "Datafield": {str(number): datafield(number, action, of[action.dest]) for number, action in numbered},
    }


def text() -> str:
    """Return the whole file."""
    return json.dumps(basket(), indent=4) + "\n"


if __name__ == "__main__":
    BASKET.write_text(text())
