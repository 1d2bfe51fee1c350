"""Keystores of Java: JKS and JCEKS, as keytool writes them; BKS is refused."""

from __future__ import annotations

import hashlib
import struct

import pytest

from check_tls_cert.fetch import formats
from check_tls_cert.fetch.formats import FormatError
from tests import files
from tests.files import BROKEN, ISSUING, ISSUING_NAME, ROOT, ROOT_NAME, SITE, SITE_NAME

JKS, JCEKS = 0xFEEDFEED, 0xCECECECE
PASSWORD = "changeit"  # noqa: S105  # Java's own


def string(text: str) -> bytes:
    return struct.pack(">H", len(text.encode())) + text.encode()


def certificate(encoded: bytes, *, version: int = 2, kind: str = "X.509") -> bytes:
    return (string(kind) if version == 2 else b"") + struct.pack(">I", len(encoded)) + encoded


def head(kind: int, alias: str) -> bytes:
    return struct.pack(">I", kind) + string(alias) + struct.pack(">Q", 1_700_000_000_000)


def key_entry(alias: str, *chain: bytes, version: int = 2) -> bytes:
    links = b"".join(certificate(link, version=version) for link in chain)
    return head(1, alias) + struct.pack(">I", 5) + b"\x00KEY\xff" + struct.pack(">I", len(chain)) + links


def trusted(alias: str, encoded: bytes, *, version: int = 2, kind: str = "X.509") -> bytes:
    return head(2, alias) + certificate(encoded, version=version, kind=kind)


def keystore(
    *entries: bytes, magic: int = JKS, version: int = 2, password: str = PASSWORD, count: int | None = None
) -> bytes:
    body = struct.pack(">III", magic, version, len(entries) if count is None else count) + b"".join(entries)
    return body + hashlib.sha1(password.encode("utf-16-be") + b"Mighty Aphrodite" + body).digest()  # noqa: S324


FULL = keystore(key_entry("shop", SITE.der, ISSUING.der), trusted("root", ROOT.der))


@pytest.mark.parametrize("magic", [JKS, JCEKS])
@pytest.mark.parametrize("version", [1, 2])
def test_key_with_its_chain_and_trusted_certificate(magic: int, version: int) -> None:
    key = key_entry("shop", SITE.der, ISSUING.der, version=version)
    data = keystore(key, trusted("root", ROOT.der, version=version), magic=magic, version=version)
    entries = files.read(data)
    assert files.contents(entries) == [("shop", [SITE_NAME, ISSUING_NAME]), ("root", [ROOT_NAME])]
    assert [entry.is_chain for entry in entries] == [True, False]


def test_empty_keystore() -> None:
    assert files.read(keystore()) == []


def test_key_without_chain() -> None:
    assert files.read(keystore(key_entry("shop"))) == []


@pytest.mark.parametrize("password", ["changeit", "", "pässwörd"])
def test_password_fits(password: str) -> None:
    data = keystore(trusted("root", ROOT.der), password=password)
    assert files.contents(files.read(data, password.encode())) == [("root", [ROOT_NAME])]


def test_password_in_another_encoding() -> None:
    password = "pässwörd"  # noqa: S105
    data = keystore(trusted("root", ROOT.der), password=password)
    assert files.contents(files.read(data, password.encode("latin-1"))) == [("root", [ROOT_NAME])]


@pytest.mark.parametrize("data", [FULL, FULL.replace(b"shop", b"shep"), FULL[:-1]])
def test_wrong_password_or_changed_keystore(data: bytes) -> None:
    with pytest.raises(FormatError, match="the password does not fit the JKS keystore, or the keystore is broken"):
        files.read(data, b"changeit" if data is not FULL else b"wrong")


def test_password_is_asked_for_once() -> None:
    asked = files.Asked(None)
    formats.read_entries(FULL, asked)
    assert asked.times == 1


def test_broken_certificate_costs_itself_alone() -> None:
    data = keystore(trusted("broken", BROKEN), trusted("odd", b"", kind="PGP"), trusted("root", ROOT.der))
    assert files.contents(files.read(data)) == [
        ("broken", ["!not an X.509 certificate (fields are missing, or too many)"]),
        ("odd", ["!the keystore says that it is of another kind"]),
        ("root", [ROOT_NAME]),
    ]


def test_secret_key_hides_what_follows() -> None:
    """Its length is that of a serialized Java object, which nothing states."""
    data = keystore(trusted("root", ROOT.der), head(3, "secret") + b"\xac\xed...", magic=JCEKS)
    assert files.contents(files.read(data)) == [
        ("root", [ROOT_NAME]),
        ("secret", ["!a secret key, whose length nobody knows, hides the rest of the JCEKS keystore"]),
    ]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (keystore(version=3), "the JKS keystore has version 3, which is not supported"),
        (keystore(magic=JCEKS, count=2), "the JCEKS keystore is broken"),
        (keystore(head(4, "odd")), "an entry of the unknown kind 4"),
        (keystore(count=0xFFFFFFFF), "the JKS keystore is broken"),
        (FULL[:4], "the JKS keystore is broken (it is cut short)"),
        (b"\0\0\0\2\0\0\0\x14" + bytes(40), "BKS keystores are not supported"),
        (b"\0\0\0\1\0\0\0\x14" + bytes(40), "BKS keystores are not supported"),
    ],
)
def test_refused(data: bytes, message: str) -> None:
    assert message in files.outcome(data)


def test_cut_and_changed_anywhere() -> None:
    files.survives_truncation(FULL)
    files.survives_truncation(FULL, b"changeit")
    files.survives_flips(FULL)
