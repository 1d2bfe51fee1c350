"""What the tests of checks share: presented chains and what checks may know, built with the deviation alone."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from check_tls_cert.fetch.trust import TrustAnchors
from check_tls_cert.judge.judging import Judging
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import HANDSHAKE_CLOSED
from check_tls_cert.model.presented import Attempt, Negotiated, Presented
from check_tls_cert.model.target import OPENSSL, Target
from check_tls_cert.x509.certificate import Certificate, parse
from check_tls_cert.x509.identity import reference_identifier
from tests import pki

ROOT = pki.authority()
ISSUING = pki.authority("Example Issuing CA 3", ROOT)
SITE = pki.end_entity(ISSUING)

HOST = "www.example.org"
FAILURE = Finding(HANDSHAKE_CLOSED, reason="before the server sent anything")


def chain(*entities: pki.Entity) -> tuple[Certificate, ...]:
    return tuple(parse(entity.der) for entity in entities)


def presented(*entities: pki.Entity, at: str = "", **fields: object) -> Presented:
    """Return a presented chain, from the address ``at`` if there is one."""
    attempts = (Attempt(at, None, 0.25),) if at else ()
    return Presented(chain(*entities), attempts, origin=at)._replace(**fields)  # type: ignore[arg-type]


def unreached(at: str = "192.0.2.9", failure: Finding = FAILURE) -> Presented:
    return Presented(attempts=(Attempt(at, failure),))


def negotiated(protocol: str) -> Negotiated:
    return Negotiated(protocol, "TLS_AES_256_GCM_SHA384", "X25519")


def judging(
    host: str = HOST,
    *,
    at: datetime = pki.EPOCH,
    accept: Iterable[str] = (),
    given: Iterable[str] = (),
    required: Iterable[str] = (),
    profile: str = OPENSSL,
    deployed: tuple[Certificate, ...] | Finding = (),
    anchors: TrustAnchors | Finding | None = None,
    **target: object,
) -> Judging:
    """Return what a check may know about the endpoint ``host``, "" for none; further fields are the target's."""
    reference = reference_identifier(host) if host else None
    names = tuple(reference_identifier(name) for name in required) or ((reference,) if reference else ())
    return Judging(
        Target("label", reference=reference, required=names)._replace(**target),  # type: ignore[arg-type]
        at,
        TrustAnchors(list(chain(ROOT)), ()) if anchors is None else anchors,
        frozenset(accept),
        frozenset(given),
        profile,
        deployed,
    )


def ids(measurement: Measurement) -> list[str]:
    return [finding.id for finding in measurement.findings]


def accepted_ids(measurement: Measurement) -> list[str]:
    return [finding.id for finding in measurement.accepted]
