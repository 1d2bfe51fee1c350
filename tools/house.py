"""The figures of the house: floors, circles and upward arrows of the import graph, and how readable the source is.

    python -m tools.house [DIRECTORY]       (default: check_tls_cert)

Everything is read from the source of one package; nothing of it is run. Imports within functions and under
TYPE_CHECKING count. A module that is imported by a computed name is not followed, and the table says how many are.
"""

from __future__ import annotations

import ast
import io
import re
import statistics
import sys
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Union

#: From the top; what stands side by side does not import each other. INIT is the package's own `__init__.py`.
INIT = "__init__"
LAYERS = (
    ("__main__",),
    ("cli",),
    ("fleet",),
    ("options", "report"),
    ("fetch", "judge"),
    ("model",),
    ("x509",),
    ("deadline", "text"),
    (INIT,),
)

PACKAGE = Path(__file__).resolve().parent.parent / "check_tls_cert"

#: Whom each file, or room, imports.
Graph = Mapping[str, set[str]]

Statement = Union[ast.Import, ast.ImportFrom]
Function = Union[ast.FunctionDef, ast.AsyncFunctionDef]
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


class File(NamedTuple):
    """A file of the package."""

    name: str  # its path below the package, without .py
    text: str
    tree: ast.Module


class Import(NamedTuple):
    """An import of one file of the package by another."""

    importer: str
    imported: str
    line: int
    within_function: bool
    type_checking: bool


def read_package(directory: Path) -> list[File]:
    """Return the files of the package in ``directory``, in order of their names. Raises OSError and SyntaxError."""
    paths = sorted(directory.rglob("*.py"))
    files = []
    for path in paths:
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(directory).with_suffix("").as_posix()
        files.append(File(name, text, ast.parse(text, str(path))))
    return files


# Imports


def find_imports(files: Iterable[File], package: str) -> list[Import]:
    """Return the imports among ``files``, which are those of the package of that name."""
    modules = {_dotted(file.name, package): file.name for file in files}
    found = []
    for file in files:
        for node, within_function, type_checking in _statements(file.tree):
            for module in _imported(node, file.name, package, modules):
                name = modules[module]
                if name != file.name:
                    found.append(Import(file.name, name, node.lineno, within_function, type_checking))
    return found


def count_computed(files: Iterable[File]) -> int:
    """Return how many calls of import_module have an argument that is made while the program runs."""
    calls = (node for file in files for node in ast.walk(file.tree) if isinstance(node, ast.Call))
    return sum(_is_named(call.func, "import_module") and not isinstance(call.args[0], ast.Constant) for call in calls)


def _dotted(name: str, package: str) -> str:
    """Return the name by which a file is imported: a folder's `__init__` goes by the folder's."""
    parts = [package, *name.split("/")]
    return ".".join(parts[:-1] if parts[-1] == INIT else parts)


