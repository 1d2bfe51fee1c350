"""A TLS endpoint as a source: resolve, connect, shake hands, bring home."""

from __future__ import annotations

import errno
import socket
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch import starttls
from check_tls_cert.fetch.net.connect import Refusal, connect
from check_tls_cert.fetch.net.resolve import Address, ResolveError, resolve
from check_tls_cert.fetch.net.stream import Stream
from check_tls_cert.fetch.net.waiting import Waiting, together
from check_tls_cert.fetch.parsing import parse_chain
from check_tls_cert.fetch.tls import context, handshake
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import (
    CONNECT_FAILED,
    CONNECT_REFUSED,
    CONNECT_TIMEOUT,
    CREDENTIALS_UNREADABLE,
    HANDSHAKE_ALERT,
    RESOLVE_FAILED,
    RESOLVE_TIMEOUT,
)
from check_tls_cert.model.presented import Attempt, Explained, Presented
from check_tls_cert.model.target import Options, Target
from check_tls_cert.text import printable
from check_tls_cert.x509.algorithms import key_of
from check_tls_cert.x509.certificate import parse

if TYPE_CHECKING:
    from check_tls_cert.fetch.starttls.wire import Protocol
    from check_tls_cert.fetch.tls.framing import Framing

_CONNECT_FINDINGS = {errno.ECONNREFUSED: CONNECT_REFUSED, errno.ETIMEDOUT: CONNECT_TIMEOUT}

#: How many addresses are visited at the same time; more than hosts have, unless a name server makes them up.
MAX_VISITS = 64

#: Seconds that a server of a STARTTLS protocol gets for its side of a polite end.
_PARTING = 0.25

#: By the kind of a certificate's key, the type of key that it is in TLS, and the other one that a server may have.
_KEY_TYPES = {"RSA": ("RSA", "ECDSA"), "EC": ("ECDSA", "RSA")}


def acquire(options: Options, deadline: Deadline) -> Waiting[tuple[Presented, ...]]:
    """Return what the endpoint presents: at the first address that accepts a connection, or at each of them."""
    target, offer = options.target, context.Offer(options.target.server_name, options.target.way.alpn)
    notes: tuple[str, ...] = ()
    if target.way.proxy is not None or target.way.client_certificate:
        from check_tls_cert.fetch import credentials

        try:
            way, certificate, notes = credentials.load_credentials(target.way, deadline)
        except credentials.CredentialsError as error:
            return (Presented(failure=Finding(CREDENTIALS_UNREADABLE, reason=str(error))),)
        offer, target = offer._replace(certificate=certificate), target._replace(way=way)
    proxy = target.way.proxy
    host, port = (target.address, target.port) if proxy is None else (proxy.host, proxy.port)
    try:
        addresses = yield from resolve(host, port, options.family, deadline, _socket_kind(target))
    except ResolveError as error:
        return (Presented(attempts=(Attempt(printable(host), _unresolved(host, error)),)),)
    apart = [[address] for address in addresses] if target.all_addresses else [addresses]
    first, *others = yield from _side_by_side([_Visit(target, offer, each, deadline) for each in apart], deadline)
    return (first._replace(notes=(*notes, *first.notes)), *others)


def _side_by_side(visits: list[_Visit], deadline: Deadline) -> Waiting[tuple[Presented, ...]]:
    """Return what all visits bring home, in their order. Each ends by the deadline by itself."""
    if len(visits) == 1:
        return (yield from visits[0].visit())
    found = yield from together([visit.visit() for visit in visits], MAX_VISITS, deadline.now)
    return tuple(
        presented._replace(origin=" ".join(filter(None, (visit.origin, presented.origin))))
        for visit, brought in zip(visits, found)
        for presented in brought
    )


class _Hello(NamedTuple):
    """What one connection came to."""

    #: The addresses tried, and how each fared.
    attempts: tuple[Attempt, ...]
    #: What came of the handshake, nothing if there was no connection.
    handshake: handshake.Handshake
    #: Remarks for people.
    notes: tuple[str, ...] = ()


