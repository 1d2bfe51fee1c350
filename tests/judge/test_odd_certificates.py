"""Certificates that libraries stumble over: each gets a verdict and a reason, and none passes that should not.

Judged through the functions that the executable uses, for both profiles and with all the words that -vvv would print; a
handful by the executable itself. Diagrams read from the end-entity certificate up; * marks the trust anchor, and where
there is none, the chain is www.example.org - Example Issuing CA 3 - Example Root R1*.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable
from datetime import datetime, timezone
from functools import cache, partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed448, ed25519, padding, rsa
from OpenSSL import SSL

from check_tls_cert.fetch.parsing import parse_chain
from check_tls_cert.fetch.trust import TrustAnchors
from check_tls_cert.judge import judge_target
from check_tls_cert.model.findings import ALL_FINDINGS
from check_tls_cert.model.presented import Presented
from check_tls_cert.model.target import PROFILES
from check_tls_cert.options import command_line
from check_tls_cert.report.plain import render
from check_tls_cert.x509 import der
from check_tls_cert.x509.certificate import parse
from tests import pki
from tests.pki import EPOCH, Entity, authority, days, end_entity, forge, tlv
from tests.program import AS_OF, AT, Run, run

NAME = "www.example.org"
SERIAL = 0x4242424242424242
SAN = x509.SubjectAlternativeName([x509.DNSName(NAME)])
OID_SAN, OID_BASIC_CONSTRAINTS, OID_KEY_USAGE, OID_EKU = "2.5.29.17", "2.5.29.19", "2.5.29.15", "2.5.29.37"

#: AlgorithmIdentifiers (RFC 5758, 3.2 with the NULL that it forbids; RFC 4055, 5 and 3.1; RFC 9881, 2).
ECDSA_WITH_NULL = bytes.fromhex("300c06082a8648ce3d0403020500")
RSA_WITH_SHA256 = bytes.fromhex("300d06092a864886f70d01010b0500")
PSS_BY_DEFAULT = bytes.fromhex("300d06092a864886f70d01010a3000")

Extensions = Iterable[tuple[x509.ExtensionType, bool]]


class Shown(NamedTuple):
    """A verdict: its state, the finding ids against it, and everything -vvv has to say."""

    state: str
    ids: frozenset[str]
    text: str


class Chain(NamedTuple):
    """The usual chain: who is above the end-entity certificate."""

    root: Entity
    issuing: Entity


@cache
def usual() -> Chain:
    """Return the CAs that most tests share."""
    root = authority("Example Root R1")
    return Chain(root, authority("Example Issuing CA 3", root))


def judge(*chain: bytes, anchors: Iterable[bytes] = (), name: str = NAME, profile: str = PROFILES[0]) -> Shown:
    """Return the verdict on a presented ``chain`` of DER; the usual root is the trust anchor if no other is given."""
    given = ("--file", "chain.pem", "--name", name, *AT, "--profile", profile, "-vvv")
    chosen = command_line.parse(given, EPOCH)
    certificates, failure = parse_chain([partial(parse, one) for one in chain], "file")
    presented = Presented(certificates, failure=failure)
    trust = TrustAnchors([parse(one) for one in anchors or (usual().root.der,)], ())
    verdict = judge_target([presented], chosen, trust)
    text = render(verdict, [presented], chosen)
    assert text.isascii()
    ids = frozenset(problem.finding.id for outcome in verdict.outcomes for problem in outcome.problems)
    assert (verdict.state == "OK") == (not ids)  # there is a reason, if and only if one is needed
    assert ids <= set(ALL_FINDINGS)
    return Shown(verdict.state, ids, text)


def accepted(*chain: bytes, anchors: Iterable[bytes] = ()) -> str:
    """Hold the verdict to be OK; return the words. The strict profile may differ, but has to give a verdict."""
    anchors = tuple(anchors)
    shown = judge(*chain, anchors=anchors)
    assert (shown.state, shown.ids) == ("OK", frozenset())
    judge(*chain, anchors=anchors, profile=PROFILES[1])
    return shown.text


def refused(*chain: bytes, ids: str, anchors: Iterable[bytes] = (), state: str = "CRITICAL") -> str:
    """Hold the verdict to be ``state`` for the findings ``ids``; return the words. No profile may be milder."""
    anchors = tuple(anchors)
    shown = judge(*chain, anchors=anchors)
    assert (shown.state, sorted(shown.ids)) == (state, sorted(ids.split()))
    strict = judge(*chain, anchors=anchors, profile=PROFILES[1])
    assert strict.state in (state, "CRITICAL")
    assert strict.ids >= shown.ids
    return shown.text


def swapped(old: bytes, new: bytes, entity: Entity, issuer: Entity | None = None) -> bytes:
    """Return DER of ``entity``'s certificate with the element ``old``, which it has exactly once, replaced."""
    return forge(entity, issuer or usual().issuing, partial(_swapped_within, old=old, new=new))


def _swapped_within(content: bytes, old: bytes, new: bytes) -> bytes:
    """Return the content of a constructed element with an element anywhere in it replaced; lengths follow."""
    assert content.count(old) == 1
    changed = b""
    for element in der.children(content):
        if element.raw == old:
            changed += new
        elif element.tag & 0x20 and old in element.content:
            changed += tlv(element.tag, _swapped_within(element.content, old, new))
        else:
            changed += element.raw
    return changed


