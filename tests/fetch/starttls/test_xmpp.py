"""XMPP: streams, features and what comes instead of them, on both ports."""

from __future__ import annotations

import pytest

from check_tls_cert.fetch import starttls
from check_tls_cert.fetch.starttls.wire import Wire
from check_tls_cert.report.phrases import clause
from tests.transcripts import GOOD, Turn, failure, heard, opening, play, remedy, sb

NAME = "xmpp-client"
OPENED = opening(NAME)
HEADER = b"<?xml version='1.0'?><stream:stream version='1.0' xmlns:stream='http://etherx.jabber.org/streams'>"
STARTTLS = b"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
OFFERED = (*OPENED, sb(HEADER + b"<stream:features>" + STARTTLS + b"</stream:features>"), GOOD[NAME][2])
PROCEED = GOOD[NAME][3]


@pytest.mark.parametrize(
    "octets",
    [
        b"<?xml version='1.0'?>\r\n <stream:stream version='1.0'>\n<stream:features>\n " + STARTTLS + b"\n</stream:features>",
        b'<stream:stream version="1.0"><stream:features><starttls/></stream:features>',
        b"<s:stream version = '1.0'><s:features><t:starttls xmlns:t='x'></t:starttls></s:features>",
        b"<stream version='1.0' id='a>b\"'><features ><a b=\"'>\"><starttls/>it's > than</a><starttls />\n</features>",
        HEADER + b"<stream:features><mechanisms><mechanism>PLAIN</mechanism></mechanisms>" + STARTTLS + b"</stream:features>",
    ],
)  # fmt: skip
def test_features(octets: bytes) -> None:
    assert play(NAME, *OPENED, sb(octets), GOOD[NAME][2], PROCEED) is None


@pytest.mark.parametrize(
    "octets",
    [b"<proceed/>", b"<proceed></proceed>", b'\n<proceed xmlns="x"> </proceed>', b"<t:proceed xmlns:t='x>'/>"],
)
def test_proceed(octets: bytes) -> None:
    assert play(NAME, *OFFERED, sb(octets)) is None


def test_white_space_after_proceed_is_an_error() -> None:
    """RFC 6120, 5.3.3."""
    error = heard(NAME, OFFERED[1].octets, b"<proceed/>\n")
    assert error is not None
    assert clause(error.finding) == 'the xmpp-client server sent "" in plaintext after its go-ahead for TLS'


@pytest.mark.parametrize(
    "features",
    [
        b"<stream:features/>",
        b"<stream:features></stream:features>",
        b"<stream:features><a><starttls/></a>starttls</stream:features>",
        b"<stream:features><a b='<starttls/>'/></stream:features>",
    ],
)
def test_not_offered(features: bytes) -> None:
    assert failure(NAME, *OPENED, sb(HEADER + features)) == (
        "starttls.not-offered",
        "the xmpp-client server does not offer TLS: its stream features do not list starttls",
    )


def test_stream_before_version_1() -> None:
    assert failure("xmpp-server", *opening("xmpp-server"), sb(b"<stream:stream xmlns='jabber:server' id='1'>")) == (
        "starttls.not-offered",
        "the xmpp-server server does not offer TLS: its stream has no version",
    )


def test_failure() -> None:
    assert failure(NAME, *OFFERED, sb(b"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/></stream:stream>")) == (
        "starttls.refused",
        "the xmpp-client server refused STARTTLS: \"<failure xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>\"",
    )


@pytest.mark.parametrize("before", [(*OPENED, sb(HEADER)), OPENED, OFFERED])
def test_stream_error(before: tuple[Turn, ...]) -> None:
    error = (
        b"<stream:error><host-unknown xmlns='urn:ietf:params:xml:ns:xmpp-streams'/>"
        b"<text>This server does not serve it</text></stream:error></stream:stream>"
    )
    turns = (*before, sb(error))
    assert failure(NAME, *turns) == ("starttls.refused", 'the xmpp-client server refused the stream: "host-unknown"')
    assert remedy(NAME, *turns) == "give the XMPP domain as the server name (--sni)"


def test_stream_error_without_condition() -> None:
    turns = (*OFFERED, sb(b"<stream:error/>"))
    assert failure(NAME, *turns) == ("starttls.refused", 'the xmpp-client server refused the stream: "no reason given"')
    assert remedy(NAME, *turns) == "check the server's log"


def test_end_of_the_stream() -> None:
    assert failure(NAME, *OPENED, sb(HEADER + b"</stream:stream>")) == (
        "starttls.refused",
        'the xmpp-client server refused the stream: "</stream:stream>"',
    )


@pytest.mark.parametrize(
    "octets",
    [
        b"<html>",
        b"<!DOCTYPE x [<!ENTITY a 'b'>]>",
        b"<!-- x -->",
        b"<?xml version='1.0'?><?xml version='1.0'?>",
        b"<stream:stream version='1.0'/>",
        b"</features>",
        b"<>",
        b"< stream>",
        b"<a<b>",
        b"hello",
        HEADER + b"<message/>",
        HEADER + b"</stream:features>",
        HEADER + b"x<stream:features/>",
        HEADER + b"<stream:features><![CDATA[x]]></stream:features>",
    ],
)
def test_unexpected(octets: bytes) -> None:
    assert failure(NAME, *OPENED, sb(octets))[0] == "starttls.unexpected"


@pytest.mark.parametrize("octets", [b"</proceed>", b"</failure>", b"<success/>", b"proceed"])
def test_unexpected_reply(octets: bytes) -> None:
    assert failure(NAME, *OFFERED, sb(octets))[0] == "starttls.unexpected"


def test_tag_without_end() -> None:
    for octets in (b"<stream a='" + b">" * 9_000, b"<" * 2 + b"a" * 9_000):
        assert failure(NAME, *OPENED, sb(octets))[0] == "starttls.too-long"


def test_server_name_is_escaped() -> None:
    said = next(starttls.load_protocol(NAME).steps(Wire(NAME), "a'b<c>&\u00fc.example.org"))
    assert b" to='a&apos;b&lt;c&gt;&amp;&#252;.example.org' " in said
