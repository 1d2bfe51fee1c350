"""Chains built to be costly: the work budget stops each, the verdict says so, and it is never OK.

What is counted are paths and verifications, not seconds: no test here may depend on how fast the machine is. Without
budget, most of these would outlast the universe.
"""

from __future__ import annotations

import ipaddress
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any, Callable

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from OpenSSL import crypto

from check_tls_cert.fetch.trust import TrustAnchors
from check_tls_cert.judge.path import search, webpki
from check_tls_cert.judge.path.candidate import Path, PathVerdict
from check_tls_cert.judge.path.search import MAX_PATHS, validate
from check_tls_cert.judge.path.work import MAX_STEPS, SIGNATURE_STEPS
from check_tls_cert.report.phrases import clause
from check_tls_cert.x509 import extensions, names
from check_tls_cert.x509.certificate import Certificate, parse
from check_tls_cert.x509.identity import Identifier
from tests import pki
from tests.judge.test_odd_certificates import judge
from tests.pki import EPOCH, Entity, days, tlv

ROOT = pki.authority("Example Root R1")
KEY = pki.ec_key()


@pytest.fixture
def verifications(monkeypatch: pytest.MonkeyPatch) -> list[None]:
    """Return a list that grows with each verification that OpenSSL is asked for."""
    asked: list[None] = []
    verify: Callable[[crypto.X509StoreContext], None] = crypto.X509StoreContext.verify_certificate

    def counting(context: crypto.X509StoreContext) -> None:
        asked.append(None)
        verify(context)

    monkeypatch.setattr(crypto.X509StoreContext, "verify_certificate", counting)
    return asked


def verdict(chain: Iterable[bytes], anchor: bytes) -> PathVerdict:
    """Return the verdict on a chain, which must not be that a path is valid."""
    found = validate(tuple(map(parse, chain)), TrustAnchors([parse(anchor)], ()), EPOCH, frozenset(), "server")
    assert found.findings
    return found


def ids(found: PathVerdict) -> set[str]:
    return {finding.id for finding in found.findings}


# Paths


def plain(subject: str, issuer: str, serial: int, key: pki.PrivateKey = KEY, signer: pki.PrivateKey = KEY) -> Entity:
    """Return a CA certificate without key identifiers, so that names alone say who issued it."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(pki.name(subject))
        .issuer_name(pki.name(issuer))
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(EPOCH - days(1))
        .not_valid_after(EPOCH + days(60))
        .add_extension(x509.BasicConstraints(True, None), True)
    )
    return Entity(builder.sign(signer, hashes.SHA256()), key)


def cross_certificates(width: int, depth: int) -> Iterator[Entity]:
    """Yield a CA of ``width`` keys per level, each of which every key of the next level has signed."""
    keys = [[pki.ec_key() for _ in range(width)] for _ in range(depth + 1)]
    for level in range(depth):
        for key in keys[level]:
            for signer in keys[level + 1]:
                issuer = pki.authority(f"Example CA {level + 1}", key=signer)
                yield pki.authority(f"Example CA {level}", issuer, key=key)


def test_cross_certificates_with_equal_names() -> None:
    """Verdict: too complex. Five keys on each of four levels are 625 paths, and none ends at a trust anchor."""
    above = list(cross_certificates(5, 4))
    site = pki.end_entity(Entity(above[0].certificate, above[0].key))
    found = verdict([site.der, *(one.der for one in above)], ROOT.der)
    assert found.tried == MAX_PATHS
    assert "chain.too-complex" in ids(found)
    assert "allows more or longer paths than are tried (64 of 100 certificates)" in clause(found.findings[-1])


@pytest.mark.parametrize("number", [99, 2_000])
def test_all_of_one_name(number: int, verifications: list[None]) -> None:
    """Verdict: too complex. Each of them may have issued each other: 99! paths, as many as 10 to the 156th power."""
    same = [plain("X", "X", 10 + serial) for serial in range(number)]
    namesake = plain("X", "Y", 2, key=pki.ec_key())
    found = verdict([plain("www.example.org", "X", 1).der, *(one.der for one in same)], namesake.der)
    assert "chain.too-complex" in ids(found)
    assert found.tried <= MAX_PATHS
    assert len(verifications) <= MAX_STEPS / SIGNATURE_STEPS


@pytest.mark.parametrize(("namesakes", "strangers"), [(100, 5_000), (3_000, 0)])
def test_each_step_among_thousands(namesakes: int, strangers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdict: too complex. Each of 2000 steps of the search would look at the names of all, and at its namesakes' keys."""
    looks: Counter[str] = Counter()

    def counting(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*arguments: Any) -> Any:  # noqa: ANN401  # whatever is counted
            looks[name] += 1
            return function(*arguments)

        return counted

    monkeypatch.setattr(search, "canonical_name", counting("names", names.canonical_name))
    monkeypatch.setattr(extensions, "key_identifiers_agree", counting("keys", extensions.key_identifiers_agree))
    stranger = plain("Stranger 0000", "Z", 2).der
    chain = [stranger.replace(b"Stranger 0000", b"Stranger %04d" % number) for number in range(strangers)]
    chain += [plain("X", "X", 10 + serial).der for serial in range(namesakes)]
    found = verdict([plain("www.example.org", "X", 1).der, *chain], ROOT.der)
    assert "chain.too-complex" in ids(found)
    assert looks["names"] <= len(chain) + 10_000
    assert looks["keys"] <= MAX_STEPS / 10


