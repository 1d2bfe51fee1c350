"""What protects a PKCS#12 keystore: MAC and password-based encryption (RFC 7292, appendices B and C; RFC 8018).

Decrypts certificates, which are public, and nothing else. Derivation counts are bounded, as the file states them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from typing import NamedTuple, TypeVar

from check_tls_cert.fetch.formats import ber
from check_tls_cert.fetch.formats.entry import FormatError
from check_tls_cert.x509 import der

#: Over the whole file, in steps of about a microsecond. Programs iterate up to 100,000 times a key, some a million.
MAX_WORK = 4_000_000

_PBES2, _PBKDF2, _PBMAC1 = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.2.840.113549.1.5.14"
_HMACS = {
    "1.2.840.113549.2.7": "sha1",
    "1.2.840.113549.2.8": "sha224",
    "1.2.840.113549.2.9": "sha256",
    "1.2.840.113549.2.10": "sha384",
    "1.2.840.113549.2.11": "sha512",
}
_DIGESTS = {
    "1.3.14.3.2.26": "sha1",
    "2.16.840.1.101.3.4.2.4": "sha224",
    "2.16.840.1.101.3.4.2.1": "sha256",
    "2.16.840.1.101.3.4.2.2": "sha384",
    "2.16.840.1.101.3.4.2.3": "sha512",
}

#: What the derivation is for (RFC 7292, B.3).
_KEY, _IV, _MAC = 1, 2, 3

#: What a key for a MAC has, or may have, in bytes.
_MAX_MAC_KEY = 64

#: Steps for each block: it is done in Python.
_WORK_OF_RC2 = 30


class Secret(NamedTuple):
    """A password as the two derivations want it."""

    #: In UTF-16 with a final zero (RFC 7292, B.1).
    wide: bytes
    #: The bytes as they were given.
    raw: bytes


class Derivation(NamedTuple):
    """From a password to a key: PBKDF2 (RFC 8018, 5.2), or else that of PKCS#12 (RFC 7292, B.2)."""

    #: The hash function, as hashlib calls it.
    digest: str
    salt: bytes
    #: How often it is done, which is what makes guessing passwords slow.
    iterations: int
    #: Which of the two it is.
    is_pbkdf2: bool

    def derive(self, secret: Secret, purpose: int, size: int) -> bytes:
        """Return ``size`` bytes; ``purpose`` is what they are for, which PBKDF2 does not know."""
        if self.is_pbkdf2:
            return hashlib.pbkdf2_hmac(self.digest, secret.raw, self.salt, self.iterations, size)
        return _derive(self, secret.wide, purpose, size)

    def work(self, size: int) -> int:
        """Return how many steps it takes to derive ``size`` bytes; each stretch of a digest's size starts anew."""
        stretch = hashlib.new(self.digest, usedforsecurity=False).digest_size
        return self.iterations * _ceiling(size, stretch)


class Cipher(NamedTuple):
    """A block cipher in CBC mode."""

    #: AES, 3DES or RC2.
    name: str
    #: The length of its key in bytes.
    key_size: int
    #: Of RC2, to how many bits the key is weakened.
    effective_bits: int = 0

    @property
    def block(self) -> int:
        """The size of a block in bytes."""
        return 16 if self.name == "AES" else 8


class Scheme(NamedTuple):
    """How something is encrypted."""

    derivation: Derivation
    cipher: Cipher
    #: The initialization vector, None if it is derived from the password as well.
    iv: bytes | None

    def work(self, ciphertext: bytes) -> int:
        """Return how many steps it takes to decrypt ``ciphertext``."""
        steps = self.derivation.work(self.cipher.key_size)
        if self.iv is None:
            steps += self.derivation.work(self.cipher.block)
        if self.cipher.name == "RC2":
            steps += len(ciphertext) // self.cipher.block * _WORK_OF_RC2
        return steps

    def decrypt(self, secret: Secret, ciphertext: bytes) -> bytes:
        """Return the plain text. Raises DerError if there is none, which is how a wrong password shows."""
        key = self.derivation.derive(secret, _KEY, self.cipher.key_size)
        block = self.cipher.block
        iv = self.iv
        if iv is None:
            iv = self.derivation.derive(secret, _IV, block)
        if len(iv) != block or not ciphertext or len(ciphertext) % block:
            raise der.DerError("what is encrypted has the wrong size")
        padded = _decrypt(self.cipher, key, iv, ciphertext)
        padding = padded[-1]
        if not 1 <= padding <= block or padded[-padding:] != bytes((padding,)) * padding:
            raise der.DerError("what is encrypted is none")
        return padded[:-padding]


