"""DTLS with a server in this process, over a network that loses what a test says."""

from __future__ import annotations

import contextlib
from collections import deque

import pytest
from OpenSSL import SSL, crypto

from check_tls_cert.fetch.net.stream import StreamTimeout
from check_tls_cert.fetch.net.waiting import Wait, Waiting, run_alone
from check_tls_cert.fetch.tls.context import ClientCertificate, Offer
from check_tls_cert.fetch.tls.datagrams import DatagramClient
from check_tls_cert.fetch.tls.handshake import Handshake
from tests.pki import authority, end_entity

CA = authority("Example Issuing CA 3")
SITE = end_entity(CA)

HEADER_SIZE = 13
#: IPv6's least MTU less its header and that of UDP.
MTU = 1_280 - 40 - 8


def records(datagram: bytes) -> list[bytes]:
    """Take a datagram apart (RFC 6347, 4.1)."""
    found = []
    while datagram:
        size = HEADER_SIZE + int.from_bytes(datagram[11:HEADER_SIZE], "big")
        found.append(datagram[:size])
        datagram = datagram[size:]
    return found


class Network:
    """A stream between a client and a DTLS server, which loses the datagrams that ``lost`` names by their numbers.

    ``losses`` says how often the client has waited in vain; after ``most_losses`` its time is up.
    """

    def __init__(self, *lost: int, most_losses: int = 3, demand_certificate: bool = False) -> None:
        context = SSL.Context(SSL.DTLS_SERVER_METHOD)
        context.use_certificate(crypto.load_certificate(crypto.FILETYPE_ASN1, SITE.der))
        context.add_extra_chain_cert(crypto.load_certificate(crypto.FILETYPE_ASN1, CA.der))
        context.use_privatekey(crypto.PKey.from_cryptography_key(SITE.key))
        if demand_certificate:
            context.set_verify(SSL.VERIFY_PEER | SSL.VERIFY_FAIL_IF_NO_PEER_CERT, lambda *_: True)
        self.server = SSL.Connection(context, None)
        self.server.set_ciphertext_mtu(MTU)
        self.server.set_accept_state()
        self.lost = lost
        self.losses = 0
        self.most_losses = most_losses
        #: What the client has sent, and what is on its way to it.
        self.sent: list[bytes] = []
        self.arriving: deque[bytes] = deque()
        self.answered = 0

    def send(self, data: bytes) -> Waiting[None]:
        """Take a datagram to the server, and what that answers on its way."""
        yield from ()
        self.sent.append(data)
        self.server.bio_write(data)
        with contextlib.suppress(SSL.WantReadError):  # it goes on with the next datagram
            self.server.do_handshake()
        try:
            answer = self.server.bio_read(65_536)
        except SSL.WantReadError:
            return
        for record in records(answer):
            if self.answered not in self.lost:
                self.arriving.append(record)
            self.answered += 1

    def receive(self, patience: float | None = None) -> Waiting[bytes]:
        """Return a datagram; without one, wait for as long as OpenSSL does before it sends again."""
        if self.arriving:
            return self.arriving.popleft()
        assert patience is not None
        assert self.remaining(), "its time was up"
        yield Wait({}, patience)
        self.losses += 1
        raise StreamTimeout

    def remaining(self) -> float:
        return float(self.losses < self.most_losses)


def shake_hands(network: Network, certificate: ClientCertificate | None = None) -> Handshake:
    offer = Offer("www.example.org", certificate=certificate)
    client = DatagramClient(network, offer)  # type: ignore[arg-type]  # as much of a stream as it needs
    return run_alone(client.shake_hands())


def test_chain_is_brought_home() -> None:
    outcome = shake_hands(Network())
    assert outcome.failure is None
    assert outcome.chain == (SITE.der, CA.der)
    assert outcome.negotiated is not None
    assert outcome.negotiated.protocol == "DTLSv1.2"


def test_one_record_a_datagram() -> None:
    """A server may pass over all but the first; and none is larger than every path lets through."""
    own = end_entity(CA, names=[f"monitor{number}.example.org" for number in range(300)])
    loaded = crypto.load_certificate(crypto.FILETYPE_ASN1, own.der)
    network = Network(demand_certificate=True)
    outcome = shake_hands(network, ClientCertificate((loaded,), crypto.PKey.from_cryptography_key(own.key)))
    assert outcome.failure is None
    assert sum(map(len, network.sent)) > 4 * MTU
    assert [len(records(datagram)) for datagram in network.sent] == [1] * len(network.sent)
    assert MTU // 2 < max(map(len, network.sent)) <= MTU


def test_first_message_in_one_datagram() -> None:
    """Servers that keep nothing until the client has returned their cookie cannot put a ClientHello together."""
    network = Network()
    shake_hands(network)
    first = network.sent[0][HEADER_SIZE:]
    assert first[0] == 1  # ClientHello, then its whole length, the message's number, and where this fragment is in it
    assert first[1:4] == first[9:12]


def test_what_is_lost_is_sent_again() -> None:
    """The server's first answer does not arrive: only the client knows that something is missing, and has to ask again."""
    network = Network(0)
    outcome = shake_hands(network)
    assert outcome.failure is None
    assert outcome.chain == (SITE.der, CA.der)
    assert network.losses == 1


def test_nobody_is_there() -> None:
    """It ends with the time that there is, and has asked again until then."""
    network = Network(*range(99), most_losses=1)
    outcome = shake_hands(network)
    assert outcome.failure is not None
    assert outcome.failure.id == "handshake.timeout"
    assert network.losses == 1


class Scripted:
    """A stream that says what it is told to, and nothing more after that."""

    def __init__(self, *datagrams: bytes) -> None:
        self.datagrams = deque(datagrams)
        self.over = False

    def send(self, _data: bytes) -> Waiting[None]:
        yield from ()

    def receive(self, _patience: float | None = None) -> Waiting[bytes]:
        yield from ()
        if self.datagrams:
            return self.datagrams.popleft()
        assert not self.over, "its time was up"
        self.over = True
        raise StreamTimeout

    def remaining(self) -> float:
        return 0.0


@pytest.mark.parametrize(
    ("datagrams", "finding"),
    [
        ((), "handshake.timeout"),
        ((b"",), "handshake.timeout"),  # a datagram of nothing is not the end of a stream
        ((b"", b"nope"), "handshake.not-tls"),
        ((b"\x16\x03\x03",), "handshake.not-tls"),  # of TLS, which does not come in datagrams
        ((b"\x15\xfe\xfd" + bytes(8) + b"\x00\x02\x02\x28",), "handshake.alert"),
        ((b"\x15\xfe\xff" + bytes(8) + b"\x00\x02\x02\x28",), "handshake.alert"),
        ((b"\x15\x01\x00" + bytes(8) + b"\x00\x02\x02\x28",), "handshake.timeout"),  # before RFC 4347; passed over
    ],
)
def test_something_else(datagrams: tuple[bytes, ...], finding: str) -> None:
    client = DatagramClient(Scripted(*datagrams), Offer())  # type: ignore[arg-type]  # as above
    outcome = run_alone(client.shake_hands())
    assert outcome.failure is not None
    assert outcome.failure.id == finding
