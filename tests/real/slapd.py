"""OpenLDAP's slapd: LDAP with StartTLS, and with TLS from the first octet."""

from __future__ import annotations

from tests.real.server import Command, Place, Server

_SETTINGS = """\
pidfile $directory/slapd.pid
argsfile $directory/slapd.args
TLSCertificateFile $chain
TLSCertificateKeyFile $key
TLSVerifyClient never
include /etc/ldap/schema/core.schema
modulepath /usr/lib/ldap
moduleload back_null
database null
suffix "dc=example,dc=org"
"""


def _configure(place: Place) -> Command:
    settings = place.write("slapd.conf", _SETTINGS)
    urls = f"ldap://127.0.0.1:{place.ports['ldap']} ldaps://127.0.0.1:{place.ports['ldaps']}"
    return [place.program, "-f", settings, "-h", urls, "-d", "0"]  # -d keeps it in the foreground


SERVER = Server("OpenLDAP", "2.5.13", "slapd", ("slapd",), _configure, starttls=("ldap",), implicit=("ldaps",))
