"""Tests of check_tls_cert.judge.checks.hostname."""

from __future__ import annotations

import pytest
from cryptography import x509

from check_tls_cert.judge.checks import hostname
from check_tls_cert.model.finding import Measurement
from check_tls_cert.model.presented import Presented
from tests import pki
from tests.judge import cases

MALFORMED = x509.UnrecognizedExtension(
    x509.ObjectIdentifier("2.5.29.17"), pki.tlv(0x30, pki.tlv(0x82, b"a.example.org") + b"\x82\x7f")
)


def measured(entity: pki.Entity, host: str = cases.HOST, **known: object) -> Measurement:
    (measurement,) = hostname.measure(cases.presented(entity), cases.judging(host, **known))  # type: ignore[arg-type]
    return measurement


def test_match() -> None:
    assert measured(cases.SITE) == Measurement("hostname_match", 1, "hostname matches")


@pytest.mark.parametrize(
    ("entity", "host", "kind", "presented"),
    [
        (cases.SITE, "other.example.org", "hostname.mismatch", "www.example.org"),
        (pki.end_entity(None, names=("192.0.2.1",)), "192.0.2.2", "hostname.mismatch", "IP 192.0.2.1"),
        (pki.end_entity(None, names=("192.0.2.1",)), "www.example.org", "hostname.mismatch", "IP 192.0.2.1"),
        (pki.end_entity(None, names=()), "www.example.org", "hostname.no-identifiers", ""),
        (
            pki.end_entity(None, names=(), extensions=[(MALFORMED, False)]),
            "www.example.org",
            "hostname.malformed",
            "a.example.org",
        ),
    ],
)
def test_mismatch(entity: pki.Entity, host: str, kind: str, presented: str) -> None:
    measurement = measured(entity, host)
    assert (measurement.value, measurement.statement, cases.ids(measurement)) == (0, "hostname does not match", [kind])
    (finding,) = measurement.findings
    assert (finding.expected, finding.presented, finding.presenter) == (host, presented, "server")
    assert (finding.role, finding.certificate) == ("end-entity certificate", cases.chain(entity)[0])
    assert finding.place == ""
    assert (finding.reason != "") is (kind == "hostname.malformed")


def test_accepted() -> None:
    measurement = measured(cases.SITE, "other.example.org", accept=("hostname.mismatch",))
    assert (measurement.value, cases.accepted_ids(measurement)) == (1, ["hostname.mismatch"])
    assert measurement.statement == "hostname does not match"


def test_nothing_to_compare() -> None:
    assert list(hostname.measure(Presented(), cases.judging())) == []
    assert list(hostname.measure(cases.presented(cases.SITE), cases.judging(""))) == []
