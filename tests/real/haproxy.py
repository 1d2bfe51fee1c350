"""HAProxy: HTTPS."""

from __future__ import annotations

from tests.real.server import Command, Place, Server

_SETTINGS = """\
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend https
  bind 127.0.0.1:$https ssl crt $chain alpn h2,http/1.1
  http-request return status 204
"""


def _configure(place: Place) -> Command:
    # It looks for the key beside the certificates, under their name with ".key" appended.
    place.put("chain.pem.key", (place.directory / "key.pem").read_bytes())
    return [place.program, "-db", "-f", place.write("haproxy.cfg", _SETTINGS)]


SERVER = Server("HAProxy", "2.6.12", "haproxy", ("haproxy",), _configure, implicit=("https",))
