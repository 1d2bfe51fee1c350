"""LDAP: extended responses in the encodings that servers use, refusals and notices of disconnection."""

from __future__ import annotations

import pytest

from tests.transcripts import failure, opening, play, remedy, sb, sx

REQUEST = opening("ldap")


def response(result: int, diagnostic: bytes = b"", message_id: int = 1, rest: bytes = b"") -> bytes:
    """Return an extended response in the shortest encoding; all lengths below 128."""
    body = bytes((0x0A, 1, result, 4, 0, 4, len(diagnostic))) + diagnostic + rest
    message = bytes((2, 1, message_id, 0x78, len(body))) + body
    return bytes((0x30, len(message))) + message


@pytest.mark.parametrize(
    "octets",
    [
        ("300c 020101 7807 0a0100 0400 0400",),  # OpenLDAP
        # Active Directory: lengths of four octets, with the name of the response
        ("3084 00000028 020101 7884 0000001f 0a0100 0400 0400 8a16", b"1.3.6.1.4.1.1466.20037".hex()),
        ("3081 0c 020101 7807 0a0100 0400 0400",),
        ("300e 020101 7807 0a0100 0400 0400 a000",),  # with controls
    ],
)
def test_success(octets: tuple[str, ...]) -> None:
    assert play("ldap", *REQUEST, sx(*octets)) is None


def test_not_offered() -> None:
    turns = (*REQUEST, sb(response(2, b"unsupported extended operation")))
    assert failure("ldap", *turns) == (
        "starttls.not-offered",
        "the ldap server does not offer TLS: it does not know the StartTLS operation",
    )


@pytest.mark.parametrize(
    ("result", "diagnostic", "text"),
    [
        (52, b"00000000: LdapErr: DSID-0C091158, comment: Error initializing SSL/TLS", "unavailable: 00000000: LdapErr: DSID-0C091158, comment: Error initializing SSL/TLS"),
        (1, b"TLS already started", "operationsError: TLS already started"),
        (53, b"", "unwillingToPerform"),
        (77, b"what?\n", r"result 77: what?\x0a"),
    ],
)  # fmt: skip
def test_refused(result: int, diagnostic: bytes, text: str) -> None:
    turns = (*REQUEST, sb(response(result, diagnostic)))
    assert failure("ldap", *turns) == ("starttls.refused", f'the ldap server refused StartTLS: "{text}"')


def test_remedy_for_a_server_without_certificate() -> None:
    assert remedy("ldap", *REQUEST, sb(response(52))) == "check that the server has a certificate and its key"


def test_notice_of_disconnection() -> None:
    name = b"\x8a\x16" + b"1.3.6.1.4.1.1466.20036"
    turns = (*REQUEST, sb(response(52, b"shutting down", 0, name)))
    assert failure("ldap", *turns) == (
        "starttls.refused",
        'the ldap server refused the connection: "unavailable: shutting down"',
    )


@pytest.mark.parametrize(
    "octets",
    [
        "3080 020101 7807 0a0100 0400 0400 0000",  # the indefinite form
        "3085 000000000c 020101",
        "3003 020101",
        "3000",
        "300c 020101 6107 0a0100 0400 0400",  # a bind response
        "300a 020101 7805 0a0100 0400",
        "300c 020101 7807 020100 0400 0400",
        "300c 020101 7807 0a0100 0400 0500",
        "300b 0200 7807 0a0100 0400 0400",
        "300c 020101 78ff 0a0100 0400 0400",
        "310c 020101 7807 0a0100 0400 0400",
        "4854 5450 2f31 2e31",
    ],
)
def test_unexpected(octets: str) -> None:
    assert failure("ldap", *REQUEST, sx(octets))[0] == "starttls.unexpected"


def test_length_nobody_needs() -> None:
    assert failure("ldap", *REQUEST, sx("3084 7fffffff")) == (
        "starttls.too-long",
        "the ldap server sent its response to StartTLS with a length of 2147483647 bytes",
    )
