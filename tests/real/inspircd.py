"""InspIRCd: IRC with STARTTLS, and with TLS from the first octet."""

from __future__ import annotations

from tests.real.server import Command, Place, Server

_SETTINGS = """\
<server name="irc.example.org" description="real" network="real" id="0AA">
<admin name="a" nick="a" email="a@example.org">
<path configdir="$directory" logdir="$directory" datadir="$directory" runtimedir="$directory">
<module name="ssl_gnutls">
<module name="starttls">
<sslprofile name="ours" provider="gnutls" certfile="$chain" keyfile="$key">
<starttls profile="ours">
<bind address="127.0.0.1" port="$irc" type="clients">
<bind address="127.0.0.1" port="$ircs" type="clients" sslprofile="ours">
<connect name="all" allow="*" resolvehostnames="no" useident="no">
<pid file="$directory/inspircd.pid">
<log method="file" type="*" level="default" target="$directory/log">
"""


def _configure(place: Place) -> Command:
    return [place.program, "--nofork", "--config", place.write("inspircd.conf", _SETTINGS)]


SERVER = Server("InspIRCd", "3.15.0", "inspircd", ("inspircd",), _configure, starttls=("irc",), implicit=("ircs",))
