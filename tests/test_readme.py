"""The README says what the program does."""

from __future__ import annotations

import re

from check_tls_cert.model.findings import ALL_FINDINGS
from check_tls_cert.model.metrics import METRICS
from check_tls_cert.options.parser import build_parser
from tests.program import ROOT
from tools.readme import PARTS, rewritten

README = (ROOT / "README.md").read_text()
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text()


def test_generated_parts_are_current() -> None:
    """If this fails: python -m tools.readme."""
    assert rewritten(README) == README


def test_every_generated_part_is_there() -> None:
    assert set(re.findall("<!-- ([a-z ]+) -->", README)) - {"end"} == set(PARTS)


def test_every_option_in_prose_exists() -> None:
    """No README, contributor's guide or changelog speaks of an option that is none of the program's."""
    known = {name for action in build_parser()._actions for name in action.option_strings}
    mentioned = set()
    for block in re.findall(r"check_tls_cert [^`\n]*", README + CONTRIBUTING):
        mentioned |= set(re.findall(r"(?<![\w-])--[a-z-]+", block))
    assert mentioned - known == set()


def test_every_metric_and_finding_in_prose_exists() -> None:
    rooms = {finding_id.partition(".")[0] for finding_id in ALL_FINDINGS}
    spoken = set(re.findall(rf"`((?:{'|'.join(rooms)})\.[a-z][a-z-]+)`", README))
    assert spoken - set(ALL_FINDINGS) == set()
    assert set(METRICS) <= set(re.findall(r"`([a-z_]+)`", README))
