"""Reading the file; what it holds and what is said about it is in test_transcripts.py."""

from __future__ import annotations

import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch import files
from check_tls_cert.model.presented import Presented
from check_tls_cert.options import command_line
from check_tls_cert.report.phrases import clause
from check_tls_cert.report.words import noted
from tests import pki
from tests.program import AS_OF, AT, run

NOW = datetime(2026, 1, 15, tzinfo=timezone.utc)


def acquire(path: str, seconds: float = 60) -> Presented:
    (presented,) = files.acquire(command_line.parse(["--file", path], NOW), Deadline(seconds))
    return presented


def failure(presented: Presented) -> str:
    assert presented.failure is not None
    return clause(presented.failure)


def test_path_that_no_system_has() -> None:
    shown = failure(acquire("a\0b"))
    assert shown.startswith('cannot read "a\\x00b": ')
    assert "a path cannot contain a zero byte" in shown


def test_pipe_that_another_reader_empties(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ready to be read, but nothing there any more: wait on, until the deadline."""
    path = pki.write(tmp_path / "site.pem", pki.end_entity(None))
    answers = [BlockingIOError()]
    read = os.read

    def faster(descriptor: int, size: int) -> bytes:
        if answers:
            raise answers.pop()
        return read(descriptor, size)

    monkeypatch.setattr(os, "read", faster)
    presented = acquire(str(path))
    assert (len(presented.chain), presented.failure, answers) == (1, None, [])


@pytest.mark.parametrize("writer", [True, False])
def test_silent_pipe(tmp_path: Path, writer: bool) -> None:
    """Whether its writer says nothing or is still to come; opening it must not block."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    descriptor = os.open(path, os.O_RDWR) if writer else -1
    try:
        assert failure(acquire(str(path), 0.05)) == f'cannot read "{path}": nothing to read within 0.05 s'
    finally:
        if writer:
            os.close(descriptor)


class TestSeveral:
    """Several files, patterns, directories: every end-entity certificate is judged, and the worst decides."""

    ROOT = pki.authority("Example Root R1")
    ISSUING = pki.authority("Example Issuing CA 3", ROOT)

    def chains(self, *paths: Path) -> list[tuple[str, list[str]]]:
        """Return what is presented: where it is from, and the names on the chain, or the reason why there is none."""
        found = files.read_files([str(path) for path in paths], "", Deadline(60))
        return [
            (
                one.origin,
                [one.failure.id] if one.failure is not None else [certificate.name for certificate in one.chain],
            )
            for one in found
        ]

    def site(self, name: str) -> pki.Entity:
        return pki.end_entity(self.ISSUING, names=(name,), common_name=name)

    def test_bundles(self, tmp_path: Path) -> None:
        """Files in the order given, patterns sorted."""
        for name in ("b", "a"):
            pki.write(tmp_path / f"{name}.pem", self.site(f"{name}.example.org"), self.ISSUING)
        last = pki.write(tmp_path / "c", self.site("c.example.org"))
        assert self.chains(tmp_path / "*.pem", last) == [
            (f"{tmp_path}/a.pem", ['"a.example.org"', '"Example Issuing CA 3"']),
            (f"{tmp_path}/b.pem", ['"b.example.org"', '"Example Issuing CA 3"']),
            (f"{tmp_path}/c", ['"c.example.org"']),
        ]

    def test_as_certbot_lays_them_out(self, tmp_path: Path) -> None:
        """The certificate alone, its chain, both, and the key: one end-entity certificate, once."""
        site = self.site("www.example.org")
        pki.write(tmp_path / "cert.pem", site)
        pki.write(tmp_path / "chain.pem", self.ISSUING)
        pki.write(tmp_path / "fullchain.pem", site, self.ISSUING)
        (tmp_path / "privkey.pem").write_bytes(site.key_pem)
        (tmp_path / "README").write_text("Do not touch.\n")
        found = files.read_files([str(tmp_path)], "", Deadline(60))
        assert [(one.origin, len(one.chain)) for one in found] == [(f"{tmp_path}/fullchain.pem", 2)]
        assert tuple(map(noted, found[0].notes)) == (
            f'"{tmp_path}/README" contains no certificate',
            f'"{tmp_path}/privkey.pem" contains a private key, not a certificate',
        )

    def test_certificate_and_chain_apart(self, tmp_path: Path) -> None:
        """As Apache had them: the certificate finds its issuer in the other file."""
        pki.write(tmp_path / "cert.pem", self.site("www.example.org"))
        pki.write(tmp_path / "chain.pem", self.ISSUING)
        assert self.chains(tmp_path) == [(f"{tmp_path}/cert.pem", ['"www.example.org"', '"Example Issuing CA 3"'])]

    def test_pattern_matches_no_certificate(self, tmp_path: Path) -> None:
        (tmp_path / "a.key").write_bytes(self.ROOT.key_pem)
        (presented,) = files.read_files([f"{tmp_path}/*"], "", Deadline(60))
        assert failure(presented) == f'"{tmp_path}/*" contains no certificates in the files that match it'

    def test_more_files_than_any_directory_of_certificates_has(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(files, "MAX_FILES", 2)
        for name in "abc":
            pki.write(tmp_path / f"{name}.pem", self.site(f"{name}.example.org"))
        for path in (tmp_path, tmp_path / "*.pem"):
            found = self.chains(path)
            assert len(found) == 3
            assert found[2] == (str(path), ["file.too-large"])

    @pytest.mark.parametrize(("name", "most"), [("MAX_HELD_CERTIFICATES", 4), ("MAX_HELD_BYTES", 3_000)])
    def test_more_than_can_be_held(self, name: str, most: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """All files together, those without certificate aside; what precedes the one too many is judged."""
        monkeypatch.setattr(files, name, most)
        (tmp_path / "README").write_text("Do not touch.\n" * 1000)
        for letter in "abcd":
            pki.write(tmp_path / f"{letter}.pem", self.site(f"{letter}.example.org"), self.ISSUING)
        *judged, last = files.read_files([str(tmp_path)], "", Deadline(60))
        assert [one.origin for one in judged] == [f"{tmp_path}/a.pem", f"{tmp_path}/b.pem"]
        assert failure(last).startswith(f'"{tmp_path}/c.pem" and what follows were not read')

    def test_deadline_between_files(self, tmp_path: Path) -> None:
        for letter in "abc":
            pki.write(tmp_path / f"{letter}.pem", self.site(f"{letter}.example.org"))
        first, last = files.read_files([str(tmp_path)], "", Deadline(0))
        assert first.origin == f"{tmp_path}/a.pem"
        assert failure(last) == f'cannot read "{tmp_path}/b.pem" and what follows: not read within 0 s'

    def test_unreadable_file_does_not_hide_the_others(self, tmp_path: Path) -> None:
        pki.write(tmp_path / "a.pem", self.site("www.example.org"))
        (tmp_path / "b.p12").write_bytes(bytes.fromhex("3006020103300102"))
        (tmp_path / "c.pem").symlink_to("nowhere")
        absent = tmp_path / "absent.pem"
        assert self.chains(tmp_path, absent) == [
            (f"{tmp_path}/a.pem", ['"www.example.org"']),
            (f"{tmp_path}/b.p12", ["file.not-understood"]),
            (f"{tmp_path}/c.pem", ["file.unreadable"]),
            (f"{absent}", ["file.unreadable"]),
        ]

    def test_keystore_of_several(self, tmp_path: Path) -> None:
        """By alias where the keystore gives one."""
        from cryptography.hazmat.primitives.serialization import NoEncryption, pkcs12

        site, other = self.site("www.example.org"), self.site("mail.example.org")
        alias = pkcs12.PKCS12Certificate(other.certificate, b"m|a\nil")
        above: list[Any] = [alias, self.ISSUING.certificate]
        keystore = pkcs12.serialize_key_and_certificates(b"site", None, site.certificate, above, NoEncryption())
        (tmp_path / "store.p12").write_bytes(keystore)
        assert self.chains(tmp_path / "store.p12") == [
            ('"site"', ['"www.example.org"', '"Example Issuing CA 3"']),
            ('"m/a\\x0ail"', ['"mail.example.org"', '"Example Issuing CA 3"']),
        ]

    def test_der_of_several(self, tmp_path: Path) -> None:
        """By number where the file gives no names."""
        path = tmp_path / "two.der"
        path.write_bytes(self.site("www.example.org").der + self.site("mail.example.org").der)
        assert [origin for origin, _ in self.chains(path)] == ["certificate 1", "certificate 2"]

    def test_directory_that_cannot_be_read(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def refuse(_path: str) -> list[str]:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(os, "listdir", refuse)
        (presented,) = files.read_files([str(tmp_path)], "", Deadline(60))
        assert failure(presented) == f'cannot read "{tmp_path}": Permission denied'

    def test_worst_decides(self, tmp_path: Path) -> None:
        """Which file, and what is wrong with it; and the number is the worst one's."""
        pki.write(tmp_path / "a.pem", self.site("a.example.org"), self.ISSUING)
        old = pki.end_entity(self.ISSUING, common_name="b.example.org", not_after=pki.EPOCH - pki.days(3))
        pki.write(tmp_path / "b.pem", old, self.ISSUING)
        anchors = pki.write(tmp_path / ".ca.pem", self.ROOT)
        done = run("--file", tmp_path, "--ca-file", anchors, *AT)
        assert (done.code, done.err) == (2, "")
        expired = f'{tmp_path}/b.pem: the end-entity certificate "b.example.org" expired 3 d ago (2026-01-12T12:00:00Z)'
        assert done.out.startswith(
            f"TLS_CERT CRITICAL - {AS_OF} {tmp_path} (2 chains): {expired}; renew it now | expiry=-3d;"
        )
