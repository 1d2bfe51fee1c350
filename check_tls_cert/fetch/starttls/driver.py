"""Puts a preamble on a stream. The only module of the package that waits."""

from __future__ import annotations

from typing import NamedTuple

from check_tls_cert.fetch.net.stream import Stream, StreamReset, StreamTimeout
from check_tls_cert.fetch.net.waiting import Waiting
from check_tls_cert.fetch.starttls.wire import PreambleError, Protocol, Steps, Wire
from check_tls_cert.model.finding import Finding
from check_tls_cert.text import printable

_SHOWN_LINES = 100
_SHOWN_BYTES = 32


class Preamble(NamedTuple):
    """What came of a preamble."""

    #: Why TLS cannot begin, None if it can.
    failure: Finding | None
    #: What both sides said, printable: "S: 220 ...".
    conversation: tuple[str, ...]


def run_preamble(
    protocol: Protocol, server_name: str, stream: Stream, finding_group: str = "starttls"
) -> Waiting[Preamble]:
    """Speak ``protocol`` over ``stream`` up to where TLS begins; a failure is in what it returns."""
    wire = Wire(protocol.name, finding_group)
    record: list[tuple[str, bytes]] = []
    failure: PreambleError | None = None
    try:
        yield from _converse(protocol.steps(wire, server_name), stream, record)
        if protocol.transparent:
            stream.unread(wire.pending)
    except StreamTimeout:
        failure = wire.timed_out()
    except StreamReset as error:
        failure = wire.broken_off(str(error))
    except PreambleError as error:
        failure = error
        if error.kind.id.endswith((".not-offered", ".refused")):
            yield from _take_leave(protocol.refused_end, stream, record)
    if protocol.secret:
        record = [(side, data if side == "S" else b"(not shown)") for side, data in record]
    return Preamble(None if failure is None else failure.finding, tuple(_lines(record, protocol.binary)))


def _converse(steps: Steps[bytes], stream: Stream, record: list[tuple[str, bytes]]) -> Waiting[None]:
    """Send what the protocol says and hand it what the server answers, until its preamble is over."""
    try:
        outgoing = next(steps)
        while True:
            yield from _send_recorded(outgoing, stream, record)
            received = yield from stream.receive()
            record.append(("S", received))
            outgoing = steps.send(received)
    except StopIteration as done:
        yield from _send_recorded(done.value, stream, record)


def _send_recorded(data: bytes, stream: Stream, record: list[tuple[str, bytes]]) -> Waiting[None]:
    """Send ``data``, if there is any, and record it."""
    if data:
        record.append(("C", data))
        yield from stream.send(data)


def _take_leave(farewell: bytes, stream: Stream, record: list[tuple[str, bytes]]) -> Waiting[None]:
    """Say what the protocol has for a client that goes without TLS."""
    try:
        yield from _send_recorded(farewell, stream, record)
    except (StreamReset, StreamTimeout):
        return  # the reason why there is no TLS is known already


def _lines(record: list[tuple[str, bytes]], binary: bool) -> list[str]:
    """Return the conversation as lines to print; of a long one, its beginning."""
    lines = []
    for side, data in _turns(record):
        shown = [_hex(data)] if binary else [printable(line) for line in data.splitlines()]
        lines += [f"{side}: {line}" for line in shown]
    rest = len(lines) - _SHOWN_LINES
    return [*lines[:_SHOWN_LINES], f"and {rest} lines more"] if rest > 0 else lines


def _turns(record: list[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Return ``record`` with what one side said in several pieces put together."""
    turns: list[tuple[str, bytes]] = []
    for side, data in record:
        if turns and turns[-1][0] == side:
            turns[-1] = side, turns[-1][1] + data
        elif data:
            turns.append((side, data))
    return turns


def _hex(data: bytes) -> str:
    cut = f"... ({len(data)} bytes)" if len(data) > _SHOWN_BYTES else ""
    return data[:_SHOWN_BYTES].hex() + cut
