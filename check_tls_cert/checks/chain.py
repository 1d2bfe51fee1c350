"""Does a certification path to a trust anchor validate, and until when? (RFC 5280, section 6)."""

from __future__ import annotations

from collections.abc import Iterator

from check_tls_cert import path as paths
from check_tls_cert.checks import Judging, undetermined
from check_tls_cert.checks.expiry import days_between
from check_tls_cert.metrics import CHAIN_EXPIRY, CHAIN_VALID
from check_tls_cert.model import Finding, FindingKind, Measurement, Presented
from check_tls_cert.text import date, duration, timestamp

FINDINGS = (
    FindingKind("chain.no-trust-anchors", "the trust anchors cannot be read, or there are none"),
    FindingKind("chain.expires-soon", "no path will validate after a moment that is nearer than wanted"),
    *paths.FINDINGS,
)


def measure(presented: Presented, judging: Judging) -> Iterator[Measurement]:
    """Measure `chain_valid` and `chain_expiry`."""
    if not presented.chain:
        return
    if isinstance(judging.anchors, Finding):
        yield undetermined(CHAIN_VALID, judging.anchors)
        return
    verdict = paths.validate(presented.chain, judging.anchors, judging.at, judging.accept, judging.presenter)
    broken = (presented.failure,) if presented.failure is not None else ()
    findings = (*verdict.findings, *judging.counted(broken))
    accepted = (*verdict.accepted, *judging.accepted(broken))
    top = verdict.path.certificates[-1]
    statement = f"path to {top.name} valid" if verdict.path.anchored else ""
    yield Measurement(
        CHAIN_VALID,
        0 if findings else 1,
        statement,
        findings,
        accepted,
        details=_path_lines(verdict),
        path=verdict.path.certificates,
    )
    yield from _chain_expiry(verdict, judging)


def _chain_expiry(verdict: paths.PathVerdict, judging: Judging) -> Iterator[Measurement]:
    """Measure the look-ahead, which there is only where a path with CA certificates validates now."""
    if verdict.ends is None or verdict.ended_by is None:
        return
    left = days_between(judging.at, verdict.ends)
    name = verdict.ended_by.name
    finding = Finding(
        "chain.expires-soon",
        f"the certification path ends in {duration(left)}, when the CA certificate {name} expires"
        f" ({timestamp(verdict.ends)})",
        "have the full chain presented with its successor",
        verdict.ended_by,
        numeric=True,
    )
    detail = f"a path validates until {timestamp(verdict.ends)}, when {name} expires ({date(verdict.ends)})"
    yield Measurement(
        CHAIN_EXPIRY, left, "", judging.counted([finding]), judging.accepted([finding]), details=(detail,)
    )


def _path_lines(verdict: paths.PathVerdict) -> tuple[str, ...]:
    outcome = "tried 1 certification path" if verdict.tried == 1 else f"tried {verdict.tried} certification paths"
    return (outcome,)
