"""Prosody: XMPP with STARTTLS for clients and servers, and with TLS from the first octet."""

from __future__ import annotations

from tests.real.server import Command, Place, Server

_SETTINGS = """\
pidfile = "$directory/prosody.pid"
data_path = "$directory/data"
interfaces = { "127.0.0.1" }
local_interfaces = { "127.0.0.1" }
c2s_ports = { $xmpp_client }
s2s_ports = { $xmpp_server }
c2s_direct_tls_ports = { $xmpps_client }
modules_enabled = { "tls", "saslauth", "dialback" }
authentication = "internal_hashed"
c2s_require_encryption = true
s2s_require_encryption = true
ssl = { certificate = "$chain", key = "$key" }
c2s_direct_tls_ssl = { certificate = "$chain", key = "$key" }
log = { info = "*console" }
VirtualHost "www.example.org"
"""


def _configure(place: Place) -> Command:
    place.folder("data")
    return [place.program, "-F", "--config", place.write("prosody.cfg.lua", _SETTINGS)]


SERVER = Server(
    "Prosody",
    "0.12.3",
    "prosody",
    ("prosody",),
    _configure,
    starttls=("xmpp-client", "xmpp-server"),
    implicit=("xmpps-client",),
)
