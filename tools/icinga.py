"""The Icinga 2 CheckCommand, made from the parser: every option of the program is a variable of the command.

    python -m tools.icinga          rewrite icinga-templates/check_tls_cert.conf

A test fails when the file differs from what this makes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

from check_tls_cert.options.parser import build_parser

TEMPLATE = Path(__file__).resolve().parent.parent / "icinga-templates" / "check_tls_cert.conf"

#: Options that are for people at a shell.
LEFT_OUT = {"--help", "--version"}

#: Icinga's own conventions for defaults; everything else is left to the program.
DEFAULTS = {"host": "$check_address$"}

#: When --host is given, in Icinga's language: where no other option says what to check.
HOST_IF = '!(macro("$tls_cert_file$") || macro("$tls_cert_targets$"))'

#: Of the command, in seconds: above the program's own timeouts, so that its verdict is what shows.
TIMEOUT = 60

HEAD = """\
/* Icinga 2 CheckCommand for check_tls_cert, in the manner of the Icinga Template Library: every option of the program
 * is a variable tls_cert_*, and what is not set is left to the program's defaults. Made by tools/icinga.py.
 *
 * vars.tls_cert_host is the host's address unless it is set, and the certificate must be for that: set a name.
 * Set vars.tls_cert_file to check a file on the host that runs the command, or vars.tls_cert_targets to check what is
 * listed in one; vars.tls_cert_host is not used then. It may be an array, for several targets in one check.
 */

object CheckCommand "tls_cert" {
	import "ipv4-or-ipv6"  // of the ITL's <plugins>: defines $check_address$

	command = [ PluginDir + "/check_tls_cert" ]
	// Above the program's own (tls_cert_timeout, 10 s; for several targets tls_cert_total_timeout, 50 s).
	timeout = %ds

	arguments = {
"""

TAIL = """\
	}

%s
}
"""


def variable(action: argparse.Action) -> str:
    """Return the name of the variable for an option."""
    return "tls_cert_" + long_option(action).lstrip("-").replace("-", "_")


def long_option(action: argparse.Action) -> str:
    """Return the long spelling of an option."""
    return next(name for name in action.option_strings if name.startswith("--"))


def options() -> Iterator[argparse.Action]:
    """Yield the options that a monitor may set."""
    for action in build_parser()._actions:  # noqa: SLF001  # argparse has no other way to list them
        if long_option(action) not in LEFT_OUT:
            yield action


def repeatable(action: argparse.Action) -> bool:
    """Tell whether an option may be given several times, and its variable be an array."""
    return isinstance(action, argparse._AppendAction)  # noqa: SLF001  # the class of action="append"


def about(action: argparse.Action) -> str:
    """Return what the program's help says about an option."""
    return (action.help or "").replace("%%", "%")


def argument(action: argparse.Action) -> str:
    """Return the entry of one option in the command's arguments."""
    name = variable(action)
    lines = []
    if action.nargs == 0:
        lines.append(f'set_if = "${name}$"')
    else:
        lines.append(f'value = "${name}$"')
        if repeatable(action):
            lines.append("repeat_key = true")
        if action.dest == "host":
            lines.append(f"set_if = {{{{ {HOST_IF} }}}}")
    lines.append(f"description = {json.dumps(about(action).replace('$', '$$'))}")
    body = "\n".join(f"\t\t\t{line}" for line in lines)
    return f'\t\t"{long_option(action)}" = {{\n{body}\n\t\t}}\n'


def template() -> str:
    """Return the whole file."""
    defaults = [
        f'\tvars.{variable(action)} = "{DEFAULTS[action.dest]}"' for action in options() if action.dest in DEFAULTS
    ]
    return HEAD % TIMEOUT + "".join(argument(action) for action in options()) + TAIL % "\n".join(defaults)


if __name__ == "__main__":
    TEMPLATE.write_text(template())
