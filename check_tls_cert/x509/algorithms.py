"""Which key a certificate holds and which algorithm signed it; which of these are too weak to trust.

Keys are read from their DER and not loaded by a library, which refuses those that are too weak or too odd for it: it is
just these that have to be reported.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Callable, NamedTuple

from check_tls_cert.x509 import der
from check_tls_cert.x509.certificate import Certificate


class Key(NamedTuple):
    """What kind of public key a certificate holds, and of what size."""

    #: Such as "RSA", "EC" or "Ed25519"; `UNREADABLE` for one whose encoding is broken.
    kind: str
    #: The size in bits, None where the kind has only one.
    bits: int | None

    def __str__(self) -> str:
        """Write it as a message needs it, such as "RSA 2048"."""
        return self.kind if self.bits is None else f"{self.kind} {self.bits}"


#: The kind of a key whose encoding is broken.
UNREADABLE = "unreadable key"

#: The sizes in bits of the fields of named curves (RFC 5480, 2.1.1.1; SEC 2, for secp256k1; RFC 5639, 3).
_CURVES = {
    "1.2.840.10045.3.1.1": 192,
    "1.2.840.10045.3.1.7": 256,
    "1.3.132.0.10": 256,
    "1.3.132.0.33": 224,
    "1.3.132.0.34": 384,
    "1.3.132.0.35": 521,
    "1.3.36.3.3.2.8.1.1.7": 256,
    "1.3.36.3.3.2.8.1.1.11": 384,
    "1.3.36.3.3.2.8.1.1.13": 512,
}

#: For key agreement only (RFC 8410): there is no signature with such a key.
_AGREEMENT_KEYS = {"1.3.101.110": "X25519", "1.3.101.111": "X448", "1.2.840.10046.2.1": "DH"}
KEYS_THAT_CANNOT_SIGN = frozenset(_AGREEMENT_KEYS.values())

#: The kinds of which a key's size is a part (RFC 8410, 3; RFC 9881, 2).
_FIXED_KEYS = {
    **_AGREEMENT_KEYS,
    "1.3.101.112": "Ed25519",
    "1.3.101.113": "Ed448",
    "2.16.840.1.101.3.4.3.17": "ML-DSA-44",
    "2.16.840.1.101.3.4.3.18": "ML-DSA-65",
    "2.16.840.1.101.3.4.3.19": "ML-DSA-87",
}


def key_of(certificate: Certificate) -> Key:
    """Return the kind and size of the public key, read from subjectPublicKeyInfo (RFC 5280, 4.1.2.7).

    A key that cannot be read is of the kind `UNREADABLE`, and one of an algorithm without a name here is called by its
    OID: neither is an error.
    """
    return _key(certificate.public_key)


@lru_cache(maxsize=64)
def _key(public_key: bytes) -> Key:
    """Return the key in a SubjectPublicKeyInfo."""
    try:
        algorithm, bits = der.sequence(public_key)
        fields = der.sequence(algorithm.raw)
        oid = der.object_identifier(fields[0])
        reader = _KEY_READERS.get(oid)
        if reader is not None:
            return reader(fields, der.bit_string(bits))
    except (der.DerError, ValueError, IndexError):  # the last two: fields are missing, or too many
        return Key(UNREADABLE, None)
    return Key(_FIXED_KEYS.get(oid, f"key of type {oid}"), None)


#: NIST SP 800-57 part 1, table 2: the security strength in bits of keys of at least so many bits, largest first.
_FACTORING_STRENGTHS = ((15_360, 256), (7_680, 192), (3_072, 128), (2_048, 112), (1_024, 80))
_CURVE_STRENGTHS = ((512, 256), (384, 192), (256, 128), (224, 112), (160, 80))
_STRENGTHS = {"RSA": _FACTORING_STRENGTHS, "DSA": _FACTORING_STRENGTHS, "EC": _CURVE_STRENGTHS}
#: RFC 8032, 8.5 and FIPS 204, table 1 (security categories 2, 3 and 5).
_FIXED_STRENGTHS = {"Ed25519": 128, "Ed448": 224, "ML-DSA-44": 128, "ML-DSA-65": 192, "ML-DSA-87": 256}


def security_strength(key: Key) -> int | None:
    """Return the security strength of a key in bits, as NIST SP 800-57 counts it: 112 for RSA with 2048 bits.

    0 for a key that is weaker than all in NIST's table; None for a kind of which the strength is not known.
    """
    if key.kind in _FIXED_STRENGTHS:
        return _FIXED_STRENGTHS[key.kind]
    table = _STRENGTHS.get(key.kind)
    if table is None or key.bits is None:
        return None
    for least, strength in table:
        if key.bits >= least:
            return strength
    return 0


def verification_cost(certificate: Certificate) -> int:
    """Return what it costs to verify a signature with the public key, in units of what 2048 bits of RSA cost.

    The modulus and the exponent of RSA may be as long as their owner likes, up to bounds of OpenSSL's at which a
    verification takes 15 ms; so may the modulus of DSA. 1 for all other kinds.
    """
    key = key_of(certificate)
    if key.bits is None:
        return 1
    if key.kind == "RSA":
        exponent_bits = _rsa_exponent_bits(certificate)
    elif key.kind == "DSA":
        exponent_bits = _DSA_EXPONENT_BITS
    else:
        return 1
    return max(1, key.bits**2 * exponent_bits // _COST_OF_RSA_2048)


#: A verification raises to two powers, of 256 bits each (FIPS 186-4, 4.7).
_DSA_EXPONENT_BITS = 512

#: In the measure of `verification_cost`: the square of the modulus, times the 17 bits of the usual exponent, 65 537.
_COST_OF_RSA_2048 = 2_048**2 * 17


def _rsa_exponent_bits(certificate: Certificate) -> int:
    """Return the length of the public exponent of an RSA key, 0 if there is none to be read."""
    try:
        _, bits = der.sequence(certificate.public_key)
        return der.integer(der.sequence(der.bit_string(bits))[1]).bit_length()
    except (der.DerError, IndexError):
        return 0


def _rsa_key(_fields: list[der.Element], key: bytes) -> Key:
    """Read an RSAPublicKey (RFC 3279, 2.3.1)."""
    return Key("RSA", der.integer(der.sequence(key)[0]).bit_length())


def _ec_key(fields: list[der.Element], key: bytes) -> Key:
    """Read an ECPoint, and what curve it is on (RFC 5480, 2)."""
    if fields[1].tag == der.OID:
        curve = _CURVES.get(der.object_identifier(fields[1]))
        if curve is not None:
            return Key("EC", curve)
    # Explicit parameters, or a curve of no table. A point is one byte and then an element of the field, or two if it is
    # uncompressed, which that byte says (SEC 1, 2.3.3).
    elements = 2 if key[0] == 4 else 1
    return Key("EC", (len(key) - 1) * 8 // elements)


def _dsa_key(fields: list[der.Element], _key: bytes) -> Key:
    """Read the size of the modulus, the first of the parameters of DSA (RFC 3279, 2.3.2)."""
    return Key("DSA", der.integer(der.sequence(fields[1].raw)[0]).bit_length())


#: How to read a key, by the algorithm in its AlgorithmIdentifier: from the fields of that, and the key's bytes.
_KEY_READERS: dict[str, Callable[[list[der.Element], bytes], Key]] = {
    "1.2.840.113549.1.1.1": _rsa_key,
    "1.2.840.113549.1.1.10": _rsa_key,
    "1.2.840.10045.2.1": _ec_key,
    "1.2.840.10040.4.1": _dsa_key,
}

#: What the algorithms of signatures are usually called (RFC 3279, 2.2; RFC 4055; RFC 5758; the OIW's 1.3.14.3.2).
_SIGNATURES = {
    "1.2.840.113549.1.1.2": "md2WithRSAEncryption",
    "1.2.840.113549.1.1.3": "md4WithRSAEncryption",
    "1.2.840.113549.1.1.4": "md5WithRSAEncryption",
    "1.2.840.113549.1.1.5": "sha1WithRSAEncryption",
    "1.3.14.3.2.2": "md4WithRSA",
    "1.3.14.3.2.3": "md5WithRSA",
    "1.3.14.3.2.4": "md4WithRSAEncryption",
    "1.3.14.3.2.29": "sha1WithRSAEncryption",
    "1.2.840.113549.1.1.10": "RSASSA-PSS",
    "1.2.840.113549.1.1.11": "sha256WithRSAEncryption",
    "1.2.840.113549.1.1.12": "sha384WithRSAEncryption",
    "1.2.840.113549.1.1.13": "sha512WithRSAEncryption",
    "1.2.840.10040.4.3": "dsa-with-SHA1",
    "1.3.14.3.2.27": "dsa-with-SHA1",
    "1.2.840.10045.4.1": "ecdsa-with-SHA1",
    "1.2.840.10045.4.3.2": "ecdsa-with-SHA256",
    "1.2.840.10045.4.3.3": "ecdsa-with-SHA384",
    "1.2.840.10045.4.3.4": "ecdsa-with-SHA512",
    **_FIXED_KEYS,
}

_OID_MD2, _OID_MD4, _OID_MD5 = "1.2.840.113549.2.2", "1.2.840.113549.2.4", "1.2.840.113549.2.5"
_OID_SHA1 = "1.3.14.3.2.26"
_WEAK_DIGESTS = (_OID_MD2, _OID_MD4, _OID_MD5, _OID_SHA1)
_OID_RSASSA_PSS = "1.2.840.113549.1.1.10"
#: In the names of `_SIGNATURES`.
_WEAK_DIGEST = re.compile("md[245]|sha1", re.IGNORECASE)

#: hashAlgorithm of RSASSA-PSS-params (RFC 4055, 3.1).
_TAG_HASH_ALGORITHM = 0xA0


def signature_name(certificate: Certificate) -> str:
    """Return the usual name of the algorithm that the certificate is signed with, or its OID if it has none here.

    Such as ``sha256WithRSAEncryption``, as the RFCs and OpenSSL spell it.
    """
    return _SIGNATURES.get(certificate.signature_algorithm, certificate.signature_algorithm)


def signed_with_weak_digest(certificate: Certificate) -> bool:
    """Tell whether the digest under the signature is MD2, MD4, MD5 or SHA-1.

    Two certificates with the same digest can be made for each of them, so that the CA's signature under one is valid
    for the other.
    """
    if certificate.signature_algorithm == _OID_RSASSA_PSS:
        return _pss_digest(certificate) in _WEAK_DIGESTS
    return _WEAK_DIGEST.search(signature_name(certificate)) is not None


def _pss_digest(certificate: Certificate) -> str:
    """Return the OID of an RSASSA-PSS signature's digest: SHA-1 where the parameters name none (RFC 4055, 3.1)."""
    try:
        parameters = der.sequence(der.sequence(certificate.der)[1].raw)[1]
        for element in der.children(der.expect(parameters, der.SEQUENCE).content):
            if element.tag == _TAG_HASH_ALGORITHM:
                return der.object_identifier(der.sequence(element.content)[0])
    except (der.DerError, IndexError):
        return ""  # OpenSSL refuses such a signature; that is the finding
    return _OID_SHA1
