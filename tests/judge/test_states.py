"""The order of states: "could not tell" must not hide what could be told and is bad."""

from __future__ import annotations

import nagiosplugin
import pytest

from check_tls_cert.judge import states


@pytest.mark.parametrize(
    ("several", "expected"),
    [
        (["OK"], "OK"),
        (["OK", "UNKNOWN"], "UNKNOWN"),
        (["UNKNOWN", "WARNING", "OK"], "WARNING"),
        (["UNKNOWN", "CRITICAL", "WARNING"], "CRITICAL"),
    ],
)
def test_worst(several: list[str], expected: str) -> None:
    assert states.worst(several) == expected
    assert states.worst(reversed(several)) == expected


def test_badness_sorts_the_worst_first() -> None:
    assert sorted(["OK", "CRITICAL", "UNKNOWN", "WARNING"], key=states.badness) == list(states.STATES)
    assert [states.badness(state) for state in states.STATES] == [0, 1, 2, 3]


def test_bad() -> None:
    assert states.bad(["OK", "WARNING", "UNKNOWN", "OK", "CRITICAL"]) == 3


def test_codes_are_the_guidelines() -> None:
    every = (nagiosplugin.Ok, nagiosplugin.Warn, nagiosplugin.Critical, nagiosplugin.Unknown)
    assert {state.text.upper(): state.code for state in every} == states.EXIT_CODES
