"""Tests of check_tls_cert.judge.checks.protocol."""

from __future__ import annotations

import pytest

from check_tls_cert.judge.checks import protocol
from check_tls_cert.model.presented import Presented
from tests.judge import cases


@pytest.mark.parametrize(("name", "version"), [("TLSv1.3", 1.3), ("TLSv1.2", 1.2), ("TLSv1", 1.0), ("DTLSv1.2", 1.2)])
def test_version(name: str, version: float) -> None:
    presented = cases.presented(cases.SITE, at="192.0.2.1", negotiated=cases.negotiated(name))
    (measurement,) = protocol.measure(presented, cases.judging())
    assert (measurement.metric, measurement.value, measurement.statement) == ("tls_version", version, "")
    (finding,) = measurement.findings
    assert (finding.id, finding.presented) == ("tls.version", name)


def test_accepted() -> None:
    presented = cases.presented(cases.SITE, at="192.0.2.1", negotiated=cases.negotiated("TLSv1.2"))
    (measurement,) = protocol.measure(presented, cases.judging(accept=["tls.version"]))
    assert (cases.ids(measurement), cases.accepted_ids(measurement)) == ([], ["tls.version"])


def test_second_handshake_at_an_address_is_no_measure() -> None:
    """It offers no more than it takes to see the certificate of the other type of key."""
    second = cases.presented(cases.SITE, negotiated=cases.negotiated("TLSv1.2"))
    assert list(protocol.measure(second, cases.judging())) == []
    assert list(protocol.measure(Presented(attempts=cases.unreached().attempts), cases.judging())) == []
