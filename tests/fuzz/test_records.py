"""TLS: records cut short, oversized, with garbage behind them; Certificate messages of any size; a handshake damaged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from OpenSSL import SSL, crypto

from tests.fuzz import mutations, peers, seeds
from tests.fuzz.invariants import hold_to_openssl, run
from tests.fuzz.test_certificates import MODES
from tests.program import AT

#: pyOpenSSL would have servers take certificates from cryptography, which refuses some that OpenSSL serves.
pytestmark = pytest.mark.filterwarnings("ignore:Passing pyOpenSSL:DeprecationWarning")

_HANDSHAKE = 0x16
_SERVER_HELLO, _CERTIFICATE, _DONE = 0x02, 0x0B, 0x0E
_CERTIFICATES = [entity.der for entity in (*seeds.SITES, *seeds.AUTHORITIES)]


@pytest.fixture(scope="module")
def peer() -> Iterator[peers.Peer]:
    """Yield the server."""
    with peers.peer() as one:
        yield one


def _record(content: bytes, kind: int = _HANDSHAKE) -> bytes:
    """Return ``content`` in as many records as it takes (RFC 5246, 6.2.1)."""
    pieces = [content[at : at + 16_384] for at in range(0, len(content), 16_384)] or [b""]
    return b"".join(bytes((kind, 3, 3)) + len(piece).to_bytes(2, "big") + piece for piece in pieces)


def _message(kind: int, content: bytes) -> bytes:
    return bytes((kind,)) + len(content).to_bytes(3, "big") + content


def _certificates(chain: Sequence[bytes]) -> bytes:
    """Return the Certificate message of TLS 1.2 (RFC 5246, 7.4.2)."""
    sized = b"".join(len(der).to_bytes(3, "big") + der for der in chain)
    return _message(_CERTIFICATE, len(sized).to_bytes(3, "big") + sized)


#: TLS 1.2, no session, TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, secure renegotiation.
_HELLO = _message(_SERVER_HELLO, b"\3\3" + bytes(range(32)) + b"\0" + b"\xc0\x2b\0" + b"\0\5\xff\1\0\1\0")


def _speak(peer: peers.Peer, anchors: Path, talk: peers.Talk, mode: tuple[str, ...]) -> None:
    peer.behaviour = talk.behave
    patience = "0.2" if talk.hold else "10"
    target = peer.target("--name", seeds.NAME, "--ca-file", str(anchors), "-t", patience)
    run(__name__, *target, *AT, *mode, deadline=float(patience))


@st.composite
def _records(draw: st.DrawFn) -> bytes:
    """Return records of which a peer would send none."""
    length = st.sampled_from((0, 1, 4, 100, 16_384, 16_385, 0xFFFF))
    head = st.tuples(st.sampled_from((0x14, 0x15, 0x16, 0x17, 0x18, 0x80, 0)), st.sampled_from((3, 0, 0xFE)))
    pieces = []
    for _ in range(draw(st.integers(1, 4))):
        content = draw(st.sampled_from((_HELLO, _certificates([seeds.SITE.der]), b"\2\x28", b"\1\0")) | mutations.nasty)
        (kind, major), said = draw(head), draw(length | st.just(len(content)))
        pieces.append(bytes((kind, major, draw(st.integers(0, 4)))) + said.to_bytes(2, "big") + content)
    return b"".join(pieces)


@given(_records(), st.booleans(), st.integers(0, 39), st.sampled_from(MODES))
def test_records(peer: peers.Peer, anchors: Path, data: bytes, first: bool, hold: int, mode: tuple[str, ...]) -> None:
    """Of any type, version and length, whole or not, before the client speaks or after; now and then it then waits."""
    _speak(peer, anchors, peers.Talk([data], first, hold == 0), mode)


@given(st.lists(st.sampled_from(_CERTIFICATES), min_size=1, max_size=8), st.data(), st.sampled_from(MODES))
def test_flight(
    peer: peers.Peer, anchors: Path, chain: list[bytes], data: st.DataObject, mode: tuple[str, ...]
) -> None:
    """A first flight that is good up to something in it: certificates broken, messages cut, garbage behind."""
    broken = data.draw(st.sampled_from(seeds.SITES).flatmap(mutations.certificate))
    at = data.draw(st.integers(0, len(chain)))
    messages = [_HELLO, _certificates([*chain[:at], broken, *chain[at:]]), _message(_DONE, b"")]
    flight = b"".join(map(_record, messages))
    if data.draw(st.booleans()):
        flight = data.draw(mutations.octets(flight))
    cut = data.draw(st.integers(0, len(flight)))
    _speak(peer, anchors, peers.Talk([flight[:cut] + flight[cut:]], hold=data.draw(st.integers(0, 39)) == 0), mode)


@pytest.mark.parametrize("mode", MODES, ids=" ".join)
@pytest.mark.parametrize("size", [99_000, 110_000, 1_000_000, 16_000_000])
@pytest.mark.parametrize("parts", [1, 300])
def test_large_messages(peer: peers.Peer, anchors: Path, size: int, parts: int, mode: tuple[str, ...]) -> None:
    """From just below OpenSSL's bound of 100 KB to all that a length in a message can say."""
    stranger = b"\x30\x82" + bytes(size // parts)
    for chain in ([seeds.SITE.der, *[stranger] * parts], [seeds.SITE.der] * (size // len(seeds.SITE.der))):
        flight = _record(_HELLO) + _record(_certificates(chain))
        _speak(peer, anchors, peers.Talk([flight]), mode)


@pytest.fixture(scope="module")
def datagrams() -> Iterator[peers.DatagramPeer]:
    """Yield the server for UDP."""
    with peers.datagram_peer() as one:
        yield one


#: HelloVerifyRequest with a cookie, ServerHello and Certificate in DTLS 1.2 (RFC 6347, 4.2.2): whole messages.
_DATAGRAM_MESSAGES = [
    (kind, content)
    for kind, content in (
        (3, b"\xfe\xfd\x08" + bytes(8)),
        (_SERVER_HELLO, b"\xfe\xfd" + _HELLO[6:]),
        (_CERTIFICATE, _certificates([seeds.SITE.der])[4:]),
        (_DONE, b""),
    )
]


@st.composite
def _datagram(draw: st.DrawFn) -> bytes:
    """Return records of DTLS 1.2 with a message each, good or broken somewhere."""
    records = b""
    for number in range(draw(st.integers(1, 4))):
        kind, content = draw(st.sampled_from(_DATAGRAM_MESSAGES))
        size = len(content).to_bytes(3, "big")
        said = draw(st.just(size) | st.binary(min_size=3, max_size=3))
        message = bytes((kind,)) + said + number.to_bytes(2, "big") + bytes(3) + size + content
        head = b"\x16\xfe\xfd" + bytes(2) + number.to_bytes(6, "big") + len(message).to_bytes(2, "big")
        records += draw(st.just(head + message) | mutations.octets(head + message))
    return records[:60_000]


@settings(max_examples=settings().max_examples // 10)
@given(st.lists(_datagram() | mutations.nasty, max_size=4), st.sampled_from(MODES))
def test_datagrams(datagrams: peers.DatagramPeer, anchors: Path, answers: list[bytes], mode: tuple[str, ...]) -> None:
    """DTLS, in which what is broken is passed over, and waited on for what is not."""
    datagrams.answers = answers
    target = ("-H", "127.0.0.1", "-p", str(datagrams.port), "--dtls", "--ca-file", str(anchors), "-t", "0.1")
    run(__name__, *target, *AT, *mode, deadline=0.1)


class _Damage:
    """Breaks one flight of a handshake."""

    def __init__(self, flight: int, at: int, way: int, filling: bytes) -> None:
        self._flight, self._at, self._way, self._filling = flight, at, way, filling

    def __call__(self, number: int, data: bytes) -> bytes:
        if number != self._flight or not data:
            return data
        at = self._at % len(data)
        ways = (
            data[:at] + bytes((data[at] ^ 1 << self._at % 8,)) + data[at + 1 :],
            data[:at] + self._filling + data[at:],
            data[:at] + self._filling,
            data + self._filling,
            data + data[:at],
        )
        return ways[self._way]


@given(
    st.builds(_Damage, st.integers(0, 2), st.integers(0, 4_000), st.integers(0, 4), mutations.nasty),
    st.sampled_from((SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION)),
    st.sampled_from(MODES),
)
def test_damaged_handshake(
    peer: peers.Peer, anchors: Path, damage: _Damage, version: int, mode: tuple[str, ...]
) -> None:
    """A real handshake in which one flight is broken."""
    chain = [peers.loaded(seeds.SITE.der), peers.loaded(seeds.ISSUING.der)]
    peer.behaviour = peers.damaged_tls(chain, seeds.SITE, damage, version)
    target = peer.target("--name", seeds.NAME, "--ca-file", str(anchors), "-t", "0.2")
    run(__name__, *target, *AT, *mode, deadline=0.2)


@given(st.data(), st.sampled_from((SSL.TLS1_2_VERSION, SSL.TLS1_3_VERSION)))
def test_served_chain(peer: peers.Peer, anchors: Path, data: st.DataObject, version: int) -> None:
    """A broken certificate served in a whole handshake; OpenSSL must agree wherever we find no fault."""
    ders = [data.draw(mutations.certificate(seeds.SITE)), seeds.ISSUING.der]
    if data.draw(st.booleans()):
        ders = [seeds.SITE.der, data.draw(mutations.certificate(seeds.ISSUING))]
    try:
        chain = [peers.loaded(der) for der in ders]
        if not peers.belongs(chain[0], seeds.SITE):
            return
        peer.behaviour = peers.damaged_tls(chain, seeds.SITE, lambda _number, octets: octets, version)
    except (crypto.Error, SSL.Error):
        return  # no server of OpenSSL's serves it
    served = [crypto.dump_certificate(crypto.FILETYPE_ASN1, one) for one in chain]
    hold_to_openssl(__name__, peer.target(), served, anchors, [seeds.ROOT.der], seeds.NAME)