def test_too_complex_is_said_first_to_last() -> None:
    """Verdict: CRITICAL, in words, by the whole program."""
    same = [plain("X", "X", 10 + serial) for serial in range(99)]
    shown = judge(plain("www.example.org", "X", 1).der, *(one.der for one in same), anchors=[ROOT.der])
    assert shown.state == "CRITICAL"
    assert "or costs too much to judge; present only the certificates of one path" in shown.text


# Names


def constrained(issuer: Entity, constraints: x509.NameConstraints, number: int = 1) -> list[Entity]:
    """Return ``number`` CAs one below the other with the same constraints, the last first."""
    chain: list[Entity] = []
    for level in range(number):
        chain.insert(
            0, pki.authority(f"Example CA {level}", chain[0] if chain else issuer, extensions=[(constraints, True)])
        )
    return chain


def test_name_constraints_times_names() -> None:
    """Verdict: too complex. Ten CAs with 2000 constraints each, and 10 000 names below them."""
    permitted = [x509.DNSName(f"p{number}.example.org") for number in range(1_000)]
    excluded = [x509.DNSName(f"x{number}.example.org") for number in range(1_000)]
    above = constrained(ROOT, x509.NameConstraints(permitted, excluded), 10)
    names = [f"a{number}.p{number % 1_000}.example.org" for number in range(20_000)]
    found = verdict([one.der for one in (pki.end_entity(above[0], names=names), *above)], ROOT.der)
    assert "chain.too-complex" in ids(found)


def test_name_constraints_on_addresses() -> None:
    """Verdict: refused. As many masks as addresses: the one case in which each name is compared with each constraint."""
    networks = [
        ipaddress.ip_network((number << 16 & 0xFFFFFF00, 8 + number % 16), strict=False) for number in range(2_000)
    ]
    above = constrained(ROOT, x509.NameConstraints([x509.IPAddress(network) for network in networks], None))
    names = [f"203.{number // 256}.{number % 256}.1" for number in range(2_000)]
    found = verdict([one.der for one in (pki.end_entity(above[0], names=names), *above)], ROOT.der)
    assert "chain.name-constraints" in ids(found)
    assert len(found.findings) <= 21


# Keys

RSA = bytes.fromhex("300d06092a864886f70d0101010500")
RSA_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
IS_CA = tlv(0x30, bytes.fromhex("0603551d13") + b"\x01\x01\xff" + tlv(0x04, bytes.fromhex("30030101ff")))
VALIDITY = tlv(0x30, tlv(0x17, b"250101000000Z") + tlv(0x17, b"300101000000Z"))


