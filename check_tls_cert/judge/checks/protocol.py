"""Which version of TLS does the server speak with us? (RFC 8996: 1.0 and 1.1 are not to be used any more)."""

from __future__ import annotations

from collections.abc import Iterator

from check_tls_cert.judge.judging import Judging
from check_tls_cert.model import findings
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.metrics import TLS_VERSION
from check_tls_cert.model.presented import Presented


def measure(presented: Presented, judging: Judging) -> Iterator[Measurement]:
    """Measure `tls_version`, if a handshake got that far. We offer every version that the library has, from 1.0 on."""
    # A second handshake at the same address was for another type of key, and offered no more than that needs.
    if presented.negotiated is None or not presented.attempts:
        return
    version = float(presented.negotiated.protocol.partition("v")[2])
    found = (Finding(findings.TLS_VERSION, presented=presented.negotiated.protocol),)
    yield Measurement(TLS_VERSION, version, "", judging.counted(found), judging.accepted(found))