def _statements(
    node: ast.AST, within_function: bool = False, type_checking: bool = False
) -> Iterator[tuple[Statement, bool, bool]]:
    """Yield each import statement below ``node``, whether it is in a function, and whether for type checkers only."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.Import, ast.ImportFrom)):
            yield child, within_function, type_checking
        elif isinstance(child, ast.If) and _is_named(child.test, "TYPE_CHECKING"):
            yield from _statements(ast.Module(child.body, []), within_function, True)
            yield from _statements(ast.Module(child.orelse, []), within_function, type_checking)
        else:
            inside = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef))
            yield from _statements(child, within_function or inside, type_checking)


def _imported(node: Statement, importer: str, package: str, modules: Mapping[str, str]) -> Iterator[str]:
    """Yield the modules of the package that a statement imports, each once."""
    if isinstance(node, ast.Import):
        wanted = [(alias.name, "") for alias in node.names]
    else:
        base = _base(node, importer, package)
        wanted = [(base, alias.name) for alias in node.names]
    # `from a import b` means the module a.b where there is one, and otherwise something in a.
    found = [f"{module}.{name}" if f"{module}.{name}" in modules else module for module, name in wanted]
    yield from dict.fromkeys(module for module in found if module in modules)


def _base(node: ast.ImportFrom, importer: str, package: str) -> str:
    """Return the absolute name of the module that a `from` statement names."""
    if not node.level:
        return node.module or ""
    folders = [package, *importer.split("/")[:-1]]
    kept = folders[: len(folders) - node.level + 1]
    return ".".join([*kept, node.module] if node.module else kept)


def _is_named(node: ast.expr, name: str) -> bool:
    """Say whether an expression is ``name``, or the attribute of that name of something."""
    return name == (node.id if isinstance(node, ast.Name) else getattr(node, "attr", None))


# The graph


def graph_of(imports: Iterable[Import], names: Iterable[str] = ()) -> dict[str, set[str]]:
    """Return whom each file imports; ``names`` are files that may import nothing."""
    graph: dict[str, set[str]] = {name: set() for name in names}
    for one in imports:
        graph.setdefault(one.importer, set()).add(one.imported)
        graph.setdefault(one.imported, set())
    return graph


def rooms_of(graph: Graph) -> dict[str, set[str]]:
    """Return whom each room imports. Rooms are the folders and files of the package, apart from its `__init__`."""
    rooms: dict[str, set[str]] = {room_of(name): set() for name in graph if name != INIT}
    for name in graph.keys() - {INIT}:
        rooms[room_of(name)] |= {room_of(other) for other in graph[name]} - {room_of(name), INIT}
    return rooms


def room_of(name: str) -> str:
    """Return the room that a file is in."""
    return name.partition("/")[0]


def circles(graph: Graph) -> list[list[str]]:
    """Return the strongly connected components of more than one member, the largest first, members in order."""
    reached = {name: _reachable(graph, name) for name in graph}
    members = {name: frozenset(other for other in reached[name] if name in reached[other]) for name in graph}
    found = [sorted(circle) for circle in {*members.values()} if len(circle) > 1]
    return sorted(found, key=lambda circle: (-len(circle), circle))


def _reachable(graph: Graph, start: str) -> set[str]:
    """Return what ``start`` imports, directly or not."""
    found: set[str] = set()
    waiting = [start]
    while waiting:
        new = graph[waiting.pop()] - found
        found |= new
        waiting += new
    return found


def count_floors(graph: Graph) -> int:
    """Return the number of files on the longest chain of imports, a circle counting as one."""
    collapsed = {name: circle[0] for circle in circles(graph) for name in circle}
    below: dict[str, set[str]] = {}
    for name, imported in graph.items():
        own = collapsed.get(name, name)
        below.setdefault(own, set()).update({collapsed.get(other, other) for other in imported} - {own})
    heights: dict[str, int] = {}

    def height(name: str) -> int:
        if name not in heights:
            heights[name] = 1 + max(map(height, below[name]), default=0)
        return heights[name]

    return max(map(height, below), default=0)


def wrong_arrows(imports: Iterable[Import]) -> list[Import]:
    """Return the imports that point upwards in LAYERS, or sideways to another room of the same layer."""
    return [one for one in imports if _points_wrong(room_of(one.importer), room_of(one.imported))]


def strangers(names: Iterable[str]) -> list[str]:
    """Return the rooms that LAYERS does not name: what they import is not judged."""
    known = {room for layer in LAYERS for room in layer}
    return sorted({room_of(name) for name in names} - known)


def _points_wrong(importer: str, imported: str) -> bool:
    layers = {room: number for number, layer in enumerate(LAYERS) for room in layer}
    if importer == imported or importer not in layers or imported not in layers:
        return False
    return layers[imported] <= layers[importer]


# Readability


class Figures(NamedTuple):
    """How readable the source is: counts, and lines in functions."""

    files: int
    lines: int
    functions: int
    median: float
    p90: int
    longest: int
    generators: int
    private: int  # without __dunder__
    docstring_lines: int
    comments: int  # not lines: two comments on two lines are two
    conditionals: int  # expressions: a if b else c
    fields: int  # of NamedTuples
    documented: int  # of these


def figures_of(files: Iterable[File]) -> Figures:
    """Return the figures of ``files``."""
    files = list(files)
    nodes = [node for file in files for node in ast.walk(file.tree)]
    functions = [node for node in nodes if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    lengths = sorted(_lines(function) for function in functions) or [0]
    fields = [documented for file in files for documented in _documented_fields(file)]
    return Figures(
        files=len(files),
        lines=sum(len(file.text.splitlines()) for file in files),
        functions=len(functions),
        median=statistics.median(lengths),
        p90=lengths[-(-len(lengths) * 9 // 10) - 1],
        longest=lengths[-1],
        generators=sum(map(_is_generator, functions)),
        private=sum(function.name.startswith("_") and not function.name.endswith("__") for function in functions),
        docstring_lines=sum(map(_docstring_lines, nodes)),
        comments=sum(len(_comments(file.text)) for file in files),
        conditionals=sum(isinstance(node, ast.IfExp) for node in nodes),
        fields=len(fields),
        documented=sum(fields),
    )


def _lines(node: ast.stmt | ast.expr) -> int:
    """Return how many lines ``node`` takes up; a function's decorators are not part of it."""
    return (node.end_lineno or node.lineno) - node.lineno + 1


