"""Tests of check_tls_cert.judge.checks.addresses."""

from __future__ import annotations

from check_tls_cert.judge.checks import addresses
from check_tls_cert.model.finding import Measurement
from check_tls_cert.model.presented import Presented
from tests import pki
from tests.judge import cases

OLD = pki.end_entity(cases.ISSUING, serial=0xABC, not_after=pki.EPOCH + pki.days(3))
RSA = pki.end_entity(cases.ISSUING, key=pki.rsa_key(2048))


def at(number: int, entity: pki.Entity, key_type: str = "") -> Presented:
    return cases.presented(entity, at=f"192.0.2.{number}", key_type=key_type)


def measured(*every: Presented, accept: tuple[str, ...] = ()) -> Measurement:
    (measurement,) = addresses.measure(every, cases.judging(all_addresses=True, accept=accept))
    return measurement


def test_all_the_same() -> None:
    assert measured(at(1, cases.SITE), at(2, cases.SITE)) == Measurement("addresses_differ", 0)


def test_one_that_kept_the_old_certificate() -> None:
    measurement = measured(at(1, OLD), at(2, cases.SITE), at(3, cases.SITE))
    assert measurement.value == 1
    (finding,) = measurement.findings
    assert (finding.id, finding.presented) == ("addresses.differ", "192.0.2.1 (serial abc, until 2026-01-18)")


def test_of_equally_many_the_first_is_usual() -> None:
    assert measured(at(1, cases.SITE), at(2, OLD)).findings[0].presented.startswith("192.0.2.2 ")


def test_each_type_of_key_has_its_own() -> None:
    assert measured(at(1, cases.SITE, "ECDSA"), at(1, RSA, "RSA"), at(2, RSA, "RSA")).value == 0


def test_end_that_cannot_be_read() -> None:
    odd = at(3, OLD)
    odd = odd._replace(chain=(odd.chain[0]._replace(not_after=None),))
    measurement = measured(at(1, cases.SITE), at(2, cases.SITE), odd)
    assert measurement.findings[0].presented == "192.0.2.3 (serial abc)"


def test_accepted() -> None:
    measurement = measured(at(1, OLD), at(2, cases.SITE), accept=("addresses.differ",))
    assert (measurement.value, cases.ids(measurement)) == (1, [])
    assert cases.accepted_ids(measurement) == ["addresses.differ"]


def test_only_if_every_address_was_asked() -> None:
    assert list(addresses.measure([at(1, OLD), at(2, cases.SITE)], cases.judging())) == []
    assert list(addresses.measure([cases.unreached()], cases.judging(all_addresses=True))) == []
