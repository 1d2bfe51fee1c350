"""PEM files with anything around the blocks, and blocks with PKCS#7 in them."""

from __future__ import annotations

import base64

import pytest

from check_tls_cert.fetch import formats
from check_tls_cert.fetch.formats import pem_file
from tests import files
from tests.fetch.formats.test_pkcs7 import pkcs7
from tests.files import ISSUING, ISSUING_NAME, SITE, SITE_NAME
from tests.pki import tlv

BUNDLE = SITE.pem + ISSUING.pem

S_CLIENT = b"""CONNECTED(00000003)
---
Certificate chain
 0 s:CN = www.example.org
   i:CN = Example Issuing CA 3
   a:PKEY: id-ecPublicKey, 256 (bit); sigalg: ecdsa-with-SHA256
%b 1 s:CN = Example Issuing CA 3
   i:CN = Example Root R1
%b---
Server certificate
subject=CN = www.example.org
---
SSL handshake has read 1583 bytes and written 403 bytes
"""


def block(label: str, content: bytes) -> bytes:
    return b"-----BEGIN %b-----\n%b-----END %b-----\n" % (label.encode(), base64.encodebytes(content), label.encode())


@pytest.mark.parametrize(
    "data",
    [
        BUNDLE,
        b"# the shop\n" + SITE.pem + b"\nissued by\n" + ISSUING.pem + b"# end\n",
        SITE.key_pem + BUNDLE,
        SITE.pem + SITE.key_pem + ISSUING.pem,
        BUNDLE.replace(b"\n", b"\r\n"),
        BUNDLE.replace(b"\n", b"\r"),
        b"\xef\xbb\xbf" + BUNDLE,
        BUNDLE.decode().encode("utf-16"),
        b"\xfe\xff" + BUNDLE.decode().encode("utf-16-be"),
        b"certificate: |\n" + b"".join(b"    " + line for line in BUNDLE.splitlines(keepends=True)),
        S_CLIENT % (SITE.pem, ISSUING.pem),
        b"\xff\x00\n" + BUNDLE,
        b"<ca>\n" + BUNDLE + b"</ca>\n",
        b"[tls]\n" + BUNDLE,
        b"{{ an unfinished template\n" + BUNDLE,
    ],
)
def test_bundle_is_one_chain(data: bytes) -> None:
    (entry,) = files.read(data)
    assert (entry.alias, entry.is_chain) == ("", True)
    assert files.common_names(entry) == [SITE_NAME, ISSUING_NAME]


def test_broken_block_costs_itself_alone() -> None:
    (entry,) = files.read(SITE.pem + block("CERTIFICATE", b"?") + ISSUING.pem)
    assert files.common_names(entry) == [SITE_NAME, "!not an X.509 certificate (element cut short)", ISSUING_NAME]


@pytest.mark.parametrize("label", ["PKCS7", "CMS", "PKCS #7 SIGNED DATA"])
def test_pkcs7_blocks_follow_the_bundle(label: str) -> None:
    data = block(label, pkcs7(ISSUING.der)) + SITE.pem
    assert files.contents(files.read(data)) == [("", [SITE_NAME]), ("", [ISSUING_NAME])]


def test_pkcs7_blocks_with_more_certificates_than_in_any_file() -> None:
    """Counted while the blocks are read: each may have as many as a file."""
    half = block("PKCS7", pkcs7(*[b"\x30\0"] * 5_000))
    assert len(files.read(half * 2)) == 10_000
    assert files.outcome(half * 2 + SITE.pem) == "the file holds more than 10000 certificates"


def test_pkcs7_block_that_is_no_base64() -> None:
    ((_, (text,)),) = files.contents(files.read(b"-----BEGIN PKCS7-----\nA?\n-----END PKCS7-----\n"))
    assert text.startswith("!a PEM block is not base64 (")


def test_pkcs7_block_without_certificate() -> None:
    assert files.read(block("PKCS7", pkcs7())) == []


def test_pkcs7_block_with_something_else() -> None:
    data = block("PKCS7", tlv(0x30, files.oid("1.2.3")))
    assert files.contents(files.read(data)) == [("", ["!a PEM block is no PKCS#7"])]


def test_pkcs7_block_that_is_broken_costs_itself_alone() -> None:
    data = block("PKCS7", pkcs7(SITE.der)[:-1]) + SITE.pem
    assert files.contents(files.read(data)) == [
        ("", [SITE_NAME]),
        ("", ["!the PKCS#7 file is broken (element cut short)"]),
    ]


@pytest.mark.parametrize("data", [b"", b"\n", SITE.key_pem, b"-----BEGIN ", b"-----BEGIN CERTIFICATE REQUEST-----\n"])
def test_not_claimed(data: bytes) -> None:
    assert formats.read_entries(data, files.Asked(b"")) is None


def test_apart() -> None:
    entries = pem_file.apart(pem_file.bundle("both", BUNDLE))
    assert files.contents(entries) == [("both", [SITE_NAME]), ("both", [ISSUING_NAME])]
    assert not any(entry.is_chain for entry in entries)


def test_cut_anywhere() -> None:
    files.survives_truncation(SITE.pem + block("PKCS7", pkcs7(ISSUING.der)))


def test_plain_bundle_imports_no_other_kind() -> None:
    assert files.modules_after_reading(BUNDLE) == {"check_tls_cert.fetch.formats.pem_file", "check_tls_cert.x509.pem"}


def test_table_of_formats() -> None:
    assert [name for name, _ in formats.FORMATS] == [
        "JKS, JCEKS",
        "PKCS#12",
        "PKCS#7, CMS",
        "DER",
        "SAML metadata",
        "JWKS",
        "Kubernetes",
        "PEM",
    ]
