"""JSON and YAML as bounded trees of dicts, lists and strings. Knows nothing of what they mean.

Nothing of a document is made into objects, so nothing of it can run. YAML is taken from the parser's events: an alias
of a list or mapping stands for nothing, as what it repeats is in the tree already, and so cannot multiply it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any, Callable, NamedTuple, Union

from check_tls_cert.fetch.formats.entry import FormatError
from check_tls_cert.text import printable

#: Scalars are strings as they are written; what is none (numbers, booleans, null of JSON) may be anything else.
Tree = Union[dict[str, "Tree"], list["Tree"], str, object]

MAX_DEPTH = 100
#: Events of YAML, values of JSON.
MAX_PARTS = 500_000
_MAX_BYTES_WITHOUT_LIBYAML = 1_048_576  # the parser written in Python reads about 0.2 MB a second
_MAX_REPEATED = 1_048_576  # characters
#: Of a character for which Python keeps four bytes for every other in the string, too.
_WIDE = re.compile(rb"[\xf0-\xff]")
_MAX_WIDE_BYTES = 8_388_608
_TOO_DEEP = "the YAML file is nested too deep, or has too many parts"
#: What stands before each value of JSON but the first.
_SEPARATORS = (b",", b"[", b"{")


class Leaf(NamedTuple):
    """A string in a tree."""

    #: The name of the innermost mapping around it that has one.
    name: str
    #: Its key there.
    key: str
    value: str


def from_json(text: bytes) -> Tree:
    """Return the value that a JSON text is. Raises FormatError if it is none."""
    if len(text) > _MAX_WIDE_BYTES and _WIDE.search(text):
        raise FormatError("the JSON file is too large for one with characters beyond the Basic Multilingual Plane")
    # Read as a whole, millions of empty lists would take a gigabyte. Those in strings count, too, but few are in PEM.
    if sum(map(text.count, _SEPARATORS)) > MAX_PARTS:
        raise FormatError("the JSON file has too many parts")
    try:
        # Numbers stay text: of a long one, reading its value takes quadratic time.
        tree: Tree = json.loads(text.decode(), parse_int=str, parse_float=str)
    except RecursionError as error:
        raise FormatError("the JSON file is nested too deep") from error
    except ValueError as error:
        raise FormatError(f"the JSON file is broken ({error})") from error
    return tree


def from_yaml(text: bytes) -> list[Tree]:
    """Return the documents of a YAML stream. Raises FormatError if it is none, or PyYAML is not installed."""
    try:
        yaml = import_module("yaml")
    except ImportError as error:
        raise FormatError('reading YAML needs PyYAML: pip install "check_tls_cert[yaml]"') from error
    loader = getattr(yaml, "CSafeLoader", None)
    if loader is None and len(text) > _MAX_BYTES_WITHOUT_LIBYAML:
        raise FormatError("the YAML file is too large for a PyYAML without libyaml")
    try:
        return _Builder(yaml).documents(yaml.parse(text, Loader=loader or yaml.SafeLoader))
    except (yaml.YAMLError, ValueError) as error:
        reason = _reason(error)
        # libyaml has a limit of its own, which it may meet before we are handed an event.
        raise FormatError(_TOO_DEEP if "nesting" in reason else f"the YAML file is broken ({reason})") from error


def _reason(error: Exception) -> str:
    """Return what is wrong and where, without the text around it that PyYAML quotes: it may be a secret."""
    mark = getattr(error, "problem_mark", None)
    where = "" if mark is None else f" in line {mark.line + 1}"
    return printable(str(getattr(error, "problem", None) or "not the text of a YAML file")) + where


class _Builder:
    """Builds trees from PyYAML's events; open lists and mappings are a stack, so that nesting costs no recursion."""

    def __init__(self, yaml: Any) -> None:  # noqa: ANN401  # the module, imported when needed
        self._yaml = yaml
        self._anchored: dict[str, str] = {}
        self._repeated = 0

    def documents(self, events: Iterator[Any]) -> list[Tree]:
        """Return the trees of a stream's documents. Raises FormatError beyond the bounds."""
        yaml = self._yaml
        unclosed: list[list[Tree]] = [[]]
        for number, event in enumerate(events):
            if number > MAX_PARTS or len(unclosed) > MAX_DEPTH:
                raise FormatError(_TOO_DEEP)
            if isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
                unclosed.append([])
            elif isinstance(event, yaml.SequenceEndEvent):
                members = unclosed.pop()
                unclosed[-1].append(members)
            elif isinstance(event, yaml.MappingEndEvent):
                members = unclosed.pop()
                unclosed[-1].append(_mapping(members))
            elif isinstance(event, yaml.ScalarEvent):
                unclosed[-1].append(self._scalar(event))
            elif isinstance(event, yaml.AliasEvent):
                unclosed[-1].append(self._repeat(event.anchor))
        return unclosed[0]

    def _repeat(self, anchor: str) -> str:
        """Return the scalar that an alias stands for, as long as aliases do not make much out of little."""
        value = self._anchored.get(anchor, "")
        self._repeated += len(value)
        if self._repeated > _MAX_REPEATED:
            raise FormatError("the YAML file repeats too much by aliases")
        return value

    def _scalar(self, event: Any) -> str:  # noqa: ANN401  # of the module above
        """Return a scalar, and keep it if aliases may stand for it."""
        value = str(event.value)
        if event.anchor is not None:
            self._anchored[event.anchor] = value
        return value


def _mapping(members: list[Tree]) -> dict[str, Tree]:
    """Return a mapping from its keys and values in turn; a key that is no string is nothing that anybody asks for."""
    return {key if isinstance(key, str) else "": value for key, value in zip(members[::2], members[1::2])}


def leaves(tree: Tree, name_of: Callable[[dict[str, Tree]], str]) -> Iterator[Leaf]:
    """Yield the strings in ``tree`` in its order; ``name_of`` tells the name of a mapping, "" for none."""
    waiting: list[tuple[str, str, Tree]] = [("", "", tree)]
    while waiting:
        name, key, value = waiting.pop()
        if isinstance(value, str):
            yield Leaf(name, key, value)
        elif isinstance(value, dict):
            inner = name_of(value) or name
            waiting.extend((inner, inner_key, member) for inner_key, member in reversed(value.items()))
        elif isinstance(value, list):
            waiting.extend((name, key, member) for member in reversed(value))


def mappings(tree: Tree) -> Iterator[dict[str, Tree]]:
    """Yield the mappings in ``tree`` in its order, outer ones first."""
    waiting: list[Tree] = [tree]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(reversed(value.values()))
        elif isinstance(value, list):
            waiting.extend(reversed(value))
