"""Preambles: what servers say before TLS, broken, in every protocol of --starttls; and proxies."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from check_tls_cert.fetch import starttls
from check_tls_cert.model import services
from check_tls_cert.model.findings import ALL_FINDINGS
from check_tls_cert.report.phrases import clause, remedy_of
from tests.fuzz import mutations, peers, seeds
from tests.fuzz.invariants import executions, run
from tests.fuzz.test_certificates import MODES
from tests.program import AT
from tests.transcripts import GOOD, heard

_IDS = {finding_id for finding_id in ALL_FINDINGS if finding_id.startswith("starttls.")}
_PROTOCOLS = sorted(GOOD)

#: What some server of some protocol says in one go, to be said in the place of another.
_SAID = sorted({turn.octets for turns in GOOD.values() for turn in turns if turn.server})


@pytest.fixture(scope="module")
def peer() -> Iterator[peers.Peer]:
    """Yield the server."""
    with peers.peer() as one:
        yield one


def _turns(protocol: str) -> list[bytes]:
    return [turn.octets for turn in GOOD[protocol] if turn.server]


def _speaks_first(protocol: str) -> bool:
    return GOOD[protocol][0].server


@st.composite
def _pieces(draw: st.DrawFn, protocol: str) -> list[bytes]:
    """Return what a server of ``protocol`` says, some of it broken, missing, repeated, endless or another's."""
    pieces = _turns(protocol)
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(pieces) - 1))
        lines = pieces[at].splitlines(keepends=True)
        way = draw(st.integers(0, 5))
        if way == 0:
            new = draw(mutations.octets(pieces[at]))
        elif way == 1:
            new = b"".join(draw(st.lists(st.sampled_from([*lines, b"\n"]) | mutations.nasty, max_size=6)))
        elif way == 2:
            new = pieces[at][:1] * draw(st.sampled_from((10, 9_000, 70_000))) + pieces[at]
        elif way == 3:
            line = b"".join(lines[:1])[:100]
            new = line * draw(st.sampled_from((2, 600, 6_000))) + pieces[at]
        elif way == 4:
            new = draw(st.sampled_from(_SAID))
        else:
            new = pieces[at] + draw(mutations.nasty)
        pieces[at] = new
    return pieces


@pytest.mark.parametrize("protocol", _PROTOCOLS)
@settings(max_examples=settings().max_examples // 2)
@given(data=st.data())
def test_conversation(protocol: str, data: st.DataObject) -> None:
    """Without a socket: TLS may begin, or there is one finding that is safe to print, however the octets are cut."""
    pieces = data.draw(_pieces(protocol))
    cuts = data.draw(st.lists(st.integers(1, 200), max_size=4))
    received = _cut(pieces, cuts)
    executions["preambles_without_socket"] += 1
    try:
        error = heard(protocol, *received, b"")
    except AssertionError:
        return  # it would listen on: more than an end of the connection it need not understand
    if error is not None:
        assert error.kind.id in _IDS
        said = clause(error.finding) + remedy_of(error.finding)
        assert said.isascii()
        assert said.isprintable()
        assert "|" not in said
        assert len(said) < 1_000


def _cut(pieces: Sequence[bytes], sizes: Sequence[int]) -> list[bytes]:
    """Return the pieces, the first ones cut into such sizes, each of at most what is received at once."""
    received = []
    for piece in pieces:
        rest = piece
        for size in sizes:
            received.append(rest[:size])
            rest = rest[size:]
        received += [rest[at : at + 16_384] for at in range(0, len(rest), 16_384)]
    return [one for one in received if one]


@settings(max_examples=settings().max_examples // 2)
@given(st.sampled_from(_PROTOCOLS), st.data(), st.integers(0, 39), st.sampled_from(MODES))
def test_server(
    peer: peers.Peer, anchors: Path, protocol: str, data: st.DataObject, hold: int, mode: tuple[str, ...]
) -> None:
    """The whole program against a server that ends the connection there, or now and then waits."""
    pieces = data.draw(_pieces(protocol))
    peer.behaviour = peers.Talk(pieces, _speaks_first(protocol), hold == 0).behave
    patience = "10" if hold else "0.2"
    target = peer.target("--starttls", protocol, "--ca-file", str(anchors), "-t", patience)
    run(__name__, *target, *AT, *mode, deadline=float(patience))


_PROXIES = {
    "http": [b"HTTP/1.1 200 Connection established\r\nVia: example\r\n\r\n"],
    "socks5": [b"\5\0", b"\5\0\0\1\xc0\0\2\1\0\x50"],
}


@given(st.sampled_from(sorted(_PROXIES)), st.data(), st.sampled_from(MODES))
def test_proxy(peer: peers.Peer, anchors: Path, scheme: str, data: st.DataObject, mode: tuple[str, ...]) -> None:
    """What precedes the connection when a proxy makes it."""
    pieces = [data.draw(mutations.octets(piece) | st.just(piece)) for piece in _PROXIES[scheme]]
    peer.behaviour = peers.Talk(pieces).behave
    proxy = (
        f"{scheme}://user|\x1b@127.0.0.1:{peer.port}"
        if data.draw(st.booleans())
        else f"{scheme}://127.0.0.1:{peer.port}"
    )
    run(__name__, "-H", seeds.NAME, "--proxy", proxy, "--ca-file", str(anchors), *AT, *mode)


def test_every_protocol_is_here() -> None:
    """A protocol without transcript would not be fuzzed."""
    assert {starttls.load_protocol(name).name for name in services.starttls_names()} == set(_PROTOCOLS)
