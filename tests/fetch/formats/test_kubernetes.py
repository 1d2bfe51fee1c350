"""Kubernetes manifests, kubeconfig files and other JSON and YAML with PEM in its values."""

from __future__ import annotations

import base64
import json
import sys
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest

from check_tls_cert.fetch import formats
from check_tls_cert.fetch.formats import tree
from tests import files
from tests.files import ISSUING, ISSUING_NAME, OTHER, OTHER_NAME, ROOT, ROOT_NAME, SITE, SITE_NAME

yaml = pytest.importorskip("yaml")

BUNDLE = SITE.pem + ISSUING.pem


def encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "www", "namespace": "shop"},
    "type": "kubernetes.io/tls",
    "data": {"tls.crt": encoded(BUNDLE), "tls.key": encoded(SITE.key_pem), "ca.crt": encoded(ROOT.pem + ISSUING.pem)},
}
IN_SECRET = [
    ("shop/www tls.crt", [SITE_NAME, ISSUING_NAME]),
    ("shop/www ca.crt", [ROOT_NAME]),
    ("shop/www ca.crt", [ISSUING_NAME]),
]
TEXT_SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "mail"},
    "stringData": {"tls.crt": OTHER.pem.decode(), "note": "-----BEGIN nothing"},
}
IN_TEXT_SECRET = [("mail tls.crt", [OTHER_NAME])]
KUBECONFIG = {
    "apiVersion": "v1",
    "kind": "Config",
    "clusters": [{"name": "prod", "cluster": {"certificate-authority-data": encoded(ROOT.pem), "server": "https://k"}}],
    "users": [{"name": "admin", "user": {"client-certificate-data": encoded(b"# admin\n" + BUNDLE), "token": "AAAA"}}],
    "preferences": {},
}
IN_KUBECONFIG = [
    ("prod certificate-authority-data", [ROOT_NAME]),
    ("admin client-certificate-data", [SITE_NAME, ISSUING_NAME]),
]
LIST = {"apiVersion": "v1", "kind": "List", "items": [SECRET, TEXT_SECRET], "metadata": {"resourceVersion": ""}}


def as_json(value: object) -> bytes:
    return json.dumps(value, indent=1).encode()


def as_yaml(*values: object) -> bytes:
    text: str = yaml.safe_dump_all(values, sort_keys=False)
    return text.encode()


@pytest.mark.parametrize("written", [as_json, as_yaml, lambda value: b"---\n" + as_yaml(value)])
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (SECRET, IN_SECRET),
        (TEXT_SECRET, IN_TEXT_SECRET),
        (KUBECONFIG, IN_KUBECONFIG),
        (LIST, IN_SECRET + IN_TEXT_SECRET),
    ],
)
def test_objects(written: Any, value: object, expected: list[tuple[str, list[str]]]) -> None:  # noqa: ANN401
    assert files.contents(files.read(written(value))) == expected


def test_what_is_presented_is_a_chain_and_a_bundle_of_authorities_is_none() -> None:
    assert [entry.is_chain for entry in files.read(as_json(SECRET))] == [True, False, False]


def test_several_documents() -> None:
    data = as_yaml(TEXT_SECRET, {"kind": "Namespace", "metadata": {"name": "shop"}}, SECRET)
    assert files.contents(files.read(data)) == IN_TEXT_SECRET + IN_SECRET


def test_block_literal_quotes_and_byte_order_mark() -> None:
    literal = "".join(f"    {line}\n" for line in OTHER.pem.decode().splitlines())
    text = f"'apiVersion': v1\nkind: Secret\napiVersion: v1\nmetadata: {{name: \"mail\"}}\nstringData:\n  tls.crt: |\n{literal}"
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        assert files.contents(files.read(text.encode(encoding))) == IN_TEXT_SECRET


def test_base64_in_several_lines() -> None:
    data = as_json({**SECRET, "data": {"a": base64.encodebytes(OTHER.pem).decode()}})
    assert files.contents(files.read(data)) == [("shop/www a", [OTHER_NAME])]


