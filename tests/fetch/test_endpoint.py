"""Connections to endpoints: client certificates, both types of key, every address, preambles and polite ends."""

from __future__ import annotations

import socket
import ssl
import struct
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from OpenSSL import SSL, crypto

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch import endpoint
from check_tls_cert.fetch.net.waiting import Wait, Waiting
from check_tls_cert.model.presented import Presented
from tests import pki, servers
from tests.fetch.test_proxy import relaying
from tests.pki import Entity, authority, end_entity
from tests.program import AT, Run, run
from tests.scenarios import Place
from tests.scenarios_reach import resolving_to

ROOT = authority("Example Root R1")
ISSUING = authority("Example Issuing CA 3", ROOT)


def check(directory: Path, port: int, *extra: str | Path, **keywords: dict[str, str]) -> Run:
    """Run the program against ``port``."""
    anchors = pki.write(directory / "ca.pem", ROOT)
    name = ("--name", "www.example.org", "--ca-file", anchors)
    return run("-H", f"127.0.0.1:{port}", *name, *AT, *extra, facts=True, **keywords)  # type: ignore[arg-type]


class TestClientCertificate:
    """Mutual TLS: a server that demands a certificate is judged without one, and sees ours if we have one."""

    @pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
    def test_demanded_and_not_there(self, tmp_path: Path, version: ssl.TLSVersion) -> None:
        with servers.tls(end_entity(ISSUING), ISSUING, ROOT, maximum=version, demand_client_certificate=True) as port:
            done = check(tmp_path, port, "-v")
        assert done.code == 0
        assert any("a client certificate" in line for line in done.out.splitlines()[1:])

    @pytest.mark.parametrize("encrypted", [False, True])
    @pytest.mark.parametrize("in_one_file", [False, True])
    def test_presented(self, tmp_path: Path, encrypted: bool, in_one_file: bool) -> None:
        """The server sees it with its chain; the password is in a file or the environment."""
        below = authority("Example Client CA", ROOT)
        client = end_entity(below, names=(), common_name="monitor.example.org")
        chain, key = client.pem + below.pem, private(client, b"secret" if encrypted else b"")
        (tmp_path / "client.pem").write_bytes(chain + key if in_one_file else chain)
        (tmp_path / "client.key").write_bytes(key)
        (tmp_path / "password").write_text("secret\r\n")
        options: list[str | Path] = ["--client-cert", tmp_path / "client.pem"]
        if not in_one_file:
            options += ["--client-key", tmp_path / "client.key"]
        environment = {"CHECK_TLS_CERT_PASSWORD": "secret"}  # not needed for a key in plain, and no harm
        with asking(end_entity(ISSUING), ISSUING) as (port, seen):
            by_environment = check(tmp_path, port, *options, environment=environment)
            by_file = check(tmp_path, port, *options, "--password-file", tmp_path / "password")
        assert (by_environment.code, by_file.code) == (0, 0)
        assert seen == [["CN=monitor.example.org", "CN=Example Client CA"]] * 2

    def test_refused(self, tmp_path: Path) -> None:
        """TLS 1.2: here the server's alert is about what we presented, so that it counts."""
        client = end_entity(authority("Example Stranger"), names=(), common_name="monitor.example.org")
        (tmp_path / "client.pem").write_bytes(client.pem + client.key_pem)
        tls_1_2 = ssl.TLSVersion.TLSv1_2
        with servers.tls(end_entity(ISSUING), ISSUING, ROOT, maximum=tls_1_2, demand_client_certificate=True) as port:
            done = check(tmp_path, port, "--client-cert", tmp_path / "client.pem")
        assert done.code == 2
        assert 'refused with the alert "unknown ca"' in done.out

    @pytest.mark.parametrize("content", [b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----\n", b""])
    def test_broken(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "client.pem").write_bytes(content)
        done = check(tmp_path, 1, "--client-cert", tmp_path / "client.pem")
        assert (done.code, done.out.count("\n")) == (3, 1)


def private(entity: Entity, password: bytes) -> bytes:
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        encryption = serialization.BestAvailableEncryption(password)
    return entity.key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)


@contextmanager
def asking(*chain: Entity) -> Iterator[tuple[int, list[list[str]]]]:
    """Serve TLS and ask for a client certificate; yield the port, and the subjects that were presented."""
    seen: list[list[str]] = []
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.use_certificate(crypto.load_certificate(crypto.FILETYPE_ASN1, chain[0].der))
    for issuer in chain[1:]:
        context.add_extra_chain_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, issuer.der))
    context.use_privatekey(crypto.PKey.from_cryptography_key(chain[0].key))
    context.set_verify(SSL.VERIFY_PEER, lambda *_: True)

    def behave(connection: socket.socket) -> None:
        connection.settimeout(None)
        tls = SSL.Connection(context, connection)
        tls.set_accept_state()
        tls.do_handshake()
        above = tls.get_peer_cert_chain() or []  # at a server, without the end entity's
        presented = [tls.get_peer_certificate(), *above]
        seen.append([str(one and one.to_cryptography().subject.rfc4514_string()) for one in presented])

    with servers.serving(behave) as port:
        yield port, seen


