"""Does the endpoint present the certificate that lies on disk? Renewed but never loaded is a common outage."""

from __future__ import annotations

from collections.abc import Iterator

from check_tls_cert.judge.judging import Judging, undetermined
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import DEPLOYED_OTHER
from check_tls_cert.model.metrics import DEPLOYED
from check_tls_cert.model.presented import Presented
from check_tls_cert.text import date, printable
from check_tls_cert.x509.certificate import Certificate


def measure(presented: Presented, judging: Judging) -> Iterator[Measurement]:
    """Measure `deployed`, if there is a file to compare with."""
    wanted = judging.deployed
    if not wanted or not presented.chain:
        return
    if isinstance(wanted, Finding):
        yield undetermined(DEPLOYED, wanted)
        return
    served = presented.chain[0]
    found: tuple[Finding, ...] = ()
    if all(served.der != certificate.der for certificate in wanted):
        place = printable(judging.target.deployed)
        found = (Finding(DEPLOYED_OTHER, served, "", place, _told(wanted[0]), _told(served)),)
    findings = judging.counted(found)
    statement = "not as deployed" if found else "as deployed"
    yield Measurement(DEPLOYED, 0 if findings else 1, statement, findings, judging.accepted(found))


def _told(certificate: Certificate) -> str:
    until = f", until {date(certificate.not_after)}" if certificate.not_after is not None else ""
    return f"{certificate.name} (serial {certificate.serial_number}{until})"
