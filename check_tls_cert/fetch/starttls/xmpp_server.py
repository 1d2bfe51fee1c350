"""XMPP between servers: STARTTLS (RFC 6120, section 5)."""

from __future__ import annotations

from check_tls_cert.fetch.starttls import xmpp
from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire

# XEP-0220: a server that can do dialback, as all do who do server-to-server, declares it in its stream header.
_DIALBACK = " xmlns:db='jabber:server:dialback'"


def _preamble(wire: Wire, server_name: str) -> Steps[None]:
    yield from xmpp.speak(wire, server_name, "jabber:server", _DIALBACK)


PROTOCOL = Protocol("xmpp-server", 5269, _preamble, refused_end=xmpp.END)