class Mac(NamedTuple):
    """MacData (RFC 7292, 4), or PBMAC1 in its place (RFC 9579)."""

    derivation: Derivation
    #: The hash function of the HMAC, as hashlib calls it.
    digest: str
    #: The length of its key in bytes.
    key_size: int
    #: What it comes to with the right password.
    expected: bytes

    def work(self) -> int:
        """Return how many steps it takes to check."""
        return self.derivation.work(self.key_size)

    def fits(self, secret: Secret, authenticated: bytes) -> bool:
        """Tell whether the keystore was written with the password of ``secret``."""
        key = self.derivation.derive(secret, _MAC, self.key_size)
        return hmac.compare_digest(hmac.digest(key, authenticated, self.digest), self.expected)


_PBES1 = {  # RFC 7292, appendix C; without RC4
    "1.2.840.113549.1.12.1.3": Cipher("3DES", 24),
    "1.2.840.113549.1.12.1.4": Cipher("3DES", 16),
    "1.2.840.113549.1.12.1.5": Cipher("RC2", 16, 128),
    "1.2.840.113549.1.12.1.6": Cipher("RC2", 5, 40),
}
_PBES2_CIPHERS = {  # RFC 8018, B.2; RFC 3565, 4.1
    "1.2.840.113549.3.7": Cipher("3DES", 24),
    "2.16.840.1.101.3.4.1.2": Cipher("AES", 16),
    "2.16.840.1.101.3.4.1.22": Cipher("AES", 24),
    "2.16.840.1.101.3.4.1.42": Cipher("AES", 32),
}


def secrets(password: bytes | None) -> tuple[Secret, ...]:
    """Return the secrets that a password may be: for an empty one programs disagree on whether it has a final zero."""
    if not password:
        return Secret(b"\0\0", b""), Secret(b"", b"")
    try:
        text = password.decode()
    except UnicodeDecodeError:
        text = password.decode("latin-1")
    return (Secret(text.encode("utf-16-be") + b"\0\0", password),)


def limit(steps: Iterable[int]) -> None:
    """Raise FormatError if so many steps together would take too long."""
    if sum(steps) > MAX_WORK:
        raise FormatError(f"the PKCS#12 keystore takes too long to decrypt (more than {MAX_WORK} steps)")


def scheme(algorithm: der.Element) -> Scheme:
    """Return the scheme that an AlgorithmIdentifier names. Raises FormatError if it is not supported here."""
    oid, parameters = _algorithm(algorithm)
    if oid == _PBES2:
        derivation_algorithm, cipher_algorithm, *_ = ber.fields(parameters, least=2)
        derivation, _ = _pbkdf2(derivation_algorithm)
        cipher_oid, iv = _algorithm(cipher_algorithm)
        return Scheme(
            derivation, _known(_PBES2_CIPHERS, cipher_oid), ber.octet_string(der.expect(iv, der.OCTET_STRING))
        )
    cipher = _known(_PBES1, oid)
    salt, iterations, *_ = ber.fields(parameters, least=2)
    return Scheme(Derivation("sha1", ber.octet_string(salt), _positive(iterations), is_pbkdf2=False), cipher, None)


def mac(mac_data: der.Element) -> Mac:
    """Return what MacData says. Raises FormatError if its algorithm is not supported here."""
    digest_info, salt, *iterations = ber.fields(mac_data, least=2)
    algorithm, expected, *_ = ber.fields(digest_info, least=2)
    name = _oid(algorithm)
    if name == _PBMAC1:
        derivation_algorithm, scheme_algorithm, *_ = ber.fields(_algorithm(algorithm)[1], least=2)
        derivation, size = _pbkdf2(derivation_algorithm)
        return Mac(derivation, _known(_HMACS, _oid(scheme_algorithm)), size or _MAX_MAC_KEY, ber.octet_string(expected))
    digest = _known(_DIGESTS, name)
    count = _positive(iterations[0]) if iterations else 1
    size = hashlib.new(digest, usedforsecurity=False).digest_size
    return Mac(
        Derivation(digest, ber.octet_string(salt), count, is_pbkdf2=False), digest, size, ber.octet_string(expected)
    )


