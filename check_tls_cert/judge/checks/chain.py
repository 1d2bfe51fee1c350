"""Does a certification path to a trust anchor validate, and until when? (RFC 5280, section 6)."""

from __future__ import annotations

from collections.abc import Iterator

from check_tls_cert.judge.judging import Judging, undetermined
from check_tls_cert.judge.path import candidate
from check_tls_cert.judge.path import search as paths
from check_tls_cert.judge.path.candidate import Path
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import CHAIN_EXPIRES_SOON
from check_tls_cert.model.metrics import CHAIN_EXPIRY, CHAIN_VALID
from check_tls_cert.model.presented import Presented
from check_tls_cert.model.target import WEBPKI
from check_tls_cert.text import date, days_between, duration, timestamp
from check_tls_cert.x509.certificate import Certificate


def measure(presented: Presented, judging: Judging) -> Iterator[Measurement]:
    """Measure `chain_valid` and `chain_expiry`."""
    if not presented.chain:
        return
    if isinstance(judging.anchors, Finding):
        yield undetermined(CHAIN_VALID, judging.anchors)
        return
    verdict = paths.validate(presented.chain, judging.anchors, judging.at, judging.accept, judging.presenter)
    broken = (presented.failure,) if presented.failure is not None else ()
    more = (*broken, *_strict(presented, verdict, judging))
    findings = (*verdict.findings, *judging.counted(more))
    accepted = (*verdict.accepted, *judging.accepted(more))
    tried = "tried 1 certification path" if verdict.tried == 1 else f"tried {verdict.tried} certification paths"
    details = (tried, *hygiene(presented.chain, verdict.path))
    top = verdict.path.certificates[-1]
    statement = f"path to {top.name} valid" if not findings and not accepted else "no valid path"
    yield Measurement(
        CHAIN_VALID,
        0 if findings else 1,
        statement,
        findings,
        accepted,
        details=details,
        path=verdict.path.certificates,
    )
    yield from _chain_expiry(verdict, judging)


def _strict(presented: Presented, verdict: candidate.PathVerdict, judging: Judging) -> tuple[Finding, ...]:
    """Return what the Web-PKI profile adds, if it is asked for and there is a path to judge by it."""
    if judging.profile != WEBPKI or not verdict.path.anchored:
        return ()
    from check_tls_cert.judge.path import webpki

    sound = not verdict.findings
    return tuple(webpki.judge_webpki(verdict.path, presented.chain, judging.target.reference, judging.at, sound=sound))


def _chain_expiry(verdict: candidate.PathVerdict, judging: Judging) -> Iterator[Measurement]:
    """Measure the look-ahead, which there is only where a path with CA certificates validates now."""
    if verdict.ends is None or verdict.ended_by is None:
        return
    finding = Finding(
        CHAIN_EXPIRES_SOON,
        verdict.ended_by,
        "CA certificate",
        presented=timestamp(verdict.ends),
        reason=duration(verdict.ends - judging.at),
        presenter=judging.presenter,
    )
    name = verdict.ended_by.name
    detail = f"a path validates until {timestamp(verdict.ends)}, when {name} expires ({date(verdict.ends)})"
    yield Measurement(
        CHAIN_EXPIRY,
        days_between(judging.at, verdict.ends),
        "",
        judging.counted([finding]),
        judging.accepted([finding]),
        details=(detail,),
    )


def hygiene(chain: tuple[Certificate, ...], path: Path) -> Iterator[str]:
    """Yield what is untidy about a presented chain, for whoever configures the server; clients cope.

    RFC 8446, 4.4.2: each certificate should certify the one before it; the trust anchor may be left out.
    """
    on_path = path.certificates
    first_at: dict[bytes, int] = {}
    for position, certificate in enumerate(chain):
        who = f"presented {position} {certificate.name}"
        if certificate.der in first_at:
            yield f"{who} repeats presented {first_at[certificate.der]}"
            continue
        first_at[certificate.der] = position
        if path.anchored and position and certificate == on_path[-1]:
            yield f"{who} is a trust anchor, which clients already have"
        elif certificate not in on_path:
            yield f"{who} is not part of the path"
    order = [first_at[certificate.der] for certificate in on_path if certificate.der in first_at]
    if order != sorted(order):
        yield f"presented out of order: the path goes {', '.join(map(str, order))}"
