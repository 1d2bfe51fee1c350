"""Which key a certificate holds, which algorithm signed it, and which digests are too weak."""

from __future__ import annotations

from typing import Union

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa, x448, x25519

from check_tls_cert.x509 import algorithms, der
from check_tls_cert.x509.algorithms import (
    Key,
    key_of,
    security_strength,
    signature_name,
    signed_with_weak_digest,
    verification_cost,
)
from check_tls_cert.x509.certificate import Certificate, parse
from tests import pki
from tests.pki import tlv

PublicKey = Union[
    ec.EllipticCurvePublicKey,
    rsa.RSAPublicKey,
    ed25519.Ed25519PublicKey,
    ed448.Ed448PublicKey,
    x25519.X25519PublicKey,
    x448.X448PublicKey,
]

ROOT = pki.authority("Example Root R1")
SITE = pki.end_entity(ROOT)

NULL = b"\x05\x00"
EC_PUBLIC_KEY, RSA, RSA_PSS, DSA = (
    "1.2.840.10045.2.1",
    "1.2.840.113549.1.1.1",
    "1.2.840.113549.1.1.10",
    "1.2.840.10040.4.1",
)


def oid(dotted: str) -> bytes:
    """Return the DER of an OBJECT IDENTIFIER."""
    first, second, *rest = map(int, dotted.split("."))
    content = b""
    for arc in (40 * first + second, *rest):
        groups = [arc & 0x7F]
        while arc := arc >> 7:
            groups.append(arc & 0x7F | 0x80)
        content += bytes(reversed(groups))
    return tlv(0x06, content)


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def with_key(public_key: bytes) -> Certificate:
    return parse(SITE.der)._replace(public_key=public_key)


def spki(algorithm: str, parameters: bytes, key: bytes) -> bytes:
    """Return a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7)."""
    return tlv(0x30, tlv(0x30, oid(algorithm) + parameters) + tlv(0x03, b"\0" + key))


def resigned(algorithm: bytes) -> Certificate:
    """Return the site's certificate saying that it was signed with ``algorithm``."""
    tbs, _, signature = der.sequence(SITE.der)
    return parse(tlv(0x30, tbs.raw + algorithm + signature.raw))


def pss(*parameters: bytes) -> Certificate:
    """Return a certificate signed with RSASSA-PSS and these parameters (RFC 4055, 3.1)."""
    return resigned(tlv(0x30, oid(RSA_PSS) + tlv(0x30, b"".join(parameters))))


def pss_digest(dotted: str) -> bytes:
    return tlv(0xA0, tlv(0x30, oid(dotted) + NULL))


# Keys


