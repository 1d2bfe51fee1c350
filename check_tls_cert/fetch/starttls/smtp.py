"""SMTP and submission: STARTTLS (RFC 3207)."""

from __future__ import annotations

from check_tls_cert.fetch.starttls.replies import Reply, keywords, reply
from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire

#: How we introduce ourselves. A monitor has no mail name, and neither our address nor the server's name is ours to give
#: from here. Servers that check it want the syntax of a fully qualified domain name (RFC 5321, 4.1.2), which this has,
#: and those that want it to resolve say so at MAIL or RCPT, which never come; ".invalid" (RFC 6761) is nobody's.
CLIENT_NAME = b"check-tls-cert.invalid"


def speak(wire: Wire, verb: bytes) -> Steps[None]:
    """Greet with ``verb`` and ask for TLS."""
    greeting = yield from reply(wire)
    if greeting.error:  # 421 and 554: RFC 5321, 3.1
        raise wire.refused("the connection", greeting.last)
    if greeting.code != 220:
        raise wire.unexpected(greeting.last)
    command = verb.decode("ascii")
    wire.send(verb + b" " + CLIENT_NAME + b"\r\n", f"its reply to {command}")
    capabilities = yield from _success(wire, command, 250)
    if b"STARTTLS" not in keywords(capabilities.texts[1:]):
        raise wire.not_offered(f"its reply to {command} does not list STARTTLS")
    wire.send(b"STARTTLS\r\n", "its reply to STARTTLS")
    yield from _success(wire, "STARTTLS", 220)


def _success(wire: Wire, command: str, code: int) -> Steps[Reply]:
    """Read the reply to ``command``, which must have ``code``."""
    answer = yield from reply(wire)
    if answer.error:
        # FTP has the same greeting, and no EHLO.
        doubt = "" if command == "STARTTLS" else "whether this is a mail server, and "
        raise wire.refused(command, answer.last, f"see {doubt}the server's log for why")
    if answer.code != code:
        raise wire.unexpected(answer.last)
    return answer


def smtp_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak SMTP until both sides may begin with TLS."""
    yield from speak(wire, b"EHLO")


PROTOCOL = Protocol("smtp", smtp_preamble, farewell=b"QUIT\r\n", refused_end=b"QUIT\r\n")
