"""XMPP for clients: STARTTLS (RFC 6120, section 5)."""

from __future__ import annotations

from check_tls_cert.fetch.starttls import xmpp
from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire


def xmpp_client_preamble(wire: Wire, server_name: str) -> Steps[None]:
    """Speak XMPP until both sides may begin with TLS."""
    yield from xmpp.speak(wire, server_name, "jabber:client")


# No farewell: within TLS a stream would have to be opened before it can be closed.
PROTOCOL = Protocol("xmpp-client", xmpp_client_preamble, refused_end=xmpp.END)