def site(
    *,
    names: Iterable[str] = (NAME,),
    common_name: str | None = NAME,
    not_after: datetime = EPOCH + days(60),
    key: pki.PrivateKey | None = None,
    serial: int | None = None,
) -> Entity:
    """Return the usual end-entity certificate, with deviations."""
    issuing = usual().issuing
    return end_entity(issuing, names=names, common_name=common_name, not_after=not_after, key=key, serial=serial)


def bare(extensions: Extensions, issuer: Entity | None = None, subject: str = NAME) -> Entity:
    """Return a certificate with these extensions and no other but key identifiers."""
    return pki.issue(
        pki.name(subject),
        issuer or usual().issuing,
        not_before=EPOCH - days(30),
        not_after=EPOCH + days(60),
        extensions=extensions,
    )


def raw(oid: str, value: bytes, critical: bool = False) -> tuple[x509.ExtensionType, bool]:
    """Return an extension of any content."""
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), critical


def with_key(key_info: bytes, entity: Entity, issuer: Entity | None = None) -> bytes:
    """Return DER of ``entity``'s certificate with another subjectPublicKeyInfo."""
    return swapped(key_info_of(entity), key_info, entity, issuer)


def key_info_of(entity: Entity) -> bytes:
    """Return an entity's subjectPublicKeyInfo."""
    return entity.key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def key_info(algorithm: bytes, key: bytes) -> bytes:
    """Return a subjectPublicKeyInfo of an AlgorithmIdentifier and a key."""
    return tlv(0x30, algorithm + tlv(0x03, b"\0" + key))


def falsely_signed(entity: Entity, algorithm: bytes, signature: bytes) -> bytes:
    """Return DER of ``entity``'s certificate with any signature, by any algorithm."""
    tbs = entity.certificate.tbs_certificate_bytes
    content = der.read(tbs).content.replace(pki.ECDSA_WITH_SHA256, algorithm)
    return tlv(0x30, tlv(0x30, content) + algorithm + tlv(0x03, b"\0" + signature))


class TestSerials:
    """RFC 5280, 4.1.2.2: positive and of 20 octets at most, but users should be prepared to handle others."""

    @pytest.mark.parametrize(
        ("serial", "shown"),
        [(b"\xff", "-1"), (b"\x80" + bytes(7), "-8000000000000000"), (b"\0", "0"), (b"\x7f" * 30, "7f" * 30)],
        ids=["-1", "large negative", "zero", "30 octets"],
    )
    def test_end_entity(self, serial: bytes, shown: str) -> None:
        """OK: the serial number decides nothing about the path."""
        forged = swapped(tlv(2, SERIAL.to_bytes(8, "big")), tlv(2, serial), site(serial=SERIAL))
        assert f"serial {shown}" in accepted(forged, usual().issuing.der)

    @pytest.mark.parametrize("serial", [b"\xff", b"\0", b"\x7f" * 30], ids=["negative", "zero", "30 octets"])
    def test_authority(self, serial: bytes) -> None:
        """OK as an issuer and as a trust anchor, too; old roots have serial 0."""
        anchor = forge(usual().root, usual().root, partial(with_serial, serial=serial))
        issuing = forge(usual().issuing, usual().root, partial(with_serial, serial=serial))
        accepted(site().der, issuing, anchors=[anchor])

    def test_empty(self) -> None:
        """UNKNOWN: an INTEGER without octets is none (X.690, 8.3.1), so this is no certificate."""
        forged = swapped(tlv(2, SERIAL.to_bytes(8, "big")), tlv(2, b""), site(serial=SERIAL))
        refused(forged, usual().issuing.der, ids="certificate.unreadable", state="UNKNOWN")


def with_serial(tbs: bytes, serial: bytes) -> bytes:
    """Return a tbsCertificate's content with another serial number."""
    version, _, *rest = der.children(tbs)
    return version.raw + tlv(2, serial) + b"".join(field.raw for field in rest)


def version_1(tbs: bytes) -> bytes:
    """Return a tbsCertificate's content without what version 1 does not have: the version, and extensions."""
    return b"".join(field.raw for field in der.children(tbs) if field.tag not in (0xA0, 0xA3))


class TestVersion1:
    """X.509 of 1988: no extensions, so no SAN, and nothing that tells a CA."""

    def test_end_entity(self) -> None:
        """CRITICAL for the name alone: the common name does not count (RFC 9525, 2), but the path is well."""
        text = refused(forge(site(), usual().issuing, version_1), usual().issuing.der, ids="hostname.no-identifiers")
        assert "chain_valid=1;" in text

    def test_trust_anchor(self) -> None:
        """OK: whoever trusts a root of version 1 has decided that it is a CA (RFC 5280, 6.1.1 (d), 6.1.4 (k))."""
        root = usual().root
        accepted(site().der, usual().issuing.der, anchors=[forge(root, root, version_1)])

    def test_intermediate(self) -> None:
        """CRITICAL: an intermediate of version 1 says nowhere that it is a CA (RFC 5280, 6.1.4 (k))."""
        forged = forge(usual().issuing, usual().root, version_1)
        text = refused(site().der, forged, ids="chain.not-a-ca")
        assert "Example Issuing CA 3" in text.split(" | ")[0]

    @pytest.mark.parametrize("version", [b"", bytes.fromhex("a003020101"), bytes.fromhex("a003020108")])
    def test_other_versions(self, version: bytes) -> None:
        """Versions 1 and 2 with extensions (RFC 5280, 4.1.2.1), and a version 9: not for strict clients."""
        forged = forge(site(), usual().issuing, lambda tbs: tbs.replace(bytes.fromhex("a003020102"), version, 1))
        judge(forged, usual().issuing.der)
        assert judge(forged, usual().issuing.der, profile=PROFILES[1]).state == "CRITICAL"