def test_webhook_of_an_object_that_is_no_secret() -> None:
    hooks = [{"name": "check.example.org", "clientConfig": {"caBundle": encoded(ROOT.pem)}}]
    data = as_yaml({"apiVersion": "v1", "kind": "W", "metadata": {"name": "w"}, "webhooks": hooks})
    assert files.contents(files.read(data)) == [("check.example.org caBundle", [ROOT_NAME])]


def test_other_json_with_pem() -> None:
    data = as_json({"data": {"certificate": SITE.pem.decode(), "ca_chain": [ISSUING.pem.decode(), ROOT.pem.decode()]}})
    assert files.contents(files.read(data)) == [
        ("certificate", [SITE_NAME]),
        ("ca_chain", [ISSUING_NAME]),
        ("ca_chain", [ROOT_NAME]),
    ]


def test_values_that_are_no_text() -> None:
    metadata = {"name": 5, "namespace": ["a"]}
    assert files.read(as_json({**SECRET, "metadata": metadata, "data": [None, True, 1.5, 10**40, {}, []]})) == []
    assert files.read(as_yaml({**SECRET, "metadata": "none", "data": {"a": None, "b": "AAAAAAAAAAAAAAAAAAAAA"}})) == []


def test_surrogates() -> None:
    assert "tls.crt" in files.outcome(
        as_json({**TEXT_SECRET, "stringData": {"tls.crt": "\ud800" + OTHER.pem.decode()}})
    )


def test_broken_certificate_costs_itself_alone() -> None:
    text = OTHER.pem.decode().replace("MII", "?", 1).replace("MIIB", "?", 1)
    data = as_json({**TEXT_SECRET, "stringData": {"a": text, "b": SITE.pem.decode()}})
    (_, (broken,)), good = files.contents(files.read(data))
    assert broken.startswith("!a PEM block is not base64")
    assert good == ("mail b", [SITE_NAME])


ALIASES = b"""apiVersion: v1
kind: Secret
metadata: {name: &name mail}
data:
  tls.crt: &crt %b
  again: *crt
  unknown: *nobody
  ? [a, b]
  : *name
  a: &a [x, x]
  b: &b [*a, *a, *a]
  <<: [*b, *b]
"""


def test_aliases() -> None:
    """A scalar is repeated; what is larger is not, so that aliases of aliases of aliases cannot grow."""
    data = ALIASES % encoded(OTHER.pem).encode()
    assert files.contents(files.read(data)) == [("mail tls.crt", [OTHER_NAME]), ("mail again", [OTHER_NAME])]


def test_alias_bomb() -> None:
    levels = "".join(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 9)}]\n" for level in range(1, 100))
    merges = "".join(f"m{level}: &m{level} {{<<: [*m{level - 1}, *m{level - 1}]}}\n" for level in range(1, 100))
    data = f"kind: Secret\napiVersion: v1\na0: &a0 x\nm0: &m0 {{x: y}}\n{levels}{merges}"
    assert files.read(data.encode()) == []


def test_aliases_of_a_large_scalar() -> None:
    data = b"kind: Secret\napiVersion: v1\na: &a " + b"x" * 100_000 + b"\nb:\n" + b"- *a\n" * 11
    assert files.outcome(data) == "the YAML file repeats too much by aliases"


def test_objects_are_not_made() -> None:
    data = b"kind: Secret\napiVersion: v1\na: !!python/object/apply:os.abort []\n"
    assert files.read(data) == []


@pytest.mark.parametrize("loader", ["with libyaml", "without"])
@pytest.mark.parametrize("content", [b"[" * 1000, b"- " * 1000, b"{a: " * 1000, b"? " * 1000])
def test_nested_too_deep(loader: str, content: bytes) -> None:
    data = b"kind: Secret\napiVersion: v1\na:\n  " + content
    with mock.patch.object(yaml, "CSafeLoader", None) if loader == "without" else mock.MagicMock():
        assert files.outcome(data) == "the YAML file is nested too deep, or has too many parts"


