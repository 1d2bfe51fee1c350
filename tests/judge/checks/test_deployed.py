"""Tests of check_tls_cert.judge.checks.deployed."""

from __future__ import annotations

from check_tls_cert.judge.checks import deployed
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import FILE_UNREADABLE
from check_tls_cert.model.presented import Presented
from tests import pki
from tests.judge import cases

RENEWED = pki.end_entity(cases.ISSUING, serial=0x2222)
SERVED = pki.end_entity(cases.ISSUING, serial=0x1111)


def measured(*files: pki.Entity, accept: tuple[str, ...] = ()) -> Measurement:
    known = cases.judging(deployed=cases.chain(*files), accept=accept)
    known = known._replace(target=known.target._replace(deployed="a|b.pem"))
    (measurement,) = deployed.measure(cases.presented(SERVED), known)
    return measurement


def test_as_deployed() -> None:
    assert measured(SERVED) == Measurement("deployed", 1, "as deployed")


def test_any_certificate_of_the_file_will_do() -> None:
    assert measured(RENEWED, SERVED).value == 1


def test_another() -> None:
    measurement = measured(RENEWED)
    assert (measurement.value, measurement.statement) == (0, "not as deployed")
    (finding,) = measurement.findings
    assert (finding.id, finding.certificate, finding.role) == ("deployed.other", cases.chain(SERVED)[0], "")
    assert finding.place == "a/b.pem"
    assert finding.expected == '"www.example.org" (serial 2222, until 2026-03-16)'
    assert finding.presented == '"www.example.org" (serial 1111, until 2026-03-16)'


def test_end_that_cannot_be_read() -> None:
    odd = cases.chain(RENEWED)[0]._replace(not_after=None)
    (measurement,) = deployed.measure(cases.presented(SERVED), cases.judging(deployed=(odd,)))
    assert measurement.findings[0].expected == '"www.example.org" (serial 2222)'


def test_accepted() -> None:
    measurement = measured(RENEWED, accept=("deployed.other",))
    assert (measurement.value, measurement.statement) == (1, "not as deployed")
    assert (cases.ids(measurement), cases.accepted_ids(measurement)) == ([], ["deployed.other"])


def test_file_that_cannot_be_read() -> None:
    reason = Finding(FILE_UNREADABLE, place="x")
    (measurement,) = deployed.measure(cases.presented(SERVED), cases.judging(deployed=reason))
    assert measurement == Measurement("deployed", None, findings=(reason,))


def test_nothing_to_compare() -> None:
    assert list(deployed.measure(cases.presented(SERVED), cases.judging())) == []
    assert list(deployed.measure(Presented(), cases.judging(deployed=cases.chain(SERVED)))) == []
