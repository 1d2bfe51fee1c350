"""What is offered in a handshake, seen by a server in this process that is as choosy as a test wants it."""

from __future__ import annotations

import contextlib
from typing import Callable

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from OpenSSL import SSL, crypto

from check_tls_cert.fetch.tls.alerts import HandshakeLog
from check_tls_cert.fetch.tls.context import ClientCertificate, context_for
from tests import pki
from tests.pki import Entity, authority, end_entity

CA = authority("Example Issuing CA 3")
ECDSA = end_entity(CA)
RSA = end_entity(CA, key=pki.rsa_key(2048))

Setup = Callable[[SSL.Context], None]


def loaded(entity: Entity) -> crypto.X509:
    return crypto.load_certificate(crypto.FILETYPE_ASN1, entity.der)


def server_context(*entities: Entity, setup: Setup | None = None) -> SSL.Context:
    """Return a server's settings, as weak as OpenSSL has them, unless ``setup`` changes them."""
    context = SSL.Context(SSL.TLS_SERVER_METHOD)
    context.set_min_proto_version(0)
    context.set_cipher_list(b"ALL:@SECLEVEL=0")
    for entity in entities:
        context.use_certificate(loaded(entity))
        context.use_privatekey(crypto.PKey.from_cryptography_key(entity.key))
    if setup is not None:
        setup(context)
    return context


def meet(server: SSL.Context, client: SSL.Context) -> tuple[SSL.Connection, SSL.Connection]:
    """Let two shake hands in memory; return both ends, the client's first. Raises SSL.Error if they do not agree."""
    ends = SSL.Connection(client, None), SSL.Connection(server, None)
    ends[0].set_connect_state()
    ends[1].set_accept_state()
    ends[0].set_app_data(HandshakeLog())
    for _ in range(6):  # as many flights as any handshake has
        for own, other in (ends, ends[::-1]):
            with contextlib.suppress(SSL.WantReadError):  # until the other one answers
                own.do_handshake()
            with contextlib.suppress(SSL.WantReadError):  # if it has nothing to say
                other.bio_write(own.bio_read(65_536))
    for end in ends:
        end.do_handshake()
    return ends


def offered(
    key_type: str = "", alpn: tuple[str, ...] = (), certificate: ClientCertificate | None = None
) -> SSL.Context:
    return context_for(SSL.TLS_CLIENT_METHOD, key_type, alpn, certificate)


def presented(connection: SSL.Connection) -> bytes:
    certificate = connection.get_peer_certificate()
    assert certificate is not None
    return crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate)


class TestPermissive:
    """What no client should accept is brought home, so that it can be reported."""

    @pytest.mark.parametrize(
        ("version", "name"),
        [
            (SSL.TLS1_VERSION, "TLSv1"),
            (SSL.TLS1_1_VERSION, "TLSv1.1"),
            (SSL.TLS1_2_VERSION, "TLSv1.2"),
            (SSL.TLS1_3_VERSION, "TLSv1.3"),
        ],
    )
    def test_every_version(self, version: int, name: str) -> None:
        context = server_context(ECDSA, setup=lambda context: context.set_max_proto_version(version))
        client, _ = meet(context, offered())
        assert client.get_protocol_version_name() == name

    @pytest.mark.parametrize("cipher", ["AES128-SHA", "ECDHE-RSA-AES128-SHA", "AES256-GCM-SHA384"])
    def test_weak_ciphers(self, cipher: str) -> None:
        """Without forward secrecy, over SHA-1, and the like."""

        def only(context: SSL.Context) -> None:
            context.set_max_proto_version(SSL.TLS1_2_VERSION)
            context.set_cipher_list(f"{cipher}:@SECLEVEL=0".encode())

        client, _ = meet(server_context(RSA, setup=only), offered())
        assert client.get_cipher_name() == cipher

    @pytest.mark.parametrize("bits", [1024, 2048])
    def test_small_keys(self, bits: int) -> None:
        site = end_entity(CA, key=pki.rsa_key(bits))
        client, _ = meet(server_context(site), offered())
        assert presented(client) == site.der

    def test_whatever_is_presented(self) -> None:
        """Nothing is verified here: not the issuer, not the dates, not the name."""
        site = end_entity(None, names=(), not_after=pki.EPOCH - pki.days(999), not_before=pki.EPOCH - pki.days(1999))
        client, _ = meet(server_context(site), offered())
        assert presented(client) == site.der

    @pytest.mark.parametrize("cipher", ["AECDH-AES128-SHA", "NULL-SHA256"])
    def test_but_a_certificate_there_must_be(self, cipher: str) -> None:
        """A suite without authentication would bring home nothing; one without encryption nobody has."""

        def only(context: SSL.Context) -> None:
            context.set_max_proto_version(SSL.TLS1_2_VERSION)
            context.set_cipher_list(f"{cipher}:@SECLEVEL=0".encode())

        with pytest.raises(SSL.Error):
            meet(server_context(RSA, setup=only), offered())


