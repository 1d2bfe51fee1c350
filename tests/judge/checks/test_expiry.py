"""Tests of check_tls_cert.judge.checks.expiry."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from check_tls_cert.judge.checks import expiry
from check_tls_cert.model.finding import Measurement
from check_tls_cert.model.presented import Presented
from tests import pki
from tests.judge import cases

END = pki.EPOCH + pki.days(60)


def measured(at: datetime, *given: str, accept: tuple[str, ...] = ()) -> list[Measurement]:
    return list(expiry.measure(cases.presented(cases.SITE), cases.judging(at=at, given=given, accept=accept)))


@pytest.mark.parametrize(
    ("left", "days", "kind", "reason", "told"),
    [
        (timedelta(days=60), 60.0, "expiry.soon", "60 d", "expires in 60 d (2026-03-16)"),
        (timedelta(minutes=14), 0.0, "expiry.soon", "14 min", "expires in 14 min (2026-03-16)"),
        (timedelta(seconds=1), 0.0, "expiry.soon", "1 s", "expires in 1 s (2026-03-16)"),
        (timedelta(0), 0.0, "expiry.soon", "0 s", "expires in 0 s (2026-03-16)"),
        (timedelta(seconds=-1), -0.01, "expiry.expired", "1 s", "expired 1 s ago (2026-03-16)"),
        (timedelta(hours=-1), -0.05, "expiry.expired", "60 min", "expired 60 min ago (2026-03-16)"),
        (timedelta(days=-3), -3.0, "expiry.expired", "3 d", "expired 3 d ago (2026-03-16)"),
    ],
)
def test_days_left(left: timedelta, days: float, kind: str, reason: str, told: str) -> None:
    """RFC 5280, 4.1.2.5: notAfter is the last second; an expired certificate never shows 0 or more."""
    measurement, _ = measured(END - left)
    (finding,) = measurement.findings
    assert (measurement.metric, measurement.value, measurement.statement) == ("expiry", days, told)
    assert (finding.id, finding.reason, finding.presented) == (kind, reason, "2026-03-16T12:00:00Z")
    assert (finding.role, finding.certificate) == ("end-entity certificate", cases.chain(cases.SITE)[0])


def test_accepted() -> None:
    measurement, _ = measured(END + timedelta(days=1), accept=("expiry.expired",))
    assert (cases.ids(measurement), cases.accepted_ids(measurement)) == ([], ["expiry.expired"])


class TestLifetime:
    """Share of the validity period used up; 90 days from 30 days before the epoch on."""

    @pytest.mark.parametrize(
        ("at", "used"),
        [
            (pki.EPOCH - pki.days(31), 0.0),
            (pki.EPOCH - pki.days(30), 0.0),
            (pki.EPOCH, 33.34),
            (END, 100.0),
            (END + timedelta(days=9), 110.0),
        ],
    )
    def test_share(self, at: datetime, used: float) -> None:
        """Rounded up, as expiry is rounded down; what is not yet valid has used up nothing."""
        _, measurement = measured(at)
        assert (measurement.metric, measurement.value) == ("lifetime_used", used)

    def test_charged_to_expiry_unless_thresholds_are_given(self) -> None:
        _, measurement = measured(pki.EPOCH)
        assert (measurement.charged_to, measurement.findings) == ("expiry", ())
        _, measurement = measured(pki.EPOCH, "lifetime_used")
        assert (measurement.charged_to, cases.ids(measurement)) == ("", ["lifetime.used"])
        assert measurement.statement == ""
        assert measurement.findings[0].presented == "33.34%"
        assert measurement.findings[0].certificate == cases.chain(cases.SITE)[0]
        assert measurement.findings[0].role == "end-entity certificate"


class TestUndetermined:
    """Never OK."""

    def test_dates_that_cannot_be_read(self) -> None:
        odd = cases.chain(cases.SITE)[0]._replace(not_after=None, defects=("notAfter cannot be read", "more"))
        (measurement,) = expiry.measure(Presented((odd,)), cases.judging())
        (finding,) = measurement.findings
        assert (measurement.metric, measurement.value, finding.id) == ("expiry", None, "expiry.undetermined")
        assert (finding.certificate, finding.role) == (odd, "end-entity certificate")
        assert finding.reason == "notAfter cannot be read; more"

    def test_no_beginning_no_share(self) -> None:
        odd = cases.chain(cases.SITE)[0]._replace(not_before=None)
        (measurement,) = expiry.measure(Presented((odd,)), cases.judging())
        assert (measurement.metric, measurement.value) == ("expiry", 60.0)

    def test_reversed_dates_no_share(self) -> None:
        odd = cases.chain(cases.SITE)[0]
        odd = odd._replace(not_before=odd.not_after, not_after=odd.not_before)
        (measurement,) = expiry.measure(Presented((odd,)), cases.judging())
        assert measurement.metric == "expiry"

    def test_nothing_presented_because_of_a_source(self) -> None:
        (measurement,) = expiry.measure(Presented(failure=cases.FAILURE), cases.judging())
        assert measurement == Measurement("expiry", None, findings=(cases.FAILURE,))

    def test_nothing_presented_because_of_attempts(self) -> None:
        attempts = (*cases.unreached().attempts, *cases.presented(at="192.0.2.1").attempts)
        (measurement,) = expiry.measure(Presented(attempts=attempts), cases.judging())
        assert (measurement.metric, measurement.value, measurement.charged_to) == ("expiry", None, "reachable")
        (finding,) = measurement.findings
        assert (finding.id, finding.causes) == ("expiry.no-certificate", (cases.FAILURE,))
