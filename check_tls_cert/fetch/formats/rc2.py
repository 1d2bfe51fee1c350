"""RC2 (RFC 2268), decryption in CBC mode only.

Before OpenSSL 3 and Java 9 the certificates of nearly every PKCS#12 keystore were encrypted with RC2 and 40 bits, and
such files are still about. OpenSSL has it in a provider that many builds lack, and cryptography offers it with 128 bits
alone. What it hides are public certificates; nothing is ever protected with this.
"""

from __future__ import annotations

import struct

_PI = bytes.fromhex(  # RFC 2268, 2
    "d978f9c419ddb5ed28e9fd794aa0d89dc67e37832b76538e624c6488448bfba2"
    "179a59f587b34f1361456d8d09817d32bd8f40eb86b77b0bf09521225c6b4e82"
    "54d66593ce60b21c7356c014a78cf1dc1275ca1f3bbee4d1423dd430a33cb626"
    "6fbf0eda4669075727f21d9bbc944303f811c7f690ef3ee706c3d52fc8661ed7"
    "08e8eade8052eef784aa72ac354d6a2a961ad2715a1549744b9fd05e0418a4ec"
    "c2e0416e0f51cbcc2491af50a1f47039997c3a8523b8b47afc02365b25559731"
    "2d5dfa98e38a92ae05df2910676cbac9d300e6cfe19ea82c6316013f58e289a9"
    "0d38341bab33ffb0bb480c5fb9b1cd2ec5f3db47e5a59c770aa62068fe7fc1ad"
)


def decrypt_cbc(key: bytes, effective_bits: int, iv: bytes, ciphertext: bytes) -> bytes:
    """Return the plain text of whole blocks, with its padding."""
    expanded = _expanded(key, effective_bits)
    plain = bytearray()
    for at in range(0, len(ciphertext), 8):
        block = ciphertext[at : at + 8]
        plain += bytes(left ^ right for left, right in zip(_decrypt(expanded, block), iv))
        iv = block
    return bytes(plain)


def _expanded(key: bytes, effective_bits: int) -> tuple[int, ...]:
    """Return the 64 words of the key (RFC 2268, 2)."""
    expanded = bytearray(key)
    for at in range(len(key), 128):
        expanded.append(_PI[(expanded[at - 1] + expanded[at - len(key)]) & 0xFF])
    effective = (effective_bits + 7) // 8
    expanded[128 - effective] = _PI[expanded[128 - effective] & (0xFF >> (8 * effective - effective_bits))]
    for at in range(127 - effective, -1, -1):
        expanded[at] = _PI[expanded[at + 1] ^ expanded[at + effective]]
    return struct.unpack("<64H", expanded)


def _decrypt(key: tuple[int, ...], block: bytes) -> bytes:
    """Return a block decrypted (RFC 2268, 4): mixing and mashing rounds, in reverse."""
    words = list(struct.unpack("<4H", block))
    for number in range(15, -1, -1):
        _unmix(words, key[4 * number : 4 * number + 4])
        if number in (5, 11):
            for at in (3, 2, 1, 0):
                words[at] = words[at] - key[words[at - 1] & 63] & 0xFFFF
    return struct.pack("<4H", *words)


def _unmix(words: list[int], key: tuple[int, ...]) -> None:
    """Undo a mixing round (RFC 2268, 3.1) in place: each word is turned right and freed of the others."""
    for at, turn in ((3, 5), (2, 3), (1, 2), (0, 1)):
        word = (words[at] << (16 - turn) | words[at] >> turn) & 0xFFFF
        words[at] = word - key[at] - (words[at - 1] & words[at - 2]) - (~words[at - 1] & words[at - 3]) & 0xFFFF
