"""The TLS handshake: brings home what a server presents, however bad, and verifies nothing.

The only module that makes connections with `OpenSSL.SSL`. A memory BIO and the stream's deadline, because pyOpenSSL has
no time-out of its own. Settings are the most permissive the library has: judging comes later, and a certificate that
nobody accepts must be seen to be reported.
"""

from __future__ import annotations

from typing import NamedTuple

from OpenSSL import SSL, crypto

from check_tls_cert.fetch.net.stream import Stream, StreamReset, StreamTimeout
from check_tls_cert.fetch.net.waiting import Waiting
from check_tls_cert.fetch.tls.alerts import UNRECOGNIZED_NAME, HandshakeLog
from check_tls_cert.fetch.tls.context import Offer, context_for
from check_tls_cert.fetch.tls.framing import Framing, FramingError
from check_tls_cert.model.finding import Finding, FindingKind
from check_tls_cert.model.findings import (
    HANDSHAKE_ALERT,
    HANDSHAKE_CLOSED,
    HANDSHAKE_FAILED,
    HANDSHAKE_NOT_TLS,
    HANDSHAKE_RESET,
    HANDSHAKE_TIMEOUT,
)
from check_tls_cert.model.presented import Negotiated
from check_tls_cert.text import printable, quoted

#: What TLS allows a server to send before the handshake is over is far less; a bound against an endless one.
MAX_HANDSHAKE_BYTES = 1_048_576


_CONTENT_TYPES = range(0x14, 0x18)  # RFC 8446, 5.1: change_cipher_spec, alert, handshake, application_data

# How far a handshake came, by what OpenSSL logs, the farthest first.
_STAGES = (
    ("read server certificate", "after its certificate"),
    ("read server hello", "after ServerHello"),
)


class Handshake(NamedTuple):
    """What came of a handshake."""

    #: The certificates in DER, in the order presented. They can be there although it failed.
    chain: tuple[bytes, ...] = ()
    #: Why it failed, None if it completed.
    failure: Finding | None = None
    #: What both sides agreed on, None if it did not come to that.
    negotiated: Negotiated | None = None
    #: Remarks for people.
    notes: tuple[str, ...] = ()
    #: The steps that it went through, in OpenSSL's words.
    conversation: tuple[str, ...] = ()


