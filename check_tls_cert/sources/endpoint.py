"""A TLS endpoint as a source: resolve, connect, shake hands, bring home."""

from __future__ import annotations

import errno
from functools import partial

from check_tls_cert import tls
from check_tls_cert.certificate import parse
from check_tls_cert.connect import Connected, Refusal, ResolveError, Stream, connect, resolve
from check_tls_cert.deadline import Deadline
from check_tls_cert.model import Attempt, Finding, FindingKind, Options, Presented
from check_tls_cert.sources.chain import parse_chain
from check_tls_cert.text import fixed, printable

FINDINGS = (
    FindingKind("resolve.failed", "the host name has no address"),
    FindingKind("resolve.timeout", "no name server answered before the deadline"),
    FindingKind("connect.refused", "nothing listens on the port"),
    FindingKind("connect.timeout", "no answer to the connection attempt before the deadline"),
    FindingKind("connect.failed", "the connection failed for another reason, which is quoted"),
)

_CONNECT_FINDINGS: dict[int, tuple[str, str]] = {
    errno.ECONNREFUSED: ("connect.refused", "see whether the service is up and listens on this port"),
    errno.ETIMEDOUT: ("connect.timeout", "see whether the host is up and a firewall lets us through"),
}


def acquire(options: Options, deadline: Deadline) -> Presented:
    """Return what the endpoint presents at the first of its addresses that accepts a connection."""
    target = options.target
    try:
        addresses = resolve(target.address, target.port, options.family, deadline)
    except ResolveError as error:
        return Presented(attempts=(Attempt(printable(target.address), _unresolved(target.address, error)),))
    begin = deadline.now()
    connected = connect(addresses, deadline)
    if connected.stream is None:
        refused = (Attempt(refusal.address.text, _refused(refusal, deadline)) for refusal in connected.refusals)
        return Presented(attempts=tuple(refused))
    try:
        return _shake_hands(connected.stream, connected, options, deadline, begin)
    finally:
        connected.stream.close()


def _shake_hands(stream: Stream, connected: Connected, options: Options, deadline: Deadline, begin: float) -> Presented:
    outcome = tls.handshake(stream, options.target.server_name)
    seconds = deadline.now() - begin
    chain, failure = parse_chain((partial(parse, encoded) for encoded in outcome.chain), "server")
    # An address that refused beside one that answered is no fault of the service: clients go on to the next, too.
    skipped = (f"{refusal.address.text} did not accept a connection: {refusal.text}" for refusal in connected.refusals)
    return Presented(
        chain=chain,
        attempts=(Attempt(stream.address.text, outcome.failure, seconds),),
        failure=failure,
        negotiated=outcome.negotiated,
        notes=(*skipped, *outcome.notes),
        conversation=outcome.conversation,
    )


def _unresolved(host: str, error: ResolveError) -> Finding:
    finding_id = "resolve.timeout" if error.timed_out else "resolve.failed"
    return Finding(
        finding_id, f"cannot resolve {printable(host)}: {error}", "see whether the name is right and DNS works"
    )


def _refused(refusal: Refusal, deadline: Deadline) -> Finding:
    finding_id, remedy = _CONNECT_FINDINGS.get(refusal.code, ("connect.failed", "see whether there is a route to it"))
    reason = (
        f"no answer within {fixed(deadline.seconds)} s" if refusal.code == errno.ETIMEDOUT else refusal.text.lower()
    )
    return Finding(finding_id, f"cannot connect to {refusal.address.text}: {reason}", remedy)
