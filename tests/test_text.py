"""Text for people: nothing untrusted gets through unescaped, and numbers and dates read well."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest

from check_tls_cert.text import MAX_PRINTABLE, capitalized, date, duration, fixed, listing, printable, quoted, timestamp
from tests.pki import EPOCH


@pytest.mark.parametrize(
    ("untrusted", "expected"),
    [
        ("", ""),
        ("Example Root R1 ~ 'x' = 1; 2", "Example Root R1 ~ 'x' = 1; 2"),
        ("OK | expiry=99", "OK / expiry=99"),
        ("two\nlines\r\n", r"two\x0alines\x0d\x0a"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("\0\x7f", r"\x00\x7f"),
        (r"EXAMPLE\admin", r"EXAMPLE\admin"),
        ("b\u00fccher", r"b\xfccher"),
        ("\u202egro.elpmaxe", r"\u202egro.elpmaxe"),
        ("\u2028\u0085\u009b", r"\u2028\x85\x9b"),
        ("\U0001f512", r"\U0001f512"),
        ("\udcff", r"\udcff"),
        (b"caf\xe9\n", r"caf\xe9\x0a"),
    ],
)
def test_printable(untrusted: str | bytes, expected: str) -> None:
    assert printable(untrusted) == expected


def test_no_character_at_all_gets_through_that_is_not_printable_ascii() -> None:
    every = "".join(map(chr, [*range(0x3000), *range(0xD800, 0xE000), *range(0xFE00, 0x10000), 0x10FFFF]))
    shown = printable(every, len(every))
    assert set(shown) == set(map(chr, range(0x20, 0x7F))) - {"|"}


@pytest.mark.parametrize(
    ("untrusted", "limit", "expected"),
    [
        ("abcdef", 6, "abcdef"),
        ("abcdefg", 6, "abcdef..."),
        (b"abcdef", 6, "abcdef"),
        (b"abcdefg", 6, "abcdef..."),
        ("\n\n\n", 2, r"\x0a\x0a..."),  # cut between characters, never within an escape
    ],
)
def test_printable_cuts_what_is_too_long(untrusted: str | bytes, limit: int, expected: str) -> None:
    assert printable(untrusted, limit) == expected


@pytest.mark.parametrize("untrusted", ["x" * 1_000_000, b"x" * 1_000_000])
def test_printable_is_bounded_unless_told(untrusted: str | bytes) -> None:
    assert printable(untrusted) == "x" * MAX_PRINTABLE + "..."


@pytest.mark.parametrize(
    ("untrusted", "expected"),
    [
        ("Example Root R1", '"Example Root R1"'),
        ('the "best" CA', "\"the 'best' CA\""),
        ("", '""'),
        (b'"\n', r'''"'\x0a"'''),
    ],
)
def test_quoted(untrusted: str | bytes, expected: str) -> None:
    assert quoted(untrusted) == expected


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (58.314, 2, "58.31"),
        (58.3, 2, "58.3"),
        (58.0, 2, "58"),
        (100, 2, "100"),
        (0.0, 2, "0"),
        (-0.001, 2, "0"),
        (-0.4, 0, "0"),
        (-0.5, 2, "-0.5"),
        (1200.0, 0, "1200"),
        (1e-05, 2, "0"),
        (1e-05, 5, "0.00001"),
        (1e16, 2, "10000000000000000"),
        (0.0667, 4, "0.0667"),
    ],
)
def test_fixed_never_uses_scientific_notation(value: float, digits: int, expected: str) -> None:
    assert fixed(value, digits) == expected


def test_fixed_has_two_decimals_unless_told() -> None:
    assert fixed(1 / 3) == "0.33"


@pytest.mark.parametrize(
    ("moment", "day", "second"),
    [
        (EPOCH, "2026-01-15", "2026-01-15T12:00:00Z"),
        (datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc), "9999-12-31", "9999-12-31T23:59:59Z"),
        (datetime(1000, 2, 3, 4, 5, 6, tzinfo=timezone.utc), "1000-02-03", "1000-02-03T04:05:06Z"),
        (datetime(999, 2, 3, 4, 5, 6, tzinfo=timezone.utc), "0999-02-03", "0999-02-03T04:05:06Z"),
        (datetime(1, 1, 1, tzinfo=timezone.utc), "0001-01-01", "0001-01-01T00:00:00Z"),
    ],
)
def test_dates_are_iso_8601_in_every_year(moment: datetime, day: str, second: str) -> None:
    """`strftime` does not pad years on every platform."""
    assert (date(moment), timestamp(moment)) == (day, second)


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (timedelta(days=58, hours=23), "58 d"),
        (timedelta(days=2), "2 d"),
        (timedelta(days=2, seconds=-1), "47 h"),
        (timedelta(days=1), "24 h"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=2, seconds=-1), "119 min"),
        (timedelta(minutes=14), "14 min"),
        (timedelta(minutes=2), "2 min"),
        (timedelta(seconds=119), "119 s"),
        (timedelta(seconds=0.9), "0 s"),
        (timedelta(hours=-1), "60 min"),
        (timedelta(days=-3.2), "3 d"),
    ],
)
def test_duration(span: timedelta, expected: str) -> None:
    assert duration(span) == expected


@pytest.mark.parametrize(
    ("names", "limit", "expected"),
    [
        ([], 5, ""),
        (["a.example"], 5, "a.example"),
        (["a.example", "b.example"], 5, "a.example, b.example"),
        (["a", "b", "c"], 3, "a, b, c"),
        (["a", "b", "c", "d"], 3, "a, b, c and 1 more"),
        ((str(number) for number in range(10_000)), 2, "0, 1 and 9998 more"),
    ],
)
def test_listing(names: list[str], limit: int, expected: str) -> None:
    assert listing(names, limit) == expected


def test_listing_names_five_unless_told() -> None:
    assert listing("abcdefg") == "a, b, c, d, e and 2 more"


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [("path to www.Example.ORG", "Path to www.Example.ORG"), ("SANs cover 1/2", "SANs cover 1/2"), ("", "")],
)
def test_capitalized_touches_the_first_letter_alone(sentence: str, expected: str) -> None:
    assert capitalized(sentence) == expected
