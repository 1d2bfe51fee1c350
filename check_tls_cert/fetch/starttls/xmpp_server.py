"""XMPP between servers: STARTTLS (RFC 6120, section 5)."""

from __future__ import annotations

from check_tls_cert.fetch.starttls import xmpp
from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire

# XEP-0220: a server that can do dialback, as all do who do server-to-server, declares it in its stream header.
_DIALBACK = " xmlns:db='jabber:server:dialback'"


def xmpp_server_preamble(wire: Wire, server_name: str) -> Steps[None]:
    """Speak XMPP until both sides may begin with TLS."""
    yield from xmpp.speak(wire, server_name, "jabber:server", _DIALBACK)


PROTOCOL = Protocol("xmpp-server", xmpp_server_preamble, refused_end=xmpp.END)
