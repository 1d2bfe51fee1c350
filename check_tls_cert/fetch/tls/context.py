"""What is offered in a handshake: the most permissive settings that the library has."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from OpenSSL import SSL, crypto

from check_tls_cert.fetch.tls.alerts import HandshakeLog

# SSL_OP_LEGACY_SERVER_CONNECT: talk to servers that lack RFC 5746. OpenSSL's number; pyOpenSSL names it only lately.
_OP_LEGACY_SERVER_CONNECT = 0x4

#: Every cipher suite that authenticates the server by a certificate, by the type of its key; "" for any type.
_CIPHERS_BY_KEY_TYPE = {
    "": b"ALL:!aNULL:!eNULL:@SECLEVEL=0",
    "RSA": b"aRSA:!eNULL:@SECLEVEL=0",
    "ECDSA": b"aECDSA:!eNULL:@SECLEVEL=0",
}

#: In TLS 1.3 cipher suites say nothing of the key; there the signatures that we accept do (RFC 8446, 4.2.3).
_SIGNATURES_BY_KEY_TYPE = {
    "RSA": b"rsa_pss_rsae_sha256:rsa_pss_rsae_sha384:rsa_pss_rsae_sha512:RSA+SHA256:RSA+SHA384:RSA+SHA512:RSA+SHA1",
    "ECDSA": b"ECDSA+SHA256:ECDSA+SHA384:ECDSA+SHA512:ECDSA+SHA1",
}


class ClientCertificate(NamedTuple):
    """A certificate by which the server is to know us."""

    #: The certificate, and the intermediate CA certificates above it.
    chain: tuple[crypto.X509, ...]
    #: The private key of the first.
    key: crypto.PKey


class Offer(NamedTuple):
    """What we offer in a handshake."""

    #: The server name (SNI), None for none.
    server_name: str | None = None
    #: Names of application protocols, in the order of preference (RFC 7301).
    alpn: tuple[str, ...] = ()
    #: What we show to a server that asks for a certificate.
    certificate: ClientCertificate | None = None
    #: The type of key that the server's certificate must have, RSA or ECDSA; "" leaves the choice to the server.
    key_type: str = ""


def _note(connection: SSL.Connection, where: int, value: int) -> None:
    """Note what happens in a handshake; OpenSSL calls it at each event (SSL_CTX_set_info_callback)."""
    log: HandshakeLog = connection.get_app_data()
    if where & SSL.SSL_CB_LOOP:
        log.note_step(connection.get_state_string().decode("ascii", "replace"))
    elif where & SSL.SSL_CB_ALERT:
        log.note_alert(value, by_peer=bool(where & SSL.SSL_CB_READ))


@lru_cache(maxsize=8)  # a fleet of targets has few kinds of offers, and a context costs half of what a handshake does
def context_for(
    method: int, key_type: str, alpn: tuple[str, ...], client_certificate: ClientCertificate | None
) -> SSL.Context:
    """Return OpenSSL's settings for handshakes of one kind: the most permissive that it has.

    ``method`` is one of OpenSSL's for clients, of TLS or DTLS; the others are fields of an `Offer`.
    """
    context = SSL.Context(method)
    context.set_verify(SSL.VERIFY_NONE)
    context.set_min_proto_version(0)
    context.set_cipher_list(_CIPHERS_BY_KEY_TYPE[key_type])
    if key_type:
        _accept_signatures(context, _SIGNATURES_BY_KEY_TYPE[key_type])
    if alpn:
        context.set_alpn_protos([name.encode("ascii") for name in alpn])
    if client_certificate is not None:
        context.use_certificate(client_certificate.chain[0])
        for certificate in client_certificate.chain[1:]:
            context.add_extra_chain_cert(certificate)
        context.use_privatekey(client_certificate.key)
    context.set_options(_OP_LEGACY_SERVER_CONNECT)
    context.set_options(SSL.OP_NO_QUERY_MTU)  # OpenSSL would forget what `datagrams` sets, and send 256 bytes at a time
    context.set_mode(SSL.MODE_RELEASE_BUFFERS)  # hundreds may be waiting for silent peers
    context.set_info_callback(_note)
    return context


def _accept_signatures(context: SSL.Context, algorithms: bytes) -> None:
    """Accept those signatures alone. Raises ValueError if OpenSSL does not know one of them.

    pyOpenSSL has no method for it, but the bindings below it have the function.
    """
    if not SSL._lib.SSL_CTX_set1_sigalgs_list(context._context, algorithms):  # type: ignore[attr-defined]  # noqa: SLF001
        raise ValueError(f"this OpenSSL does not know one of {algorithms!r}")
