"""Derivation, MAC and decryption of PKCS#12, by the numbers of others and of hashlib, and bounds on what it costs."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from check_tls_cert.fetch.formats import FormatError, pbe
from check_tls_cert.fetch.formats.pbe import Derivation, Mac, Scheme, Secret
from check_tls_cert.x509 import der
from check_tls_cert.x509.der import DerError

SALT = b"saltsalt"
SECRET = pbe.secrets(b"secret")[0]
AES_128 = pbe.Cipher("AES", 16)
RC2_40 = pbe.Cipher("RC2", 5, 40)
ONE_STEP = Derivation("sha256", SALT, 1, is_pbkdf2=True)


class TestSecrets:
    """What is typed, and what the derivations make of it."""

    def test_both_forms(self) -> None:
        """Big-endian UTF-16 with a final zero (RFC 7292, B.1), and as it is."""
        assert pbe.secrets("pä".encode()) == (Secret(b"\0p\0\xe4\0\0", "pä".encode()),)

    def test_not_utf_8(self) -> None:
        assert pbe.secrets(b"p\xe4") == (Secret(b"\0p\0\xe4\0\0", b"p\xe4"),)

    @pytest.mark.parametrize("password", [None, b""])
    def test_none(self, password: bytes | None) -> None:
        """With the final zero or without: programs disagree."""
        assert [secret.wide for secret in pbe.secrets(password)] == [b"\0\0", b""]


class TestDerivation:
    """From a password to a key."""

    @pytest.mark.parametrize(
        ("password", "salt", "iterations", "purpose", "expected"),
        [  # the vectors that OpenSSL, NSS and Bouncy Castle test with
            ("smeg", "0A58CF64530D823F", 1, 1, "8AAAE6297B6CB04642AB5B077851284EB7128F1A2A7FBCA3"),
            ("smeg", "0A58CF64530D823F", 1, 2, "79993DFE048D3B76"),
            ("smeg", "642B99AB44FB4B1F", 1, 1, "F3A95FEC48D7711E985CFE67908C5AB79FA3D7C5CAA5D966"),
            ("smeg", "642B99AB44FB4B1F", 1, 2, "C0A38D64A79BEA1D"),
            ("smeg", "3D83C0E4546AC140", 1, 3, "8D967D88F6CAA9D714800AB3D48051D63F73A312"),
            ("queeg", "05DEC959ACFF72F7", 1000, 1, "ED2034E36328830FF09DF1E1A07DD357185DAC0D4F9EB3D4"),
            ("queeg", "05DEC959ACFF72F7", 1000, 2, "11DEDAD7758D4860"),
            ("queeg", "1682C0FC5B3F7EC5", 1000, 1, "483DD6E919D7DE2E8E648BA8F862F3FBFBDC2BCB2C02957F"),
            ("queeg", "1682C0FC5B3F7EC5", 1000, 2, "9D461D1B00355C50"),
            ("queeg", "263216FCC2FAB31C", 1000, 3, "5EC4C7A80DF652294C3925B6489A7AB857C83476"),
        ],
    )
    def test_pkcs12(self, password: str, salt: str, iterations: int, purpose: int, expected: str) -> None:
        derivation = Derivation("sha1", bytes.fromhex(salt), iterations, is_pbkdf2=False)
        derived = derivation.derive(pbe.secrets(password.encode())[0], purpose, len(expected) // 2)
        assert derived.hex().upper() == expected

    @pytest.mark.parametrize("digest", ["sha1", "sha256", "sha512"])
    def test_pbkdf2(self, digest: str) -> None:
        """It takes the password as it is, and knows no purpose."""
        derivation = Derivation(digest, SALT, 100, is_pbkdf2=True)
        expected = hashlib.pbkdf2_hmac(digest, b"secret", SALT, 100, 40)
        assert [derivation.derive(SECRET, purpose, 40) for purpose in (1, 2, 3)] == [expected] * 3

    @pytest.mark.parametrize(
        ("digest", "iterations", "size", "steps"),
        [("sha1", 1, 20, 1), ("sha1", 1, 21, 2), ("sha1", 1_000, 24, 2_000), ("sha256", 2_048, 32, 2_048)],
    )
    def test_work(self, digest: str, iterations: int, size: int, steps: int) -> None:
        """What is longer than the digest begins anew for each stretch of it."""
        for is_pbkdf2 in (False, True):
            assert Derivation(digest, SALT, iterations, is_pbkdf2).work(size) == steps


class TestBounds:
    """Work that a file may ask for; hostile ones ask for years of it."""

    def test_as_much_as_is_allowed(self) -> None:
        pbe.limit([pbe.MAX_WORK - 1, 1])

    def test_more(self) -> None:
        for steps in ([pbe.MAX_WORK + 1], [pbe.MAX_WORK, 1], [2**63]):
            with pytest.raises(FormatError, match="takes too long to decrypt"):
                pbe.limit(steps)

    @pytest.mark.parametrize(
        ("scheme", "size", "steps"),
        [
            (Scheme(Derivation("sha1", SALT, 1_000, is_pbkdf2=False), AES_128, bytes(16)), 16, 1_000),
            (Scheme(Derivation("sha1", SALT, 1_000, is_pbkdf2=False), AES_128, None), 16, 2_000),
            (Scheme(Derivation("sha1", SALT, 1_000, is_pbkdf2=False), RC2_40, None), 80, 2_300),
        ],
    )
    def test_work_of_a_scheme(self, scheme: Scheme, size: int, steps: int) -> None:
        """The key, the initialization vector if it is derived as well, and RC2's blocks, which Python decrypts."""
        assert scheme.work(bytes(size)) == steps

    def test_work_of_a_mac(self) -> None:
        assert Mac(Derivation("sha1", SALT, 1_000, is_pbkdf2=False), "sha1", 20, b"").work() == 1_000


