"""Trust anchors from bundles, hashed directories and the system's places, looked up by name."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID
from OpenSSL import crypto

from check_tls_cert.fetch import trust
from check_tls_cert.fetch.trust import TrustError, anchors_at
from check_tls_cert.model.target import AnchorLocations
from check_tls_cert.x509.certificate import Certificate, parse
from tests import pki
from tests.pki import EPOCH, Entity, authority, days

ROOT = authority("Example Root R1")
OTHER = authority("Example Root R2")


def parsed(entity: Entity) -> Certificate:
    return parse(entity.der)


def subject(entity: Entity) -> bytes:
    return parsed(entity).subject


def hash_of(entity: Entity) -> str:
    """Return what OpenSSL says the file of this anchor is called, before the number."""
    return f"{crypto.load_certificate(crypto.FILETYPE_ASN1, entity.der).subject_name_hash():08x}"


def hashed(directory: Path, *entities: Entity) -> Path:
    """Write a hashed directory as `openssl rehash` lays one out."""
    directory.mkdir(exist_ok=True)
    for entity in entities:
        number = len(list(directory.glob(f"{hash_of(entity)}.*")))
        pki.write(directory / f"{hash_of(entity)}.{number}", entity)
    return directory


def files(*paths: Path) -> AnchorLocations:
    return AnchorLocations(files=tuple(map(str, paths)), system=False)


def directories(*paths: Path) -> AnchorLocations:
    return AnchorLocations(directories=tuple(map(str, paths)), system=False)


class TestBundle:
    """--ca-file."""

    def test_by_name(self, tmp_path: Path) -> None:
        anchors = anchors_at(files(pki.write(tmp_path / "ca.pem", ROOT, OTHER)))
        assert anchors.named(subject(ROOT)) == [parsed(ROOT)]
        assert parsed(OTHER) in anchors
        assert anchors.named(subject(authority("Example Root R3"))) == []

    def test_every_one_of_a_name(self, tmp_path: Path) -> None:
        """A path may need each: an old root and its successor share the name."""
        successor = authority("Example Root R1", not_after=EPOCH + days(4000))
        anchors = anchors_at(files(pki.write(tmp_path / "a.pem", ROOT), pki.write(tmp_path / "b.pem", successor, ROOT)))
        assert anchors.named(subject(ROOT)) == [parsed(ROOT), parsed(successor)]

    def test_same_name_is_not_the_same_certificate(self, tmp_path: Path) -> None:
        anchors = anchors_at(files(pki.write(tmp_path / "ca.pem", ROOT)))
        assert parsed(authority("Example Root R1")) not in anchors

    def test_broken_anchor_does_not_hide_the_others(self, tmp_path: Path) -> None:
        path = tmp_path / "ca.pem"
        path.write_bytes(pki.pem(b"\x30\x03\x02\x01\x01") + ROOT.pem + b"-----BEGIN CERTIFICATE-----\n")
        assert anchors_at(files(path)).named(subject(ROOT)) == [parsed(ROOT)]

    @pytest.mark.parametrize(
        "content",
        [b"", b"no certificate", pki.pem(b"\x30\x00"), ROOT.key_pem],
        ids=["empty", "text", "broken", "key"],
    )
    def test_nothing_to_trust(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "ca.pem"
        path.write_bytes(content)
        with pytest.raises(TrustError, match="holds no PEM certificate to trust"):
            anchors_at(files(path))

    def test_der_is_named_for_what_it_is(self, tmp_path: Path) -> None:
        path = tmp_path / "ca.der"
        path.write_bytes(ROOT.der)
        with pytest.raises(TrustError, match=r"; it seems to be DER, run: openssl x509 -inform DER$"):
            anchors_at(files(path))

    def test_pipe_without_writer_is_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        with pytest.raises(TrustError, match="holds no PEM certificate to trust"):
            anchors_at(files(tmp_path / "pipe"))

    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(
            TrustError, match=r'^cannot read trust anchors from ".*ca\.pem": No such file or directory$'
        ):
            anchors_at(files(tmp_path / "ca.pem"))


class TestTrustSettings:
    """OpenSSL's TRUSTED CERTIFICATE: what stands behind the certificate says for what it is an anchor."""

    @pytest.mark.parametrize(
        ("settings", "trusted"),
        [
            ((), True),
            (("-addtrust", "serverAuth"), True),
            (("-addtrust", "anyExtendedKeyUsage"), True),
            (("-addreject", "emailProtection"), True),
            (("-setalias", "mine"), True),
            (("-addtrust", "emailProtection"), False),
            (("-addreject", "serverAuth"), False),
        ],
    )
    def test_settings(self, tmp_path: Path, settings: tuple[str, ...], trusted: bool) -> None:
        path = tmp_path / "ca.pem"
        command = ["openssl", "x509", "-trustout", "-out", str(path), *settings]
        subprocess.run(command, input=ROOT.pem, check=True, capture_output=True)
        anchors = anchors_at(files(path, pki.write(tmp_path / "other.pem", OTHER))) if trusted else None
        if anchors is not None:
            assert parsed(ROOT) in anchors
        else:
            with pytest.raises(TrustError, match="holds no PEM certificate to trust"):
                anchors_at(files(path))

    @pytest.mark.parametrize("behind", [b"\x30\x7f", b"\x30\x04\x30\x02\x06\x00"])
    def test_settings_that_cannot_be_read(self, tmp_path: Path, behind: bytes) -> None:
        path = tmp_path / "ca.pem"
        path.write_bytes(pki.pem(ROOT.der + behind).replace(b" CERT", b" TRUSTED CERT"))
        with pytest.raises(TrustError, match="holds no PEM certificate to trust"):
            anchors_at(files(path))


