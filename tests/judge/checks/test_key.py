"""Tests of check_tls_cert.judge.checks.key."""

from __future__ import annotations

from check_tls_cert.judge.checks import key
from check_tls_cert.model.presented import Presented
from tests import pki
from tests.judge import cases


def test_strength_and_period() -> None:
    site = pki.end_entity(cases.ISSUING, key=pki.rsa_key(2048))
    strength, period = key.measure(cases.presented(site), cases.judging())
    (finding,) = strength.findings
    assert (strength.metric, strength.value, strength.statement) == ("key_strength", 112, "")
    assert (finding.id, finding.presented, finding.reason) == ("key.strength", "RSA 2048", "112")
    assert (finding.role, finding.certificate) == ("end-entity certificate", cases.chain(site)[0])
    (finding,) = period.findings
    assert (period.metric, period.value, period.statement) == ("validity_period", 90.0, "")
    assert (finding.id, finding.presented) == ("validity.period", "90 d")
    assert (finding.role, finding.certificate) == ("end-entity certificate", cases.chain(site)[0])


def test_accepted() -> None:
    known = cases.judging(accept=["key.strength", "validity.period"])
    measurements = list(key.measure(cases.presented(cases.SITE), known))
    assert [cases.ids(one) for one in measurements] == [[], []]
    assert [cases.accepted_ids(one) for one in measurements] == [["key.strength"], ["validity.period"]]


def test_what_cannot_be_told_is_not_measured() -> None:
    odd = cases.chain(cases.SITE)[0]._replace(public_key=b"\x30\x00", not_before=None)
    assert list(key.measure(Presented((odd,)), cases.judging())) == []
    assert list(key.measure(Presented(), cases.judging())) == []


def test_period_counts_both_ends() -> None:
    """RFC 5280, 4.1.2.5: of a certificate from second 0 to second 43 199, half a day."""
    odd = cases.chain(cases.SITE)[0]
    odd = odd._replace(not_before=pki.EPOCH, not_after=pki.EPOCH + pki.days(43_199 / 86_400))
    _, period = key.measure(Presented((odd,)), cases.judging())
    assert period.value == 0.5
    odd = odd._replace(not_after=pki.EPOCH + pki.days(1 / 3))
    _, period = key.measure(Presented((odd,)), cases.judging())
    assert period.value == 0.33
