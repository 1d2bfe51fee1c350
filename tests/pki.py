"""A PKI for tests: sane by default, deviating by keyword, at a fixed point in time.

    root = authority("Example Root R1")
    issuing = authority("Example Issuing CA 3", issuer=root)
    site = end_entity(issuing, names=("www.example.org",), not_after=EPOCH - days(1))
    write(path, site, issuing)

Keys are throwaway P-256 keys made anew for every run, unless a test asks for another kind.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Callable, NamedTuple, Union

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed448, ed25519, rsa
from cryptography.x509.oid import NameOID

#: The present, as far as tests are concerned. Every run of the program gets it with --at.
EPOCH = datetime(2026, 1, 15, 12, 0, 0, tzinfo=timezone.utc)

PrivateKey = Union[
    ec.EllipticCurvePrivateKey,
    rsa.RSAPrivateKey,
    dsa.DSAPrivateKey,
    ed25519.Ed25519PrivateKey,
    ed448.Ed448PrivateKey,
]

Digest = Union[hashes.SHA256, hashes.SHA384, hashes.SHA512]

_SERVER_AUTH = (x509.oid.ExtendedKeyUsageOID.SERVER_AUTH,)


class Entity(NamedTuple):
    """A certificate and the key that belongs to it."""

    certificate: x509.Certificate
    key: PrivateKey

    @property
    def der(self) -> bytes:
        """The certificate in DER."""
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        """The certificate in PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key in PEM."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def days(number: float) -> timedelta:
    """Return a span of days."""
    return timedelta(days=number)


def ec_key(curve: ec.EllipticCurve | None = None) -> ec.EllipticCurvePrivateKey:
    """Return a new key on ``curve`` (default P-256)."""
    return ec.generate_private_key(curve or ec.SECP256R1())


@cache
def rsa_key(bits: int, number: int = 0) -> rsa.RSAPrivateKey:
    """Return the RSA key of that size and ``number``; made once a run, because making one is slow."""
    del number  # it only tells keys of one size apart
    return rsa.generate_private_key(65537, bits)


def name(common_name: str | None) -> x509.Name:
    """Return a distinguished name; an empty one for None."""
    if common_name is None:
        return x509.Name([])
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def general_names(names: Iterable[str]) -> list[x509.GeneralName]:
    """Return dNSNames and iPAddresses for ``names``, as each is spelled."""
    found: list[x509.GeneralName] = []
    for text in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(text)))
        except ValueError:
            found.append(x509.DNSName(text))
    return found


def key_usage(*bits: str) -> x509.KeyUsage:
    """Return a keyUsage with the ``bits`` named."""
    every = ["digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement"]
    every += ["key_cert_sign", "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{bit: bit in bits for bit in every})


def authority(
    common_name: str | None = "Example Root R1",
    issuer: Entity | None = None,
    *,
    not_before: datetime = EPOCH - days(1000),
    not_after: datetime = EPOCH + days(2000),
    path_length: int | None = None,
    is_ca: bool = True,
    usage: x509.KeyUsage | None = None,
    key: PrivateKey | None = None,
    extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
    digest: Digest | None = None,
) -> Entity:
    """Return a CA certificate, self-signed if ``issuer`` is None."""
    return issue(
        name(common_name),
        issuer,
        not_before=not_before,
        not_after=not_after,
        key=key,
        digest=digest,
        extensions=[
            (x509.BasicConstraints(ca=is_ca, path_length=path_length), True),
            (usage or key_usage("key_cert_sign", "crl_sign"), True),
            *extensions,
        ],
    )


def end_entity(
    issuer: Entity | None,
    *,
    names: Iterable[str] = ("www.example.org",),
    common_name: str | None = "www.example.org",
    not_before: datetime = EPOCH - days(30),
    not_after: datetime = EPOCH + days(60),
    purposes: Iterable[x509.ObjectIdentifier] = _SERVER_AUTH,
    usage: x509.KeyUsage | None = None,
    key: PrivateKey | None = None,
    extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
    digest: Digest | None = None,
    serial: int | None = None,
) -> Entity:
    """Return a server's certificate: of 90 days, 60 of which are left; self-signed if ``issuer`` is None."""
    wanted: list[tuple[x509.ExtensionType, bool]] = [(usage or key_usage("digital_signature"), True), *extensions]
    identifiers = general_names(names)
    if identifiers:
        wanted.append((x509.SubjectAlternativeName(identifiers), common_name is None))
    if tuple(purposes):
        wanted.append((x509.ExtendedKeyUsage(purposes), False))
    return issue(
        name(common_name),
        issuer,
        not_before=not_before,
        not_after=not_after,
        key=key,
        digest=digest,
        serial=serial,
        extensions=wanted,
    )


def issue(
    subject: x509.Name,
    issuer: Entity | None,
    *,
    not_before: datetime,
    not_after: datetime,
    key: PrivateKey | None = None,
    digest: Digest | None = None,
    serial: int | None = None,
    extensions: Iterable[tuple[x509.ExtensionType, bool]] = (),
) -> Entity:
    """Return a certificate with exactly these fields, and the key identifiers that RFC 5280 asks for."""
    key = key or ec_key()
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(not_before)
        .not_valid_after(not_after)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    edwards = isinstance(signer, (ed25519.Ed25519PrivateKey, ed448.Ed448PrivateKey))
    return Entity(builder.sign(signer, None if edwards else digest or hashes.SHA256()), key)


def tlv(tag: int, content: bytes) -> bytes:
    """Return one DER element."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets + content


#: AlgorithmIdentifiers of ECDSA signatures (RFC 5758, 3.2; RFC 3279, 2.2.3).
ECDSA_WITH_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")
ECDSA_WITH_SHA1 = bytes.fromhex("300906072a8648ce3d0401")


def forge_sha1(entity: Entity, issuer: Entity) -> bytes:
    """Return DER of ``entity``'s certificate signed with ECDSA and SHA-1, which no builder does any more."""
    return forge(
        entity,
        issuer,
        lambda tbs: tbs.replace(ECDSA_WITH_SHA256, ECDSA_WITH_SHA1),
        ECDSA_WITH_SHA1,
        hashes.SHA1(),  # noqa: S303  # the very weakness under test
    )


def forge(
    entity: Entity,
    issuer: Entity,
    change: Callable[[bytes], bytes],
    algorithm: bytes = ECDSA_WITH_SHA256,
    digest: hashes.HashAlgorithm | None = None,
) -> bytes:
    """Return DER of ``entity``'s certificate with its tbsCertificate's content changed, signed again by ``issuer``.

    For what no builder makes. ``change`` gets and returns the content of the outermost SEQUENCE; ``issuer`` has an
    elliptic-curve key, and ``entity`` was signed with ECDSA and SHA-256.
    """
    body = entity.certificate.tbs_certificate_bytes
    header = 2 + (body[1] & 0x7F if body[1] & 0x80 else 0)
    tbs = tlv(0x30, change(body[header:]))
    key = issuer.key
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise TypeError("the issuer of a forged certificate needs an elliptic-curve key")
    signature = key.sign(tbs, ec.ECDSA(digest or hashes.SHA256()))
    return tlv(0x30, tbs + algorithm + tlv(0x03, b"\0" + signature))


def pem(der: bytes) -> bytes:
    """Return DER of a certificate as a PEM block."""
    import base64

    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"


def write(path: Path, *entities: Entity) -> Path:
    """Write the certificates of ``entities`` to ``path`` as a PEM bundle, and return it."""
    path.write_bytes(b"".join(entity.pem for entity in entities))
    return path