class TestDecryption:
    """AES in CBC mode stands for all ciphers here; test_pkcs12.py has the others."""

    SCHEME = Scheme(ONE_STEP, AES_128, bytes(range(16)))

    def encrypted(self, padded: bytes) -> bytes:
        key = ONE_STEP.derive(SECRET, 1, 16)
        encryptor = Cipher(algorithms.AES(key), modes.CBC(bytes(range(16)))).encryptor()
        return encryptor.update(padded) + encryptor.finalize()

    @pytest.mark.parametrize("size", [0, 1, 15])
    def test_padding(self, size: int) -> None:
        plain = b"x" * size
        padding = 16 - size
        assert self.SCHEME.decrypt(SECRET, self.encrypted(plain + bytes((padding,)) * padding)) == plain

    @pytest.mark.parametrize(
        "padded", [bytes(16), b"x" * 15 + b"\x11", b"x" * 15 + b"\x02", b"x" * 13 + b"\x03\x02\x03", b"\xff" * 16]
    )
    def test_what_is_no_padding(self, padded: bytes) -> None:
        """It is how a wrong password shows."""
        with pytest.raises(DerError, match="what is encrypted is none"):
            self.SCHEME.decrypt(SECRET, self.encrypted(padded))

    @pytest.mark.parametrize(("size", "iv_size"), [(0, 16), (15, 16), (17, 16), (16, 8), (16, 17)])
    def test_sizes(self, size: int, iv_size: int) -> None:
        with pytest.raises(DerError, match="wrong size"):
            self.SCHEME._replace(iv=bytes(iv_size)).decrypt(SECRET, bytes(size))


class TestMac:
    """Whether the password is the right one."""

    KEY = ONE_STEP.derive(SECRET, 3, 32)
    MAC = Mac(ONE_STEP, "sha256", 32, hmac.digest(KEY, b"authenticated", "sha256"))

    def test_fits(self) -> None:
        assert self.MAC.fits(SECRET, b"authenticated")

    def test_does_not_fit(self) -> None:
        assert not self.MAC.fits(SECRET, b"authenticateD")
        assert not self.MAC.fits(pbe.secrets(b"Secret")[0], b"authenticated")
        assert not self.MAC._replace(expected=b"").fits(SECRET, b"authenticated")


def test_no_negative_numbers() -> None:
    """An iteration count of zero or less would cost nothing and protect nothing."""
    for encoded in (b"\x02\x01\x00", b"\x02\x01\xff"):
        with pytest.raises(DerError, match="must be positive"):
            pbe._positive(der.read(encoded))
