"""Kinds of file: a good one of each, broken element by element, octet by octet, or spliced with another."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12
from hypothesis import given, settings
from hypothesis import strategies as st

from check_tls_cert.fetch import formats
from tests import files
from tests.fuzz import mutations, seeds
from tests.fuzz.invariants import run
from tests.fuzz.test_certificates import MODES
from tests.pki import tlv
from tests.program import AT

_SITE, _ISSUING = seeds.SITE, seeds.ISSUING
_BUNDLE = _SITE.pem + _ISSUING.pem
_PASSWORD = b"secret"


def _pkcs7(*certificates: bytes) -> bytes:
    """Return a SignedData that signs nothing (RFC 5652, 5.1)."""
    data = tlv(0x30, files.oid("1.2.840.113549.1.7.1"))
    signed = tlv(0x30, b"\x02\1\1\x31\0" + data + tlv(0xA0, b"".join(certificates)) + b"\x31\0")
    return tlv(0x30, files.oid("1.2.840.113549.1.7.2") + tlv(0xA0, signed))


def _pkcs7_indefinite(*certificates: bytes) -> bytes:
    data = tlv(0x30, files.oid("1.2.840.113549.1.7.1"))
    content = b"\x02\1\1\x31\0" + data + files.indefinite(0xA0, b"".join(certificates)) + b"\x31\0"
    signed = files.indefinite(0xA0, files.indefinite(0x30, content))
    return files.indefinite(0x30, files.oid("1.2.840.113549.1.7.2") + signed)


def _keystore(encrypted: bool) -> bytes:
    """Return a PKCS#12 file; the encrypted one cannot be the same each time, and is made once a process."""
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder().kdf_rounds(1_000).build(_PASSWORD)
        if encrypted
        else serialization.NoEncryption()
    )
    certificates = [_ISSUING.certificate]
    return pkcs12.serialize_key_and_certificates(b"site", _SITE.key, _SITE.certificate, certificates, encryption)


def _java(magic: bytes) -> bytes:
    """Return a keystore of Java with a key and its chain, and a trusted certificate; the digest is none."""

    def certificate(der: bytes) -> bytes:
        return b"\0\5X.509" + len(der).to_bytes(4, "big") + der

    key = b"\0\0\0\1\0\4site" + bytes(8) + b"\0\0\0\2xx\0\0\0\2" + certificate(_SITE.der) + certificate(_ISSUING.der)
    trusted = b"\0\0\0\2\0\2ca" + bytes(8) + certificate(seeds.ROOT.der)
    return magic + b"\0\0\0\2\0\0\0\2" + key + trusted + bytes(20)


def _text(der: bytes) -> str:
    return base64.b64encode(der).decode()


_SAML = f"""<?xml version="1.0"?>
<md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" xmlns:ds="http://www.w3.org/2000/09/xmldsig#"
 entityID="https://idp.example.org/"><md:KeyDescriptor use="signing"><ds:KeyInfo><ds:X509Data><ds:X509Certificate>
{_text(_SITE.der)}</ds:X509Certificate><ds:X509Certificate>{_text(_ISSUING.der)}</ds:X509Certificate></ds:X509Data>
</ds:KeyInfo></md:KeyDescriptor></md:EntityDescriptor>"""
_JWKS = json.dumps({"keys": [{"kty": "EC", "kid": "site", "x5c": [_text(_SITE.der), _text(_ISSUING.der)]}]})
_SECRET = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "site", "namespace": "shop"},
    "data": {"tls.crt": base64.b64encode(_BUNDLE).decode(), "ca.crt": _text(seeds.ROOT.pem)},
    "stringData": {"other": _BUNDLE.decode()},
}
_YAML = (
    "apiVersion: v1\nkind: Secret\nmetadata:\n  name: site\ndata:\n  tls.crt: " + _text(_BUNDLE) + "\n---\n&a [*a]\n"
)

_DER_SEEDS = {
    "der": _SITE.der,
    "pkcs7": _pkcs7(_SITE.der, _ISSUING.der),
    "pkcs12": _keystore(encrypted=False),
}
_SEEDS = {
    **_DER_SEEDS,
    "pem": _BUNDLE,
    "der, several": _SITE.der + _ISSUING.der,
    "pkcs7, indefinite": _pkcs7_indefinite(_SITE.der, _ISSUING.der),
    "pkcs7, pem": b"-----BEGIN PKCS7-----\n" + base64.encodebytes(_DER_SEEDS["pkcs7"]) + b"-----END PKCS7-----\n",
    "jks": _java(b"\xfe\xed\xfe\xed"),
    "jceks": _java(b"\xce\xce\xce\xce"),
    "saml": _SAML.encode(),
    "saml, utf-16": _SAML.encode("utf-16"),
    "jwks": _JWKS.encode(),
    "kubernetes, json": json.dumps(_SECRET).encode(),
    "kubernetes, yaml": _YAML.encode(),
}


