"""LMTP: SMTP that greets with LHLO (RFC 2033, 4.1), with the same STARTTLS (RFC 3207)."""

from __future__ import annotations

from check_tls_cert.fetch.starttls.smtp import speak
from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire


def lmtp_preamble(wire: Wire, _server_name: str) -> Steps[None]:
    """Speak LMTP until both sides may begin with TLS."""
    yield from speak(wire, b"LHLO")


PROTOCOL = Protocol("lmtp", lmtp_preamble, farewell=b"QUIT\r\n", refused_end=b"QUIT\r\n")
