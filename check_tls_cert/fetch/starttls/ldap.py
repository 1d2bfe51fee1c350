"""LDAP: the StartTLS extended operation (RFC 4511, 4.14)."""

from __future__ import annotations

from typing import NamedTuple

from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire
from check_tls_cert.x509.der import OCTET_STRING, SEQUENCE, DerError, children, expect, integer, read

_OID = b"1.3.6.1.4.1.1466.20037"
_REQUEST_NAME = bytes((0x80, len(_OID))) + _OID
_EXTENDED_REQUEST = bytes((0x77, len(_REQUEST_NAME))) + _REQUEST_NAME
_MESSAGE_ID_1 = b"\x02\x01\x01"
_REQUEST = bytes((SEQUENCE, len(_MESSAGE_ID_1 + _EXTENDED_REQUEST))) + _MESSAGE_ID_1 + _EXTENDED_REQUEST

_UNBIND = b"\x30\x05\x02\x01\x02\x42\x00"

_EXTENDED_RESPONSE, _ENUMERATED = 0x78, 0x0A

_SUCCESS, _PROTOCOL_ERROR = 0, 2

# RFC 4511, appendix A, as far as a server gives them here.
_RESULTS = {
    1: "operationsError",
    7: "authMethodNotSupported",
    8: "strongerAuthRequired",
    10: "referral",
    12: "unavailableCriticalExtension",
    13: "confidentialityRequired",
    50: "insufficientAccessRights",
    51: "busy",
    52: "unavailable",
    53: "unwillingToPerform",
    80: "other",
}


class _Response(NamedTuple):
    """An ExtendedResponse."""

    #: It answers nothing that we asked for (RFC 4511, 4.4), as a notice of disconnection.
    unsolicited: bool
    #: The resultCode (RFC 4511, 4.1.9).
    result: int
    #: What the server adds for people.
    diagnostic: bytes

    @property
    def in_words(self) -> bytes:
        """The result in words, with what the server adds."""
        words = _RESULTS.get(self.result, f"result {self.result}").encode("ascii")
        return words + b": " + self.diagnostic if self.diagnostic else words


def ldap_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak LDAP until both sides may begin with TLS."""
    wire.send(_REQUEST, "its response to StartTLS")
    message = yield from _message(wire)
    try:
        response = _parse(message)
    except DerError as error:
        raise wire.unexpected(message) from error
    if response.unsolicited:  # the only one there is: the notice of disconnection, RFC 4511, 4.4.1
        raise wire.refused("the connection", response.in_words)
    if response.result == _PROTOCOL_ERROR:
        raise wire.not_offered("it does not know the StartTLS operation")
    if response.result == 52:
        raise wire.refused("StartTLS", response.in_words, "check that the server has a certificate and its key")
    if response.result != _SUCCESS:
        raise wire.refused("StartTLS", response.in_words)


def _message(wire: Wire) -> Steps[bytes]:
    """Read one BER element, whose length may have more bytes than it needs: Active Directory always sends four."""
    head = yield from wire.exactly(2)
    if head[0] != SEQUENCE:
        raise wire.unexpected(head, to_the_end=True)
    length = head[1]
    if length & 0x80:
        size = length & 0x7F
        if not 1 <= size <= 4:  # the indefinite form is none of LDAP's: RFC 4511, 5.1
            raise wire.unexpected(head, to_the_end=True)
        encoded = yield from wire.exactly(size)
        head, length = head + encoded, int.from_bytes(encoded, "big")
    return head + (yield from wire.exactly(length))


def _parse(message: bytes) -> _Response:
    """Parse an ExtendedResponse (RFC 4511, 4.12). Raises DerError if it is none."""
    members = list(children(read(message).content))
    if len(members) < 2:
        raise DerError("no LDAPMessage")
    fields = list(children(expect(members[1], _EXTENDED_RESPONSE).content))
    if len(fields) < 3:
        raise DerError("no LDAPResult")
    result = expect(fields[0], _ENUMERATED)._replace(tag=2)
    return _Response(integer(members[0]) == 0, integer(result), expect(fields[2], OCTET_STRING).content)


PROTOCOL = Protocol("ldap", ldap_preamble, farewell=_UNBIND, refused_end=_UNBIND, binary=True)
