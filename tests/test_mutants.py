"""`make mutants`: what it gives to mutmut, how it reads the results, and what it takes for a fault."""

from __future__ import annotations

import ast
import json
import textwrap
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from tools import mutants, quickest_first
from tools.mutants import Mutant, MutantsError, Outcome, faults

KEPT = Mutant("x509.der.read", ("- if offset + 2 > len(data):", "+ if offset + 2 >= len(data):"))
NEW = Mutant("x509.der.integer", ("- if not content:", "+ if content:"))
OF_ANOTHER_ROOM = Mutant("deadline.Deadline.now", ("- return self._clock()", "+ return None"))


def outcome(*survivors: Mutant, total: int = 100) -> Outcome:
    return Outcome("x509", total, (), survivors)


@pytest.mark.parametrize("room", mutants.ROOMS)
def test_every_room_is_there_and_has_tests_of_its_own(room: str) -> None:
    assert mutants.sources(room)
    assert mutants.own_tests(room)


@pytest.mark.parametrize(
    ("room", "source", "tests"),
    [
        ("deadline", "check_tls_cert/deadline.py", "tests/test_deadline.py"),
        ("model/ranges", "check_tls_cert/model/ranges.py", "tests/model/test_ranges.py"),
        ("x509/der", "check_tls_cert/x509/der.py", "tests/x509/test_der.py"),
        ("judge/path", "check_tls_cert/judge/path/search.py", "tests/judge/path"),
        ("judge", "check_tls_cert/judge/path/search.py", "tests/judge"),
    ],
)
def test_a_room_is_a_folder_or_a_module(room: str, source: str, tests: str) -> None:
    assert Path(source) in mutants.sources(room)
    assert mutants.own_tests(room) == Path(tests)


def test_no_such_room() -> None:
    with pytest.raises(
        MutantsError, match=r"^there is no room cellar: neither check_tls_cert/cellar/ nor .+cellar.py$"
    ):
        mutants.sources("cellar")
    with pytest.raises(MutantsError, match=r"^the room cellar has no tests of its own: neither tests/cellar/ nor "):
        mutants.own_tests("cellar")


def test_decorators_are_taken_off_without_a_change_of_behaviour() -> None:
    source = textwrap.dedent('''
        from functools import cache, lru_cache

        calls = []

        @lru_cache(maxsize=4)  # for speed
        def doubled(number):
            """Double."""
            calls.append(number)
            return 2 * number

        @cache
        def tripled(number): return 3 * number

        class Name:
            def __init__(self, text):
                self.text = text

            @property
            def upper(self):
                return self.text.upper()

            @classmethod
            def empty(cls):
                return cls("")

        last = doubled(1)
    ''')
    bare = mutants.undecorated(source)
    assert "lru_cache(" not in bare
    assert "@classmethod" in bare
    assert bare.count("@") == 1
    namespace: dict[str, object] = {}
    exec(compile(ast.parse(bare), "bare.py", "exec"), namespace)  # noqa: S102  # our own text above
    checks = "(doubled(3), doubled(3), tripled(2), Name('x').upper, Name.empty().text, calls, last)"
    assert eval(checks, namespace) == (6, 6, 6, "X", "", [1, 3, 3], 2)  # noqa: S307  # likewise


def test_source_without_decorators_stays_as_it_is() -> None:
    source = "def read(data):\n    return data  # all of it\n"
    assert mutants.undecorated(source) == source


MUTATED = '''
def x_read__mutmut_orig(data: bytes, offset: int = 0) -> int:
    """Return it."""
    if offset + 2 > len(data):  # too short
        return 0
    return 1


def x_read__mutmut_1(data: bytes, offset: int = 1) -> int:
    """Return it."""
    if offset + 2 > len(data):  # too short
        return 0
    return 1


def x_read__mutmut_2(data: bytes, offset: int = 0) -> int:
    """Return it."""
    if offset + 2 >= len(data):  # too short
        return 0
    return 1


class Element:
    def xǁElementǁ__str____mutmut_orig(self) -> str:
        return "x"

    def xǁElementǁ__str____mutmut_1(self) -> str:
        return "XXxXX"
'''


def mutated(folder: Path, statuses: dict[str, int | None]) -> Path:
    """Write what mutmut leaves behind of one module, and return its folder."""
    place = folder / "check_tls_cert" / "x509"
    place.mkdir(parents=True)
    (place / "der.py").write_text(MUTATED, "utf-8")
    exit_codes = {f"check_tls_cert.x509.der.{name}": status for name, status in statuses.items()}
    (place / "der.py.meta").write_text(json.dumps({"exit_code_by_key": exit_codes}), "utf-8")
    return folder


def test_results_of_a_run(tmp_path: Path) -> None:
    """Killed by a test, survived, called by no test."""
    statuses: dict[str, int | None] = {"x_read__mutmut_1": 1, "x_read__mutmut_2": 0, "xǁElementǁ__str____mutmut_1": 33}
    found = mutants.read_outcome("x509", mutated(tmp_path, statuses))
    assert found.survivors == (KEPT, Mutant("x509.der.Element.__str__", ("- return 'x'", "+ return 'XXxXX'")))
    assert (found.total, found.killed, found.endless) == (3, 1, ())
    assert found.rate == pytest.approx(1 / 3)


