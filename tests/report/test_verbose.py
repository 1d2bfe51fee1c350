"""What -v adds: each problem with its certificate, each certificate, and what is untidy about the presented chain."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography import x509

from tests import pki
from tests.pki import EPOCH, Entity, days
from tests.program import AT, run

ROOT = pki.authority(not_before=EPOCH - days(3000), not_after=EPOCH + days(3000))
UPPER = pki.authority("Example Policy CA", ROOT)
ISSUING = pki.authority("Example Issuing CA 3", UPPER)
SITE = pki.end_entity(ISSUING, serial=0xABC)


def verbose(directory: Path, *chain: Entity, extra: tuple[str, ...] = ("-v",), code: int = 0) -> list[str]:
    """Return the lines after the first, for a chain in a file."""
    path = pki.write(directory / "chain.pem", *chain)
    anchors = pki.write(directory / "ca.pem", ROOT)
    done = run("--file", path, "--ca-file", anchors, *AT, *extra)
    assert (done.err, done.code) == ("", code)
    return done.out.splitlines()[1:]


def line(where: str, position: int, entity: Entity, issuer: str, begin: str, end: str) -> str:
    """Return the line about one certificate."""
    certificate = entity.certificate
    common_name = certificate.subject.rfc4514_string().partition("=")[2]
    return (
        f'{where} {position}: "{common_name}" issued by "{issuer}", valid {begin}T12:00:00Z to {end}T12:00:00Z, EC 256, '
        f"ecdsa-with-SHA256, serial {certificate.serial_number:x}"
    )


CHAIN = [
    (SITE, "Example Issuing CA 3", "2025-12-16", "2026-03-16"),
    (ISSUING, "Example Policy CA", "2023-04-21", "2031-07-08"),
    (UPPER, "Example Root R1", "2023-04-21", "2031-07-08"),
    (ROOT, "Example Root R1", "2017-10-29", "2034-04-03"),
]


def test_certificates_and_path(tmp_path: Path) -> None:
    assert verbose(tmp_path, SITE, ISSUING, UPPER) == [
        *(line("presented", position, *CHAIN[position]) for position in range(3)),
        *(line("path", position, *CHAIN[position]) for position in range(4)),
        "tried 1 certification path",
        'a path validates until 2031-07-08T12:00:00Z, when "Example Issuing CA 3" expires (2031-07-08)',
    ]


@pytest.mark.parametrize(
    ("chain", "remarks"),
    [
        ((SITE, ISSUING, UPPER), []),
        ((SITE, UPPER, ISSUING), ["presented out of order: the path goes 0, 2, 1"]),
        ((SITE, ISSUING, ISSUING, UPPER), ['presented 2 "Example Issuing CA 3" repeats presented 1']),
        (
            (SITE, ISSUING, UPPER, ROOT),
            ['presented 3 "Example Root R1" is a trust anchor, which clients already have'],
        ),
        (
            (SITE, ISSUING, UPPER, pki.authority("Example Root X9")),
            ['presented 3 "Example Root X9" is not part of the path'],
        ),
    ],
)
def test_untidy_chains_are_remarked_on_but_fine(tmp_path: Path, chain: tuple[Entity, ...], remarks: list[str]) -> None:
    lines = verbose(tmp_path, *chain)
    assert lines[lines.index("tried 1 certification path") + 1 : -1] == remarks


def test_problem_says_which_certificate_and_where(tmp_path: Path) -> None:
    expired = pki.authority("Example Policy CA", ROOT, not_after=EPOCH - days(1))
    issuing = pki.authority("Example Issuing CA 3", expired)
    first, *_ = verbose(tmp_path, pki.end_entity(issuing), issuing, expired, code=2)
    assert first == (
        f"CRITICAL chain_valid chain.expired (presented 2, serial {expired.certificate.serial_number:x}): the intermediate "
        'CA certificate "Example Policy CA" expired 2026-01-14T12:00:00Z; put its successor into the file, or nothing in its place if the chain is valid without it'
    )


def test_trust_anchor_at_fault_was_not_presented(tmp_path: Path) -> None:
    old = pki.authority("Example Root R1", not_after=EPOCH - days(1))
    path = pki.write(tmp_path / "site.pem", pki.end_entity(old))
    done = run("--file", path, "--ca-file", pki.write(tmp_path / "ca.pem", old), *AT, "-v")
    assert done.out.splitlines()[1] == (
        f"CRITICAL chain_valid chain.expired (not presented, serial {old.certificate.serial_number:x}): the trust anchor "
        '"Example Root R1" expired 2026-01-14T12:00:00Z; update the trust anchors'
    )


def test_accepted_findings_are_still_listed(tmp_path: Path) -> None:
    lines = verbose(tmp_path, pki.end_entity(None), extra=("-v", "--accept", "chain.self-signed"))
    assert lines[0] == (
        'accepted chain_valid chain.self-signed: the end-entity certificate "www.example.org" is self-signed and not trusted'
    )


def test_where_a_missing_certificate_is_published(tmp_path: Path) -> None:
    """RFC 5280, 4.2.2.1; whatever the URL says, it is one safe line."""
    url = x509.UniformResourceIdentifier("http://ca.example.org/3.crt?a|b")
    issuers = x509.AccessDescription(x509.oid.AuthorityInformationAccessOID.CA_ISSUERS, url)
    responder = x509.AccessDescription(x509.oid.AuthorityInformationAccessOID.OCSP, url)
    access = x509.AuthorityInformationAccess([responder, issuers])
    site = pki.end_entity(ISSUING, extensions=[(access, False)])
    first, *_ = verbose(tmp_path, site, code=2)
    assert first.endswith("configure the full chain (published at http://ca.example.org/3.crt?a/b)")


def test_malformed_hint_is_none(tmp_path: Path) -> None:
    malformed = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.3.6.1.5.5.7.1.1"), b"\x30\x02\x30\x00")
    first, *_ = verbose(tmp_path, pki.end_entity(ISSUING, extensions=[(malformed, False)]), code=2)
    assert first.endswith("configure the full chain")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--accept", "expiry.expired"), "expired 2 d ago (2026-01-13), path to"),
        (("--accept", "hostname.mismatch", "--name", "mail.example.org"), "hostname does not match, SANs cover 0/1"),
        (("--hostname-match-critical", "0:", "--name", "mail.example.org"), "hostname does not match, SANs cover 0/1"),
        (("--accept", "chain.expired"), "no valid path"),
    ],
)
def test_what_is_accepted_is_not_called_well(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    """An OK line may say what does not count, but nothing that is not so."""
    old = pki.authority("Example Root R1", not_after=EPOCH - days(1))
    expired = "expiry.expired" in options
    anchor = old if "chain.expired" in options else pki.authority("Example Root R1")
    site = pki.end_entity(anchor, not_after=EPOCH + days(-2 if expired else 60), not_before=EPOCH - days(92))
    trust = ("--ca-file", pki.write(tmp_path / "ca.pem", anchor), "--san", "www.example.org")
    if "--name" in options:
        trust = (*trust[:2], "--san-coverage-critical", "0:")
    done = run("--file", pki.write(tmp_path / "site.pem", site), *trust, *options, *AT, "--chain-expiry-warning", "~:")
    assert done.code == 0
    assert said in done.out.splitlines()[0]
