"""Cases made by others: no false OK, and no false alarm but those that are policy, each listed with its reason.

The cases are not part of the project. CI has them beside it; elsewhere these tests are skipped if they are absent.
"""

from __future__ import annotations

import os
from functools import cache

import pytest

from check_tls_cert.model.target import OPENSSL, WEBPKI
from tests import corpora
from tests.corpora import Case, deliberate


@pytest.fixture(autouse=True)
def present() -> None:
    """Skip where the cases are absent, which CI must not do."""
    if not (corpora.DIRECTORY / "run.py").exists():
        if os.environ.get("CI"):
            pytest.fail("the corpora are not beside the project, and CI relies on them")
        pytest.skip("the corpora are not beside the project")


@cache
def cases(corpus: str) -> tuple[Case, ...]:
    return tuple(corpora.load(corpus))


JUDGED = corpora.CORPORA[:-1]
LIMBO = ("core", "sample", "native")


@pytest.mark.parametrize("corpus", JUDGED)
def test_disagreements_are_those_listed(corpus: str) -> None:
    """Neither more of them nor fewer: the list must not outlive its reasons."""
    ids = {case.id for case in cases(corpus)}
    refused = {case.id for case in cases(corpus) if case.accepted and corpora.state(case) != "OK"}
    accepted = {case.id for case in cases(corpus) if not case.accepted and corpora.state(case) == "OK"}
    assert refused == set(deliberate().refused) & ids
    assert accepted == {*deliberate().opt_in, *deliberate().not_asked} & ids


@pytest.mark.parametrize("corpus", JUDGED)
def test_no_false_ok_where_every_checker_has_to_be_right(corpus: str) -> None:
    """What is accepted against expectation is a matter of profile: disputed, and refused by the strict one."""
    for case in cases(corpus):
        if case.id in deliberate().opt_in:
            assert case.bucket in ("core", "pedantic")
            assert case.bucket != "core" or case.consensus in ("disputed", "mixed")
            assert corpora.state(case, WEBPKI) == "CRITICAL"
        if case.id in deliberate().not_asked:
            assert case.bucket in ("policies", "optional")


@pytest.mark.parametrize("corpus", LIMBO)
def test_no_false_ok_with_the_strict_profile(corpus: str) -> None:
    assert [case.id for case in cases(corpus) if not case.accepted and corpora.state(case, WEBPKI) == "OK"] == []


def test_no_false_alarm_on_the_real_chains_and_names() -> None:
    wrong = [case.id for corpus in ("real", "hosts", *LIMBO) for case in cases(corpus) if case.bucket == "core"]
    assert set(wrong) & set(deliberate().refused) == set()


def test_every_odd_file_gets_a_verdict() -> None:
    states = {corpora.state(case, profile) for case in cases("robust") for profile in (OPENSSL, WEBPKI)}
    assert states == {"CRITICAL", "UNKNOWN"}


def test_list_names_cases_that_there_are() -> None:
    ids = {case.id for corpus in JUDGED for case in cases(corpus)}
    for listed in deliberate():
        assert set(listed) <= ids
        assert all(reason.endswith(".") for reason in listed.values())