def test_an_endless_loop_is_killed_by_the_time_limit(tmp_path: Path) -> None:
    statuses: dict[str, int | None] = {"x_read__mutmut_1": 1, "x_read__mutmut_2": -24}
    found = mutants.read_outcome("x509", mutated(tmp_path, statuses))
    assert (found.total, found.killed, found.endless, found.survivors) == (2, 2, (KEPT,), ())


@pytest.mark.parametrize("status", [None, 2, 35])
def test_a_mutant_without_a_verdict_is_no_result(tmp_path: Path, status: int | None) -> None:
    """It was never run, or interrupted."""
    with pytest.raises(MutantsError, match=rf"^no verdict on .+x_read__mutmut_2: exit status {status}$"):
        mutants.read_outcome("x509", mutated(tmp_path, {"x_read__mutmut_1": 1, "x_read__mutmut_2": status}))


def test_a_run_without_mutants_is_no_success(tmp_path: Path) -> None:
    found = mutants.read_outcome("x509", tmp_path)
    assert faults(found, {}) == ["x509: 0.0% killed, less than 95%"]


def test_what_is_printed_of_a_survivor_can_be_listed() -> None:
    assert mutants.read_list(f"# Equivalent\n\n{KEPT}\nBecause.\n") == {KEPT: "Because."}


def test_several_changes_of_one_function() -> None:
    text = """\
# x509

What this file is.

## x509.der.read

    - if offset + 2 > len(data):
    + if offset + 2 >= len(data):

Because of this,
and that.

    - return 1
    + return 2

Because.

## x509.der.integer

    - if not content:
    + if content:
Well.
"""
    other = Mutant("x509.der.read", ("- return 1", "+ return 2"))
    assert mutants.read_list(text) == {KEPT: "Because of this, and that.", other: "Because.", NEW: "Well."}


def test_a_listed_mutant_needs_a_reason() -> None:
    with pytest.raises(MutantsError, match=r"^no reason is given for this mutant:\n## x509\.der\.read\n"):
        mutants.read_list(f"{KEPT}\n{NEW}\nBecause.\n")


def test_all_survivors_listed_and_nothing_else() -> None:
    assert faults(outcome(KEPT), {KEPT: "Because.", OF_ANOTHER_ROOM: "Because."}) == []


def test_a_survivor_that_is_not_listed() -> None:
    assert faults(outcome(KEPT, NEW), {KEPT: "Because."}) == [f"survived, and not listed:\n\n{NEW}"]


def test_a_listed_mutant_that_is_killed() -> None:
    assert faults(outcome(NEW), {KEPT: "Because.", NEW: "Because."}) == [
        f"listed, but killed or no longer there:\n\n{KEPT}"
    ]


def test_too_few_killed() -> None:
    assert faults(outcome(KEPT, total=20), {KEPT: "Because."}) == []
    assert faults(outcome(KEPT, total=19), {KEPT: "Because."}) == ["x509: 94.7% killed, less than 95%"]


def test_the_list_names_functions_that_are_there() -> None:
    """`make mutants` holds the rest of the list to the code; a renamed function is noticed at once."""
    known = set()
    for path in mutants.PROJECT.glob(f"{mutants.PACKAGE}/**/*.py"):
        module = ".".join(path.relative_to(mutants.PROJECT / mutants.PACKAGE).with_suffix("").parts)
        module = module[: -len(".__init__")] if module.endswith(".__init__") else module
        for node in ast.parse(path.read_text("utf-8")).body:
            inner = node.body if isinstance(node, ast.ClassDef) else []
            prefix = f"{module}.{node.name}" if isinstance(node, ast.ClassDef) else module
            known |= {f"{prefix}.{method.name}" for method in inner if isinstance(method, ast.FunctionDef)}
            known |= {f"{module}.{node.name}"} if isinstance(node, ast.FunctionDef) else set()
    assert {mutant.function for mutant in mutants.listed_mutants()} <= known


class Item(NamedTuple):
    """What the plugin asks of a test."""

    nodeid: str


def ordered(*nodeids: str) -> list[str]:
    """Return the tests in the order in which the plugin has them run."""
    items = [Item(nodeid) for nodeid in nodeids]
    quickest_first.pytest_collection_modifyitems(cast("list[pytest.Item]", items))
    return [item.nodeid for item in items]


def test_quickest_tests_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert ordered("slow", "quick", "middling") == ["slow", "quick", "middling"]  # the run that measures them
    statistics = {"duration_by_test": {"slow": 6.4, "middling": 0.3, "quick": 0.001}}
    quickest_first.STATISTICS.write_text(json.dumps(statistics), "utf-8")
    assert ordered("slow", "new", "quick", "middling") == ["new", "quick", "middling", "slow"]
