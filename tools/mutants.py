"""Mutation testing: change the code of a room in many small ways, and see whether the room's own tests notice.

    python -m tools.mutants                     the rooms of `ROOMS`
    python -m tools.mutants x509 judge/path     these; a room is a folder or a module of check_tls_cert/

A room's own tests are those of the same name below tests/ (`judge/path`: tests/judge/path/; `deadline`:
tests/test_deadline.py). mutmut makes the mutants and runs them, in a copy of the project in .mutants/. Prints the
figures of each room, and fails if the tests of one kill less than `LEAST_KILLED` of its mutants, or if one survives
that tests/mutants/ does not list with the reason why nothing can tell it from the original.

mutmut mutates functions alone, so tables of constants need tests that compare them with someone else's. It leaves out
decorated functions, too: decorators are taken off in the copy (`undecorated`).
"""

from __future__ import annotations

import ast
import difflib
import json
import os
import re
import resource
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

PROJECT = Path(__file__).resolve().parent.parent
PACKAGE = "check_tls_cert"
SCRATCH = PROJECT / ".mutants"
LISTED = PROJECT / "tests" / "mutants"

ROOMS = ("x509", "deadline", "model/ranges", "judge")
LEAST_KILLED = 0.95

#: Bytes that a process of a mutant may have: one that fills a list in an endless loop is killed by that in no time.
MEMORY = 2 * 1024**3

# Exit statuses of mutmut's workers. An endless loop is ended by a signal, or by mutmut (24, 36, 152, 255); -9 and -11
# are mutants that took all memory or stack. "No tests" (5, 33) means that no test calls the function.
_KILLED = (1, 3, -24, 24, 36, 152, 255, -9, -11)
_SURVIVED = (0, 5, 33)
_ENDLESS = (-24, 24, 36, 152, 255)


class Mutant(NamedTuple):
    """One change to one function, as its lines that differ.

    The lines are as `ast.unparse` spells them, so neither comments nor formatting matter, nor mutmut's numbers, which
    move with every change of the function.
    """

    #: Such as ``x509.certificate.Certificate.extension``.
    function: str
    #: Lines of the difference, each with "- " or "+ " before it.
    change: tuple[str, ...]

    def __str__(self) -> str:
        """Write it as tests/mutants/ lists it, but for the reason."""
        return "\n".join([f"## {self.function}", "", *(f"    {line}" for line in self.change), ""])


class Outcome(NamedTuple):
    """What became of the mutants of one room."""

    room: str
    total: int
    #: Those of the killed that no test failed with: the time limit ended them. Too slow a machine can look like that.
    endless: tuple[Mutant, ...]
    survivors: tuple[Mutant, ...]

    @property
    def killed(self) -> int:
        """How many mutants the tests noticed."""
        return self.total - len(self.survivors)

    @property
    def rate(self) -> float:
        """The share of mutants that the tests noticed, 0 to 1."""
        return self.killed / self.total if self.total else 0.0


class MutantsError(Exception):
    """The mutants could not be made or run; the message says why."""


# -- A room and its copy


def sources(room: str, project: Path = PROJECT) -> list[Path]:
    """Return the modules of a room, relative to the project. Raises MutantsError if there is no such room."""
    place = project / PACKAGE / room
    found = sorted(place.rglob("*.py")) if place.is_dir() else [place.with_suffix(".py")]
    if not found or not found[0].is_file():
        raise MutantsError(f"there is no room {room}: neither {PACKAGE}/{room}/ nor {PACKAGE}/{room}.py")
    return [path.relative_to(project) for path in found]


def own_tests(room: str, project: Path = PROJECT) -> Path:
    """Return where a room's own tests are, relative to the project. Raises MutantsError if it has none."""
    folder = Path("tests", room)
    module = folder.with_name(f"test_{folder.name}.py")
    for place in (folder, module):
        if (project / place).exists():
            return place
    raise MutantsError(f"the room {room} has no tests of its own: neither {folder}/ nor {module}")


def undecorated(source: str) -> str:
    """Return ``source`` with the decorators of its functions taken off, for mutmut leaves out decorated functions.

    A cache goes: it changes no result, and would hand the original's results to a mutant. Other decorators are applied
    below the function instead, which is the same. ``staticmethod`` and ``classmethod``, which mutmut knows, stay.
    """
    lines = source.splitlines(keepends=True)
    functions = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.FunctionDef)]
    for function in sorted(functions, key=lambda node: node.lineno, reverse=True):  # the last first: lines stay put
        decorators = [ast.unparse(decorator) for decorator in function.decorator_list]
        if not decorators or decorators[0] in ("staticmethod", "classmethod"):
            continue
        kept = [text for text in decorators if not _CACHE.match(text)]
        indent = " " * function.col_offset
        end = function.end_lineno or function.lineno
        lines[end:end] = [f"{indent}{function.name} = {text}({function.name})\n" for text in reversed(kept)]
        del lines[function.decorator_list[0].lineno - 1 : function.lineno - 1]
    return "".join(lines)


