"""Tests of check_tls_cert.judge.checks.reachable."""

from __future__ import annotations

import pytest

from check_tls_cert.judge.checks import reachable
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import CONNECT_REFUSED
from check_tls_cert.model.presented import Presented
from tests.judge import cases


def refused(at: str) -> Presented:
    return cases.unreached(at, Finding(CONNECT_REFUSED, place=at, reason="connection refused"))


GOOD = cases.presented(cases.SITE, at="192.0.2.1")


def measured(*every: Presented, accept: tuple[str, ...] = ()) -> Measurement:
    (measurement,) = reachable.measure(every, cases.judging(accept=accept))
    return measurement


def test_reached() -> None:
    assert measured(GOOD) == Measurement("reachable", 100)


@pytest.mark.parametrize(("bad", "share"), [(1, 50.0), (2, 33.33), (3, 25.0)])
def test_share(bad: int, share: float) -> None:
    measurement = measured(GOOD, *(refused(f"192.0.2.{number}") for number in range(2, 2 + bad)))
    assert measurement.value == share
    assert cases.ids(measurement) == ["connect.refused"]
    places = [f"192.0.2.{number}" for number in range(2, 2 + bad)]
    assert measurement.findings[0].place == ", ".join(places)


def test_one_address_keeps_its_place() -> None:
    assert measured(refused("192.0.2.2")).findings[0].place == "192.0.2.2"
    assert measured(cases.unreached()).findings == (cases.FAILURE,)
    assert measured(GOOD, cases.unreached("192.0.2.3")).findings == (cases.FAILURE._replace(place="192.0.2.3"),)


def test_what_differs_is_said_apart() -> None:
    measurement = measured(refused("192.0.2.2"), cases.unreached("192.0.2.3"), refused("192.0.2.4"))
    assert measurement.value == 0
    assert [(finding.id, finding.place) for finding in measurement.findings] == [
        ("connect.refused", "192.0.2.2, 192.0.2.4"),
        ("handshake.closed", "192.0.2.3"),
    ]


def test_accepted_failures_do_not_count_as_tried() -> None:
    measurement = measured(GOOD, refused("192.0.2.2"), accept=("connect.refused",))
    assert (measurement.value, cases.ids(measurement)) == (100, [])
    assert cases.accepted_ids(measurement) == ["connect.refused"]
    mixed = measured(GOOD, refused("192.0.2.2"), cases.unreached("192.0.2.3"), accept=("connect.refused",))
    assert (mixed.value, cases.ids(mixed), cases.accepted_ids(mixed)) == (
        50.0, ["handshake.closed"], ["connect.refused"]
    )  # fmt: skip


def test_all_accepted() -> None:
    assert measured(refused("192.0.2.2"), accept=("connect.refused",)).value == 100


def test_no_addresses() -> None:
    assert list(reachable.measure([cases.presented(cases.SITE)], cases.judging())) == []
