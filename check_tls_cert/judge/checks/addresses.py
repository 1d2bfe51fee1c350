"""Do all addresses of the host present the same certificate? One node behind a load balancer that kept the old one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from check_tls_cert.judge.judging import Judging
from check_tls_cert.model import findings
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.metrics import ADDRESSES_DIFFER
from check_tls_cert.model.presented import Presented
from check_tls_cert.text import date, listing


def measure(every: Sequence[Presented], judging: Judging) -> Iterator[Measurement]:
    """Measure `addresses_differ`, if every address was asked."""
    presented = [one for one in every if one.chain]
    if not judging.target.all_addresses or not presented:
        return
    differing = _differing(presented)
    found: tuple[Finding, ...] = ()
    if differing:
        others = listing(f"{one.origin} (serial {one.chain[0].serial_number}{_until(one)})" for one in differing)
        found = (Finding(findings.ADDRESSES_DIFFER, presented=others),)
    yield Measurement(ADDRESSES_DIFFER, len(differing), "", judging.counted(found), judging.accepted(found))


def _differing(presented: Sequence[Presented]) -> list[Presented]:
    """Return those that differ from most of their key type; of equally many, those seen first are "most"."""
    seen: dict[str, Counter[bytes]] = {}
    for one in presented:
        seen.setdefault(one.key_type, Counter())[one.chain[0].der] += 1
    usual = {key_type: counter.most_common(1)[0][0] for key_type, counter in seen.items()}
    return [one for one in presented if one.chain[0].der != usual[one.key_type]]


def _until(presented: Presented) -> str:
    not_after = presented.chain[0].not_after
    return "" if not_after is None else f", until {date(not_after)}"
