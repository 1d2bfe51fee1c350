"""JSON and YAML as trees: what they hold, and how little a hostile one may cost."""

from __future__ import annotations

import pytest

from check_tls_cert.fetch.formats import tree
from check_tls_cert.fetch.formats.entry import FormatError
from check_tls_cert.fetch.formats.tree import MAX_DEPTH, MAX_PARTS, Leaf, Tree, from_json, from_yaml, leaves, mappings


def named(mapping: dict[str, Tree]) -> str:
    """Return the name of a mapping: its "name"."""
    return str(mapping.get("name", ""))


class TestJson:
    """RFC 8259."""

    def test_strings_as_they_are_written(self) -> None:
        assert from_json(b'{"a": ["b", "\\u00e4"], "c": {}}') == {"a": ["b", "ä"], "c": {}}

    def test_numbers_stay_text(self) -> None:
        """Making one of a million digits would take minutes."""
        assert from_json(b"[1, -2.5e9]") == ["1", "-2.5e9"]
        assert from_json(b"1" * 1_000_000) == "1" * 1_000_000

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (b"", "is broken"),
            (b"{", "is broken"),
            (b"[1] 2", "is broken"),
            (b'"\xff"', "is broken"),
            (b"[" * 100_000, "nested too deep"),
            (b"[" + b"0," * MAX_PARTS + b"0]", "too many parts"),
            (b"[" * (MAX_PARTS + 1), "too many parts"),
            (b"{" * (MAX_PARTS + 1), "too many parts"),
            (b'"' + b"x" * 8_388_608 + "\U0001f600".encode() + b'"', "too large for one with characters beyond"),
        ],
    )
    def test_refused(self, text: bytes, reason: str) -> None:
        with pytest.raises(FormatError, match=reason):
            from_json(text)


class TestYaml:
    """YAML 1.1, as PyYAML has it, without anything that runs or multiplies."""

    @pytest.fixture(autouse=True)
    def _installed(self) -> None:
        pytest.importorskip("yaml")

    def test_documents(self) -> None:
        assert from_yaml(b"a: [b, 'c']\n---\n- 1\n- yes\n--- text\n") == [{"a": ["b", "c"]}, ["1", "yes"], "text"]

    def test_no_documents(self) -> None:
        assert from_yaml(b"# nothing\n") == []

    def test_nothing_runs(self) -> None:
        """A tag names what a loader would make; here it is left out."""
        assert from_yaml(b"!!python/object/apply:os.system ['true']") == [["true"]]

    def test_aliases(self) -> None:
        """Of a scalar they stand for it; a list is in the tree already, where its anchor is."""
        assert from_yaml(b"- &a text\n- *a\n- &b [c]\n- *b\n") == [["text", "text", ["c"], ""]]

    def test_key_that_is_no_string(self) -> None:
        assert from_yaml(b"? [a]\n: b\n") == [{"": "b"}]

    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            (b"a: [", "is broken"),
            (b"a: b: c", "is broken"),
            (b"[" * (MAX_DEPTH + 1), "nested too deep"),
            (b"[" * 5_000, "nested too deep"),
            (b"- &a " + b"x" * 1_000 + b"\n" + b"- *a\n" * 1_050, "repeats too much"),
        ],
    )
    def test_refused(self, text: bytes, reason: str) -> None:
        with pytest.raises(FormatError, match=reason):
            from_yaml(text)

    def test_too_many_parts(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tree, "MAX_PARTS", 100)
        assert len(from_yaml(b"- a\n" * 90)) == 1
        with pytest.raises(FormatError, match="too many parts"):
            from_yaml(b"- a\n" * 100)


SAMPLE: Tree = {"name": "outer", "a": ["one", {"name": "inner", "b": "two", "c": {"d": "three"}}], "e": "four", "f": 5}


def test_leaves() -> None:
    """In the order of the file, each with the name of what is around it."""
    assert [leaf for leaf in leaves(SAMPLE, named) if leaf.key != "name"] == [
        Leaf("outer", "a", "one"),
        Leaf("inner", "b", "two"),
        Leaf("inner", "d", "three"),
        Leaf("outer", "e", "four"),
    ]


def test_mappings() -> None:
    assert [named(mapping) for mapping in mappings(SAMPLE)] == ["outer", "inner", ""]


def test_depth_costs_no_recursion() -> None:
    deep: Tree = "x"
    for _ in range(10_000):
        deep = [{"k": deep}]
    assert list(leaves(deep, named)) == [Leaf("", "k", "x")]
    assert len(list(mappings(deep))) == 10_000