class _Visit:
    """Connections to one of ``addresses``: one, or one for each type of key that the server may have."""

    def __init__(self, target: Target, offer: context.Offer, addresses: list[Address], deadline: Deadline) -> None:
        self._target = target
        self._offer = offer
        self._addresses = addresses
        self._deadline = deadline

    @property
    def origin(self) -> str:
        """What to call the first address."""
        return self._addresses[0].text

    def visit(self) -> Waiting[tuple[Presented, ...]]:
        """Return what is presented there."""
        first = self._presented((yield from self._hello(self._offer)))
        kind = key_of(first.chain[0]).kind if first.chain else ""
        if not self._target.both_key_types or kind not in _KEY_TYPES:
            return (first,)
        key_type, other = _KEY_TYPES[kind]
        first = first._replace(key_type=key_type)
        second = self._presented((yield from self._hello(self._offer._replace(key_type=other))))
        failure = next((attempt.failure for attempt in second.attempts if attempt.failure is not None), None)
        if failure is not None and failure.kind is HANDSHAKE_ALERT:
            note = Explained(f"no certificate with a key for {other}", failure)
            return (first._replace(notes=(*first.notes, note)),)
        # The address counts once for `reachable`, and the first handshake for `time`; any other failure leaves open
        # whether there is a second certificate.
        second = second._replace(attempts=(), failure=second.failure or failure, origin=other, key_type=other)
        return first._replace(origin=key_type), second

    def _presented(self, hello: _Hello) -> Presented:
        """Return what a connection brought home, with its certificates parsed."""
        outcome = hello.handshake
        chain, failure = parse_chain((partial(parse, encoded) for encoded in outcome.chain), "server")
        return Presented(
            chain=chain,
            attempts=hello.attempts,
            failure=failure,
            negotiated=outcome.negotiated,
            notes=(*hello.notes, *outcome.notes),
            conversation=outcome.conversation,
        )

    def _hello(self, offer: context.Offer) -> Waiting[_Hello]:
        """Connect, shake hands and leave; return what came of it, whatever that is."""
        begin = self._deadline.now()
        stream, refusals = yield from connect(self._addresses, self._deadline, _socket_kind(self._target))
        if stream is None:
            return _Hello(
                tuple(Attempt(refusal.address.text, _refused(refusal, self._deadline)) for refusal in refusals),
                handshake.Handshake(),
            )
        # An address that refused beside one that answered is no fault of the service: clients go on to the next, too.
        skipped = (f"{refusal.address.text} did not accept a connection: {refusal.text}" for refusal in refusals)
        try:
            outcome, finished = yield from self._shake_hands(stream, offer)
        finally:
            stream.close()
        attempt = Attempt(stream.address.text, outcome.failure, finished - begin)
        return _Hello((attempt,), outcome, tuple(skipped))

    def _shake_hands(self, stream: Stream, offer: context.Offer) -> Waiting[tuple[handshake.Handshake, float]]:
        """Speak what precedes TLS, shake hands, leave as the protocol has it; return also when the handshake ended."""
        conversation: tuple[str, ...] = ()
        farewell, framing = b"", None
        preambles = self._preambles()
        for group, protocol in preambles:
            from check_tls_cert.fetch.starttls import driver

            done = yield from driver.run_preamble(
                protocol, self._target.server_name or self._target.address, stream, group
            )
            conversation += done.conversation
            if done.failure is not None:
                failure = _within(done.failure, self._deadline)
                return handshake.Handshake(failure=failure, conversation=conversation), self._deadline.now()
            farewell, framing = protocol.farewell, protocol.framing
        client = self._client(stream, offer, None if framing is None else framing())
        outcome = yield from client.shake_hands()
        finished = self._deadline.now()
        if outcome.failure is None:
            yield from client.leave(farewell)
            if preambles:
                yield from stream.finish(_PARTING)
        return outcome._replace(conversation=(*conversation, *outcome.conversation)), finished

    def _client(self, stream: Stream, offer: context.Offer, framing: Framing | None) -> handshake.Client:
        """Return the client for the kind of stream, before it has said anything."""
        if not self._target.way.dtls:
            return handshake.Client(stream, offer, framing)
        from check_tls_cert.fetch.tls import datagrams

        return datagrams.DatagramClient(stream, offer)

    def _preambles(self) -> list[tuple[str, Protocol]]:
        """Return what precedes TLS, each with what its findings' ids begin with."""
        way = self._target.way
        found: list[tuple[str, Protocol]] = []
        if way.proxy is not None:
            from check_tls_cert.fetch import proxy

            found.append(("proxy", proxy.protocol(way.proxy, self._target.address, self._target.port)))
        if way.starttls:
            found.append(("starttls", starttls.load_protocol(way.starttls)))
        return found


def _socket_kind(target: Target) -> socket.SocketKind:
    return socket.SOCK_DGRAM if target.way.dtls else socket.SOCK_STREAM


def _within(failure: Finding, deadline: Deadline) -> Finding:
    """Return a failure with the time that there was, if it is about that."""
    return failure._replace(seconds=deadline.seconds) if failure.id.endswith(".timeout") else failure


def _unresolved(host: str, error: ResolveError) -> Finding:
    kind = RESOLVE_TIMEOUT if error.timed_out else RESOLVE_FAILED
    return Finding(kind, place=printable(host), reason=str(error))


def _refused(refusal: Refusal, deadline: Deadline) -> Finding:
    """Return the finding for an address that accepted no connection."""
    kind = _CONNECT_FINDINGS.get(refusal.code, CONNECT_FAILED)
    found = Finding(kind, place=refusal.address.text, reason=refusal.text.lower())
    return found._replace(seconds=deadline.seconds) if kind is CONNECT_TIMEOUT else found