NOT_AFTER, NOT_BEFORE = tlv(0x17, b"260316120000Z"), tlv(0x17, b"251216120000Z")
CA_NOT_AFTER = tlv(0x17, b"310708120000Z")


class TestDates:
    """RFC 5280, 4.1.2.5: UTCTime until 2049, GeneralizedTime from then on, both in seconds and Zulu."""

    @pytest.mark.parametrize(
        ("time", "until"),
        [
            (tlv(0x18, b"20510316120000Z"), "2051-03-16"),
            (tlv(0x18, b"99991231235959Z"), "9999-12-31"),
            (tlv(0x18, b"20260316120000Z"), "2026-03-16"),
            (tlv(0x17, b"491231235959Z"), "2049-12-31"),
            (tlv(0x17, b"280229120000Z"), "2028-02-29"),
        ],
        ids=["2051", "9999", "needlessly generalized", "last UTCTime", "leap day"],
    )
    def test_far_away(self, time: bytes, until: str) -> None:
        """OK, for end-entity and CA certificates and trust anchors; the year is read right."""
        assert f"({until})" in accepted(swapped(NOT_AFTER, time, site()), usual().issuing.der)
        issuing = swapped(CA_NOT_AFTER, time, usual().issuing, usual().root)
        anchor = swapped(CA_NOT_AFTER, time, usual().root, usual().root)
        assert f"a path validates until {until}" in accepted(site().der, issuing, anchors=[anchor])

    def test_past_2050_in_utc_time(self) -> None:
        """CRITICAL: "51" in a UTCTime is 1951, whatever its CA meant."""
        time = tlv(0x17, b"510316120000Z")
        text = refused(swapped(NOT_AFTER, time, site()), usual().issuing.der, ids="expiry.expired")
        assert "1951-03-16T12:00:00Z" in text
        issuing = swapped(CA_NOT_AFTER, time, usual().issuing, usual().root)
        text = refused(site().der, issuing, ids="chain.expired")
        assert '"Example Issuing CA 3" expired 1951-03-16T12:00:00Z' in text

    @pytest.mark.parametrize(
        "time",
        [
            tlv(0x17, b"270229120000Z"),
            tlv(0x18, b"20270229120000Z"),
            tlv(0x18, b"00000101000000Z"),
            tlv(0x17, b"260316240000Z"),
            tlv(0x17, b"2603161200Z"),
            tlv(0x17, b"260316120000+0000"),
            tlv(0x18, b"20260316120000.5Z"),
            tlv(0x18, b"20260316120000"),
            tlv(0x17, b""),
            tlv(0x17, b"2603\n6|20000Z"),
            tlv(0x04, b"260316120000Z"),
        ],
        ids=repr,
    )
    def test_unreadable(self, time: bytes) -> None:
        """UNKNOWN at best for the end entity's notAfter; CRITICAL for a date on which the path depends."""
        shown = judge(swapped(NOT_AFTER, time, site()), usual().issuing.der)
        assert shown.state in ("UNKNOWN", "CRITICAL")
        assert "expiry.undetermined" in shown.ids
        assert "notAfter cannot be read" in shown.text
        shown = judge(swapped(NOT_BEFORE, time, site()), usual().issuing.der)
        assert (shown.state, [*shown.ids]) == ("CRITICAL", ["chain.malformed"])
        assert "notBefore cannot be read" in shown.text
        refused(site().der, swapped(CA_NOT_AFTER, time, usual().issuing, usual().root), ids="chain.malformed")
        anchor = swapped(CA_NOT_AFTER, time, usual().root, usual().root)
        refused(site().der, usual().issuing.der, anchors=[anchor], ids="chain.malformed")

    def test_29_february_of_a_common_year(self) -> None:
        """UNKNOWN, with the date that does not exist in the reason."""
        forged = swapped(NOT_AFTER, tlv(0x17, b"270229120000Z"), site())
        text = refused(forged, usual().issuing.der, ids="expiry.undetermined", state="UNKNOWN")
        assert '"270229120000Z" is not a time that exists' in text

    def test_reversed(self) -> None:
        """CRITICAL: notAfter before notBefore is in date at no time."""
        refused(swapped(NOT_AFTER, tlv(0x17, b"251116120000Z"), site()), usual().issuing.der, ids="expiry.expired")