def test_wide_characters_in_a_large_file() -> None:
    """One of them makes four octets of every other in its string, and in the whole text."""
    text = b'{"apiVersion":"' + "\U0001f600".encode() + b'"}'
    assert files.outcome(text.ljust(8_388_608)) == "[]"
    assert files.outcome(text.ljust(8_388_609)) == (
        "the JSON file is too large for one with characters beyond the Basic Multilingual Plane"
    )
    assert files.outcome(text.replace(b"\xf0\x9f\x98\x80", b"\xc3\xbc").ljust(8_388_609)) == "[]"


def test_too_many_parts_of_json() -> None:
    """Counted before they are made."""
    text = b'{"apiVersion":["a",{"b":"c"}]}'
    with mock.patch.object(tree, "MAX_PARTS", 4):
        assert files.outcome(text) == "[]"
    with mock.patch.object(tree, "MAX_PARTS", 3):
        assert files.outcome(text) == "the JSON file has too many parts"


def test_too_many_parts() -> None:
    with mock.patch.object(tree, "MAX_PARTS", 10):
        assert files.outcome(as_yaml(SECRET)) == "the YAML file is nested too deep, or has too many parts"


def test_too_large_without_libyaml() -> None:
    data = as_yaml(SECRET)
    with mock.patch.object(yaml, "CSafeLoader", None):
        assert files.contents(files.read(data)) == IN_SECRET
        assert files.outcome(data + b"#" * 2**20) == "the YAML file is too large for a PyYAML without libyaml"


def test_broken_yaml_is_not_quoted() -> None:
    """PyYAML's message shows the text around: it may be a key."""
    data = b"apiVersion: v1\nkind: Secret\ndata: {tls.key: secret\n\tsecret\n]"
    for loader in (yaml.CSafeLoader, None):
        with mock.patch.object(yaml, "CSafeLoader", loader):
            text = files.outcome(data)
        assert text.startswith("the YAML file is broken (")
        assert "in line" in text
        assert "secret" not in text


def test_text_that_yaml_does_not_allow() -> None:
    assert files.outcome(b"apiVersion: v1\nkind: \x01\xff\n") == "the YAML file is broken (not the text of a YAML file)"


def test_without_pyyaml() -> None:
    with mock.patch.dict(sys.modules, {"yaml": None}):
        assert files.outcome(as_yaml(SECRET)) == 'reading YAML needs PyYAML: pip install "check_tls_cert[yaml]"'
        assert files.contents(files.read(as_json(SECRET))) == IN_SECRET


def test_pem_in_yaml_that_cannot_be_read_is_read_as_pem() -> None:
    literal = "".join(f"    {line}\n" for line in OTHER.pem.decode().splitlines()).encode()
    data = b"apiVersion: v1\nkind: Secret\nstringData:\n  tls.crt: |\n" + literal
    with mock.patch.dict(sys.modules, {"yaml": None}):
        assert files.contents(files.read(data)) == [("", [OTHER_NAME])]
        assert "needs PyYAML" in files.outcome(data + b"data:\n  ca.crt: " + encoded(ROOT.pem).encode())
    assert files.contents(files.read(data + b"{{ .Values.more }\n")) == [("", [OTHER_NAME])]


@pytest.mark.parametrize("data", [b"[section]\nkey = value\n", b"{}", b"kind: of\n", b"apiVersion: only\n"])
def test_not_claimed(data: bytes) -> None:
    assert formats.read_entries(data, files.Asked(b"")) is None


def test_cut_anywhere() -> None:
    files.survives_truncation(as_yaml(TEXT_SECRET))
    files.survives_truncation(as_json(TEXT_SECRET))


def test_reason_of_an_error_without_place() -> None:
    assert tree._reason(ValueError("text")) == "not the text of a YAML file"
    mark = SimpleNamespace(line=2)
    assert tree._reason(SimpleNamespace(problem="a|b", problem_mark=mark)) == "a/b in line 3"  # type: ignore[arg-type]
