"""Passwords and client certificates, from files and the environment: what is used, and what is said if it cannot be."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa, x25519
from OpenSSL import crypto

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.credentials import CredentialsError, load_credentials, password
from check_tls_cert.fetch.tls.context import ClientCertificate
from check_tls_cert.model.settings import PASSWORD_VARIABLE, PROXY_PASSWORD_VARIABLE
from check_tls_cert.model.target import HTTP, Proxy, Way
from tests import pki
from tests.pki import authority, end_entity
from tests.servers import PATIENCE

CA = authority("Example Client CA")
CLIENT = end_entity(CA, common_name="monitor.example.org")
SECRET = b"s3cret of the key"


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what the developer's shell has out of it."""
    for variable in (PASSWORD_VARIABLE, PROXY_PASSWORD_VARIABLE):
        monkeypatch.delenv(variable, raising=False)


def deadline() -> Deadline:
    return Deadline(PATIENCE)


def encrypted_key(secret: bytes = SECRET) -> bytes:
    """Return the client's key in PEM, encrypted unless ``secret`` is empty."""
    encryption = serialization.BestAvailableEncryption(secret) if secret else serialization.NoEncryption()
    return CLIENT.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


def key_in_pem(key: ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | x25519.X25519PrivateKey) -> bytes:
    """Return any key in PEM."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class TestPassword:
    """The first line of a file, or else a variable of the environment."""

    @pytest.mark.parametrize(
        ("content", "expected"),
        [
            (b"secret", b"secret"),
            (b"secret\n", b"secret"),
            (b"secret\r\n", b"secret"),
            (b"secret\nbelow\n", b"secret"),
            (b" blanks count \n", b" blanks count "),
            ("pässwörd".encode(), "pässwörd".encode()),
            (b"\xff\xfe\n", b"\xff\xfe"),
            (b"", b""),
            (b"\nsecond", b""),
        ],
    )
    def test_of_a_file(self, tmp_path: Path, content: bytes, expected: bytes) -> None:
        (tmp_path / "password").write_bytes(content)
        assert password(str(tmp_path / "password"), PASSWORD_VARIABLE, deadline()) == expected

    def test_of_the_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Whatever bytes it has; a file is nearer to what the user wants."""
        assert password("", PASSWORD_VARIABLE, deadline()) == b""
        monkeypatch.setitem(os.environb, PASSWORD_VARIABLE.encode(), b"of the \xff environment\n")
        assert password("", PASSWORD_VARIABLE, deadline()) == b"of the \xff environment\n"
        (tmp_path / "password").write_bytes(b"of the file")
        assert password(str(tmp_path / "password"), PASSWORD_VARIABLE, deadline()) == b"of the file"

    def test_that_cannot_be_read(self, tmp_path: Path) -> None:
        path = str(tmp_path / "missing")
        with pytest.raises(CredentialsError, match=r"^cannot read a password from \".*missing\": No such file"):
            password(path, PASSWORD_VARIABLE, deadline())