class TestSignatures:
    """Algorithms and encodings of signatures."""

    def test_ecdsa_with_null(self) -> None:
        """OK, as for OpenSSL: the NULL (RFC 5758, 3.2 forbids it) is under the signature, in both places alike."""
        forged = forge(
            site(), usual().issuing, lambda tbs: tbs.replace(pki.ECDSA_WITH_SHA256, ECDSA_WITH_NULL), ECDSA_WITH_NULL
        )
        assert "ecdsa-with-SHA256" in accepted(forged, usual().issuing.der)

    @pytest.mark.parametrize("inside", [True, False])
    def test_algorithms_differ(self, inside: bool) -> None:
        """CRITICAL: the algorithm within and without must be the same (RFC 5280, 4.1.1.2)."""
        if inside:
            forged = swapped(pki.ECDSA_WITH_SHA256, ECDSA_WITH_NULL, site())
        else:
            forged = forge(site(), usual().issuing, lambda tbs: tbs, ECDSA_WITH_NULL)
        assert judge(forged, usual().issuing.der).state == "CRITICAL"

    @pytest.mark.parametrize("digest", [hashes.SHA256(), hashes.SHA512()], ids=["SHA-256", "SHA-512"])
    def test_rsa_pss(self, digest: pki.Digest) -> None:
        """OK: RSASSA-PSS all the way down (RFC 4055, 3)."""
        root, issuing, entity = _by_pss(digest)
        text = accepted(entity, issuing, anchors=[root])
        assert text.count("RSASSA-PSS") == 5  # presented are two, the path has three

    def test_rsa_pss_by_default(self) -> None:
        """CRITICAL: RSASSA-PSS without parameters is over SHA-1 (RFC 4055, 3.1)."""
        key = pki.rsa_key(2048)
        issuing = authority("Example Issuing CA 3", usual().root, key=key)
        entity = end_entity(issuing, digest=hashes.SHA256())
        content = der.read(entity.certificate.tbs_certificate_bytes).content
        tbs = tlv(0x30, content.replace(RSA_WITH_SHA256, PSS_BY_DEFAULT))
        sha1 = hashes.SHA1()  # noqa: S303  # the very weakness under test
        signature = key.sign(tbs, padding.PSS(padding.MGF1(sha1), 20), sha1)
        forged = tlv(0x30, tbs + PSS_BY_DEFAULT + tlv(0x03, b"\0" + signature))
        refused(forged, issuing.der, ids="chain.weak-signature")

    def test_rsa_pss_with_nonsense(self) -> None:
        """CRITICAL: parameters that are none."""
        algorithm = tlv(0x30, bytes.fromhex("06092a864886f70d01010a") + tlv(0x30, tlv(0xA0, b"\x05\x00")))
        issuing = authority("Example Issuing CA 3", usual().root, key=pki.rsa_key(2048))
        forged = falsely_signed(end_entity(usual().issuing), algorithm, bytes(256))
        assert judge(forged, issuing.der).state == "CRITICAL"

    @pytest.mark.parametrize("kind", [ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey])
    def test_edwards(self, kind: type[ed25519.Ed25519PrivateKey] | type[ed448.Ed448PrivateKey]) -> None:
        """OK: Ed25519 and Ed448 all the way down (RFC 8410)."""
        root = authority("Example Root R1", key=kind.generate())
        issuing = authority("Example Issuing CA 3", root, key=kind.generate())
        entity = end_entity(issuing, key=kind.generate())
        text = accepted(entity.der, issuing.der, anchors=[root.der])
        assert kind.__name__.removesuffix("PrivateKey") in text
        broken = entity.der[:-1] + bytes((entity.der[-1] ^ 1,))
        refused(broken, issuing.der, anchors=[root.der], ids="chain.bad-signature")

    @pytest.mark.parametrize("signature", [b"", b"\0", bytes(64), tlv(0x30, tlv(2, b"\0") * 2)], ids=len)
    def test_no_signature(self, signature: bytes) -> None:
        """CRITICAL: what stands for the signature is none."""
        forged = falsely_signed(site(), pki.ECDSA_WITH_SHA256, signature)
        refused(forged, usual().issuing.der, ids="chain.bad-signature")

    def test_unknown_algorithm(self) -> None:
        """CRITICAL: signed by an algorithm of nobody's."""
        forged = falsely_signed(site(), tlv(0x30, tlv(0x06, b"\x2a\x03\x04")), bytes(64))
        shown = judge(forged, usual().issuing.der)
        assert shown.state == "CRITICAL"
        assert "1.2.3.4" in shown.text


