"""Tests of check_tls_cert.judge.checks.san."""

from __future__ import annotations

from check_tls_cert.judge.checks import san
from check_tls_cert.model.finding import Measurement
from check_tls_cert.model.presented import Presented
from tests import pki
from tests.judge import cases


def measured(*required: str, host: str = cases.HOST, accept: tuple[str, ...] = ()) -> Measurement:
    known = cases.judging(host, required=required, accept=accept)
    (measurement,) = san.measure(cases.presented(cases.SITE), known)
    return measurement


def test_covered() -> None:
    assert measured() == Measurement("san_coverage", 100, "SANs cover 1/1")


def test_missing() -> None:
    measurement = measured("www.example.org", "a.example.org", "b.example.org")
    assert (measurement.value, measurement.statement) == (33.33, "SANs cover 1/3")
    (finding,) = measurement.findings
    assert (finding.id, finding.certificate) == ("san.missing", cases.chain(cases.SITE)[0])
    assert (finding.expected, finding.presented) == ("a.example.org, b.example.org", "www.example.org")
    assert finding.reason == "SANs cover 1/3"


def test_ten_are_listed() -> None:
    (finding,) = measured(*(f"{number}.example.org" for number in range(12))).findings
    assert finding.expected.endswith("9.example.org and 2 more")


def test_no_names_at_all() -> None:
    known = cases.judging(required=["a.example.org", "b.example.org"])
    (measurement,) = san.measure(cases.presented(pki.end_entity(None, names=())), known)
    assert (measurement.value, measurement.findings[0].presented) == (0, "none")


def test_the_reference_identifier_alone_is_charged_to_hostname_match() -> None:
    measurement = measured("other.example.org", host="other.example.org")
    assert measurement == Measurement("san_coverage", 0, "SANs cover 0/1", charged_to="hostname_match")


def test_accepted() -> None:
    measurement = measured("a.example.org", "b.example.org", accept=("san.missing",))
    assert (measurement.value, cases.ids(measurement)) == (100, [])
    assert cases.accepted_ids(measurement) == ["san.missing"]


def test_nothing_to_compare() -> None:
    assert list(san.measure(Presented(), cases.judging())) == []
    assert list(san.measure(cases.presented(cases.SITE), cases.judging(""))) == []