def _algorithm(element: der.Element) -> tuple[str, der.Element]:
    """Return an AlgorithmIdentifier that has parameters."""
    oid, parameters, *_ = ber.fields(element, least=2)
    return der.object_identifier(oid), parameters


def _oid(algorithm: der.Element) -> str:
    """Return the name of an algorithm, whatever its parameters."""
    return der.object_identifier(ber.fields(algorithm, least=1)[0])


def _pbkdf2(algorithm: der.Element) -> tuple[Derivation, int]:
    """Return PBKDF2-params (RFC 8018, A.2), and the length of the key if they tell it, else 0."""
    oid, parameters = _algorithm(algorithm)
    if oid != _PBKDF2:
        raise _unsupported(oid)
    salt, iterations, *optional = ber.fields(parameters, least=2)
    digest, size = "sha1", 0
    for field in optional:
        if field.tag == der.INTEGER:
            size = min(_positive(field), _MAX_MAC_KEY)
        else:
            digest = _known(_HMACS, _oid(field))
    return Derivation(digest, ber.octet_string(salt), _positive(iterations), is_pbkdf2=True), size


def _positive(element: der.Element) -> int:
    """Return an INTEGER that must be positive. Raises DerError if it is not."""
    number = der.integer(element)
    if number < 1:
        raise der.DerError("a number that must be positive is not")
    return number


_Known = TypeVar("_Known")


def _known(table: Mapping[str, _Known], oid: str) -> _Known:
    """Return what ``oid`` stands for. Raises FormatError if it is not supported here."""
    try:
        return table[oid]
    except KeyError:
        raise _unsupported(oid) from None


def _unsupported(what: str) -> FormatError:
    return FormatError(f"the PKCS#12 keystore is protected with {what}, which is not supported")


def _derive(derivation: Derivation, password: bytes, purpose: int, size: int) -> bytes:
    """Derive ``size`` bytes as RFC 7292, B.2 says, whose step numbers these are."""
    digest = hashlib.new(derivation.digest, usedforsecurity=False)
    block = digest.block_size
    mixed = bytearray(_repeated(derivation.salt, block) + _repeated(password, block))  # 2 to 4
    derived, hash_of = b"", getattr(hashlib, derivation.digest)  # `hashlib.new` looks it up each time, which shows
    while len(derived) < size:  # 5 and 6
        stretch = hashlib.new(derivation.digest, bytes((purpose,)) * block + mixed, usedforsecurity=False).digest()
        for _ in range(derivation.iterations - 1):
            stretch = hash_of(stretch).digest()
        derived += stretch
        _add(mixed, _repeated(stretch, block)[:block], block)
    return derived[:size]


def _ceiling(size: int, unit: int) -> int:
    """Return how many units it takes to hold ``size``."""
    return -(-size // unit)


def _repeated(data: bytes, block: int) -> bytes:
    """Return copies of ``data`` as many as fill whole blocks, the last copy cut; nothing of nothing."""
    if not data:
        return b""
    size = _ceiling(len(data), block) * block
    return (data * _ceiling(size, len(data)))[:size]


def _add(mixed: bytearray, number: bytes, block: int) -> None:
    """Add ``number`` and 1 to each block, as numbers that wrap (6 C)."""
    addend = int.from_bytes(number, "big") + 1
    for at in range(0, len(mixed), block):
        total = int.from_bytes(mixed[at : at + block], "big") + addend
        mixed[at : at + block] = (total % (1 << 8 * block)).to_bytes(block, "big")


def _decrypt(cipher: Cipher, key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
    """Return the plain text with its padding. Raises FormatError if this OpenSSL does not have the cipher."""
    if cipher.name == "RC2":
        from check_tls_cert.fetch.formats import rc2

        return rc2.decrypt_cbc(key, cipher.effective_bits, iv, ciphertext)
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives import ciphers

    # Where 3DES has but two keys, the first is the third as well.
    algorithm = ciphers.algorithms.AES(key) if cipher.name == "AES" else TripleDES((key + key[:8])[:24])
    try:
        decryptor = ciphers.Cipher(algorithm, ciphers.modes.CBC(iv)).decryptor()
        return decryptor.update(ciphertext) + decryptor.finalize()
    except UnsupportedAlgorithm as error:
        raise _unsupported(cipher.name) from error