class TestKeyType:
    """For a server that has a certificate for each type of key."""

    @pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
    @pytest.mark.parametrize(("key_type", "entity"), [("RSA", RSA), ("ECDSA", ECDSA)])
    def test_asked_for(self, version: int, key_type: str, entity: Entity) -> None:
        def at_most(context: SSL.Context) -> None:
            context.set_max_proto_version(version)

        for entities in ((RSA, ECDSA), (ECDSA, RSA)):
            client, _ = meet(server_context(*entities, setup=at_most), offered(key_type))
            assert presented(client) == entity.der

    @pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
    @pytest.mark.parametrize(("key_type", "entity"), [("RSA", ECDSA), ("ECDSA", RSA)])
    def test_not_there(self, version: int, key_type: str, entity: Entity) -> None:
        """Nothing is taken in its place."""
        with pytest.raises(SSL.Error):
            meet(
                server_context(entity, setup=lambda context: context.set_max_proto_version(version)), offered(key_type)
            )

    def test_other_curves(self) -> None:
        site = end_entity(CA, key=pki.ec_key(ec.SECP384R1()))
        client, _ = meet(server_context(site), offered("ECDSA"))
        assert presented(client) == site.der


@pytest.mark.parametrize(("ours", "chosen"), [((), b""), (("h2",), b"h2"), (("http/1.1", "h2"), b"h2")])
def test_application_protocols(ours: tuple[str, ...], chosen: bytes) -> None:
    def choose(_connection: SSL.Connection, names: list[bytes]) -> bytes:
        heard.append(names)
        return b"h2"

    heard: list[list[bytes]] = []
    client, _ = meet(
        server_context(ECDSA, setup=lambda context: context.set_alpn_select_callback(choose)), offered(alpn=ours)
    )
    assert client.get_alpn_proto_negotiated() == chosen
    assert heard == ([[name.encode() for name in ours]] if ours else [])


@pytest.mark.parametrize("version", [SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION])
def test_client_certificate_with_its_chain(version: int) -> None:
    below = authority("Example Client CA", CA)
    own = end_entity(below, common_name="monitor.example.org")
    certificate = ClientCertificate((loaded(own), loaded(below)), crypto.PKey.from_cryptography_key(own.key))

    def demand(context: SSL.Context) -> None:
        context.set_max_proto_version(version)
        context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)

    _, server = meet(server_context(ECDSA, setup=demand), offered(certificate=certificate))
    above = server.get_peer_cert_chain() or []  # for a server without the first one
    assert presented(server) == own.der
    assert [crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in above] == [below.der]


def test_settings_are_made_once() -> None:
    """They cost half of what a handshake does, and a fleet of thousands needs few kinds of them."""
    assert offered("RSA", ("h2",)) is offered("RSA", ("h2",))
    assert offered("RSA", ("h2",)) is not offered("RSA", ("h2", "http/1.1"))
    assert offered("RSA") is not offered("ECDSA")


def test_what_happens_is_noted() -> None:
    """Every step, as far as it goes, and who sent an alert."""
    client, _ = meet(server_context(ECDSA), offered())
    log = client.get_app_data()
    assert any("read server hello" in step for step in log.steps)
    assert any("read server certificate" in step for step in log.steps)
    assert log.last_alert is None
