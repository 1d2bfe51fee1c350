"""The benchmarks take what their usage says: what they measure is looked at by people."""

from __future__ import annotations

import pytest

from benchmarks.fleet import DEFAULT, Row, parse_row, targets

SERVER, SILENT = 8443, 9443


@pytest.mark.parametrize(
    ("text", "row"),
    [("1000", Row(1000)), ("1000:10", Row(1000, 10)), ("10:0", Row(10)), ("1:100", Row(1, 100))],
)
def test_rows(text: str, row: Row) -> None:
    assert parse_row(text) == row


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "1000:", "1000:101", "10:1:1", "1e3"])
def test_other_rows_are_refused_with_an_example(text: str) -> None:
    with pytest.raises(SystemExit, match=f'"{text}" is not a number of targets such as 1000'):
        parse_row(text)


@pytest.mark.parametrize("row", [Row(10, 1), Row(10, 10), Row(1000, 7), Row(3, 100), *map(parse_row, DEFAULT)])
def test_as_many_targets_are_silent_as_the_expected_state_takes_for_granted(row: Row) -> None:
    """A run whose targets are all well exits with OK, and the benchmark fails if it does not."""
    lines = targets(row, SERVER, SILENT).splitlines()
    assert len(lines) == row.targets
    assert sum(f":{SILENT} " in line for line in lines) == row.silent
