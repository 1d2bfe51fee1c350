"""Do the SANs cover every name the service needs? A name lost at renewal shows here."""

from __future__ import annotations

from collections.abc import Iterator

from check_tls_cert.judge.judging import Judging
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import SAN_MISSING
from check_tls_cert.model.metrics import HOSTNAME_MATCH, SAN_COVERAGE
from check_tls_cert.model.presented import Presented
from check_tls_cert.text import listing, printable
from check_tls_cert.x509.general_names import names_of, spelled_names
from check_tls_cert.x509.identity import covered


def measure(presented: Presented, judging: Judging) -> Iterator[Measurement]:
    """Measure `san_coverage`, if any name is required."""
    required = judging.target.required
    if not presented.chain or not required:
        return
    names = names_of(presented.chain[0])
    missing = [name for name in required if not covered(name, names)]
    statement = f"SANs cover {len(required) - len(missing)}/{len(required)}"
    coverage = round(100 * (len(required) - len(missing)) / len(required), 2)
    if missing == [judging.target.reference]:
        yield Measurement(SAN_COVERAGE, coverage, statement, charged_to=HOSTNAME_MATCH)
        return
    finding = Finding(
        SAN_MISSING,
        presented.chain[0],
        expected=listing((printable(name.text) for name in missing), limit=10),
        presented=listing(spelled_names(names)) or "none",
        reason=statement,
    )
    found = (finding,) if missing else ()
    counted = judging.counted(found)
    yield Measurement(SAN_COVERAGE, coverage if counted else 100, statement, counted, judging.accepted(found))
