"""RC2: the test vectors of RFC 2268, section 5, and CBC."""

from __future__ import annotations

import struct

import pytest

from check_tls_cert.fetch.formats import rc2


def encrypt_cbc(key: bytes, effective_bits: int, iv: bytes, octets: bytes) -> bytes:
    """Return whole blocks encrypted, for tests that need such a file (RFC 2268, 3)."""
    words = rc2._expanded(key, effective_bits)
    encrypted = b""
    for at in range(0, len(octets), 8):
        mixed = bytes(left ^ right for left, right in zip(octets[at : at + 8], iv))
        iv = _encrypt(words, mixed)
        encrypted += iv
    return encrypted


def _encrypt(key: tuple[int, ...], block: bytes) -> bytes:
    r = list(struct.unpack("<4H", block))
    for number in range(16):
        for at, turn in enumerate((1, 2, 3, 5)):
            word = r[at] + key[4 * number + at] + (r[at - 1] & r[at - 2]) + (~r[at - 1] & r[at - 3]) & 0xFFFF
            r[at] = (word << turn | word >> (16 - turn)) & 0xFFFF
        if number in (4, 10):
            for at in range(4):
                r[at] = r[at] + key[r[at - 1] & 63] & 0xFFFF
    return struct.pack("<4H", *r)


@pytest.mark.parametrize(
    ("key", "effective_bits", "plain", "encrypted"),
    [
        ("0000000000000000", 63, "0000000000000000", "ebb773f993278eff"),
        ("ffffffffffffffff", 64, "ffffffffffffffff", "278b27e42e2f0d49"),
        ("3000000000000000", 64, "1000000000000001", "30649edf9be7d2c2"),
        ("88", 64, "0000000000000000", "61a8a244adacccf0"),
        ("88bca90e90875a", 64, "0000000000000000", "6ccf4308974c267f"),
        ("88bca90e90875a7f0f79c384627bafb2", 64, "0000000000000000", "1a807d272bbe5db1"),
        ("88bca90e90875a7f0f79c384627bafb2", 128, "0000000000000000", "2269552ab0f85ca6"),
        (
            "88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e",
            129,
            "0000000000000000",
            "5b78d3a43dfff1f1",
        ),
    ],
)
def test_vectors_of_rfc_2268(key: str, effective_bits: int, plain: str, encrypted: str) -> None:
    octets = bytes.fromhex(encrypted)
    assert rc2.decrypt_cbc(bytes.fromhex(key), effective_bits, bytes(8), octets).hex() == plain


def test_blocks_are_chained() -> None:
    plain = bytes(range(24))
    encrypted = encrypt_cbc(b"five!", 40, b"initial.", plain)
    assert rc2.decrypt_cbc(b"five!", 40, b"initial.", encrypted) == plain
