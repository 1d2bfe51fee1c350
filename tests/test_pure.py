"""Judging and rendering do no I/O: all of it runs under an audit hook that forbids files, sockets and processes."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import NamedTuple

import pytest

from check_tls_cert import report
from check_tls_cert.fetch.trust import TrustAnchors
from check_tls_cert.judge import judge_target
from check_tls_cert.model.metrics import EXPIRY, METRICS
from check_tls_cert.model.plan import Checked, Fleet, Plan, Planned
from check_tls_cert.model.presented import Attempt, Negotiated, Presented
from check_tls_cert.model.settings import ALL, FORMATS
from check_tls_cert.model.target import WEBPKI, Options
from check_tls_cert.model.verdict import Verdict
from check_tls_cert.options.command_line import parse
from check_tls_cert.report.words import message
from check_tls_cert.x509 import certificate
from tests import pki

FORBIDDEN = ("open", "socket.", "os.", "subprocess.", "shutil.", "glob.", "tempfile.")

ROOT = pki.authority()
ISSUING = pki.authority("Example Issuing CA 3", ROOT)
SITE = pki.end_entity(ISSUING)
RENEWED = pki.end_entity(ISSUING)
EXPIRED = pki.end_entity(ISSUING, not_after=pki.EPOCH - pki.days(1))
RSA_SITE = pki.end_entity(ISSUING, key=pki.rsa_key(2048))


class _Watch:
    """An audit hook, which cannot be removed and therefore is told when it matters."""

    def __init__(self) -> None:
        self.doing = ""
        self.paused = False

    def __call__(self, event: str, arguments: tuple[object, ...]) -> None:
        if self.doing and not self.paused and event.startswith(FORBIDDEN):
            raise PermissionError(f"{event} {arguments} while {self.doing}")


WATCH = _Watch()
sys.addaudithook(WATCH)


@contextmanager
def without_io(what: str) -> Iterator[None]:
    """Forbid I/O while ``what`` is done."""
    WATCH.doing = what
    try:
        yield
    finally:
        WATCH.doing = ""


class Case(NamedTuple):
    """What is presented to a command line; the certificates deployed are for --deployed."""

    arguments: tuple[str, ...]
    presented: tuple[Presented, ...]
    deployed: tuple[pki.Entity, ...] = ()


def chain(*entities: pki.Entity) -> tuple[certificate.Certificate, ...]:
    return tuple(certificate.parse(entity.der) for entity in entities)


def served(*entities: pki.Entity, at: str = "192.0.2.1", key_type: str = "") -> Presented:
    negotiated = Negotiated("TLSv1.3", "TLS_AES_256_GCM_SHA384", "X25519")
    return Presented(chain(*entities), (Attempt(at, None, 0.25),), None, negotiated, origin=at, key_type=key_type)


HOST = ("-H", "www.example.org", "-vvv")
CASES = {
    "good": Case(HOST, (served(SITE, ISSUING),)),
    "expired": Case(HOST, (served(EXPIRED, ISSUING),)),
    "incomplete, another name": Case(("-H", "other.example.org", "-vvv"), (served(SITE),)),
    "strict": Case((*HOST, "--profile", WEBPKI), (served(SITE, ISSUING),)),
    "deployed": Case((*HOST, "--deployed", "site.pem"), (served(SITE, ISSUING),), (RENEWED,)),
    "addresses": Case((*HOST, "--all-addresses"), (served(SITE, ISSUING), served(RENEWED, ISSUING, at="192.0.2.2"))),
    "key types": Case(
        (*HOST, "--both-key-types"),
        (served(SITE, ISSUING, key_type="ECDSA"), served(RSA_SITE, ISSUING, at="RSA", key_type="RSA")),
    ),
    "files": Case(("--file", "x.pem", "--name", "www.example.org"), (Presented(chain(SITE, ISSUING)),)),
}


def judged(case: Case) -> tuple[Verdict, Options]:
    options = parse(case.arguments, pki.EPOCH)
    anchors = TrustAnchors(list(chain(ROOT)), ())
    deployed = chain(*case.deployed)
    with without_io("judging"):
        return judge_target(case.presented, options, anchors, deployed), options


def rendered(verdict: Verdict, presented: Sequence[Presented], options: Options, shown: report.Format) -> str:
    """Return everything that a format says of a verdict, alone and as one of several."""
    with without_io("rendering"):
        kept = shown.keep(verdict, presented, options)
        said = message(verdict, presented, options)
        expiry = next(one.measurement.value for one in verdict.outcomes if one.measurement.metric == EXPIRY)
        checked = Checked(0, options.target.label, verdict.state, said, expiry, timedelta(days=60), "", kept)
        plan = Plan((Planned(options),), options, (), 1, None, ALL, by_expiry=True)
        fleet = Fleet(verdict.state, verdict.exit_code, (checked,), None, plan)
        return "\n".join(
            [shown.render(verdict, presented, options), *shown.render_fleet(fleet), shown.render_error("no verdict")]
        )


@pytest.mark.parametrize("name", CASES)
def test_no_io(name: str) -> None:
    case = CASES[name]
    _import_what_is_imported_late(case)
    verdict, options = judged(case)
    for form in FORMATS:
        assert rendered(verdict, case.presented, options, report.load_format(form))


def _import_what_is_imported_late(case: Case) -> None:
    """Do the same once without the hook: what only some need is imported when it is needed, from files."""
    WATCH.paused = True
    try:
        verdict, options = judged(case)
        for form in FORMATS:
            rendered(verdict, case.presented, options, report.load_format(form))
    finally:
        WATCH.paused = False


def test_the_cases_measure_everything() -> None:
    """Each metric is measured by one of the cases, so that no question goes unwatched."""
    for case in CASES.values():
        _import_what_is_imported_late(case)
    measured = {outcome.measurement.metric for case in CASES.values() for outcome in judged(case)[0].outcomes}
    assert measured == set(METRICS)


def test_the_hook_forbids() -> None:
    with without_io("testing"), pytest.raises(PermissionError, match="while testing"):
        os.listdir(".")  # noqa: PTH208  # what is forbidden
    with without_io("testing"), pytest.raises(PermissionError), open(os.devnull):  # noqa: PTH123  # what is forbidden
        pass
