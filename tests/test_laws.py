"""The laws of the architecture that import-linter (`make lint`) cannot hold: see CONTRIBUTING.md."""

from __future__ import annotations

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.program import ROOT

PACKAGE = ROOT / "check_tls_cert"

#: What several modules have under one name on purpose, since somebody chooses among these modules.
SEAMS = {
    "measure",  # the questions
    "render", "render_fleet", "render_error", "keep",  # the formats of output
    "acquire",  # the sources
}  # fmt: skip

#: The rooms in which time is an argument.
TIMELESS = ("judge", "report", "model", "x509")


def modules() -> Iterator[tuple[Path, ast.Module]]:
    """Yield every module of the package, by its path in it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE), ast.parse(path.read_text())


def imported(tree: ast.Module) -> Iterator[str]:
    """Yield the full name of everything that is imported, also inside functions and for type checkers alone."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def own_functions(tree: ast.Module) -> set[str]:
    """Return the names of the functions of a module, and of the methods of its classes, except the special ones."""
    functions = (node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return {node.name for node in functions if not (node.name.startswith("__") and node.name.endswith("__"))}


def test_one_room_makes_connections_with_openssl() -> None:
    """Whoever changes what is offered in a handshake has one place to look at."""
    users = {str(path.parent) for path, tree in modules() if "OpenSSL.SSL" in set(imported(tree))}
    assert users == {"fetch/tls"}


def test_function_names_can_be_searched_for() -> None:
    """Not thirteen `read`: a name leads to the function, unless it is a seam."""
    where = defaultdict(list)
    for path, tree in modules():
        for name in own_functions(tree):
            where[name].append(str(path))
    assert {name: paths for name, paths in where.items() if len(paths) > 2 and name not in SEAMS} == {}
    assert {name for name in SEAMS if len(where[name]) < 3} == set()


def test_module_names_are_unique() -> None:
    names = [path.stem for path, _ in modules() if path.name != "__init__.py"]
    assert sorted(names) == sorted(set(names))


def test_time_is_an_argument() -> None:
    """Who judges and reports reads no clock: `--at` could not rehearse an alert otherwise."""
    clocks = {"now", "utcnow", "today", "monotonic", "perf_counter", "time_ns"}
    found = [
        f"{path}:{node.lineno}"
        for path, tree in modules()
        if path.parts[0] in TIMELESS
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (node.func.attr in clocks or ast.unparse(node.func) == "time.time")
    ]
    assert found == []