class TestHashedDirectory:
    """--ca-path: one file per anchor, named by a hash of the subject that OpenSSL computes."""

    def test_by_name(self, tmp_path: Path) -> None:
        anchors = anchors_at(directories(hashed(tmp_path / "a", ROOT, OTHER)))
        assert anchors.named(subject(OTHER)) == [parsed(OTHER)]
        assert parsed(ROOT) in anchors

    def test_several_of_a_name_in_several_directories(self, tmp_path: Path) -> None:
        second, third = authority("Example Root R1"), authority("Example Root R1")
        one, two = hashed(tmp_path / "a", ROOT, second), hashed(tmp_path / "b", second, third)
        anchors = anchors_at(directories(one, two))
        assert anchors.named(subject(ROOT)) == [parsed(ROOT), parsed(second), parsed(third)]

    @pytest.mark.parametrize(
        "name",
        [
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "  EXAMPLE   Root\tR9 ")]),
            x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, "\u00c4rzte \U0001f512 GmbH")]),
            x509.Name(
                [
                    x509.NameAttribute(NameOID.COUNTRY_NAME, "DE"),
                    x509.NameAttribute(NameOID.EMAIL_ADDRESS, "CA@Example.org"),
                    x509.NameAttribute(NameOID.DOMAIN_COMPONENT, "example"),
                ]
            ),
            x509.Name(
                [
                    x509.RelativeDistinguishedName(
                        [
                            x509.NameAttribute(NameOID.SURNAME, "B"),
                            x509.NameAttribute(NameOID.COMMON_NAME, "A"),
                        ]
                    )
                ]
            ),
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Teletex", x509.name._ASN1Type.T61String)]),
            x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "bmp", x509.name._ASN1Type.BMPString)]),
        ],
        ids=["blanks and case", "beyond ASCII", "three kinds", "multi-valued", "T61String", "BMPString"],
    )
    def test_hash_is_that_of_openssl(self, tmp_path: Path, name: x509.Name) -> None:
        odd = pki.issue(
            name,
            None,
            not_before=EPOCH,
            not_after=EPOCH + days(1),
            extensions=[(x509.BasicConstraints(ca=True, path_length=None), True)],
        )
        assert parsed(odd) in anchors_at(directories(hashed(tmp_path / "a", odd)))

    def test_laid_out_by_openssl(self, tmp_path: Path) -> None:
        for number, entity in enumerate((ROOT, OTHER)):
            pki.write(tmp_path / f"{number}.pem", entity)
        subprocess.run(["openssl", "rehash", str(tmp_path)], check=True, capture_output=True)
        anchors = anchors_at(directories(tmp_path))
        assert parsed(ROOT) in anchors
        assert parsed(OTHER) in anchors

    def test_file_of_another_anchor_with_that_hash(self, tmp_path: Path) -> None:
        directory = hashed(tmp_path / "a", ROOT)
        (directory / f"{hash_of(ROOT)}.0").write_bytes(OTHER.pem + ROOT.pem)
        assert anchors_at(directories(directory)).named(subject(ROOT)) == [parsed(ROOT)]

    def test_link_that_leads_nowhere_ends_the_row(self, tmp_path: Path) -> None:
        directory = hashed(tmp_path / "a", OTHER)
        (directory / f"{hash_of(ROOT)}.0").symlink_to("gone.pem")
        assert anchors_at(directories(directory)).named(subject(ROOT)) == []

    @pytest.mark.parametrize("content", [b"", ROOT.der, None], ids=["empty", "DER", "directory"])
    def test_file_that_holds_no_anchor_hides_no_other(self, tmp_path: Path, content: bytes | None) -> None:
        directory = hashed(tmp_path / "a", OTHER)
        broken = directory / f"{hash_of(ROOT)}.0"
        if content is None:
            broken.mkdir()
        else:
            broken.write_bytes(content)
        pki.write(directory / f"{hash_of(ROOT)}.1", ROOT)
        assert anchors_at(directories(directory)).named(subject(ROOT)) == [parsed(ROOT)]

    def test_endless_row_is_bounded(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trust, "_MAX_SAME_HASH", 2)
        twins = [authority("Example Root R1") for _ in range(3)]
        assert len(anchors_at(directories(hashed(tmp_path / "a", *twins))).named(subject(ROOT))) == 2

    @pytest.mark.parametrize("make", ["nothing", "empty", "not hashed", "file"])
    def test_no_hashed_directory(self, tmp_path: Path, make: str) -> None:
        place = tmp_path / "anchors"
        if make == "file":
            pki.write(place, ROOT)
        elif make != "nothing":
            place.mkdir()
        if make == "not hashed":
            pki.write(place / "ca.pem", ROOT)
        message = "is no directory of trust anchors named by hash; run: openssl rehash DIRECTORY$"
        with pytest.raises(TrustError, match=message):
            anchors_at(directories(place))


