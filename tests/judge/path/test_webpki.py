"""The rules of --profile webpki that the transcripts do not show."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID

from check_tls_cert.judge.path import webpki
from check_tls_cert.judge.path.candidate import Path
from check_tls_cert.report.phrases import clause
from check_tls_cert.x509.certificate import parse
from check_tls_cert.x509.identity import reference_identifier
from tests import pki
from tests.pki import EPOCH, Entity

ROOT = pki.authority()


def judged(*entities: Entity, name: str | None = "www.example.org") -> list[str]:
    """Return what strict clients say of a path, as finding ids with the reason."""
    certificates = tuple(parse(entity.der) for entity in entities)
    reference = reference_identifier(name) if name is not None else None
    findings = webpki.judge_webpki(Path(certificates, anchored=True), certificates[:-1], reference, EPOCH)
    return [f"{finding.id}: {clause(finding).partition(': ')[2]}" for finding in findings]


def raw(oid: str, value: bytes) -> x509.UnrecognizedExtension:
    return x509.UnrecognizedExtension(x509.ObjectIdentifier(oid), value)


def built(
    issuer: Entity | None, subject: str | None, *extensions: tuple[x509.ExtensionType, bool], ca: bool = False
) -> Entity:
    """Return a certificate with just these extensions, not even the key identifiers."""
    from cryptography.hazmat.primitives import hashes

    key = pki.ec_key()
    signer = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(pki.name(subject))
        .issuer_name(issuer.certificate.subject if issuer else pki.name(subject))
        .public_key(key.public_key())
        .serial_number(4711)
        .not_valid_before(EPOCH - pki.days(30))
        .not_valid_after(EPOCH + pki.days(60))
    )
    if ca:
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), True)
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return Entity(builder.sign(signer, hashes.SHA256()), key)


SAN = (x509.SubjectAlternativeName([x509.DNSName("www.example.org")]), False)
SERVER = (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False)


def key_id(issuer: Entity) -> tuple[x509.ExtensionType, bool]:
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), False


def test_good_path_is_accepted_by_both_opinions() -> None:
    issuing = pki.authority("Example Issuing CA 3", ROOT)
    assert judged(pki.end_entity(issuing), issuing, ROOT) == []


def test_second_opinion_needs_a_name() -> None:
    assert judged(pki.end_entity(ROOT), ROOT, name=None) == []


def test_second_opinion_on_an_address() -> None:
    site = pki.end_entity(ROOT, names=("192.0.2.1",), common_name="192.0.2.1")
    assert judged(site, ROOT, name="192.0.2.1") == []
    assert judged(site, ROOT, name="192.0.2.2") == ['webpki.refused: "leaf certificate has no matching subjectAltName"']


def test_certificate_that_cryptography_cannot_read() -> None:
    """Its own parser is stricter than every rule: here, about the names in a subjectAltName."""
    site = built(ROOT, None, key_id(ROOT), SERVER, (raw("2.5.29.17", b"\x30\x02\x82\x00"), True))
    (said,) = judged(site, ROOT)
    assert said.startswith('webpki.refused: "')


@pytest.mark.parametrize(
    ("extension", "critical", "said"),
    [
        (raw("2.5.29.35", b"\x05\x00"), False, "webpki.key-identifier: its authorityKeyIdentifier is malformed"),
        (
            raw("2.5.29.35", b"\x30\x00"),
            False,
            "webpki.key-identifier: it has no authorityKeyIdentifier with a key identifier",
        ),
    ],
)
def test_authority_key_identifier(extension: x509.UnrecognizedExtension, critical: bool, said: str) -> None:
    assert judged(built(ROOT, "www.example.org", (extension, critical), SAN, SERVER), ROOT) == [said]


def test_critical_key_identifier() -> None:
    aki, _ = key_id(ROOT)
    site = built(ROOT, "www.example.org", (aki, True), SAN, SERVER)
    assert judged(site, ROOT) == ["webpki.key-identifier: a key identifier extension of it is critical"]


def test_authority_without_subject_key_identifier() -> None:
    issuing = built(ROOT, "Example Issuing CA 3", key_id(ROOT), ca=True)
    assert judged(pki.end_entity(issuing), issuing, ROOT) == [
        "webpki.key-identifier: it is a CA certificate without subjectKeyIdentifier"
    ]


def test_root_with_a_foreign_key_identifier() -> None:
    ski = (x509.SubjectKeyIdentifier(b"own"), False)
    foreign = (x509.AuthorityKeyIdentifier(b"foreign", [x509.DirectoryName(pki.name("X"))], 5), False)
    root = built(None, "Example Root R2", ski, foreign, ca=True)
    assert judged(pki.end_entity(root), root) == [
        "webpki.key-identifier: its authorityKeyIdentifier names an issuer and serial number",
        "webpki.key-identifier: its authorityKeyIdentifier is not its own subjectKeyIdentifier",
    ]


def test_root_without_key_identifiers_is_fine_but_for_its_own() -> None:
    root = built(None, "Example Root R2", ca=True)
    assert judged(pki.end_entity(root), root) == [
        "webpki.key-identifier: it is a CA certificate without subjectKeyIdentifier"
    ]


def test_authority_whose_basic_constraints_are_not_critical() -> None:
    limits = (x509.BasicConstraints(ca=True, path_length=None), False)
    root = built(None, "Example Root R2", limits, (x509.SubjectKeyIdentifier(b"own"), False))
    assert judged(pki.end_entity(root), root) == [
        "webpki.basic-constraints: its basicConstraints are missing, or not critical"
    ]


@pytest.mark.parametrize(
    ("purpose", "critical", "said"),
    [
        (ExtendedKeyUsageOID.ANY_EXTENDED_KEY_USAGE, False, "webpki.purpose: its extendedKeyUsage is for any purpose"),
        (ExtendedKeyUsageOID.SERVER_AUTH, True, "webpki.purpose: its extendedKeyUsage is critical"),
    ],
)
def test_purposes(purpose: x509.ObjectIdentifier, critical: bool, said: str) -> None:
    site = built(ROOT, "www.example.org", key_id(ROOT), SAN, (x509.ExtendedKeyUsage([purpose]), critical))
    assert judged(site, ROOT) == [said]


def test_root_with_a_purpose() -> None:
    root = pki.authority("Example Root R2", extensions=[SERVER])
    assert judged(pki.end_entity(root), root) == ["webpki.purpose: it is a root and has an extendedKeyUsage"]


@pytest.mark.parametrize(
    ("value", "critical", "said"),
    [
        (b"\x30\x0f\xa0\x0d\x30\x0b\x82\x09localhost", False, "its name constraints are not critical"),
        (b"\x30\x02\xa0\x00", True, "its name constraints are empty"),
        (b"\x05\x00", True, "its name constraints are malformed"),
    ],
)
def test_name_constraints(value: bytes, critical: bool, said: str) -> None:
    issuing = pki.authority("Example Issuing CA 3", ROOT, extensions=[(raw("2.5.29.30", value), critical)])
    assert judged(pki.end_entity(issuing), issuing, ROOT) == [f"webpki.name-constraints: {said}"]


def test_critical_information_access() -> None:
    where = x509.AccessDescription(
        x509.oid.AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier("http://ca.example.org/x.crt")
    )
    site = pki.end_entity(ROOT, extensions=[(x509.AuthorityInformationAccess([where]), True)])
    assert judged(site, ROOT) == ["webpki.extension: its authorityInfoAccess is critical"]


@pytest.mark.parametrize(
    ("subject", "critical", "said"),
    [
        ("www.example.org", True, ["webpki.san: its subjectAltName must be not critical beside a subject"]),
        (None, False, ["webpki.san: its subjectAltName must be critical without a subject"]),
        (None, True, []),
    ],
)
def test_criticality_of_names(subject: str | None, critical: bool, said: list[str]) -> None:
    site = built(ROOT, subject, key_id(ROOT), SERVER, (SAN[0], critical))
    assert judged(site, ROOT) == said


def test_no_names_at_all_is_for_the_hostname_check_to_say() -> None:
    site = built(ROOT, "www.example.org", key_id(ROOT), SERVER)
    assert judged(site, ROOT, name=None) == []


def test_second_opinion_without_a_name_is_about_the_certificates_own() -> None:
    """A file is not judged more mildly because nobody said which host it is for."""
    issuing = pki.authority("Example Issuing CA 3", ROOT)
    stranger = pki.authority("Example Issuing CA 3", ROOT)
    site = pki.end_entity(stranger, names=("*.example.org",), common_name=None)
    assert [told.partition(":")[0] for told in judged(site, issuing, ROOT, name=None)] == ["webpki.refused"]
    assert judged(pki.end_entity(issuing, names=("*.example.org",), common_name=None), issuing, ROOT, name=None) == []


def test_second_opinion_on_a_certificate_for_no_name() -> None:
    issuing = pki.authority("Example Issuing CA 3", ROOT)
    site = pki.end_entity(issuing, names=("a..example.org",), common_name=None)
    assert judged(site, issuing, ROOT, name=None) == []


@pytest.mark.parametrize(("serial", "refused"), [(2**159 - 1, False), (2**159, True), (2**160 - 1, True)])
def test_serial_of_twenty_bytes(serial: int, refused: bool) -> None:
    """RFC 5280, 4.1.2.2: at most 20 bytes; DER puts a zero byte before a top bit that is set, which makes 21."""
    certificate = parse(pki.end_entity(ROOT).der)._replace(serial=serial)
    path = Path((certificate, parse(ROOT.der)), anchored=True)
    found = webpki.judge_webpki(path, (certificate,), reference_identifier("www.example.org"), EPOCH, sound=False)
    assert ("webpki.serial" in [finding.id for finding in found]) is refused
