"""Cases made by others, judged through the functions that the executable uses.

The cases stay where they are, beside the project; their own loader reads them. ``deliberate.json`` lists the
disagreements that are policy and not mistakes.
"""

from __future__ import annotations

import importlib.util
import json
import os
import tempfile
from collections.abc import Iterator
from datetime import datetime, timezone
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from check_tls_cert import fetch
from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch import trust
from check_tls_cert.judge import judge_target
from check_tls_cert.model.target import OPENSSL, WEBPKI
from check_tls_cert.options import command_line, errors
from tests.program import ROOT

DIRECTORY = Path(os.environ.get("CHECK_TLS_CERT_CORPORA") or ROOT.parent / "shared" / "corpora")

#: By the names that their loader knows. The last one has cases of no expected verdict: any will do.
CORPORA = ("core", "sample", "native", "real", "hosts", "pkits", "boringssl", "openssl", "robust")

#: The validation time of cases that name none.
PRESENT = datetime(2026, 11, 1, tzinfo=timezone.utc)

#: Alert for expiry only once it is past.
_PAST_THE_END = ("-w", "0:", "-c", "0:", "--chain-expiry-warning", "0:", "--chain-expiry-critical", "0:")


class Case(NamedTuple):
    """One case: PEM ``chain`` and ``anchors``, whether it is to be ``accepted``, and what for: ``name``, ``at``.

    ``bucket`` is "core" for what every checker has to get right, "robust" for what merely needs a verdict; ``space`` is
    the part of the corpus it belongs to, and ``consensus`` says whether the known validators agree on it.
    """

    id: str
    bucket: str
    space: str
    consensus: str
    accepted: bool
    chain: tuple[str, ...]
    anchors: tuple[str, ...]
    name: str
    at: datetime


@cache
def _loader() -> ModuleType:
    """Return the corpora's own loader, a script beside them."""
    specification = importlib.util.spec_from_file_location("corpora_loader", DIRECTORY / "run.py")
    if specification is None or specification.loader is None:
        raise FileNotFoundError(DIRECTORY / "run.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@cache
def _consensus() -> dict[str, Any]:
    loader = _loader()
    found: dict[str, Any] = loader.read_json(loader.find("limbo_consensus.json"))
    return found


def load(corpus: str) -> Iterator[Case]:
    """Yield the cases of a corpus that this program has the options for: no revocation lists, no set depth."""
    loader = _loader()
    for case in loader.load(corpus):
        bucket = loader.bucket(case)
        if bucket in ("crl", "depth", "client"):
            continue
        name = (case.get("expected_peer_name") or {}).get("value") or ""
        if "\0" in name:
            continue  # no command line can have it
        yield Case(
            id=case["id"],
            bucket=bucket,
            space=loader.space(case["id"]),
            consensus=_consensus().get(case["id"], {}).get("class", ""),
            accepted=case["expected_result"] == "SUCCESS",
            chain=(case["peer_certificate"], *case["untrusted_intermediates"]),
            anchors=tuple(case["trusted_certs"]),
            name=name,
            at=datetime.fromisoformat(case["validation_time"]) if case.get("validation_time") else PRESENT,
        )


def state(case: Case, profile: str = OPENSSL) -> str:
    """Return the state that the program gives a case: OK, CRITICAL or UNKNOWN."""
    with tempfile.TemporaryDirectory() as directory:
        chain, anchors = Path(directory, "chain.pem"), Path(directory, "anchors.pem")
        chain.write_text("\n".join(case.chain))
        anchors.write_text("\n".join(case.anchors))
        given = ["--file", str(chain), "--ca-file", str(anchors), f"--at={case.at.isoformat()}", *_PAST_THE_END]
        given += ["--profile", profile, *([f"--name={case.name}"] if case.name else [])]
        try:
            chosen = command_line.parse(given, PRESENT)
        except errors.UsageError:  # what is expected is no name
            return "UNKNOWN"
        presented = fetch.acquire(chosen, Deadline(60))
        return judge_target(presented, chosen, trust.load_anchors(chosen)).state


def strict_state(case: Case) -> str:
    """Return the state that the program gives a case with ``--profile webpki``."""
    return state(case, WEBPKI)


class Deliberate(NamedTuple):
    """Disagreements that are policy, each case with its reason.

    ``refused``: expected to be accepted. ``opt_in``: expected to be refused, as ``--profile webpki`` does; by default
    accepted as by most clients. ``not_asked``: cases that suppose settings which this program does not have.
    """

    refused: dict[str, str]
    opt_in: dict[str, str]
    not_asked: dict[str, str]


@cache
def deliberate() -> Deliberate:
    """Return what ``deliberate.json`` lists, by case."""
    listed = json.loads(Path(__file__).with_name("deliberate.json").read_text())
    return Deliberate(
        *(
            {case: group["reason"] for group in listed[kind] for case in group["cases"]}
            for kind in ("refused", "opt_in", "not_asked")
        )
    )
