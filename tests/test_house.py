"""The figures of the house, on packages small enough to be counted by hand."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest

from tests.program import ROOT
from tools import house
from tools.house import Figures, Import


def package(directory: Path, **files: str) -> Path:
    """Make a package `made` of ``files``, by their paths with __ for /; each folder gets an `__init__.py`."""
    root = directory / "made"
    for name, text in {"init": "", **files}.items():
        path = root / f"{name.replace('__', '/').replace('init', '__init__').replace('main', '__main__')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
        if not path.with_name("__init__.py").exists():
            path.with_name("__init__.py").write_text("")
    return root


def imports(root: Path) -> list[Import]:
    return house.find_imports(house.read_package(root), root.name)


def graph(root: Path) -> dict[str, set[str]]:
    files = house.read_package(root)
    return house.graph_of(imports(root), (file.name for file in files))


def figures(directory: Path, text: str) -> Figures:
    return house.figures_of(file for file in house.read_package(package(directory, only=text)) if file.name == "only")


class TestImports:
    """Which file of the package imports which."""

    @pytest.mark.parametrize(
        ("statement", "imported"),
        [
            ("import made.model", "model"),
            ("import made.x509.der as der", "x509/der"),
            ("from made import model", "model"),
            ("from made import NAME", "__init__"),
            ("from made.x509 import der", "x509/der"),
            ("from made.x509 import TAGS", "x509/__init__"),
            ("from made.x509.der import read", "x509/der"),
            ("from ..x509 import der", "x509/der"),
            ("from ..x509.der import read", "x509/der"),
            ("from .. import NAME", "__init__"),
            ("from . import near", "fetch/near"),
            ("from .near import found", "fetch/near"),
        ],
    )
    def test_every_spelling(self, statement: str, imported: str, tmp_path: Path) -> None:
        root = package(tmp_path, model="", x509__der="", fetch__near="", fetch__asking=statement)
        assert imports(root) == [Import("fetch/asking", imported, 1, False, False)]

    @pytest.mark.parametrize("statement", ["import os", "from madeira import model", "from made.other import it"])
    def test_what_is_of_another_package_is_left_out(self, statement: str, tmp_path: Path) -> None:
        assert imports(package(tmp_path, model="", asking=statement)) == []

    def test_several_of_one_statement_count_once_each(self, tmp_path: Path) -> None:
        root = package(tmp_path, model="", text="", asking="from made import model, text, NAME, OTHER")
        assert [one.imported for one in imports(root)] == ["model", "text", "__init__"]

    def test_a_folder_that_imports_its_own_files(self, tmp_path: Path) -> None:
        root = package(tmp_path, fetch__init="from made.fetch import near, made", fetch__near="")
        assert [(one.importer, one.imported) for one in imports(root)] == [("fetch/__init__", "fetch/near")]

    def test_lazy_ones_count_and_are_told_apart(self, tmp_path: Path) -> None:
        text = """
            from typing import TYPE_CHECKING
            if TYPE_CHECKING:
                from made.one import One
            else:
                from made.two import Two
            class Something:
                def method(self):
                    try:
                        import made.three
                    except ImportError:
                        pass
        """
        root = package(tmp_path, one="", two="", three="", asking=text)
        assert imports(root) == [
            Import("asking", "one", 4, False, True),
            Import("asking", "two", 6, False, False),
            Import("asking", "three", 10, True, False),
        ]

    def test_names_made_at_run_time_are_counted_and_not_followed(self, tmp_path: Path) -> None:
        text = """
            from importlib import import_module
            def load(name):
                return import_module("yaml"), import_module(f"made.{name}")
        """
        root = package(tmp_path, one="", asking=text)
        assert house.count_computed(house.read_package(root)) == 1
        assert imports(root) == []


class TestGraph:
    """What follows from the imports."""

    def test_floors_are_the_longest_chain(self, tmp_path: Path) -> None:
        root = package(
            tmp_path, cli="from made import model, text", model="from made import text", text="", alone="import os"
        )
        assert house.count_floors(graph(root)) == 3
        assert house.circles(graph(root)) == []

    def test_a_circle_is_one_floor(self, tmp_path: Path) -> None:
        """Top, then a circle of three with a tail below it, then a pair that nobody imports."""
        root = package(
            tmp_path,
            top="import made.a",
            a="import made.b",
            b="def late():\n    import made.c",
            c="import made.a\nimport made.tail",
            tail="",
            one="import made.two",
            two="import made.one",
        )
        assert house.circles(graph(root)) == [["a", "b", "c"], ["one", "two"]]
        assert house.count_floors(graph(root)) == 3

    def test_nothing_has_no_floors(self) -> None:
        assert house.count_floors({}) == 0

    def test_rooms_are_folders_and_files_beside_them(self, tmp_path: Path) -> None:
        """Files of one room may import each other; the package's own `__init__` is no room."""
        root = package(
            tmp_path,
            init="NAME = 'made'",
            cli="from made.fetch import endpoint",
            fetch__endpoint="from made.fetch.net import connect\nfrom made import NAME",
            fetch__net__connect="from made.model import Target",
            model__init="",
        )
        assert house.rooms_of(graph(root)) == {"cli": {"fetch"}, "fetch": {"model"}, "model": set()}
        assert house.count_floors(house.rooms_of(graph(root))) == 3
        assert house.count_floors(graph(root)) == 4

    @pytest.mark.parametrize(
        ("importer", "imported", "wrong"),
        [
            ("__main__", "cli", False),
            ("cli", "x509/der", False),
            ("fetch/net/connect", "fetch/tls/handshake", False),
            ("judge/path/search", "model/finding", False),
            ("text", "__init__", False),
            ("model/finding", "fetch/proxy", True),
            ("judge/path/search", "fetch/anchors", True),
            ("fetch/anchors", "judge/path/search", True),
            ("report/json", "options/parser", True),
            ("deadline", "text", True),
            ("x509/der", "cli", True),
            ("targets", "cli", False),
            ("cli", "targets", False),
        ],
    )
    def test_arrows(self, importer: str, imported: str, wrong: bool) -> None:
        """Upwards and sideways are wrong; rooms in no layer are not judged."""
        one = Import(importer, imported, 1, False, False)
        assert house.wrong_arrows([one]) == ([one] if wrong else [])

    def test_rooms_in_no_layer_are_named(self) -> None:
        assert house.strangers(["cli", "targets", "fetch/net/connect", "__init__", "output/json"]) == [
            "output",
            "targets",
        ]