def _by_pss(digest: pki.Digest) -> tuple[bytes, bytes, bytes]:
    """Return DER of root, issuing CA and end entity, all signed with RSASSA-PSS."""
    names = ("Example Root R1", "Example Issuing CA 3", NAME)
    keys = [pki.rsa_key(2048, number) for number in range(3)]
    made = []
    for position, subject in enumerate(names):
        above = max(position - 1, 0)
        builder = (
            x509.CertificateBuilder()
            .subject_name(pki.name(subject))
            .issuer_name(pki.name(names[above]))
            .public_key(keys[position].public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(EPOCH - days(30))
            .not_valid_after(EPOCH + days(60))
            .add_extension(x509.BasicConstraints(ca=position < 2, path_length=None), True)
        )
        if position == 2:
            builder = builder.add_extension(SAN, False)
        pss = padding.PSS(padding.MGF1(digest), padding.PSS.DIGEST_LENGTH)
        made.append(builder.sign(keys[above], digest, rsa_padding=pss).public_bytes(serialization.Encoding.DER))
    return made[0], made[1], made[2]


KNOWS_ML_DSA = SSL.OPENSSL_VERSION_NUMBER >= 0x30500000 and bool(
    importlib.util.find_spec("cryptography.hazmat.primitives.asymmetric.mldsa")
)


class MlDsa(NamedTuple):
    """A parameter set of ML-DSA (FIPS 204, table 2; RFC 9881, 2 and 3): sizes are in octets."""

    name: str
    oid: bytes
    key_size: int
    signature_size: int

    @property
    def algorithm(self) -> bytes:
        """The AlgorithmIdentifier, which has no parameters."""
        return tlv(0x30, tlv(0x06, self.oid))

    @property
    def key_info(self) -> bytes:
        """A public key: any octets of that size are one."""
        return key_info(self.algorithm, bytes(number % 251 for number in range(self.key_size)))


ML_DSA = [
    MlDsa("ML-DSA-44", bytes.fromhex("608648016503040311"), 1312, 2420),
    MlDsa("ML-DSA-65", bytes.fromhex("608648016503040312"), 1952, 3309),
    MlDsa("ML-DSA-87", bytes.fromhex("608648016503040313"), 2592, 4627),
]


class TestMlDsa:
    """Post-quantum signatures (RFC 9881), constructed, so that versions of the library without them are tested, too."""

    @pytest.fixture(params=ML_DSA, ids=[kind.name for kind in ML_DSA])
    def kind(self, request: pytest.FixtureRequest) -> MlDsa:
        kind: MlDsa = request.param
        return kind

    def test_key(self, kind: MlDsa) -> None:
        """OK: the key of the end entity signs no certificate. Where OpenSSL knows no such key, that is the reason."""
        forged = with_key(kind.key_info, site())
        if KNOWS_ML_DSA:
            assert f", {kind.name}, " in accepted(forged, usual().issuing.der)
        else:
            shown = judge(forged, usual().issuing.der)
            assert shown.state == "CRITICAL"
            assert kind.name in shown.text.splitlines()[0]

    def test_false_signature(self, kind: MlDsa) -> None:
        """CRITICAL: www.example.org - Example Issuing CA 3 with an ML-DSA key, which did not sign it - root*."""
        issuing = with_key(kind.key_info, usual().issuing, usual().root)
        forged = falsely_signed(site(), kind.algorithm, bytes(kind.signature_size))
        shown = judge(forged, issuing)
        assert shown.state == "CRITICAL"
        assert shown.ids <= {"chain.bad-signature", "chain.malformed", "chain.refused"}

    def test_key_cut_short(self, kind: MlDsa) -> None:
        """A verdict on a key that is none; CRITICAL where it would have to verify something."""
        broken = key_info(kind.algorithm, bytes(32))
        judge(with_key(broken, site()), usual().issuing.der)
        issuing = with_key(broken, usual().issuing, usual().root)
        forged = falsely_signed(site(), kind.algorithm, bytes(kind.signature_size))
        assert judge(forged, issuing).state == "CRITICAL"

    def test_true_signature(self, kind: MlDsa) -> None:
        """OK: ML-DSA all the way down, where the library can sign with it."""
        if not KNOWS_ML_DSA:
            pytest.skip("the OpenSSL of this version of cryptography cannot sign with ML-DSA")
        mldsa = importlib.import_module("cryptography.hazmat.primitives.asymmetric.mldsa")
        key: Any = getattr(mldsa, f"{kind.name.replace('-', '')}PrivateKey")
        root, issuing, entity = (key.generate() for _ in range(3))
        anchor = _signed("Example Root R1", root, "Example Root R1", root)
        middle = _signed("Example Issuing CA 3", issuing, "Example Root R1", root)
        lowest = _signed(NAME, entity, "Example Issuing CA 3", issuing)
        assert accepted(lowest, middle, anchors=[anchor]).count(kind.name) == 10
        broken = lowest[:-1] + bytes((lowest[-1] ^ 1,))
        refused(broken, middle, anchors=[anchor], ids="chain.bad-signature")


def _signed(
    subject: str,
    key: Any,  # noqa: ANN401  # a kind of key that older versions of the library do not know
    issuer: str,
    signer: Any,  # noqa: ANN401  # the same
) -> bytes:
    """Return DER of a certificate for keys of any kind; one for NAME is an end entity's."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(pki.name(subject))
        .issuer_name(pki.name(issuer))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(EPOCH - days(30))
        .not_valid_after(EPOCH + days(60))
        .add_extension(x509.BasicConstraints(ca=subject != NAME, path_length=None), True)
    )
    if subject == NAME:
        builder = builder.add_extension(SAN, False)
    return builder.sign(signer, None).public_bytes(serialization.Encoding.DER)


@cache
def large_rsa(bits: int) -> bytes:
    """Return the subjectPublicKeyInfo of an RSA key of that size; its modulus is odd, and nobody's product."""
    modulus = (1 << bits - 1) | int.from_bytes(b"\x5a" * (bits // 8 - 1), "big") | 1
    return (
        rsa.RSAPublicNumbers(65537, modulus)
        .public_key()
        .public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def explicit_p256() -> bytes:
    """Return the subjectPublicKeyInfo of a P-256 key with its parameters spelled out (RFC 3279, 2.3.5)."""
    p = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
    b = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B
    generator = (
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    )
    order = bytes.fromhex("00ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")
    prime_field = tlv(0x30, tlv(0x06, bytes.fromhex("2a8648ce3d0101")) + tlv(2, b"\0" + p.to_bytes(32, "big")))
    curve = tlv(0x30, tlv(4, (p - 3).to_bytes(32, "big")) + tlv(4, b.to_bytes(32, "big")))
    base = tlv(4, bytes.fromhex(generator))
    parameters = tlv(0x30, tlv(2, b"\1") + prime_field + curve + base + tlv(2, order) + tlv(2, b"\1"))
    point = (
        pki.ec_key()
        .public_key()
        .public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
    )
    return key_info(tlv(0x30, tlv(0x06, bytes.fromhex("2a8648ce3d0201")) + parameters), point)


class TestKeys:
    """Public keys of unusual size and kind."""

    def test_rsa_of_16384_bits(self) -> None:
        """OK: large is not weak."""
        assert "RSA 16384" in accepted(with_key(large_rsa(16384), site()), usual().issuing.der)

    @pytest.mark.parametrize("bits", [16384, 32768])
    def test_large_rsa_that_signed_nothing(self, bits: int) -> None:
        """CRITICAL: www.example.org, signed by nobody - Example Issuing CA 3 with a huge key - Example Root R1*."""
        issuing = with_key(large_rsa(bits), usual().issuing, usual().root)
        forged = falsely_signed(site(), RSA_WITH_SHA256, bytes(bits // 8 - 1) + b"\x02")
        refused(forged, issuing, ids="chain.bad-signature")

    def test_explicit_parameters(self) -> None:
        """CRITICAL: a curve spelled out where it has to be named (RFC 5480, 2.1.1)."""
        text = refused(with_key(explicit_p256(), site()), usual().issuing.der, ids="chain.refused")
        assert ", EC 256, " in text
        assert "explicit ECC parameters" in text.splitlines()[0]

    def test_explicit_parameters_of_a_ca(self) -> None:
        """CRITICAL: a key with parameters of its own signed nothing here; that is how CVE-2020-0601 came about."""
        issuing = with_key(explicit_p256(), usual().issuing, usual().root)
        assert judge(site().der, issuing).state == "CRITICAL"

    @pytest.mark.parametrize(
        "info",
        [
            key_info(tlv(0x30, tlv(0x06, b"\x2a\x03\x04")), bytes(32)),
            key_info(tlv(0x30, bytes.fromhex("06072a8648ce3d020106082a8648ce3d030107")), b"\x04" + bytes(64)),
            key_info(tlv(0x30, bytes.fromhex("06072a8648ce3d020106082a8648ce3d030107")), b""),
            key_info(tlv(0x30, bytes.fromhex("06072a8648ce3d02010500")), b"\x04" + bytes(64)),
            key_info(tlv(0x30, bytes.fromhex("06092a864886f70d0101010500")), b"\x30\x00"),
            key_info(tlv(0x30, bytes.fromhex("06092a864886f70d0101010500")), tlv(0x30, tlv(2, b"") * 2)),
            tlv(0x30, b""),
        ],
        ids=["unknown", "no point", "empty point", "no curve", "no modulus", "empty modulus", "nothing"],
    )
    def test_broken(self, info: bytes) -> None:
        """CRITICAL: a key that nobody can use proves nothing, the end entity's no more than a CA's."""
        assert judge(with_key(info, site()), usual().issuing.der).state == "CRITICAL"
        assert judge(site().der, with_key(info, usual().issuing, usual().root)).state == "CRITICAL"

    def test_key_marked_for_pss(self) -> None:
        """OK: a key for RSASSA-PSS alone (RFC 4055, 1.2)."""
        entity = site(key=pki.rsa_key(2048))
        key = der.bit_string(der.sequence(key_info_of(entity))[1])
        info = key_info(tlv(0x30, bytes.fromhex("06092a864886f70d01010a")), key)
        assert "RSA 2048" in accepted(with_key(info, entity), usual().issuing.der)


class TestNames:
    """Subjects and SANs."""

    def test_empty_subject(self) -> None:
        """OK: the subject may be empty where a critical SAN stands in (RFC 5280, 4.1.2.6)."""
        assert "(empty name)" in accepted(site(common_name=None).der, usual().issuing.der)

    def test_empty_subject_without_san(self) -> None:
        """CRITICAL: it names nobody."""
        entity = site(common_name=None, names=())
        assert "hostname.no-identifiers" in judge(entity.der, usual().issuing.der).ids

    def test_ten_thousand(self) -> None:
        """OK, the last of 10 000 names being the one; CRITICAL without it, on a line that a pager can show."""
        many = tuple(f"host-{number}.example.org" for number in range(9_999))
        accepted(site(names=(*many, NAME)).der, usual().issuing.der)
        text = refused(site(names=(*many, "last.example.org")).der, usual().issuing.der, ids="hostname.mismatch")
        assert "host-4.example.org and 9995 more" in text
        assert len(text.splitlines()[0]) < 1_000

    @pytest.mark.parametrize(
        "tag_and_codec", [(0x1E, "utf-16-be"), (0x14, "latin-1"), (0x1C, "utf-32-be"), (0x13, "ascii")]
    )
    def test_old_strings(self, tag_and_codec: tuple[int, str]) -> None:
        """OK: BMPString, T61String and others in issuer and subject (RFC 5280, 4.1.2.4), and shown readably."""
        tag, codec = tag_and_codec
        issuing, entity = usual().issuing, site()
        old = tlv(0x0C, b"Example Issuing CA 3")
        new = tlv(tag, "Example Issuing CA 3".encode(codec))
        middle = swapped(old, new, issuing, usual().root)
        text = accepted(swapped(old, new, entity), middle)
        assert text.count('"Example Issuing CA 3" issued by "Example Root R1"') == 2
        accepted(entity.der, middle)  # names in different string types may be the same name (RFC 5280, 7.1)
        own = tlv(tag, NAME.encode(codec))
        assert text.count(f'"{NAME}" issued by') == 2
        accepted(swapped(tlv(0x0C, NAME.encode()), own, entity), issuing.der)

    def test_letters_beyond_ascii(self) -> None:
        """OK: a T61String is read as Latin-1, as everybody means it, and printed as ASCII."""
        forged = swapped(tlv(0x0C, NAME.encode()), tlv(0x14, b"B\xfccher"), site())
        assert '"B\\xfccher" issued by' in accepted(forged, usual().issuing.der)

    @pytest.mark.parametrize(
        "string",
        [tlv(0x1E, b"abc"), tlv(0x1C, b"abc"), tlv(0x0C, b"\xff\xfe"), tlv(0x13, b"a|b\n\x1b[2J"), tlv(0x0C, b"")],
    )
    def test_broken_string(self, string: bytes) -> None:
        """A verdict on a subject that cannot be read, and nothing of it reaches the terminal as it is."""
        text = judge(swapped(tlv(0x0C, NAME.encode()), string, site()), usual().issuing.der).text
        assert "\x1b" not in text
        assert "a|b" not in text

    @pytest.mark.parametrize(
        "value",
        [b"", b"\0", b"\x30\x05\x82", tlv(0x30, b"\x82\x0fwww"), tlv(0x31, b""), tlv(0x30, b""), tlv(0x04, b"x")],
        ids=bytes.hex,
    )
    @pytest.mark.parametrize("critical", [False, True])
    def test_malformed_san(self, value: bytes, critical: bool) -> None:
        """CRITICAL: a SAN that shows no name, in a certificate whose common name is the one."""
        shown = judge(bare([raw(OID_SAN, value, critical)]).der, usual().issuing.der)
        assert shown.state == "CRITICAL"
        assert shown.ids & {"hostname.malformed", "hostname.no-identifiers"}

    def test_san_broken_behind_the_name(self) -> None:
        """Never OK: what a SAN forbids or adds behind the break, nobody can tell, and OpenSSL refuses it."""
        value = tlv(0x30, tlv(0x82, NAME.encode()) + b"\x82\x10cut")
        assert judge(bare([raw(OID_SAN, value)]).der, usual().issuing.der).state == "CRITICAL"


NONSENSE = [b"", b"\0", b"\x30\x05\x01", b"\xff" * 9, tlv(0x0C, b"text"), tlv(0x30, tlv(0x0C, b"text"))]


class TestExtensions:
    """Duplicate and malformed extensions (RFC 5280, 4.2): what they forbid, nobody can tell."""

    @pytest.mark.parametrize("value", NONSENSE, ids=bytes.hex)
    @pytest.mark.parametrize("oid", [OID_BASIC_CONSTRAINTS, OID_KEY_USAGE, OID_EKU])
    @pytest.mark.parametrize("critical", [False, True])
    def test_malformed(self, oid: str, value: bytes, critical: bool) -> None:
        """CRITICAL in the end-entity certificate as in its issuer's."""
        entity = bare([(SAN, False), raw(oid, value, critical)])
        refused(entity.der, usual().issuing.der, ids="chain.malformed")
        rights: list[tuple[x509.ExtensionType, bool]] = [raw(oid, value, critical)]
        if oid != OID_BASIC_CONSTRAINTS:
            rights.append((x509.BasicConstraints(ca=True, path_length=None), True))
        issuing = bare(rights, usual().root, "Example Issuing CA 3")
        shown = judge(end_entity(issuing).der, issuing.der)
        assert shown.state == "CRITICAL"
        assert "chain.malformed" in shown.ids

    @pytest.mark.parametrize(
        ("oid", "first", "second"),
        [
            (OID_SAN, tlv(0x30, tlv(0x82, NAME.encode())), tlv(0x30, tlv(0x82, b"other.example.org"))),
            (OID_SAN, tlv(0x30, tlv(0x82, b"other.example.org")), tlv(0x30, tlv(0x82, NAME.encode()))),
            (
                OID_EKU,
                tlv(0x30, bytes.fromhex("06082b06010505070301")),
                tlv(0x30, bytes.fromhex("06082b06010505070302")),
            ),
            (OID_KEY_USAGE, bytes.fromhex("03020780"), bytes.fromhex("03020780")),
            (OID_BASIC_CONSTRAINTS, tlv(0x30, b""), tlv(0x30, bytes.fromhex("0101ff"))),
            ("2.5.29.32", tlv(0x30, tlv(0x30, tlv(0x06, b"\x2a\x03"))), tlv(0x30, tlv(0x30, tlv(0x06, b"\x2a\x03")))),
            ("1.2.3.4", b"\x05\x00", b"\x05\x00"),
        ],
        ids=["SAN", "SAN the other way", "EKU", "keyUsage", "basicConstraints", "policies", "unknown"],
    )
    def test_duplicate(self, oid: str, first: bytes, second: bytes) -> None:
        """CRITICAL: a certificate must not have an extension twice; which of the two counts, nobody can tell."""
        stand_in = x509.ObjectIdentifier("2.5.29.99") if oid.startswith("2.5") else x509.ObjectIdentifier("1.2.3.9")
        extensions = [raw(oid, first), raw(stand_in.dotted_string, second)]
        if oid != OID_SAN:
            extensions.append((SAN, False))
        entity = bare(extensions)
        name = tlv(0x06, bytes.fromhex("551d63") if oid.startswith("2.5") else b"\x2a\x03\x09")
        wanted = name[:-1] + bytes((int(oid.rpartition(".")[2]),))
        shown = judge(swapped(name, wanted, entity), usual().issuing.der)
        assert shown.state == "CRITICAL"
        assert f"extension {oid} occurs twice" in shown.text

    def test_extension_without_value(self) -> None:
        """CRITICAL: an extension that is no extension hides those behind it."""
        old = tlv(0x30, tlv(0x06, b"\x2a\x03\x04") + tlv(0x04, b"\x05\x00"))
        entity = bare([raw("1.2.3.4", b"\x05\x00"), (SAN, False)])
        forged = swapped(old, tlv(0x30, tlv(0x06, b"\x2a\x03\x04") + tlv(0x05, b"\x05\x00")), entity)
        assert judge(forged, usual().issuing.der).state == "CRITICAL"


class TestTrailingOctets:
    """Octets behind the certificate are not part of it; they are told, and never read as another."""

    def test_presented(self) -> None:
        """Whatever the verdict, the octets are mentioned; the certificate before them is judged."""
        shown = judge(site().der + b"\0\0\0", usual().issuing.der)
        assert "3 bytes follow the certificate" in shown.text

    def test_another_certificate(self) -> None:
        """CRITICAL: the issuing CA's certificate behind the end entity's in one encoding was not presented."""
        shown = judge(site().der + usual().issuing.der)
        assert shown.state == "CRITICAL"
        assert "chain.incomplete" in shown.ids


class TestProgram:
    """The executable: one line, exit code, and nothing on stderr, whatever libraries warn of."""

    @staticmethod
    def _run(directory: Path, content: bytes, *extra: str) -> Run:
        """Run the program on a file of ``content``, the usual root being the trust anchor."""
        path = directory / "chain"
        path.write_bytes(content)
        done = run(
            "--file", path, "--ca-file", pki.write(directory / "ca.pem", usual().root), "--name", NAME, *AT, *extra
        )
        assert done.err == ""
        assert "Traceback" not in done.out
        assert done.out.startswith(f"TLS_CERT {('OK', 'WARNING', 'CRITICAL', 'UNKNOWN')[done.code]} - {AS_OF} {path}")
        return done

    @pytest.mark.parametrize("profile", PROFILES)
    @pytest.mark.parametrize("serial", [b"\xff", b"\0", b"\x7f" * 30], ids=["negative", "zero", "30 octets"])
    def test_serials(self, tmp_path: Path, serial: bytes, profile: str) -> None:
        """OK; cryptography warns of such serial numbers, and that must not show."""
        forged = swapped(tlv(2, SERIAL.to_bytes(8, "big")), tlv(2, serial), site(serial=SERIAL))
        done = self._run(tmp_path, pki.pem(forged) + usual().issuing.pem, "--profile", profile)
        assert done.code == 0 or profile == PROFILES[1]

    def test_der_with_trailing_octets(self, tmp_path: Path) -> None:
        done = self._run(tmp_path, site().der + b"\0" * 5, "-v")
        assert done.code == 2
        assert "does not contain" in done.out
        assert "5 bytes follow the certificate" in done.out

    def test_pem_with_trailing_octets(self, tmp_path: Path) -> None:
        done = self._run(tmp_path, pki.pem(site().der + b"\0" * 5) + usual().issuing.pem, "-v")
        assert "expires in 60 d" in done.out or done.code == 2
        assert "5 bytes follow the certificate" in done.out

    def test_ml_dsa(self, tmp_path: Path) -> None:
        done = self._run(tmp_path, pki.pem(with_key(ML_DSA[1].key_info, site())) + usual().issuing.pem, "-v")
        assert (done.code, "ML-DSA-65" in done.out) == (0 if KNOWS_ML_DSA else 2, True)

    @pytest.mark.parametrize("profile", PROFILES)
    def test_ecdsa_with_null(self, tmp_path: Path, profile: str) -> None:
        """OK, but for strict clients; cryptography refuses such an encoding or, in older versions, warns of it."""
        forged = forge(
            site(), usual().issuing, lambda tbs: tbs.replace(pki.ECDSA_WITH_SHA256, ECDSA_WITH_NULL), ECDSA_WITH_NULL
        )
        done = self._run(tmp_path, pki.pem(forged) + usual().issuing.pem, "--profile", profile)
        assert done.code == (0 if profile == PROFILES[0] else 2)

    def test_ten_thousand_names(self, tmp_path: Path) -> None:
        entity = site(names=tuple(f"host-{number}.example.org" for number in range(10_000)))
        done = self._run(tmp_path, entity.pem + usual().issuing.pem)
        assert (done.code, "hostname mismatch" in done.out.lower()) == (2, True)

    def test_duplicate_extension(self, tmp_path: Path) -> None:
        entity = bare([raw(OID_SAN, tlv(0x30, tlv(0x82, NAME.encode()))), raw("2.5.29.99", tlv(0x30, b""))])
        forged = swapped(bytes.fromhex("0603551d63"), bytes.fromhex("0603551d11"), entity)
        assert self._run(tmp_path, pki.pem(forged) + usual().issuing.pem).code == 2

    def test_29_february(self, tmp_path: Path) -> None:
        forged = swapped(NOT_AFTER, tlv(0x17, b"270229120000Z"), site())
        done = self._run(tmp_path, pki.pem(forged) + usual().issuing.pem)
        assert (done.code, '"270229120000Z" is not a time that exists' in done.out) == (3, True)

    def test_year_9999(self, tmp_path: Path) -> None:
        entity = site(not_after=datetime(9999, 12, 31, 23, 59, 59, tzinfo=timezone.utc))
        done = self._run(tmp_path, entity.pem + usual().issuing.pem)
        assert (done.code, "(9999-12-31)" in done.out) == (0, True)