def _is_generator(function: Function) -> bool:
    """Say whether ``function`` itself yields, and not only a function within it."""
    waiting: list[ast.AST] = [*function.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.Yield, ast.YieldFrom)):
            return True
        if not isinstance(node, _SCOPES):
            waiting += ast.iter_child_nodes(node)
    return False


def _docstring_lines(node: ast.AST) -> int:
    """Return how many lines the docstring of a module, class or function takes up."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    if not isinstance(node, documented) or ast.get_docstring(node, clean=False) is None:
        return 0
    return _lines(node.body[0])


def _comments(text: str) -> dict[int, str]:
    """Return the comments in ``text`` by their lines."""
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return {token.start[0]: token.string for token in tokens if token.type == tokenize.COMMENT}


def _documented_fields(file: File) -> Iterator[bool]:
    """Yield for each field of a NamedTuple whether a line says what it is.

    That is a comment behind it, one that begins with `#:` above it, a string below it, or a line of the class's
    docstring that begins with its name and a colon.
    """
    comments = _comments(file.text)
    classes = (node for node in ast.walk(file.tree) if isinstance(node, ast.ClassDef))
    for node in classes:
        if not any(_is_named(base, "NamedTuple") for base in node.bases):
            continue
        explained = re.findall("^ *`*([a-z_0-9]+)`*:", ast.get_docstring(node) or "", re.MULTILINE)
        for field, following in zip(node.body, [*node.body[1:], None]):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                behind = (field.end_lineno or field.lineno) in comments
                above = comments.get(field.lineno - 1, "").startswith("#:")
                yield behind or above or _is_text(following) or field.target.id in explained


def _is_text(node: ast.stmt | None) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


# The table


def report(directory: Path) -> Iterator[str]:
    """Yield the lines of the table for the package in ``directory``."""
    files = read_package(directory)
    imports = find_imports(files, directory.resolve().name)
    graph = graph_of(imports, (file.name for file in files))
    yield from _about_graph(files, imports, graph)
    yield from _about_reading(figures_of(files))


def _about_graph(files: list[File], imports: list[Import], graph: Graph) -> Iterator[str]:
    rooms = rooms_of(graph)
    yield _row("files", len(files))
    yield _row("imports among them", len(imports))
    yield _row("  of these within functions", sum(one.within_function for one in imports))
    yield _row("  under TYPE_CHECKING", sum(one.type_checking for one in imports))
    yield _row("  by a computed name, not followed", count_computed(files))
    yield _row("floors of files", count_floors(graph))
    yield _row("floors of rooms", count_floors(rooms))
    yield from _circles("circles of files", circles(graph))
    yield from _circles("circles of rooms", circles(rooms))
    wrong = wrong_arrows(imports)
    yield _row("arrows upwards or sideways", len(wrong))
    for one in wrong:
        yield f"    {one.importer}:{one.line} imports {one.imported}"
    unknown = strangers(graph)
    if unknown:
        yield f"    not judged, for they are in no layer: {', '.join(unknown)}"


def _circles(label: str, found: list[list[str]]) -> Iterator[str]:
    yield _row(label, len(found))
    for circle in found:
        yield f"    {len(circle)}: {', '.join(circle)}"


def _about_reading(figures: Figures) -> Iterator[str]:
    lines, functions = max(figures.lines, 1), max(figures.functions, 1)
    yield _row("lines", figures.lines)
    yield _row("functions", figures.functions)
    yield _row("  median, p90, longest (lines)", f"{figures.median:g}, {figures.p90}, {figures.longest}")
    yield _row("  generators", f"{100 * figures.generators / functions:.1f} %")
    yield _row("  private", f"{100 * figures.private / functions:.1f} %")
    yield _row("docstrings", f"{100 * figures.docstring_lines / lines:.1f} % of lines")
    yield _row("comments", f"{100 * figures.comments / lines:.1f} in 100 lines")
    yield _row("conditional expressions", f"{1000 * figures.conditionals / lines:.1f} in 1 000 lines")
    yield _row("NamedTuple fields with a line of their own", f"{figures.documented} of {figures.fields}")


def _row(label: str, value: object) -> str:
    return f"{label:44}{value}"


def main(arguments: list[str]) -> None:
    """Print the table for the package that ``arguments`` name."""
    directory = Path(arguments[0]) if arguments else PACKAGE
    if not directory.joinpath("__init__.py").is_file():
        raise SystemExit(f"{directory} is not the directory of a package")
    for line in report(directory):
        print(line)


if __name__ == "__main__":
    main(sys.argv[1:])
