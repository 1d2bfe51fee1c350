"""xrdp: RDP, which negotiates TLS in X.224."""

from __future__ import annotations

from tests.real.server import Command, Place, Server

_SETTINGS = """\
[Globals]
ini_version=1
fork=true
port=tcp://127.0.0.1:$rdp
security_layer=tls
certificate=$chain
key_file=$key
ssl_protocols=TLSv1.2, TLSv1.3
[Logging]
LogFile=$directory/log
LogLevel=INFO
EnableSyslog=false
[Xorg]
name=Xorg
lib=libxup.so
username=ask
password=ask
port=-1
code=20
"""


def _configure(place: Place) -> Command:
    return [place.program, "--nodaemon", "--config", place.write("xrdp.ini", _SETTINGS)]


SERVER = Server("xrdp", "0.9.21", "xrdp", ("xrdp",), _configure, starttls=("rdp",))
