"""What the certificates of a path may do: each right in turn, on an otherwise good path.

Diagrams read from the end-entity certificate up; * marks the trust anchor.
"""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, x25519
from cryptography.x509.oid import ExtendedKeyUsageOID

from check_tls_cert.judge.path import rights
from check_tls_cert.judge.path.candidate import Path
from check_tls_cert.report.phrases import clause
from check_tls_cert.x509.certificate import Certificate, parse
from tests import pki
from tests.pki import Entity, authority, end_entity, tlv

ROOT = authority("Example Root R1")
ISSUING = authority("Example Issuing CA 3", ROOT)


def judged(*path: Entity | Certificate, anchored: bool = True) -> list[str]:
    """Return the ids of what is against a path."""
    certificates = tuple(parse(one.der) for one in path)
    return [finding.id for finding in rights.judge_rights(Path(certificates, anchored))]


def raw(oid: str, value: bytes) -> tuple[x509.UnrecognizedExtension, bool]:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value), False


def test_good() -> None:
    """Nothing: www - issuing - root*."""
    assert judged(end_entity(ISSUING), ISSUING, ROOT) == []


class TestKeyUsage:
    """RFC 5280, 4.2.1.3."""

    @pytest.mark.parametrize("bit", ["digital_signature", "key_encipherment", "key_agreement"])
    def test_each_suffices_for_a_server(self, bit: str) -> None:
        assert judged(end_entity(ISSUING, usage=pki.key_usage(bit)), ISSUING, ROOT) == []

    @pytest.mark.parametrize("bits", [(), ("crl_sign",), ("key_cert_sign", "content_commitment")])
    def test_none_of_them_does_not(self, bits: tuple[str, ...]) -> None:
        assert judged(end_entity(ISSUING, usage=pki.key_usage(*bits)), ISSUING, ROOT) == ["chain.key-usage"]

    def test_authority_as_a_server(self) -> None:
        """Nothing: a CA certificate that is its own server has a keyUsage about signing certificates."""
        assert judged(authority("www.example.org", ROOT), ROOT) == []

    def test_authority_without_key_cert_sign(self) -> None:
        issuing = authority("Example Issuing CA 4", ROOT, usage=pki.key_usage("digital_signature"))
        assert judged(end_entity(issuing), issuing, ROOT) == ["chain.key-usage"]

    def test_key_that_cannot_sign(self) -> None:
        """A static Diffie-Hellman key: no server can prove that it has it (RFC 8446, 4.4.2.2)."""
        public = x25519.X25519PrivateKey.generate().public_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(pki.name("www.example.org"))
            .issuer_name(ISSUING.certificate.subject)
            .public_key(public)
            .serial_number(1)
            .not_valid_before(pki.EPOCH)
            .not_valid_after(pki.EPOCH + pki.days(1))
        )
        site = Entity(builder.sign(ISSUING.key, hashes.SHA256()), ISSUING.key)
        assert judged(site, ISSUING, ROOT) == ["chain.key-usage"]


class TestPurpose:
    """RFC 5280, 4.2.1.12; along the path as OpenSSL and the browsers have it."""

    @pytest.mark.parametrize(
        "purposes", [(), (ExtendedKeyUsageOID.SERVER_AUTH,), (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE,)]
    )
    def test_servers(self, purposes: tuple[x509.ObjectIdentifier, ...]) -> None:
        assert judged(end_entity(ISSUING, purposes=purposes), ISSUING, ROOT) == []

    def test_clients(self) -> None:
        site = end_entity(ISSUING, purposes=[ExtendedKeyUsageOID.CLIENT_AUTH, x509.ObjectIdentifier("1.2.3.4")])
        path = Path(tuple(parse(one.der) for one in (site, ISSUING, ROOT)), anchored=True)
        (finding,) = rights.judge_rights(path)
        assert clause(finding) == (
            'the end-entity certificate "www.example.org" is not for TLS servers: extendedKeyUsage has clientAuth, '
            "1.2.3.4, not serverAuth"
        )

    def test_intermediate(self) -> None:
        mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        issuing = authority("Example Mail CA", ROOT, extensions=[(mail, False)])
        assert judged(end_entity(issuing), issuing, ROOT) == ["chain.purpose"]

    def test_trust_anchor(self) -> None:
        """Nothing: it is trusted by choice (RFC 5280, 6.1.1 (d)), as long as it is the anchor."""
        mail = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION])
        root = authority("Example Mail Root", extensions=[(mail, False)])
        assert judged(end_entity(root), root) == []
        assert judged(end_entity(root), root, anchored=False) == ["chain.purpose"]