@pytest.fixture(scope="module")
def password(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the path of the file with the password of keystores."""
    path = tmp_path_factory.mktemp("password") / "password"
    path.write_bytes(_PASSWORD)
    return path


def _check(directory: Path, anchors: Path, content: bytes, *mode: str) -> None:
    path = directory / "file"
    path.write_bytes(content)
    run(__name__, "--file", str(path), "--ca-file", str(anchors), "--name", seeds.NAME, *AT, *mode)


@pytest.mark.parametrize("kind", sorted(_SEEDS))
@settings(max_examples=settings().max_examples // 2)
@given(data=st.data(), mode=st.sampled_from(MODES))
def test_octets(directory: Path, anchors: Path, kind: str, data: st.DataObject, mode: tuple[str, ...]) -> None:
    """Cut, flipped, filled or doubled anywhere."""
    _check(directory, anchors, data.draw(mutations.octets(_SEEDS[kind])), *mode)


@pytest.mark.parametrize("kind", sorted(_DER_SEEDS))
@given(data=st.data(), mode=st.sampled_from(MODES))
def test_elements(directory: Path, anchors: Path, kind: str, data: st.DataObject, mode: tuple[str, ...]) -> None:
    """Elements of DER broken, so that what is around them is whole."""
    _check(directory, anchors, data.draw(mutations.der(_DER_SEEDS[kind])), *mode)


@given(data=st.data(), encrypted=st.booleans(), mode=st.sampled_from(MODES))
def test_keystores(
    directory: Path, anchors: Path, password: Path, data: st.DataObject, encrypted: bool, mode: tuple[str, ...]
) -> None:
    """With a password, right or wrong: what derives keys and decrypts."""
    seed = _ENCRYPTED if encrypted else _SEEDS["jks"]
    content = data.draw(mutations.der(seed) | mutations.octets(seed) if encrypted else mutations.octets(seed))
    _check(directory, anchors, content, "--password-file", str(password), *mode)


_ENCRYPTED = _keystore(encrypted=True)


@given(st.lists(st.sampled_from(sorted(_SEEDS)), min_size=2, max_size=4), st.data(), st.sampled_from(MODES))
def test_spliced(directory: Path, anchors: Path, kinds: list[str], data: st.DataObject, mode: tuple[str, ...]) -> None:
    """The start of one kind and the end of another."""
    pieces: list[bytes] = []
    for kind in kinds:
        seed = _SEEDS[kind]
        start, end = sorted(data.draw(st.tuples(*[st.integers(0, len(seed))] * 2)))
        pieces.append(seed[start:end] if pieces else seed[:end])
    _check(directory, anchors, b"".join(pieces), *mode)


_WORDS = (
    "{", "}", "[", "]", ":", ",", '"', "-", "&a", "*a", "|", ">", "!!binary", "? ", "\n", "  ", "apiVersion: v1\n", "kind: x\n",
    '"x5c"', "<", ">", "</", "/>", "<![CDATA[", "]]>", "&#10;", "&amp;", "<!--", "-->", "<?", "<!DOCTYPE a [", "<!ENTITY a 'b'>",
    "<X509Certificate>", 'xmlns="http://www.w3.org/2000/09/xmldsig#"', "-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----",
    "-----BEGIN PKCS7-----", "-----", "AAAA", "MIIB", "\\ud800", "\\u0000", "1e999", "\u00fc", "\U0001f600",
)  # fmt: skip


@given(
    st.sampled_from(("", "{", "[", "<a>", "apiVersion: a\nkind: b\n", "-----BEGIN ")),
    st.lists(st.sampled_from(_WORDS) | st.text(max_size=5), max_size=40),
    st.sampled_from(("utf-8", "utf-16", "utf-16-le")),
    st.sampled_from(MODES),
)
def test_words(
    directory: Path, anchors: Path, start: str, words: list[str], encoding: str, mode: tuple[str, ...]
) -> None:
    """Text made of what the readers of text look for."""
    text = (start + "".join(words)).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    _check(directory, anchors, text.encode(encoding), *mode)


#: What begins a file of each kind, so that what follows is read as one.
_STARTS = (
    *(seed[:size] for seed in _SEEDS.values() for size in (1, 60, 400)),
    b'{"keys":[',
    b'{"x5c":["',
    b'{"apiVersion":["',
    b"<a xmlns='http://www.w3.org/2000/09/xmldsig#'><!-- X509Certificate -->",
    b"<X509Certificate ",
    b"apiVersion: a\nkind: b\nx: ",
    b"-----BEGIN CMS-----\n",
    b"-----BEGIN CERTIFICATE-----\n",
    b"\x30\x84\x00\xff\xff\xf0",
    b"\x30\x80",
)
_UNITS = (
    st.sampled_from([word.encode() for word in _WORDS])
    | mutations.nasty
    | st.sampled_from((b"\x30\0", b"\x30\x80", b"\5\0"))
)


@settings(max_examples=max(20, settings().max_examples // 40))
@given(
    st.sampled_from(_STARTS),
    st.lists(_UNITS, min_size=1, max_size=4).map(b"".join).filter(bool),
    st.sampled_from((100_000, 2_000_000, 16_777_216)),
    st.sampled_from(MODES),
)
def test_large(directory: Path, anchors: Path, start: bytes, unit: bytes, size: int, mode: tuple[str, ...]) -> None:
    """The same again and again up to the 16 MiB that a file may have: what grows faster than it should shows here."""
    _check(directory, anchors, (start + unit * (size // len(unit)))[:size], *mode)


def test_every_kind_is_here() -> None:
    """Each seed is read as it is, and each kind that there is has one."""
    assert len(formats.FORMATS) == 8
    for kind, seed in _SEEDS.items():
        assert formats.read_entries(seed, lambda: None), kind
    assert formats.read_entries(_ENCRYPTED, lambda: _PASSWORD)