@pytest.mark.parametrize(
    ("public_key", "expected", "text"),
    [
        (pki.rsa_key(2048).public_key(), Key("RSA", 2048), "RSA 2048"),
        (pki.rsa_key(1024).public_key(), Key("RSA", 1024), "RSA 1024"),
        (pki.ec_key().public_key(), Key("EC", 256), "EC 256"),
        (pki.ec_key(ec.SECP384R1()).public_key(), Key("EC", 384), "EC 384"),
        (pki.ec_key(ec.SECP521R1()).public_key(), Key("EC", 521), "EC 521"),
        (pki.ec_key(ec.SECP224R1()).public_key(), Key("EC", 224), "EC 224"),
        (pki.ec_key(ec.SECP256K1()).public_key(), Key("EC", 256), "EC 256"),
        (pki.ec_key(ec.BrainpoolP384R1()).public_key(), Key("EC", 384), "EC 384"),
        (ed25519.Ed25519PrivateKey.generate().public_key(), Key("Ed25519", None), "Ed25519"),
        (ed448.Ed448PrivateKey.generate().public_key(), Key("Ed448", None), "Ed448"),
        (x25519.X25519PrivateKey.generate().public_key(), Key("X25519", None), "X25519"),
        (x448.X448PrivateKey.generate().public_key(), Key("X448", None), "X448"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_keys_as_libraries_encode_them(public_key: PublicKey, expected: Key, text: str) -> None:
    encoded = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    key = key_of(with_key(encoded))
    assert (key, str(key)) == (expected, text)


POINT, COMPRESSED = b"\x04" + bytes(64), b"\x02" + bytes(32)


@pytest.mark.parametrize(
    ("public_key", "expected"),
    [
        (spki(RSA, NULL, tlv(0x30, integer(2**2047 + 1) + integer(3))), Key("RSA", 2048)),
        (spki(RSA, NULL, tlv(0x30, integer(2**2046 + 1) + integer(3))), Key("RSA", 2047)),
        (spki(RSA_PSS, b"", tlv(0x30, integer(2**3071 + 1) + integer(3))), Key("RSA", 3072)),
        (spki(DSA, tlv(0x30, integer(2**1023 + 1) + integer(7) + integer(2)), integer(5)), Key("DSA", 1024)),
        (spki(EC_PUBLIC_KEY, oid("1.2.840.10045.3.1.1"), b"\x04" + bytes(48)), Key("EC", 192)),
        (spki(EC_PUBLIC_KEY, oid("1.3.36.3.3.2.8.1.1.5"), b"\x04" + bytes(56)), Key("EC", 224)),  # brainpoolP224r1
        (spki(EC_PUBLIC_KEY, oid("1.3.36.3.3.2.8.1.1.5"), b"\x03" + bytes(28)), Key("EC", 224)),
        (spki(EC_PUBLIC_KEY, tlv(0x30, integer(1)), POINT), Key("EC", 256)),  # explicit parameters
        (spki(EC_PUBLIC_KEY, tlv(0x30, integer(1)), COMPRESSED), Key("EC", 256)),
        (spki("1.2.840.10046.2.1", tlv(0x30, integer(23)), integer(5)), Key("DH", None)),
        (spki("2.16.840.1.101.3.4.3.17", b"", bytes(1312)), Key("ML-DSA-44", None)),
        (spki("2.16.840.1.101.3.4.3.18", b"", bytes(1952)), Key("ML-DSA-65", None)),
        (spki("2.16.840.1.101.3.4.3.19", b"", bytes(2592)), Key("ML-DSA-87", None)),
        (spki("1.3.6.1.4.1.32473.1", NULL, b"?"), Key("key of type 1.3.6.1.4.1.32473.1", None)),
    ],
)
def test_keys_that_are_rare(public_key: bytes, expected: Key) -> None:
    key = key_of(with_key(public_key))
    assert (key, str(key)) == (expected, str(expected))


@pytest.mark.parametrize(
    "public_key",
    [
        b"\x30\x00",
        tlv(0x30, tlv(0x30, oid(RSA))),  # no key
        tlv(0x30, tlv(0x30, b"") + tlv(0x03, b"\0")),  # no algorithm
        tlv(0x30, tlv(0x30, NULL) + tlv(0x03, b"\0")),  # an algorithm that is no OID
        tlv(0x30, tlv(0x30, oid(RSA)) + tlv(0x04, b"\0")),  # no BIT STRING
        spki(RSA, NULL, b""),
        spki(RSA, NULL, tlv(0x30, b"")),
        spki(RSA, NULL, tlv(0x30, NULL)),
        spki(EC_PUBLIC_KEY, b"", POINT),  # no parameters
        spki(EC_PUBLIC_KEY, tlv(0x30, b""), b""),  # no point, and no curve to tell the size by
        spki(DSA, b"", integer(5)),  # inherited parameters: obsolete, and then as unknown as they look
        spki(DSA, NULL, integer(5)),
    ],
)
def test_keys_that_cannot_be_read(public_key: bytes) -> None:
    """A kind of its own, not an exception: the certificate still gets its verdict."""
    assert key_of(with_key(public_key)) == Key("unreadable key", None)


def test_keys_that_cannot_sign() -> None:
    assert frozenset({"X25519", "X448", "DH"}) == algorithms.KEYS_THAT_CANNOT_SIGN


# Strength and cost


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("RSA", {1_024: 80, 2_048: 112, 3_072: 128, 7_680: 192, 15_360: 256}),
        ("DSA", {1_024: 80, 2_048: 112, 3_072: 128, 7_680: 192, 15_360: 256}),
        ("EC", {160: 80, 224: 112, 256: 128, 384: 192, 512: 256}),
    ],
)
def test_security_strength_by_size(kind: str, least: dict[int, int]) -> None:
    """NIST SP 800-57 part 1, table 2; a key that is a bit shorter has the strength below."""
    below = 0
    for bits, strength in least.items():
        assert security_strength(Key(kind, bits - 1)) == below
        assert security_strength(Key(kind, bits)) == strength
        below = strength
    assert security_strength(Key(kind, 1_000_000)) == 256


@pytest.mark.parametrize(
    ("key", "strength"),
    [
        (Key("EC", 521), 256),
        (Key("RSA", 0), 0),
        (Key("Ed25519", None), 128),
        (Key("Ed448", None), 224),
        (Key("ML-DSA-44", None), 128),
        (Key("ML-DSA-65", None), 192),
        (Key("ML-DSA-87", None), 256),
        (Key("X25519", None), None),  # there is no signature with it
        (Key("RSA", None), None),
        (Key("key of type 1.2.3", None), None),
        (Key(algorithms.UNREADABLE, None), None),
    ],
)
def test_security_strength_by_kind(key: Key, strength: int | None) -> None:
    """RFC 8032, 8.5 and FIPS 204, table 1; None is no strength that could be judged."""
    assert security_strength(key) == strength


def rsa_of(modulus_bits: int, exponent: int) -> bytes:
    return spki(RSA, NULL, tlv(0x30, integer(2 ** (modulus_bits - 1) + 1) + integer(exponent)))


def dsa_of(modulus_bits: int) -> bytes:
    return spki(DSA, tlv(0x30, integer(2 ** (modulus_bits - 1) + 1) + integer(7) + integer(2)), integer(3))


@pytest.mark.parametrize(
    ("public_key", "cost"),
    [
        (rsa_of(2_048, 65_537), 1),
        (rsa_of(2_897, 65_537), 2),
        (rsa_of(4_096, 65_537), 4),
        (rsa_of(1_024, 3), 1),  # never less
        (rsa_of(3_072, 2**3_070 + 1), 406),
        (rsa_of(4_096, 2**33 + 1), 8),
        (dsa_of(2_048), 30),
        (dsa_of(10_000), 718),
        (spki(EC_PUBLIC_KEY, tlv(0x30, integer(1)), b"\x04" + bytes(10_000)), 1),
        (spki("1.2.840.10046.2.1", tlv(0x30, integer(23)), integer(5)), 1),
        (spki(RSA, NULL, b""), 1),  # unreadable: nobody verifies with it
        (spki(RSA, NULL, tlv(0x30, integer(2**19_999 + 1))), 1),  # no exponent
        (spki(RSA, NULL, tlv(0x30, integer(2**4_095 + 1) + NULL)), 1),
    ],
)
def test_cost_of_a_verification(public_key: bytes, cost: int) -> None:
    """In units of RSA with 2048 bits and the usual exponent: by the square of the modulus, times the exponent's length."""
    assert verification_cost(with_key(public_key)) == cost


# Curves and names, as others know them


def test_sizes_of_curves_are_those_of_a_library() -> None:
    for dotted, bits in algorithms._CURVES.items():
        assert ec.get_curve_for_oid(x509.ObjectIdentifier(dotted))().key_size == bits


def test_names_of_signature_algorithms_are_those_of_a_library() -> None:
    """As far as it knows any; it spells RSASSA-PSS otherwise than RFC 4055."""
    compared = 0
    for dotted, name in algorithms._SIGNATURES.items():
        theirs = x509.ObjectIdentifier(dotted)._name
        if theirs not in ("Unknown OID", "rsassaPss"):
            assert name.lower() == theirs.lower()
            compared += 1
    assert compared >= 12


# Signatures


@pytest.mark.parametrize(
    ("dotted", "name", "weak"),
    [
        ("1.2.840.113549.1.1.2", "md2WithRSAEncryption", True),
        ("1.2.840.113549.1.1.3", "md4WithRSAEncryption", True),
        ("1.2.840.113549.1.1.4", "md5WithRSAEncryption", True),
        ("1.2.840.113549.1.1.5", "sha1WithRSAEncryption", True),
        ("1.3.14.3.2.2", "md4WithRSA", True),
        ("1.3.14.3.2.3", "md5WithRSA", True),
        ("1.3.14.3.2.4", "md4WithRSAEncryption", True),
        ("1.3.14.3.2.29", "sha1WithRSAEncryption", True),
        ("1.2.840.10040.4.3", "dsa-with-SHA1", True),
        ("1.3.14.3.2.27", "dsa-with-SHA1", True),
        ("1.2.840.10045.4.1", "ecdsa-with-SHA1", True),
        ("1.2.840.113549.1.1.11", "sha256WithRSAEncryption", False),
        ("1.2.840.113549.1.1.12", "sha384WithRSAEncryption", False),
        ("1.2.840.113549.1.1.13", "sha512WithRSAEncryption", False),
        ("1.2.840.10045.4.3.2", "ecdsa-with-SHA256", False),
        ("1.2.840.10045.4.3.3", "ecdsa-with-SHA384", False),
        ("1.2.840.10045.4.3.4", "ecdsa-with-SHA512", False),
        ("1.3.101.112", "Ed25519", False),
        ("1.3.101.113", "Ed448", False),
        ("2.16.840.1.101.3.4.3.18", "ML-DSA-65", False),
        ("1.3.6.1.4.1.32473.5", "1.3.6.1.4.1.32473.5", False),  # no name known, no weakness known
    ],
)
def test_signature_algorithms(dotted: str, name: str, weak: bool) -> None:
    signed = resigned(tlv(0x30, oid(dotted) + NULL))
    assert (signature_name(signed), signed_with_weak_digest(signed)) == (name, weak)


def test_md5_under_the_name_that_oiw_gave_it() -> None:
    """Verdict: weak. OpenSSL knows 1.3.14.3.2.3 (md5WithRSA) and accepts such a signature."""
    assert signed_with_weak_digest(resigned(tlv(0x30, oid("1.3.14.3.2.3") + NULL)))


def test_signatures_as_libraries_make_them() -> None:
    edwards = pki.authority("Example Root R2", key=ed25519.Ed25519PrivateKey.generate())
    rsa_root = pki.authority("Example Root R3", key=pki.rsa_key(2048), digest=hashes.SHA384())
    names = [signature_name(parse(found.der)) for found in (ROOT, edwards, rsa_root)]
    assert names == ["ecdsa-with-SHA256", "Ed25519", "sha384WithRSAEncryption"]


def test_certificate_signed_with_sha1() -> None:
    """Verdict: weak."""
    assert signed_with_weak_digest(parse(pki.forge_sha1(SITE, ROOT)))


MGF1 = tlv(0xA1, tlv(0x30, oid("1.2.840.113549.1.1.8") + tlv(0x30, oid("1.3.14.3.2.26") + NULL)))
SALT_LENGTH = tlv(0xA2, integer(20))


@pytest.mark.parametrize(
    ("signed", "weak"),
    [
        (pss(pss_digest("2.16.840.1.101.3.4.2.1"), MGF1, SALT_LENGTH), False),  # SHA-256
        (pss(pss_digest("1.3.14.3.2.26"), MGF1, SALT_LENGTH), True),
        (pss(), True),  # RFC 4055, 3.1: the default is SHA-1
        (pss(SALT_LENGTH), True),
        (pss(SALT_LENGTH, pss_digest("2.16.840.1.101.3.4.2.1")), False),  # in another order than DER has
        (pss(pss_digest("1.2.840.113549.2.2"), MGF1, SALT_LENGTH), True),  # MD2
        (pss(pss_digest("1.2.840.113549.2.5"), MGF1, SALT_LENGTH), True),  # MD5, which OpenSSL accepts
        (pss(pss_digest("1.2.840.113549.2.4"), MGF1, SALT_LENGTH), True),  # MD4
    ],
)
def test_digest_of_rsassa_pss(signed: Certificate, weak: bool) -> None:
    """RFC 4055, 3.1: RSASSA-PSS names its digest in the parameters."""
    assert (signature_name(signed), signed_with_weak_digest(signed)) == ("RSASSA-PSS", weak)


@pytest.mark.parametrize(
    "algorithm",
    [
        tlv(0x30, oid(RSA_PSS)),  # the parameters MUST be present
        tlv(0x30, oid(RSA_PSS) + NULL),
        tlv(0x30, oid(RSA_PSS) + tlv(0x30, tlv(0xA0, b""))),
        tlv(0x30, oid(RSA_PSS) + tlv(0x30, tlv(0xA0, tlv(0x30, b"")))),
        tlv(0x30, oid(RSA_PSS) + tlv(0x30, tlv(0xA0, tlv(0x30, NULL)))),
        tlv(0x30, oid(RSA_PSS) + tlv(0x30, b"\xa0\x7f")),
    ],
)
def test_rsassa_pss_with_parameters_that_cannot_be_read(algorithm: bytes) -> None:
    """Verdict: not weak here, because OpenSSL refuses the signature, and that is the finding."""
    assert not signed_with_weak_digest(resigned(algorithm))