class Client:
    """One handshake over ``stream``, through ``framing`` if TLS records do not stand in it by themselves."""

    method = SSL.TLS_CLIENT_METHOD
    #: What the second byte of a record can be.
    versions: tuple[bytes, ...] = (b"\x03",)

    def __init__(self, stream: Stream, offer: Offer, framing: Framing | None = None) -> None:
        self._stream = stream
        self._framing = framing
        self._has_certificate = offer.certificate is not None
        #: The first that was received, which tells TLS from something else.
        self._received = b""
        self._received_size = 0
        self._log = HandshakeLog()
        context = context_for(self.method, offer.key_type, offer.alpn, offer.certificate)
        self._connection = SSL.Connection(context, None)
        self._connection.set_app_data(self._log)
        self._prepare(self._connection)
        if offer.server_name is not None:
            self._connection.set_tlsext_host_name(offer.server_name.encode("ascii"))
        self._connection.set_connect_state()

    def shake_hands(self) -> Waiting[Handshake]:
        """Shake hands; a failure is in what it returns."""
        failure = yield from self._shake_hands()
        chain = self._presented_chain()
        asked = self._reached("read server certificate request")
        notes = ("the server asks for a client certificate",) if asked else ()
        if failure is not None and failure.kind is HANDSHAKE_ALERT and chain and asked and not self._has_certificate:
            # It did all of its part and only then missed ours (TLS 1.2; in 1.3 the handshake is complete by then).
            notes = ("the server demands a client certificate; none was given",)
            failure = None
        return Handshake(chain, failure, self._negotiated(), notes, tuple(self._log.steps))

    def leave(self, farewell: bytes) -> Waiting[None]:
        """End a connection whose handshake completed as its protocol has it, if ``farewell`` is what it says."""
        self._framing = None  # it ends with the handshake
        try:
            if farewell:
                self._connection.send(farewell)
            self._connection.shutdown()
            yield from self._flush()
        except (SSL.Error, StreamTimeout, StreamReset):
            pass  # the peer was faster

    def _shake_hands(self) -> Waiting[Finding | None]:
        """Run the handshake to its end; return None if it completed, else why not."""
        try:
            while not self._step():
                yield from self._flush()
                data = yield from self._receive()
                if not data:
                    return self._broken(HANDSHAKE_CLOSED)
                self._received_size += len(data)
                self._received = self._received or data
                if self._received_size > MAX_HANDSHAKE_BYTES:
                    return self._broken(HANDSHAKE_FAILED, "the server sent more than 1 MiB")
                if self._not_tls():
                    return self._plain_text()
                self._connection.bio_write(data)
            yield from self._flush()
        except StreamTimeout:
            return self._broken(HANDSHAKE_TIMEOUT)
        except StreamReset as error:
            return self._broken(HANDSHAKE_RESET, printable(str(error)))
        except SSL.ZeroReturnError:  # it said close_notify before
            return self._broken(HANDSHAKE_CLOSED)
        except SSL.Error as error:
            return self._refused(error)
        except FramingError as error:
            return error.finding
        return None

    def _receive(self) -> Waiting[bytes]:
        """Return what has arrived for TLS; b"" once the peer has closed."""
        data = yield from self._stream.receive()
        while data and self._framing is not None:
            unframed = self._framing.feed(data)
            if unframed:
                return unframed
            data = yield from self._stream.receive()
        return data

    def _step(self) -> bool:
        """Take what has arrived one step further; tell whether the handshake is complete."""
        try:
            self._connection.do_handshake()
        except SSL.WantReadError:
            return False
        return True

    def _flush(self) -> Waiting[None]:
        """Send what the library wants to send."""
        while True:
            try:
                data = self._connection.bio_read(65_536)
            except SSL.WantReadError:
                return
            yield from self._send(data)

    def _send(self, data: bytes) -> Waiting[None]:
        """Send what OpenSSL has made, in the framing if there is one."""
        if self._framing is not None:
            data = self._framing.wrap(data)
        yield from self._stream.send(data)

    def _prepare(self, connection: SSL.Connection) -> None:
        """Set what the kind of stream needs."""

    def _not_tls(self) -> bool:
        """Tell whether what was received first is no record (RFC 8446, 5.1), as far as it goes."""
        head = self._received[:2]
        return head[0] not in _CONTENT_TYPES or head[1:] not in (b"", *self.versions)

    def _plain_text(self) -> Finding:
        """Return the finding for a server that speaks something else than TLS."""
        line = self._received.split(b"\n")[0].strip()
        return Finding(HANDSHAKE_NOT_TLS, presented=quoted(line))

    def _broken(self, kind: FindingKind, what: str = "") -> Finding:
        """Return the finding for a handshake that ended too early; ``what`` is the cause in the system's words."""
        early = "within its first message" if self._received else "before the server sent anything"
        stage = next((stage for step, stage in _STAGES if self._reached(step)), early)
        return Finding(kind, presented=what, reason=stage)

    def _refused(self, error: SSL.Error) -> Finding:
        """Return the finding for a handshake that the server ended with an alert, or that OpenSSL cannot go on with."""
        reasons: list[str] = []
        if error.args and isinstance(error.args[0], list):  # what OpenSSL has in its queue: library, function, reason
            reasons = [entry[-1] for entry in error.args[0]]
        reason = printable(", ".join(reasons) or str(error))
        alert = self._log.last_alert
        negotiated = self._negotiated()
        if alert is None or not alert.is_fatal(negotiated and negotiated.protocol):
            return Finding(HANDSHAKE_FAILED, presented=reason)
        remedy = ""
        if alert.number == UNRECOGNIZED_NAME:
            remedy = "check whether the server knows the server name (--sni)"
        return Finding(HANDSHAKE_ALERT, presented=quoted(alert.name), remedy=remedy)

    def _reached(self, step: str) -> bool:
        """Tell whether the handshake went through a step, by OpenSSL's words for it."""
        return any(step in line for line in self._log.steps)

    def _presented_chain(self) -> tuple[bytes, ...]:
        """Return the certificates presented, in DER."""
        # Not as_cryptography=True: that refuses certificates which other clients read, and with them the whole chain.
        chain = self._connection.get_peer_cert_chain() or []
        return tuple(crypto.dump_certificate(crypto.FILETYPE_ASN1, certificate) for certificate in chain)

    def _negotiated(self) -> Negotiated | None:
        """Return what was agreed on by now, None before the server has chosen a cipher suite."""
        cipher = self._connection.get_cipher_name()
        if cipher is None:
            return None
        # pyOpenSSL tells the group since 25.1.
        group = self._connection.get_group_name() if hasattr(self._connection, "get_group_name") else None
        alpn = printable(self._connection.get_alpn_proto_negotiated())
        return Negotiated(self._connection.get_protocol_version_name(), cipher, group or "", alpn)
