"""Tests of check_tls_cert.judge.checks.time."""

from __future__ import annotations

from check_tls_cert.judge.checks import time
from check_tls_cert.model.findings import HANDSHAKE_CLOSED
from check_tls_cert.model.presented import Attempt, Presented
from tests.judge import cases


def took(*seconds: float | None) -> Presented:
    return Presented(attempts=tuple(Attempt(f"192.0.2.{number}", None, one) for number, one in enumerate(seconds)))


def test_the_slowest_counts() -> None:
    (measurement,) = time.measure([took(0.25), took(1.23456, 0.5)], cases.judging())
    assert (measurement.metric, measurement.value, measurement.statement) == ("time", 1.2346, "")
    (finding,) = measurement.findings
    assert (finding.id, finding.presented) == ("time.slow", "1.235 s")


def test_accepted() -> None:
    (measurement,) = time.measure([took(0.25)], cases.judging(accept=["time.slow"]))
    assert (cases.ids(measurement), cases.accepted_ids(measurement)) == ([], ["time.slow"])


def test_what_did_not_complete_has_no_time() -> None:
    failed = Presented(attempts=(Attempt("192.0.2.9", cases.FAILURE, 9.0),))
    assert cases.FAILURE.kind is HANDSHAKE_CLOSED
    assert list(time.measure([failed, took(None)], cases.judging())) == []
    (measurement,) = time.measure([failed, took(0.5)], cases.judging())
    assert measurement.value == 0.5