def integer(value: int) -> bytes:
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def with_rsa_key(subject: str, issuer: str, serial: int, modulus: int, exponent: int) -> bytes:
    """Return DER of a CA certificate with any RSA key; its signature is none, which costs as much to find out."""
    key = tlv(0x30, RSA + tlv(0x03, b"\0" + tlv(0x30, integer(modulus) + integer(exponent))))
    names = [pki.name(one).public_bytes() for one in (issuer, subject)]
    tbs = b"\xa0\x03\x02\x01\x02" + integer(serial) + RSA_SHA256 + names[0] + VALIDITY + names[1] + key
    signature = bytes(modulus.bit_length() // 8 - 1) + b"\x01"
    return tlv(0x30, tlv(0x30, tbs + tlv(0xA3, tlv(0x30, IS_CA))) + RSA_SHA256 + tlv(0x03, b"\0" + signature))


def odd(bits: int) -> int:
    """Return an odd number of so many bits, the same each time."""
    return random.Random(bits).getrandbits(bits) | 1 | 1 << (bits - 1)  # noqa: S311  # no key of anybody's


@pytest.mark.parametrize(
    ("modulus", "exponent", "most"),
    [(2_048, 17, 1_000), (3_072, 3_071, 20), (2_048, 2_047, 80), (16_384, 64, 41)],
    ids=["usual", "exponent as long as the modulus", "the same of 2048 bits", "16 kbit"],
)
def test_keys_that_are_costly(modulus: int, exponent: int, most: int, verifications: list[None]) -> None:
    """Verdict: refused. Ninety-nine links, each of which OpenSSL would verify for 15 ms, on many paths."""
    key = odd(modulus), odd(exponent)
    above = [with_rsa_key("AB"[at % 2], "BA"[at % 2], 10 + at, *key) for at in range(98)]
    chain = [with_rsa_key("www.example.org", "A", 1, *key), *above, with_rsa_key("A", "Y", 2, *key)]
    found = verdict(chain, plain("Y", "Y", 3).der)
    assert "chain.too-complex" in ids(found)
    assert len(verifications) <= most


def test_key_beyond_what_openssl_takes() -> None:
    """Verdict: refused, by OpenSSL at once: 200 000 bits."""
    key = odd(200_000), 65_537
    chain = [with_rsa_key("www.example.org", "A", 1, *key), with_rsa_key("A", "Y", 2, *key)]
    assert ids(verdict(chain, plain("Y", "Y", 3).der)) & {"chain.malformed", "chain.too-complex", "chain.bad-signature"}


# The second opinion of --profile webpki


def test_no_second_opinion_on_a_path_that_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    """Verdict: refused. Two names of one key signed each other eight times; older verifiers would try 16 million paths.

    The path to the trust anchor is one by name and key identifier alone.
    """
    key = pki.ec_key()
    pair = [pki.authority(name, key=key) for name in "AB"]
    above = [
        pki.authority("AB"[at % 2], pair[1 - at % 2], key=key, not_after=EPOCH + days(100 + at)) for at in range(16)
    ]
    forged = pki.forge(pki.authority("A", ROOT, key=key), Entity(ROOT.certificate, pki.ec_key()), bytes)
    asked: list[tuple[Certificate, ...]] = []

    def second_opinion(_path: Path, presented: tuple[Certificate, ...], _name: Identifier, _at: datetime) -> None:
        asked.append(presented)

    monkeypatch.setattr(webpki, "second_opinion", second_opinion)
    site = pki.end_entity(pair[0])
    shown = judge(site.der, *(one.der for one in above), forged, anchors=[ROOT.der], profile="webpki")
    assert shown.state == "CRITICAL"
    assert "its signature does not verify" in shown.text
    assert asked == []
    sound = pki.end_entity(ROOT)
    judge(sound.der, anchors=[ROOT.der], profile="webpki")
    assert len(asked) == 1