def once(port: int) -> servers.Behaviour:
    """Return a relay to ``port`` for the first connection; the others are met with silence."""
    behaviours = [relaying(port)]

    def behave(connection: socket.socket) -> None:
        behaviour = behaviours.pop() if behaviours else servers.silent
        behaviour(connection)

    return behave


@contextmanager
def dual(*chains: Entity, minimum: int = SSL.TLS1_VERSION, maximum: int = SSL.TLS1_3_VERSION) -> Iterator[int]:
    """Serve TLS with an end-entity certificate for each type of key."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(minimum)
    context.set_max_proto_version(maximum)
    for entity in chains:
        context.use_certificate(crypto.load_certificate(crypto.FILETYPE_ASN1, entity.der))
        context.use_privatekey(crypto.PKey.from_cryptography_key(entity.key))
    context.add_extra_chain_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, ISSUING.der))

    def behave(connection: socket.socket) -> None:
        connection.settimeout(None)
        tls = SSL.Connection(context, connection)
        tls.set_accept_state()
        tls.do_handshake()
        tls.recv(1)

    with servers.serving(behave) as port:
        yield port


class TestBothKeyTypes:
    """A server may have an RSA and an ECDSA certificate, one of which nobody looks at."""

    def test_the_other_one_has_expired(self, tmp_path: Path) -> None:
        expired = end_entity(ISSUING, key=pki.rsa_key(2048), not_after=pki.EPOCH - pki.days(1))
        with dual(expired, end_entity(ISSUING)) as port:
            assert check(tmp_path, port).code == 0
            done = check(tmp_path, port, "--both-key-types")
        assert done.code == 2
        assert f"127.0.0.1:{port} (2 chains): RSA: the end-entity certificate" in done.out
        assert " tls_version=1.3;" in done.out

    def test_there_is_but_one(self, tmp_path: Path) -> None:
        with dual(end_entity(ISSUING)) as port:
            done = check(tmp_path, port, "--both-key-types", "-v")
        assert done.code == 0
        assert "no certificate with a key for RSA: TLS handshake: the server refused" in done.out
        assert " reachable=100%;" in done.out

    @pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
    def test_each_version(self, tmp_path: Path, version: int) -> None:
        """By cipher suites in TLS 1.2, by signatures in TLS 1.3."""
        rsa = end_entity(ISSUING, key=pki.rsa_key(2048))
        with dual(rsa, end_entity(ISSUING), minimum=version, maximum=version) as port:
            done = check(tmp_path, port, "--both-key-types", "-v")
        assert done.code == 0
        shown = [line for line in done.out.splitlines() if line.startswith("presented 0 at ")]
        assert ["RSA 2048" in line for line in shown] == [line.startswith("presented 0 at RSA") for line in shown]
        assert len(shown) == 2

    def test_server_that_falls_silent(self, tmp_path: Path) -> None:
        """Whether there is a second certificate remains open: that is not OK."""
        with servers.tls(end_entity(ISSUING), ISSUING) as behind, servers.serving(once(behind)) as port:
            done = check(tmp_path, port, "--both-key-types", "-t", "5")
        assert done.code == 3
        assert f"127.0.0.1:{port} (2 chains): RSA: TLS handshake: timed out" in done.out

    def test_key_of_neither_type(self, tmp_path: Path) -> None:
        site = end_entity(ISSUING, key=Ed25519PrivateKey.generate())
        with servers.tls(site, ISSUING) as port:
            assert check(tmp_path, port, "--both-key-types").code == 0

    def test_at_every_address(self, tmp_path: Path) -> None:
        """Each type is compared with its own kind."""
        environment = resolving_to(Place(tmp_path, ROOT, ISSUING), "127.0.0.1")
        with dual(end_entity(ISSUING, key=pki.rsa_key(2048)), end_entity(ISSUING)) as port:
            every = ("--both-key-types", "--all-addresses")
            anchors = pki.write(tmp_path / "ca.pem", ROOT)
            done = run("-H", f"www.example.org:{port}", "--ca-file", anchors, *AT, *every, environment=environment)
        assert done.code == 0
        assert "addresses_differ=0;0;;0" in done.out


def test_every_address_is_the_same(tmp_path: Path) -> None:
    place = Place(tmp_path, ROOT, ISSUING)
    site = end_entity(ISSUING)
    with ExitStack() as stack:
        port = stack.enter_context(servers.tls(site, ISSUING))
        stack.enter_context(servers.tls(site, ISSUING, address="127.0.0.2", port=port))
        environment = resolving_to(place, "127.0.0.1", "127.0.0.2")
        done = run("-H", f"www.example.org:{port}", "--all-addresses", *place.trust, *AT, environment=environment)
    assert done.out.startswith(f"TLS_CERT OK - [as of 2026-01-15T12:00:00Z] www.example.org:{port} (2 chains) expires")
    assert "reachable=100%;;100:;0;100" in done.out
    assert "addresses_differ=0;0;;0" in done.out


def test_no_address_answers(tmp_path: Path) -> None:
    place = Place(tmp_path, ROOT, ISSUING)
    environment = resolving_to(place, "127.0.0.1", "127.0.0.2")
    port = servers.closed_port()
    done = run("-H", f"www.example.org:{port}", "--all-addresses", *place.trust, *AT, environment=environment)
    assert done.code == 2
    assert (
        ": cannot connect to 127.0.0.1, 127.0.0.2: nothing listens on this port (connection refused); check that"
        in done.out
    )
    assert done.out.endswith(" | reachable=0%;;100:;0;100\n")


def test_all_addresses_fail_alike_and_differently(tmp_path: Path) -> None:
    """What is the same is said once, with the addresses."""
    place = Place(tmp_path, ROOT, ISSUING)
    environment = resolving_to(place, "127.0.0.1", "127.0.0.2", "127.0.0.3")
    with (
        servers.serving(servers.greets(b"SSH-2.0\r\n")) as port,
        servers.serving(servers.greets(b"SSH-2.0\r\n"), address="127.0.0.3", port=port),
    ):
        done = run("-H", f"www.example.org:{port}", "--all-addresses", *place.trust, *AT, environment=environment)
    assert done.code == 2
    assert ': 127.0.0.1, 127.0.0.3: TLS handshake: the server does not speak TLS here, it sent "SSH-2.0"; ' in done.out
    assert ". Cannot connect to 127.0.0.2: nothing listens on this port (connection refused); " in done.out
    assert done.out.endswith(" | reachable=0%;;100:;0;100\n")


def test_some_addresses_may_be_down(tmp_path: Path) -> None:
    """With a threshold that says so, it is no reason to say UNKNOWN about the certificate of the others."""
    place = Place(tmp_path, ROOT, ISSUING)
    environment = resolving_to(place, "127.0.0.1", "127.0.0.2")
    with servers.tls(end_entity(ISSUING), ISSUING) as port:
        enough = ("--reachable-critical", "50:")
        done = run(
            "-H", f"www.example.org:{port}", "--all-addresses", *enough, *place.trust, *AT, environment=environment
        )
    assert done.code == 0
    assert " reachable=50%;;50:;0;100 " in done.out


class SlowVisit:
    """A visit to an address that says nothing for so many seconds."""

    origin = "192.0.2.1"

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds

    def visit(self) -> Waiting[tuple[Presented, ...]]:
        yield Wait({}, self.seconds)
        return ()


def test_waits_and_deadline_go_by_one_clock() -> None:
    """That of a fleet stands still while results are judged, which must not shorten what an address is given."""
    seconds = 1_000.0
    deadline = Deadline(30, lambda: seconds)
    visits = [SlowVisit(30), SlowVisit(20)]
    steps = endpoint._side_by_side(visits, deadline)  # type: ignore[arg-type]  # as much of a visit as it needs
    assert next(steps) == Wait({}, 20)
    seconds += 20
    assert steps.send(()) == Wait({}, 10)


def test_application_protocol_negotiated(tmp_path: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.set_alpn_protocols(["h2"])
    site = end_entity(ISSUING)
    (tmp_path / "site.pem").write_bytes(site.pem + ISSUING.pem + site.key_pem)
    context.load_cert_chain(tmp_path / "site.pem")

    def behave(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            secured.recv(1)

    with servers.serving(behave) as port:
        done = check(tmp_path, port, "--alpn", "h2,http/1.1", "-vv")
    assert done.code == 0
    assert any(line.startswith("negotiated TLSv1.3, ") and line.endswith(", h2") for line in done.out.splitlines())


class TestPoliteEnd:
    """What a server sees after the handshake: nothing that belongs in its log."""

    def test_starttls(self, tmp_path: Path) -> None:
        heard: list[bytes] = []
        site = end_entity(ISSUING)
        (tmp_path / "site.pem").write_bytes(site.pem + ISSUING.pem + site.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "site.pem")
        preamble = servers.converses(b"220 x\r\n", b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n")

        def behave(connection: socket.socket) -> None:
            preamble(connection)
            with context.wrap_socket(connection, server_side=True, suppress_ragged_eofs=False) as secured:
                while data := secured.recv(1024):  # an end without close_notify raises
                    heard.append(data)
                heard.append(b"close_notify")

        with servers.serving(behave) as port:
            done = check(tmp_path, port, "--starttls", "smtp", "-vvv")
        assert done.code == 0
        assert heard == [b"QUIT\r\n", b"close_notify"]
        assert "conversation: S: 220 x" in done.out.splitlines()

    def test_server_that_is_gone_already(self, tmp_path: Path) -> None:
        site = end_entity(ISSUING)
        preamble = servers.converses(b"220 x\r\n", b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n")
        (tmp_path / "site.pem").write_bytes(site.pem + ISSUING.pem + site.key_pem)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "site.pem")

        def behave(connection: socket.socket) -> None:
            preamble(connection)
            secured = context.wrap_socket(connection, server_side=True)
            secured.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            secured.close()

        with servers.serving(behave) as port:
            assert check(tmp_path, port, "--starttls", "smtp").code == 0
