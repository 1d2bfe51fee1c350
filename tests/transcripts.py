"""Plays transcripts of preambles: what a server sent and what we must have sent before, whole and octet by octet."""

from __future__ import annotations

from typing import NamedTuple

from check_tls_cert.fetch.starttls import load_protocol
from check_tls_cert.fetch.starttls.wire import PreambleError, Wire
from check_tls_cert.report.phrases import clause, remedy_of

HOST = "mail.example.org"

#: What a server with TLS on connect sends to a client that begins in plaintext: an alert, unexpected_message.
TLS_ALERT = bytes.fromhex("15030300 02020a")


class Turn(NamedTuple):
    """What one side says."""

    server: bool
    octets: bytes


def s(*lines: bytes) -> Turn:
    """Return lines that the server sends."""
    return Turn(True, b"".join(line + b"\r\n" for line in lines))


def c(*lines: bytes) -> Turn:
    """Return lines that we send."""
    return Turn(False, b"".join(line + b"\r\n" for line in lines))


def sb(octets: bytes) -> Turn:
    """Return octets that the server sends."""
    return Turn(True, octets)


def cb(octets: bytes) -> Turn:
    """Return octets that we send."""
    return Turn(False, octets)


def sx(*spaced: str) -> Turn:
    """Return octets in hexadecimal that the server sends."""
    return Turn(True, bytes.fromhex("".join(spaced)))


def cx(*spaced: str) -> Turn:
    """Return octets in hexadecimal that we send."""
    return Turn(False, bytes.fromhex("".join(spaced)))


class _Player:
    """One conversation under way: pieces of the server's turns in, what we say compared with ours."""

    def __init__(self, name: str, turns: tuple[Turn, ...], size: int, silent: bool) -> None:
        protocol = load_protocol(name)
        self._wire = Wire(protocol.name)
        self._steps = protocol.steps(self._wire, HOST)
        self._turns = turns
        self._size = size
        self._silent = silent

    def run(self) -> PreambleError | None:
        try:
            said = next(self._steps)
            for turn in self._turns:
                if not turn.server:
                    assert said == turn.octets
                    said = b""
                    continue
                for start in range(0, len(turn.octets), self._size):
                    assert not said, "said out of turn"
                    said = self._steps.send(turn.octets[start : start + self._size])
            assert not said, "said more than the transcript has"
            if self._silent:
                return self._wire.timed_out()
            self._steps.send(b"")
        except StopIteration as done:
            self._check_last_words(done.value)
            return None
        except PreambleError as error:
            return error
        raise AssertionError("a preamble goes on after the end of the connection")

    def _check_last_words(self, octets: bytes) -> None:
        last = self._turns[-1]
        assert octets == (b"" if last.server else last.octets)


def heard(name: str, *pieces: bytes) -> PreambleError | None:
    """Return why there is no TLS after a server that says ``pieces``, whatever we say; None if there is."""
    protocol = load_protocol(name)
    steps = protocol.steps(Wire(protocol.name), HOST)
    try:
        next(steps)
        for piece in pieces:
            steps.send(piece)
    except StopIteration:
        return None
    except PreambleError as error:
        return error
    raise AssertionError("not at its end")


def play(name: str, *turns: Turn, silent: bool = False) -> PreambleError | None:
    """Return why there is no TLS at the end of ``turns``, None if there is.

    Plays them whole (that is in pieces of what a stream receives at most) and octet by octet, which must come to the same. After the last turn the server closes the
    connection, unless it is ``silent``.
    """
    whole, pieces = (_Player(name, turns, size, silent).run() for size in (16_384, 1))
    assert (whole and whole.kind.id) == (pieces and pieces.kind.id)
    return whole


def failure(name: str, *turns: Turn, silent: bool = False) -> tuple[str, str]:
    """Return the id and the text of the finding that ``turns`` end with."""
    error = play(name, *turns, silent=silent)
    assert error is not None, "TLS may begin"
    return error.kind.id, clause(error.finding)


def remedy(name: str, *turns: Turn, silent: bool = False) -> str:
    """Return the remedy for what ``turns`` end with."""
    error = play(name, *turns, silent=silent)
    assert error is not None, "TLS may begin"
    return remedy_of(error.finding)


_XMPP_CLIENT = (
    b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' "
    b"to='mail.example.org' version='1.0'>"
)
_XMPP_SERVER = (
    b"<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
    b"xmlns:db='jabber:server:dialback' to='mail.example.org' version='1.0'>"
)
_XMPP_STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
_XMPP_PROCEED = b"<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"

MYSQL_HANDSHAKE = (
    "4a000000 0a 382e302e333600 08000000 1a2b3c4d5e6f7a7b 00 ffff ff 0200 ffdf 15 00000000000000000000"
    "0102030405060708090a0b0c00 63616368696e675f736861325f70617373776f726400"
)