class TestReading:
    """How readable the source is."""

    def test_functions(self, tmp_path: Path) -> None:
        """Their lines, without decorators; a method, and a function within another, are functions, too."""
        found = figures(
            tmp_path,
            """
            @property
            def three():
                x = 1
                return x
            class Something:
                def __init__(self): pass
                async def _two(self):
                    pass
            def five():
                def within():
                    return lambda: (yield)
                def _once(): yield 1
                return within
            """,
        )
        assert (found.functions, found.median, found.p90, found.longest) == (6, 2, 5, 5)
        assert (found.private, found.generators) == (2, 1)

    def test_p90_is_a_length_that_nine_in_ten_do_not_exceed(self, tmp_path: Path) -> None:
        found = figures(tmp_path, "".join(f"def f{n}():\n" + "    pass\n" * n for n in range(1, 11)))
        assert (found.functions, found.median, found.p90, found.longest) == (10, 6.5, 10, 11)

    def test_docstrings_comments_and_conditionals(self, tmp_path: Path) -> None:
        found = figures(
            tmp_path,
            '''\
            """Module,

            three lines."""
            # One,
            x = "# none" if 1 else (2 if 3 else 4)  # and another.
            def f():
                """One line."""
                "No docstring."
            ''',
        )
        assert (found.lines, found.docstring_lines, found.comments, found.conditionals) == (8, 4, 2, 2)

    def test_fields_with_a_line_of_their_own(self, tmp_path: Path) -> None:
        found = figures(
            tmp_path,
            '''\
            class Documented(NamedTuple):
                """Four of six.

                ``named``: in the docstring.
                ``prose`` is not a line of its own.
                """
                behind: int  # what it is
                #: what it is
                above: int
                # not about the field
                below: int
                """What it is."""
                named: int
                prose: int
                bare: int
                CONSTANT = 1
            class Other:
                field: int
            ''',
        )
        assert (found.fields, found.documented) == (6, 4)

    def test_an_empty_package(self, tmp_path: Path) -> None:
        found = figures(tmp_path, "")
        assert (found.lines, found.functions, found.longest, found.fields) == (0, 0, 0, 0)


class TestTable:
    """What is printed."""

    def test_whole(self, tmp_path: Path) -> None:
        root = package(
            tmp_path,
            main="from made.cli import main\nmain()\n",
            cli="def main():\n    from made.fetch import get\n    return 1 if get() else 0\n",
            fetch__init="from made import judge\ndef get(): return judge\n",
            judge__init='"""Judge."""\nfrom made.targets import x  # up\n',
            targets="import made.judge\nx = 1\n",
        )
        rows = [line.split("  ") for line in house.report(root)]
        table = {row[0].strip() or row[1].strip(): row[-1].strip() for row in rows}
        assert table["files"] == "6"
        assert table["imports among them"] == "5"
        assert table["of these within functions"] == "1"
        assert table["floors of files"] == "4"
        assert table["circles of files"] == "1"
        assert table["arrows upwards or sideways"] == "1"
        assert table["docstrings"] == "9.1 % of lines"
        assert table["comments"] == "9.1 in 100 lines"
        assert table["conditional expressions"] == "90.9 in 1 000 lines"
        text = "\n".join(house.report(root))
        assert "    2: judge/__init__, targets\n" in text
        assert "    fetch/__init__:1 imports judge/__init__\n" in text
        assert "not judged, for they are in no layer: targets" in text

    def test_this_package_by_the_command(self) -> None:
        command = [sys.executable, "-m", "tools.house"]
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        assert "floors of files" in done.stdout
        assert done.stderr == ""

    def test_what_is_no_package_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit, match="is not the directory of a package"):
            house.main([str(tmp_path)])