class TestProxyPassword:
    """It is in the URL, a file or the environment."""

    @staticmethod
    def used(user: str = "monitor", secret: bytes = b"", path: Path | str = "") -> bytes:
        proxy = Proxy(HTTP, "proxy.example.org", 3128, user, secret)
        way = load_credentials(Way(proxy=proxy, proxy_password_file=str(path)), deadline()).way
        assert way.proxy is not None
        assert way.proxy._replace(password=secret) == proxy
        return way.proxy.password

    def test_in_the_url(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(PROXY_PASSWORD_VARIABLE, "of the environment")
        assert self.used(secret=b"of the URL", path=tmp_path / "missing") == b"of the URL"

    def test_in_a_file_or_the_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        assert self.used() == b""
        monkeypatch.setenv(PASSWORD_VARIABLE, "another one's")
        monkeypatch.setenv(PROXY_PASSWORD_VARIABLE, "of the environment")
        assert self.used() == b"of the environment"
        (tmp_path / "password").write_bytes(b"of the file\n")
        assert self.used(path=tmp_path / "password") == b"of the file"

    def test_nobody_to_log_in(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """No secret is read that will not be used."""
        monkeypatch.setenv(PROXY_PASSWORD_VARIABLE, "of the environment")
        assert self.used(user="", path=tmp_path / "missing") == b""


class Files:
    """The files of a client certificate."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def write(self, name: str, content: bytes) -> str:
        """Write a file that only its owner may read; return its path."""
        path = self.directory / name
        path.write_bytes(content)
        path.chmod(0o600)
        return str(path)


@pytest.fixture
def made(tmp_path: Path) -> Files:
    return Files(tmp_path)


def loaded(way: Way) -> ClientCertificate:
    certificate = load_credentials(way, deadline()).certificate
    assert certificate is not None
    return certificate


def refusal(way: Way) -> str:
    """Return why a way cannot be used; no secret may be quoted in it."""
    with pytest.raises(CredentialsError) as raised:
        load_credentials(way, deadline())
    said = str(raised.value)
    assert SECRET.decode() not in said
    return said


def der(certificate: ClientCertificate) -> list[bytes]:
    return [crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in certificate.chain]


def is_the_key_of(certificate: ClientCertificate, entity: pki.Entity) -> bool:
    return crypto.dump_privatekey(crypto.FILETYPE_PEM, certificate.key) == entity.key_pem


class TestClientCertificate:
    """A chain and the key of its first certificate."""

    def test_none(self) -> None:
        assert load_credentials(Way(), deadline()) == (Way(), None, ())

    @pytest.mark.parametrize("key_first", [False, True])
    def test_all_in_one_file(self, made: Files, key_first: bool) -> None:
        pieces = (CLIENT.key_pem, CLIENT.pem + CA.pem) if key_first else (CLIENT.pem + CA.pem, CLIENT.key_pem)
        certificate = loaded(Way(client_certificate=made.write("all.pem", b"".join(pieces))))
        assert der(certificate) == [CLIENT.der, CA.der]
        assert is_the_key_of(certificate, CLIENT)

    def test_key_in_a_file_of_its_own(self, made: Files) -> None:
        """What the first file has of keys does not count then."""
        other = end_entity(CA)
        path = made.write("chain.pem", CLIENT.pem + other.key_pem)
        certificate = loaded(Way(client_certificate=path, client_key=made.write("key.pem", CLIENT.key_pem)))
        assert is_the_key_of(certificate, CLIENT)

    def test_pipe_is_read_once(self) -> None:
        """Chain and key from one <(...): once read, it is empty."""
        ours, theirs = os.pipe()
        os.write(theirs, CLIENT.pem + CLIENT.key_pem)
        os.close(theirs)
        try:
            assert is_the_key_of(loaded(Way(client_certificate=f"/dev/fd/{ours}")), CLIENT)
        finally:
            os.close(ours)

    @pytest.mark.parametrize("by_file", [False, True])
    def test_encrypted_key(self, made: Files, monkeypatch: pytest.MonkeyPatch, by_file: bool) -> None:
        way = Way(client_certificate=made.write("all.pem", CLIENT.pem + encrypted_key()))
        if by_file:
            way = way._replace(password_file=made.write("password", SECRET + b"\n"))
        else:
            monkeypatch.setitem(os.environb, PASSWORD_VARIABLE.encode(), SECRET)
        assert is_the_key_of(loaded(way), CLIENT)

    def test_password_that_the_key_does_not_need(self, made: Files) -> None:
        """It may be for a keystore of the same run."""
        way = Way(client_certificate=made.write("all.pem", CLIENT.pem + CLIENT.key_pem))
        assert is_the_key_of(loaded(way._replace(password_file=made.write("password", SECRET))), CLIENT)

    def test_wrong_password(self, made: Files) -> None:
        way = Way(client_certificate=made.write("all.pem", CLIENT.pem + encrypted_key(b"another one")))
        assert "is the password right?" in refusal(way._replace(password_file=made.write("password", SECRET)))

    def test_password_missing(self, made: Files) -> None:
        """Nobody is asked for it at a terminal."""
        path = made.write("all.pem", CLIENT.pem + encrypted_key())
        assert f'"{path}" cannot be used' in refusal(Way(client_certificate=path))

    @pytest.mark.parametrize(
        "content", [b"", b"no key", CLIENT.pem, b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"]
    )
    def test_no_key(self, made: Files, content: bytes) -> None:
        key = made.write("key.pem", content)
        assert f'"{key}"' in refusal(Way(client_certificate=made.write("c.pem", CLIENT.pem), client_key=key))

    def test_key_that_is_for_no_signature(self, made: Files) -> None:
        """Key agreement alone: TLS cannot use it."""
        key = made.write("key.pem", key_in_pem(x25519.X25519PrivateKey.generate()))
        assert f'"{key}" cannot be used' in refusal(
            Way(client_certificate=made.write("c.pem", CLIENT.pem), client_key=key)
        )

    def test_other_kinds_of_key(self, made: Files) -> None:
        for key in (pki.rsa_key(2048), ed25519.Ed25519PrivateKey.generate()):
            path = made.write("key.pem", key_in_pem(key))
            loaded(Way(client_certificate=made.write("c.pem", CLIENT.pem), client_key=path))

    @pytest.mark.parametrize("content", [b"", b"text", CLIENT.key_pem, CLIENT.der])
    def test_no_certificate(self, made: Files, content: bytes) -> None:
        path = made.write("c.pem", content)
        assert f'"{path}" holds no client certificate in PEM' in refusal(Way(client_certificate=path))

    @pytest.mark.parametrize("size", [0, 2, 40, -1])
    def test_broken_certificate(self, made: Files, size: int) -> None:
        """Also if it stands behind one that is not."""
        for before in (b"", CLIENT.pem):
            path = made.write("c.pem", before + pki.pem(CLIENT.der[:size]) + CLIENT.key_pem)
            assert f'"{path}"' in refusal(Way(client_certificate=path))

    def test_what_cannot_be_read(self, made: Files) -> None:
        missing = str(made.directory / "missing")
        certificate = made.write("c.pem", CLIENT.pem)
        assert refusal(Way(client_certificate=missing)).startswith(
            f'cannot read the client certificate from "{missing}"'
        )
        said = refusal(Way(client_certificate=certificate, client_key=missing))
        assert said.startswith(f'cannot read the key of the client certificate from "{missing}"')
        said = refusal(Way(client_certificate=certificate, password_file=missing))
        assert said.startswith(f'cannot read a password from "{missing}"')


class TestExposed:
    """A remark on files with secrets that every user may read."""

    @pytest.mark.parametrize(("mode", "exposed"), [(0o600, False), (0o640, False), (0o604, True), (0o444, True)])
    def test_each_file(self, made: Files, mode: int, exposed: bool) -> None:
        chain = made.write("chain.pem", CLIENT.pem)
        secrets = [
            made.write(name, content) for name, content in (("key.pem", CLIENT.key_pem), ("p", b"x"), ("q", b"y"))
        ]
        for path in secrets:
            Path(path).chmod(mode)
        way = Way("", None, secrets[2], chain, secrets[0], secrets[1])
        notes = load_credentials(way, deadline()).notes
        assert [path in note for path, note in zip(secrets, notes)] == [exposed] * len(notes)
        assert len(notes) == (3 if exposed else 0)

    def test_a_chain_is_no_secret(self, made: Files) -> None:
        """Unless the key is in the same file."""
        path = made.write("all.pem", CLIENT.pem + CLIENT.key_pem)
        Path(path).chmod(0o644)
        assert len(load_credentials(Way(client_certificate=path), deadline()).notes) == 1
        key = made.write("key.pem", CLIENT.key_pem)
        assert load_credentials(Way(client_certificate=path, client_key=key), deadline()).notes == ()
