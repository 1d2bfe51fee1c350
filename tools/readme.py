"""The generated parts of the README: tables of options, metrics and findings, and sample output.

    python -m tools.readme          rewrite them in README.md

A test fails when README.md differs from what this makes.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Callable

from check_tls_cert.fetch import formats, trust
from check_tls_cert.fetch.parsing import parse_chain
from check_tls_cert.judge import judge_target
from check_tls_cert.model import services
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import ALL_FINDINGS
from check_tls_cert.model.metrics import all_metrics
from check_tls_cert.model.presented import Attempt, Presented
from check_tls_cert.options.command_line import parse
from check_tls_cert.options.parser import build_parser
from check_tls_cert.report.plain import render
from check_tls_cert.x509 import certificate
from tests import pki
from tests.pki import EPOCH, Entity, days
from tests.real.servers import SERVERS

README = Path(__file__).resolve().parent.parent / "README.md"


def table(*rows: tuple[str, ...]) -> str:
    """Return a Markdown table; the first row is its head."""
    escaped = [tuple(cell.replace("|", "\\|") for cell in row) for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in escaped]
    return "\n".join([lines[0], "|" + "---|" * len(rows[0]), *lines[1:]])


def options_table() -> str:
    """Return the options with their help, those of thresholds in one row a metric."""
    rows = []
    for action in build_parser()._actions:  # noqa: SLF001  # argparse has no other way to list them
        names = ", ".join(f"`{name}`" for name in action.option_strings)
        if action.metavar:
            names += f" {action.metavar}"
        rows.append((names, (action.help or "").replace("%%", "%")))
    return table(("option", "meaning"), *rows)


def metrics_table() -> str:
    """Return the metric table."""
    shown = {"": "none", "derived": "as `expiry`"}
    rows = [
        (
            f"`{kind.name}`",
            kind.unit,
            kind.meaning,
            *(shown.get(text) or f"`{text}`" for text in (kind.warning, kind.critical)),
        )
        for kind in all_metrics()
    ]
    return table(("metric", "unit", "meaning", "default warning", "default critical"), *rows)


def findings_table() -> str:
    """Return the finding ids."""
    return table(("id", "meaning"), *((f"`{kind.id}`", kind.meaning) for kind in ALL_FINDINGS.values()))


def help_text() -> str:
    """Return how ranges are written, and the worked examples: the end of --help."""
    return f"```\n{build_parser().epilog}```"


def protocols_table() -> str:
    """Return what --starttls takes, and which real servers each protocol is tested against."""
    rows = []
    for name, port in services.PORTS.items():
        tested = [f"{server.name} {server.version}" for server in SERVERS if name in server.starttls]
        rows.append((f"`{name}`", str(port), ", ".join(tested) or "transcripts alone"))
    implicit = ", ".join(f"{server.name} {server.version}" for server in SERVERS if server.implicit)
    rows.append(("none: TLS from the first byte", "443 and others", f"{implicit}, OpenSSL's s_server"))
    return table(("`--starttls`", "port", "tested against"), *rows)


def services_list() -> str:
    """Return the services that -p knows by name."""
    return ", ".join(f"`{name}` {port}" for name, port in services.SERVICES.items()) + "."


def kinds_table() -> str:
    """Return the kinds of file."""
    return table(("kind of file", "what is read"), *formats.FORMATS)


class _Anchors(trust.TrustAnchors):
    """Trust anchors that are in no file."""

    def __init__(self, root: Entity) -> None:
        super().__init__([certificate.parse(root.der)], ())


def samples() -> str:
    """Return what the program says to good and bad endpoints, folded to be read."""
    return "\n".join(f"{title}\n```\n{_folded(output)}\n```" for title, output in _outputs())


def _folded(output: str) -> str:
    return "\n".join(textwrap.wrap(output, 118, break_long_words=False, break_on_hyphens=False))


def _outputs() -> Iterator[tuple[str, str]]:
    root = pki.authority("Example Root R1")
    issuing = pki.authority("Example Issuing CA 3", root)
    judge = partial(_output, _Anchors(root))
    names = ("www.example.org", "example.org")
    good = pki.end_entity(issuing, names=names)
    yield "All is well:", judge((good, issuing))
    late = pki.end_entity(issuing, names=names, not_before=EPOCH - days(84), not_after=EPOCH + days(6))
    yield "It expires soon:", judge((late, issuing))
    dying = pki.authority("Example Issuing CA 4", root, not_after=EPOCH + days(20))
    below = pki.end_entity(dying, names=names)
    yield "The intermediate CA certificate expires before the end entity's:", judge((below, dying))
    yield "The server does not send the intermediate CA certificate:", judge((good,))
    past = pki.end_entity(None, names=("a.example.org",), not_before=EPOCH - days(92), not_after=EPOCH - days(2))
    yield "Three things are wrong at once, and all three are said:", judge((past,))
    yield "A name was lost at renewal:", judge((good, issuing), "--san", "www.example.org,shop.example.org")
    refused = Finding(ALL_FINDINGS["connect.refused"], place="192.0.2.10", reason="connection refused")
    yield "Nobody is there:", judge((), failure=refused)


def _output(anchors: trust.TrustAnchors, chain: tuple[Entity, ...], *extra: str, failure: Finding | None = None) -> str:
    options = parse(["-H", "www.example.org", *extra], EPOCH)
    encoded: list[Callable[[], certificate.Certificate]] = [partial(certificate.parse, entity.der) for entity in chain]
    certificates, _ = parse_chain(encoded, "server")
    attempt = Attempt("192.0.2.10", failure, 0.0412 if failure is None else None)
    presented = Presented(chain=certificates, attempts=(attempt,))
    return render(judge_target([presented], options, anchors), [presented], options)


PARTS: dict[str, Callable[[], str]] = {
    "options": options_table,
    "metrics": metrics_table,
    "findings": findings_table,
    "protocols": protocols_table,
    "services": services_list,
    "kinds of file": kinds_table,
    "ranges and examples": help_text,
    "sample output": samples,
}


def rewritten(readme: str) -> str:
    """Return the text of ``readme`` with its generated parts made anew. Raises KeyError for a part nobody makes."""

    def fill(match: re.Match[str]) -> str:
        return f"<!-- {match['part']} -->\n{PARTS[match['part']]()}\n<!-- end -->"

    return re.sub(r"<!-- (?P<part>[a-z ]+) -->\n.*?<!-- end -->", fill, readme, flags=re.DOTALL)


if __name__ == "__main__":
    README.write_text(rewritten(README.read_text()))
