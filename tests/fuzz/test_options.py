"""The command line: thresholds, --at, and any other words, judged on a chain that is sane."""

from __future__ import annotations

import math
import re
from datetime import datetime, timedelta, timezone
from pathlib import Path

import nagiosplugin
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from check_tls_cert.model.metrics import METRICS
from check_tls_cert.options.parser import build_parser
from tests import pki
from tests.fuzz import seeds
from tests.fuzz.invariants import run
from tests.fuzz.test_certificates import MODES
from tests.pki import EPOCH
from tests.program import AT


@pytest.fixture(scope="module")
def target(directory: Path, anchors: Path) -> tuple[str, ...]:
    """Return the options for a good chain."""
    path = pki.write(directory / "good.pem", seeds.SITE, seeds.ISSUING)
    return ("--file", str(path), "--ca-file", str(anchors), "--name", seeds.NAME)


_NUMBERS = st.sampled_from(
    ("0", "1", "30", "-1", "-0", "0.5", "1e3", "1_0", "inf", "nan", "9" * 400, "0x10", ".5", "5.", "+3")
)
_ATOMS = _NUMBERS | st.decimals(-1000, 1000, places=2).map(str) | st.integers().map(str)
_UNITS = st.sampled_from(("", "", "", "d", "h", "w", "%", "m", " d", "\u0663"))
_ENDS = st.one_of(st.builds(str.__add__, _ATOMS, _UNITS), st.just("~"), st.just(""))
_RANGES = st.builds("{}{}{}{}".format, st.sampled_from(("", "@", "@@")), _ENDS, st.sampled_from((":", "", "::")), _ENDS)
#: As the system hands them over: octets that are no UTF-8 become lone surrogates; there is no NUL.
_ANYTHING = st.text(st.characters(exclude_characters="\0"), max_size=30)
_THRESHOLDS = _RANGES | st.lists(_RANGES, min_size=1, max_size=4).map(",".join) | _ANYTHING


def _options(kind: str) -> str:
    return f"--{kind.replace('_', '-')}"


@given(
    st.sampled_from(sorted(METRICS)),
    st.sampled_from(("warning", "critical", "both")),
    _THRESHOLDS,
    st.sampled_from(MODES),
)
def test_thresholds(target: tuple[str, ...], metric: str, which: str, text: str, mode: tuple[str, ...]) -> None:
    """Of any metric, well-formed or not."""
    ends = ("warning", "critical") if which == "both" else (which,)
    run(__name__, *target, *AT, *(f"{_options(metric)}-{end}={text}" for end in ends), *mode)


@given(st.floats(-1000, 1000).map(lambda number: round(number, 2)), st.none() | st.floats(0, 1000), st.booleans())
def test_ranges_mean_what_nagios_means(
    target: tuple[str, ...], start: float, size: float | None, inverted: bool
) -> None:
    """A range of plain numbers alerts where nagiosplugin's alerts: key_strength is 128."""
    end = "" if size is None else f"{start + size:.2f}"
    text = f"{'@' if inverted else ''}{start:.2f}:{end}"
    outcome = run(__name__, *target, *AT, f"--key-strength-critical={text}")
    if not outcome.out.startswith("TLS_CERT UNKNOWN - usage:"):
        assert (outcome.state == "OK") == nagiosplugin.Range(text).match(128)


_MOMENTS = st.datetimes(timezones=st.sampled_from((None, timezone.utc, timezone(timedelta(hours=14))))).map(
    datetime.isoformat
)
_SPANS = st.builds("{}{}{}".format, st.sampled_from(("+", "-", "")), _ATOMS, _UNITS)
_MALFORMED = st.builds(
    lambda text, at, other: text[:at] + other + text[at + 1 :], _MOMENTS, st.integers(0, 25), st.text(max_size=2)
).filter(lambda text: "\0" not in text)


@given(_MOMENTS | _SPANS | _MALFORMED | _ANYTHING, st.sampled_from(MODES))
def test_at(target: tuple[str, ...], text: str, mode: tuple[str, ...]) -> None:
    """Any time there is, or is not."""
    run(__name__, *target, f"--at={text}", *mode)


@given(st.floats(-400, 400, allow_nan=False))
def test_never_ok_out_of_date(target: tuple[str, ...], days: float) -> None:
    """What is said for a time is right for it: the certificate is valid from 30 days before EPOCH to 60 after."""
    assume(abs(days) > 0.001)
    moment = EPOCH + timedelta(days=days)
    outcome = run(__name__, *target, "--at", moment.isoformat())
    if days < -30 or days > 60:
        assert outcome.state == "CRITICAL"
    left = re.search(r"\bexpiry=(-?[0-9.]+)d", outcome.out)
    assert left is not None
    assert float(left.group(1)) == pytest.approx(math.floor((60 - days) * 100) / 100, abs=0.011)


_KNOWN = sorted(name for action in build_parser()._actions for name in action.option_strings)
#: Those by which the program would go elsewhere than to files and this machine.
_ELSEWHERE = ("-H", "--host", "--address", "--proxy", "--dtls", "-p", "--port")
_VALUES = (
    st.sampled_from(("", "-", "1", "json", "text", "webpki", "smtp", "0.1", "a|b\n", "/nonexistent", "\udcff"))
    | _ANYTHING
)


@given(
    st.lists(
        st.tuples(st.sampled_from([name for name in _KNOWN if name not in _ELSEWHERE]), st.none() | _VALUES), max_size=5
    )
)
def test_any_options(target: tuple[str, ...], chosen: list[tuple[str, str | None]]) -> None:
    """Options in any number and combination, with any values."""
    words = [word for name, value in chosen for word in (name, value) if word is not None]
    assume(not {"-", "--file=-"} & set(words))  # standard input is pytest's
    run(__name__, *target, *AT, *words)