#: One conversation per protocol that ends with TLS, as a usual server has it.
GOOD: dict[str, tuple[Turn, ...]] = {
    "smtp": (
        s(b"220 mail.example.org ESMTP Postfix (Debian/GNU)"),
        c(b"EHLO check-tls-cert.invalid"),
        s(
            b"250-mail.example.org",
            b"250-PIPELINING",
            b"250-SIZE 10240000",
            b"250-VRFY",
            b"250-ETRN",
            b"250-STARTTLS",
            b"250-ENHANCEDSTATUSCODES",
            b"250-8BITMIME",
            b"250-DSN",
            b"250-SMTPUTF8",
            b"250 CHUNKING",
        ),
        c(b"STARTTLS"),
        s(b"220 2.0.0 Ready to start TLS"),
    ),
    "lmtp": (
        s(b"220 mail.example.org Dovecot ready."),
        c(b"LHLO check-tls-cert.invalid"),
        s(
            b"250-mail.example.org",
            b"250-STARTTLS",
            b"250-8BITMIME",
            b"250-CHUNKING",
            b"250-ENHANCEDSTATUSCODES",
            b"250 PIPELINING",
        ),
        c(b"STARTTLS"),
        s(b"220 2.0.0 Begin TLS negotiation now."),
    ),
    "imap": (
        s(b"* OK [CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS] Dovecot ready."),
        c(b"a1 CAPABILITY"),
        s(
            b"* CAPABILITY IMAP4rev1 SASL-IR LOGIN-REFERRALS ID ENABLE IDLE LITERAL+ STARTTLS LOGINDISABLED",
            b"a1 OK Pre-login capabilities listed, post-login capabilities have more.",
        ),
        c(b"a2 STARTTLS"),
        s(b"a2 OK Begin TLS negotiation now."),
    ),
    "pop3": (
        s(b"+OK Dovecot ready."),
        c(b"CAPA"),
        s(b"+OK", b"CAPA", b"TOP", b"UIDL", b"RESP-CODES", b"PIPELINING", b"AUTH-RESP-CODE", b"STLS", b"SASL", b"."),
        c(b"STLS"),
        s(b"+OK Begin TLS negotiation now."),
    ),
    "sieve": (
        s(
            b'"IMPLEMENTATION" "Dovecot Pigeonhole"',
            b'"SIEVE" "fileinto reject envelope encoded-character vacation subaddress"',
            b'"NOTIFY" "mailto"',
            b'"SASL" ""',
            b'"STARTTLS"',
            b'"VERSION" "1.0"',
            b'OK "Dovecot ready."',
        ),
        c(b"STARTTLS"),
        s(b'OK "Begin TLS negotiation now."'),
    ),
    "ftp": (
        s(b"220 ProFTPD Server (Debian) [::ffff:192.0.2.1]"),
        c(b"AUTH TLS"),
        s(b"234 AUTH TLS successful"),
    ),
    "nntp": (
        s(b"200 news.example.org InterNetNews NNRP server INN 2.7.1 ready (posting ok)"),
        c(b"CAPABILITIES"),
        s(b"101 Capability list:", b"VERSION 2", b"IMPLEMENTATION INN 2.7.1", b"READER", b"STARTTLS", b"OVER", b"."),
        c(b"STARTTLS"),
        s(b"382 Begin TLS negotiation now"),
    ),
    "irc": (
        c(b"STARTTLS"),
        s(
            b":irc.example.org NOTICE * :*** Looking up your hostname...",
            b":irc.example.org NOTICE * :*** Found your hostname (cached)",
            b":irc.example.org 670 * :STARTTLS successful, go ahead with TLS handshake",
        ),
    ),
    "ldap": (
        cx("301d 020101 7718 8016", b"1.3.6.1.4.1.1466.20037".hex()),
        sx("300c 020101 7807 0a0100 0400 0400"),
    ),
    "xmpp-client": (
        cb(_XMPP_CLIENT),
        sb(
            b"<?xml version='1.0'?><stream:stream xmlns='jabber:client' version='1.0' id='c7c3' xml:lang='en' "
            b"xmlns:stream='http://etherx.jabber.org/streams' from='mail.example.org'><stream:features>"
            b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"
        ),
        cb(_XMPP_STARTTLS),
        sb(_XMPP_PROCEED),
    ),
    "xmpp-server": (
        cb(_XMPP_SERVER),
        sb(
            b'<?xml version="1.0" encoding="UTF-8"?>\n<stream:stream xmlns="jabber:server" xmlns:db="jabber:server:'
            b'dialback" xmlns:stream="http://etherx.jabber.org/streams" id="1f" version="1.0">'
        ),
        sb(
            b'<stream:features><starttls xmlns="urn:ietf:params:xml:ns:xmpp-tls"/>'
            b'<dialback xmlns="urn:xmpp:features:dialback"><errors/></dialback></stream:features>'
        ),
        cb(_XMPP_STARTTLS),
        sb(_XMPP_PROCEED),
    ),
    "postgres": (cx("00000008 04d2162f"), sb(b"S")),
    "mysql": (sx(MYSQL_HANDSHAKE), cx("20000001 018a0000 ffffff00 21", "00" * 23)),
    "rdp": (
        cx("03000013 0ee0 0000 0000 00 01000800 03000000"),
        sx("03000013 0ed0 0000 1234 00 021f0800 02000000"),
    ),
    "tds": (
        cx("12010029 00000100 0000150006 01001b0001 02001c0001 03001d0004 ff 000000000000 01 00 00000000"),
        sx("04010020 00000100 0000100006 0100160001 0200170001 ff 0f0007d00000 01 00"),
    ),
}


def opening(name: str) -> tuple[Turn, ...]:
    """Return what we say before the server says anything, if we do."""
    return GOOD[name][:1] if not GOOD[name][0].server else ()
