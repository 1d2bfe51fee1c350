"""LMTP: SMTP that greets with LHLO (RFC 2033, 4.1), with the same STARTTLS (RFC 3207)."""

from __future__ import annotations

from check_tls_cert.fetch.starttls.smtp import speak
from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire


def _preamble(wire: Wire, _server_name: str) -> Steps[None]:
    yield from speak(wire, b"LHLO")


PROTOCOL = Protocol("lmtp", 24, _preamble, farewell=b"QUIT\r\n", refused_end=b"QUIT\r\n")