_CACHE = re.compile(r"(functools\.)?(lru_)?cache\b")


def copy_project(room: str, scratch: Path) -> None:
    """Make ``scratch`` a copy of the project for mutmut to work in, set up for ``room``."""
    shutil.rmtree(scratch, ignore_errors=True)
    for folder in (PACKAGE, "tests", "tools"):
        shutil.copytree(PROJECT / folder, scratch / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for path in sources(room):
        copy = scratch / path
        copy.write_text(undecorated(copy.read_text("utf-8")), "utf-8")
    settings = (PROJECT / "setup.cfg").read_text("utf-8")
    (scratch / "setup.cfg").write_text(settings + _mutmut_settings(room), "utf-8")


#: pytest without what takes longer than the tests of most mutants: two complete garbage collections in search of
#: exceptions that were ignored, and rewritten asserts, which would explain failures that are expected. The quickest
#: tests first: in rooms with a few slow ones, nearly all mutants are killed before those.
_QUICKLY = [
    *("-p", "no:cacheprovider"),
    *("-p", "no:unraisableexception"),
    *("-p", "no:threadexception"),
    *("-p", "tools.quickest_first"),
    "--assert=plain",
]


def _mutmut_settings(room: str) -> str:
    """Return mutmut's section of setup.cfg."""
    values = {
        "source_paths": [PACKAGE],
        "only_mutate": [str(path) for path in sources(room)],
        "also_copy": ["tools"],
        "pytest_add_cli_args_test_selection": [str(own_tests(room))],
        "pytest_add_cli_args": _QUICKLY,
        # Each mutant in a fork of a process that has imported the tests and run none of them: nothing is cached there.
        "process_isolation": ["forkserver"],
        # The time limit is (10 s + what the tests take) * 3: on a busy machine all take longer. Not more, because when
        # it is over, mutmut kills whatever then has the number of the process.
        "timeout_constant": ["10"],
        "timeout_multiplier": ["3"],
        "use_git_change_detection": ["false"],
        "track_dependencies": ["false"],
    }
    section = ["", "[mutmut]"]
    for key, entries in values.items():
        section += [f"{key} = {entries[0]}"] if len(entries) == 1 else [f"{key} =", *(f"    {e}" for e in entries)]
    return "\n".join([*section, ""])


# -- A run


def run(room: str, jobs: int) -> Outcome:
    """Run the mutants of a room, ``jobs`` at once. Raises MutantsError."""
    scratch = SCRATCH / room.replace("/", "-")
    copy_project(room, scratch)
    log = scratch / "mutmut.log"
    with log.open("wb") as output:
        status = subprocess.run(  # noqa: S603  # ourselves
            [sys.executable, "-m", "mutmut", "run", "--max-children", str(jobs)],
            cwd=scratch,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        ).returncode
    if status:
        last = re.split(r"[\r\n]+", log.read_text("utf-8", "replace").rstrip())[-10:]
        raise MutantsError("\n".join([f"mutmut ended with status {status} in {scratch}:", *last]))
    return read_outcome(room, scratch / "mutants")


def read_outcome(room: str, mutated: Path) -> Outcome:
    """Read what became of a room's mutants, out of mutmut's folder. Raises MutantsError if any was not run."""
    total = 0
    endless: list[Mutant] = []
    survivors: list[Mutant] = []
    for meta in sorted(mutated.rglob("*.py.meta")):
        statuses: dict[str, int | None] = json.loads(meta.read_text("utf-8"))["exit_code_by_key"]
        undecided = [name for name, status in statuses.items() if status not in _KILLED + _SURVIVED]
        if undecided:
            raise MutantsError(f"no verdict on {undecided[0]}: exit status {statuses[undecided[0]]}")
        total += len(statuses)
        module = meta.with_suffix("")
        endless += read_mutants(module, [name for name, status in statuses.items() if status in _ENDLESS])
        survivors += read_mutants(module, [name for name, status in statuses.items() if status in _SURVIVED])
    return Outcome(room, total, tuple(endless), tuple(survivors))


def read_mutants(mutated: Path, names: list[str]) -> Iterator[Mutant]:
    """Yield the mutants called ``names`` (as mutmut calls them) out of a module that mutmut has written."""
    if not names:
        return
    functions = {
        node.name: node for node in ast.walk(ast.parse(mutated.read_text("utf-8"))) if isinstance(node, ast.FunctionDef)
    }
    for name in names:
        module, _, mangled = name.rpartition(".")
        original = mangled.partition("__mutmut_")[0]
        change = _difference(functions[f"{original}__mutmut_orig"], functions[mangled])
        spelled = original[1:].replace("ǁ", ".").lstrip(".") if "ǁ" in original else original[2:]
        yield Mutant(f"{module[len(PACKAGE) + 1 :]}.{spelled}", change)


def _difference(original: ast.FunctionDef, mutant: ast.FunctionDef) -> tuple[str, ...]:
    before, after = (_unparsed(function) for function in (original, mutant))
    return tuple(f"{line[0]} {line[1:].strip()}" for line in difflib.unified_diff(before, after, n=0) if _differs(line))


def _unparsed(function: ast.FunctionDef) -> list[str]:
    """Return the lines of a function, each with its arguments' names but without the function's own."""
    return ast.unparse(function).replace(function.name, "", 1).splitlines()


def _differs(line: str) -> bool:
    return line[:1] in "+-" and line[:3] not in ("+++", "---")


# -- The list


def read_list(text: str) -> dict[Mutant, str]:
    """Read a file of tests/mutants/: a section for each mutant, with its lines indented, and the reason below them.

    A section with several changes, each followed by a reason, is read as that many mutants. Raises MutantsError for one
    without a reason.
    """
    listed: dict[Mutant, str] = {}
    for section in re.split("(?m)^## ", text)[1:]:
        function, _, body = section.partition("\n")
        for change, reason in re.findall(r"((?:^ {4}[-+] .*\n)+)((?:(?! {4}[-+]).*\n?)*)", body, re.MULTILINE):
            mutant = Mutant(function.strip(), tuple(line.strip() for line in change.splitlines()))
            if not reason.strip():
                raise MutantsError(f"no reason is given for this mutant:\n{mutant}")
            listed[mutant] = " ".join(reason.split())
    return listed


def listed_mutants(folder: Path = LISTED) -> dict[Mutant, str]:
    """Return all mutants that tests/mutants/ lists, with the reason of each."""
    found: dict[Mutant, str] = {}
    for path in sorted(folder.rglob("*.md")):
        found.update(read_list(path.read_text("utf-8")))
    return found


def faults(outcome: Outcome, listed: dict[Mutant, str]) -> list[str]:
    """Return what is wrong with the outcome of a room: too few killed, survivors not listed, listed ones killed."""
    found = []
    if outcome.rate < LEAST_KILLED:
        found.append(f"{outcome.room}: {outcome.rate:.1%} killed, less than {LEAST_KILLED:.0%}")
    found += [f"survived, and not listed:\n\n{mutant}" for mutant in Counter(outcome.survivors) if mutant not in listed]
    modules = {path.with_suffix("").as_posix()[len(PACKAGE) + 1 :].replace("/", ".") for path in sources(outcome.room)}
    for mutant in listed:
        if _module(mutant, modules) and mutant not in outcome.survivors:
            found.append(f"listed, but killed or no longer there:\n\n{mutant}")
    return found


def _module(mutant: Mutant, modules: set[str]) -> bool:
    """Tell whether a mutant is of one of ``modules``."""
    parts = mutant.function.split(".")
    return any(".".join(parts[:length]) in modules for length in range(1, len(parts)))


def main(rooms: list[str]) -> int:
    """Run the mutants of ``rooms``, and print what became of them. Returns 1 if a room has a fault."""
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, most))
    jobs = int(os.environ.get("JOBS", "2"))
    failed = False
    listed = listed_mutants()
    for room in rooms or ROOMS:
        outcome = run(room, jobs)
        print(
            f"{room}: {outcome.total} mutants, {outcome.killed} killed ({len(outcome.endless)} by the time limit),"
            f" {len(outcome.survivors)} survived: {outcome.rate:.1%}",
            flush=True,
        )
        for mutant in outcome.endless:
            print(f"killed by the time limit alone:\n\n{mutant}", flush=True)
        for fault in faults(outcome, listed):
            failed = True
            print(fault, flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except MutantsError as error:
        sys.exit(str(error))
