"""JSON Web Keys (RFC 7517, 4.7): chains in x5c."""

from __future__ import annotations

import base64
import json

import pytest

from check_tls_cert.fetch.formats import FormatError
from tests import files
from tests.files import BROKEN, ISSUING, ISSUING_NAME, OTHER, OTHER_NAME, SITE, SITE_NAME


def x5c(*certificates: bytes) -> list[str]:
    return [base64.b64encode(certificate).decode() for certificate in certificates]


KEYS = {
    "keys": [
        {"kty": "EC", "kid": "2026|a", "x5c": x5c(SITE.der, ISSUING.der)},
        {"kty": "EC", "kid": "bare"},
        {"kty": "EC", "x5c": x5c(OTHER.der), "n": 10**50},
        {"kty": "EC", "kid": 5, "x5c": []},
        {"kty": "EC", "x5c": "no list"},
    ]
}


@pytest.mark.parametrize(
    "data",
    [json.dumps(KEYS).encode(), json.dumps(KEYS, indent=2).encode("utf-8-sig"), json.dumps(KEYS).encode("utf-16")],
)
def test_chains_of_a_set(data: bytes) -> None:
    entries = files.read(data)
    assert files.contents(entries) == [("2026|a", [SITE_NAME, ISSUING_NAME]), ("", [OTHER_NAME])]
    assert all(entry.is_chain for entry in entries)


def test_single_key() -> None:
    assert files.contents(files.read(json.dumps(KEYS["keys"][0]).encode())) == [("2026|a", [SITE_NAME, ISSUING_NAME])]


def test_broken_certificate_costs_itself_alone() -> None:
    links = [*x5c(BROKEN), "Z-_?", None, "\u00e9", *x5c(SITE.der)]
    ((_, found),) = files.contents(files.read(json.dumps([{"x5c": links}]).encode()))
    assert [text.partition("(")[0] for text in found] == [
        "!not an X.509 certificate ",
        "!a member of x5c is not base64 ",
        "!not an X.509 certificate ",
        "!a member of x5c is not base64 ",
        SITE_NAME,
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (json.dumps(KEYS)[:-1].encode(), "the JSON file is broken (Expecting"),
        (json.dumps(KEYS).encode("latin-1") + b"\xff", "the JSON file is broken ("),
        (b'{"x5c": ' + b"[" * 200_000, "the JSON file is nested too deep"),
    ],
)
def test_broken(data: bytes, message: str) -> None:
    with pytest.raises(FormatError) as caught:
        files.read(data)
    assert message in str(caught.value)


def test_cut_anywhere() -> None:
    files.survives_truncation(json.dumps(KEYS).encode())