class TestSystem:
    """The operating system's own store: the first place that there is."""

    @pytest.fixture(autouse=True)
    def places(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(trust, "SYSTEM_DIRECTORIES", (str(tmp_path / "x"), str(tmp_path / "y")))
        monkeypatch.setattr(trust, "SYSTEM_FILES", (str(tmp_path / "x.pem"), str(tmp_path / "y.pem")))

    def test_directory_is_preferred(self, tmp_path: Path) -> None:
        hashed(tmp_path / "y", ROOT)
        pki.write(tmp_path / "x.pem", OTHER)
        anchors = anchors_at(AnchorLocations())
        assert parsed(ROOT) in anchors
        assert parsed(OTHER) not in anchors

    def test_directory_without_hashes_is_none(self, tmp_path: Path) -> None:
        (tmp_path / "x").mkdir()
        pki.write(tmp_path / "y.pem", OTHER)
        assert parsed(OTHER) in anchors_at(AnchorLocations())

    def test_beside_a_bundle_and_a_directory(self, tmp_path: Path) -> None:
        third = authority("Example Root R3")
        hashed(tmp_path / "x", ROOT)
        mine, more = pki.write(tmp_path / "mine.pem", OTHER), hashed(tmp_path / "more", third)
        anchors = anchors_at(AnchorLocations((str(mine),), (str(more),), system=True))
        assert all(parsed(entity) in anchors for entity in (ROOT, OTHER, third))

    def test_none_at_all(self) -> None:
        with pytest.raises(
            TrustError, match=r"^this system has no trust anchors where we look; install ca-certificates"
        ):
            anchors_at(AnchorLocations())
