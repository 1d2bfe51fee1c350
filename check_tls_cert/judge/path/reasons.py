"""Why a certification path is not valid, except for what rights and OpenSSL say: dates, and paths without an anchor."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from check_tls_cert.judge.path.candidate import Path, role_of
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import (
    CHAIN_EXPIRED,
    CHAIN_INCOMPLETE,
    CHAIN_MALFORMED,
    CHAIN_NOT_YET_VALID,
    CHAIN_SELF_SIGNED,
    CHAIN_UNKNOWN_ANCHOR,
)
from check_tls_cert.text import printable, timestamp
from check_tls_cert.x509.certificate import Certificate
from check_tls_cert.x509.extensions import issuer_urls


def out_of_date(path: Path, at: datetime, chain: tuple[Certificate, ...], presenter: str) -> Iterator[Finding]:
    """Yield the certificates of ``path`` that are not valid at the moment ``at`` (RFC 5280, 6.1.3 (a) (2)).

    The end entity being past its notAfter is left to the metric `expiry`. ``chain`` is what ``presenter`` presented.
    """
    for position, certificate in enumerate(path.certificates):
        role = role_of(path, position)
        is_end_entity = position == 0
        if certificate.not_before is None or (certificate.not_after is None and not is_end_entity):
            reason = "; ".join(certificate.defects)
            yield Finding(CHAIN_MALFORMED, certificate, role, reason=reason, remedy="replace it")
            continue
        if at < certificate.not_before:
            yield Finding(CHAIN_NOT_YET_VALID, certificate, role, presented=timestamp(certificate.not_before))
        if not is_end_entity and certificate.not_after is not None and at > certificate.not_after:
            # One that was not presented is the monitor's own, among its trust anchors.
            who = presenter if certificate in chain else ""
            presented = timestamp(certificate.not_after)
            yield Finding(CHAIN_EXPIRED, certificate, role, presented=presented, presenter=who)


def dead_end(path: Path, presenter: str, *, namesake: bool) -> Finding:
    """Say why no trust anchor is above the last certificate of ``path``.

    ``namesake``: a certificate of its issuer's name was presented, but has another key than the one that signed.
    """
    top = path.certificates[-1]
    is_end_entity = len(path.certificates) == 1
    if top.self_issued:
        kind = CHAIN_SELF_SIGNED if is_end_entity else CHAIN_UNKNOWN_ANCHOR
        return Finding(kind, top, role_of(path, -1), presenter=presenter)
    urls = issuer_urls(top)
    return Finding(
        CHAIN_INCOMPLETE if is_end_entity else CHAIN_UNKNOWN_ANCHOR,
        top,
        role_of(path, -1),
        expected=top.issuer_name,
        presented="another key" if namesake else "",
        reason=printable(urls[0]) if urls else "",
        presenter=presenter,
    )