class TestAuthority:
    """RFC 5280, 4.2.1.9 and 4.1.2.6."""

    def test_path_length_counts_those_in_between(self) -> None:
        """Refused: www - C - B - A (pathlen 1) - root*: two below A; but www - B - A is one."""
        a = authority("Example A", ROOT, path_length=1)
        b = authority("Example B", a)
        c = authority("Example C", b)
        assert judged(end_entity(b), b, a, ROOT) == []
        assert judged(end_entity(c), c, b, a, ROOT) == ["chain.path-length"]

    def test_path_length_leaves_out_self_issued(self) -> None:
        """Nothing: www - A (new key, self-issued) - A (pathlen 0) - root*, a key rollover."""
        a = authority("Example A", ROOT, path_length=0)
        renewed = authority("Example A", a)
        assert judged(end_entity(renewed), renewed, a, ROOT) == []

    def test_path_length_of_a_trust_anchor(self) -> None:
        root = authority("Example Root R2", path_length=0)
        issuing = authority("Example Issuing CA 4", root)
        assert judged(end_entity(issuing), issuing, root) == ["chain.path-length"]

    def test_without_basic_constraints(self) -> None:
        """Refused: version 3, and nothing says that it is a CA; a self-issued trust anchor is older than the rule."""
        issuing = pki.issue(pki.name("Example CA 4"), ROOT, not_before=pki.EPOCH, not_after=pki.EPOCH + pki.days(1))
        root = pki.issue(pki.name("Example Root R2"), None, not_before=pki.EPOCH, not_after=pki.EPOCH + pki.days(1))
        assert judged(end_entity(issuing), issuing, ROOT) == ["chain.not-a-ca"]
        assert judged(end_entity(issuing), issuing) == ["chain.not-a-ca"]
        assert judged(end_entity(root), root) == []

    def test_without_a_name(self) -> None:
        nameless = authority(None, ROOT)
        assert judged(end_entity(nameless), nameless, ROOT) == ["chain.malformed"]


class TestStrength:
    """Keys and digests."""

    @pytest.mark.parametrize("key", [pki.rsa_key(2048), ec.generate_private_key(ec.SECP224R1())])
    def test_just_strong_enough(self, key: pki.PrivateKey) -> None:
        assert judged(end_entity(ISSUING, key=key), ISSUING, ROOT) == []

    @pytest.mark.parametrize(
        "key",
        [
            pki.rsa_key(1024),
            pki.rsa_key(2040),
            ec.generate_private_key(ec.SECP192R1()),
            dsa.generate_private_key(2048),
        ],
    )
    def test_weak_key(self, key: pki.PrivateKey) -> None:
        assert judged(end_entity(ISSUING, key=key), ISSUING, ROOT) == ["chain.weak-key"]

    def test_weak_key_of_a_trust_anchor(self) -> None:
        """Refused: anybody may have made the private key by now, whoever trusts it."""
        root = authority("Example Root R2", key=pki.rsa_key(1024))
        assert judged(end_entity(root), root) == ["chain.weak-key"]

    def test_weak_signature(self) -> None:
        site = parse(pki.forge_sha1(end_entity(ISSUING), ISSUING))
        assert judged(site, ISSUING, ROOT) == ["chain.weak-signature"]

    def test_weak_signature_of_a_trust_anchor(self) -> None:
        """Nothing: nobody has to believe its signature."""
        root = parse(pki.forge_sha1(ROOT, ROOT))
        assert judged(end_entity(ISSUING), ISSUING, root) == []


class TestMalformed:
    """What nobody can read forbids nobody knows what."""

    @pytest.mark.parametrize("oid", ["2.5.29.15", "2.5.29.37"])
    def test_decisive_extension(self, oid: str) -> None:
        site = pki.issue(
            pki.name("www.example.org"),
            ISSUING,
            not_before=pki.EPOCH,
            not_after=pki.EPOCH + pki.days(1),
            extensions=[raw(oid, b"\x30\x7f")],
        )
        assert judged(site, ISSUING, ROOT) == ["chain.malformed"]

    def test_name_constraints(self) -> None:
        issuing = authority("Example Issuing CA 4", ROOT, extensions=[raw("2.5.29.30", tlv(0x30, b"\xa0\x7f"))])
        assert judged(end_entity(issuing), issuing, ROOT) == ["chain.malformed"]

    def test_hints_do_not_matter(self) -> None:
        """Nothing: without readable key identifiers, names and signatures alone link a path."""
        site = end_entity(ISSUING, extensions=[raw("1.3.6.1.5.5.7.1.1", b"\x30\x7f")])
        assert judged(site, ISSUING, ROOT) == []
