"""A PKI that is the same in every process, octet by octet: what is mutated must be, for a find to be found again.

Keys come from fixed numbers, CAs sign with Ed25519, which draws no random number.
"""

from __future__ import annotations

from collections.abc import Iterable

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from tests import pki
from tests.pki import EPOCH, Entity, days, tlv

NAME = "www.example.org"
ED25519 = bytes.fromhex("300506032b6570")

Extensions = Iterable[tuple[x509.ExtensionType, bool]]


def _authority_key(number: int) -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.from_private_bytes(bytes((number,)) * 32)


def _site_key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(number, ec.SECP256R1())


def authority(common_name: str, number: int, issuer: Entity | None = None, extensions: Extensions = ()) -> Entity:
    """Return a CA certificate with the key and the serial number of that ``number``."""
    return pki.issue(
        pki.name(common_name),
        issuer,
        not_before=EPOCH - days(1000),
        not_after=EPOCH + days(2000),
        key=_authority_key(number),
        serial=number,
        extensions=[
            (x509.BasicConstraints(ca=True, path_length=None), True),
            (pki.key_usage("key_cert_sign", "crl_sign"), True),
            *extensions,
        ],
    )


def site(issuer: Entity, number: int, names: Iterable[str] = (NAME,), left: float = 60) -> Entity:
    """Return a server's certificate, of which ``left`` days are left."""
    return pki.issue(
        pki.name("www.example.org"),
        issuer,
        not_before=EPOCH - days(30),
        not_after=EPOCH + days(left),
        key=_site_key(number),
        serial=number,
        extensions=[
            (pki.key_usage("digital_signature"), True),
            (x509.SubjectAlternativeName(pki.general_names(names)), False),
            (x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.SERVER_AUTH]), False),
        ],
    )


def _constraints() -> x509.NameConstraints:
    return x509.NameConstraints([x509.DNSName("example.org")], [x509.DNSName("bad.example.org")])


ROOT = authority("Example Root R1", 1)
OTHER_ROOT = authority("Example Root R2", 2)
ISSUING = authority("Example Issuing CA 3", 3, ROOT)
CONSTRAINED = authority("Example Issuing CA 4", 4, ROOT, [(_constraints(), True)])
#: Two CAs that signed each other, and the same CA below another root.
LOOP_A = authority("Example Loop CA A", 5)
LOOP_B = authority("Example Loop CA B", 6, LOOP_A)
LOOP_A_BY_B = authority("Example Loop CA A", 5, LOOP_B)
CROSS = authority("Example Root R1", 1, OTHER_ROOT)

SITE = site(ISSUING, 11)
SITES = (
    SITE,
    site(ISSUING, 12, ("*.example.org", "192.0.2.1", "2001:db8::1")),
    site(CONSTRAINED, 13, ("a.example.org", NAME)),
    site(ISSUING, 14, left=-1),
    site(LOOP_B, 15),
    site(ROOT, 16, ("example.net",)),
)
AUTHORITIES = (ROOT, OTHER_ROOT, ISSUING, CONSTRAINED, LOOP_A, LOOP_B, LOOP_A_BY_B, CROSS)
ISSUERS = {
    entity.der: issuer
    for entity, issuer in (
        *((one, ISSUING) for one in (SITES[0], SITES[1], SITES[3])),
        (SITES[2], CONSTRAINED),
        (SITES[4], LOOP_B),
        (SITES[5], ROOT),
        (ROOT, ROOT),
        (OTHER_ROOT, OTHER_ROOT),
        (ISSUING, ROOT),
        (CONSTRAINED, ROOT),
        (LOOP_A, LOOP_A),
        (LOOP_B, LOOP_A),
        (LOOP_A_BY_B, LOOP_B),
        (CROSS, OTHER_ROOT),
    )
}


def signed(tbs: bytes, issuer: Entity) -> bytes:
    """Return the DER of a certificate with that tbsCertificate, whatever it is, and a signature that verifies."""
    key = issuer.key
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise TypeError("only CAs sign")
    return tlv(0x30, tbs + ED25519 + tlv(0x03, b"\0" + key.sign(tbs)))
