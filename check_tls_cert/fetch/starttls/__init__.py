"""What precedes TLS on a STARTTLS port: one sans-IO preamble per protocol, one file each.

This module is only the table of what there is, so that listing the names costs nothing; `load` imports the one protocol
wanted and `driver.run` puts it on a stream. A protocol's file holds ``PROTOCOL``, a `wire.Protocol`. Its preamble is a
generator over a `wire.Wire`: it queues octets with ``wire.send`` and reads with ``yield from wire.line()`` and the
like, all bounded; it returns as soon as both sides may begin with TLS, and raises `PreambleError` if that is not
to be. Nothing in it touches a socket or a clock, so that a test feeds it a transcript cut at any octet.

To add a protocol, write its file and add its row here.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from check_tls_cert.model.finding import Finding

if TYPE_CHECKING:
    from check_tls_cert.fetch.starttls.wire import Protocol

#: What --starttls takes, with the port each is at unless the user says otherwise.
PORTS = {
    "smtp": 25,
    "submission": 587,
    "lmtp": 24,
    "imap": 143,
    "pop3": 110,
    "sieve": 4190,
    "ftp": 21,
    "nntp": 119,
    "irc": 6667,
    "ldap": 389,
    "xmpp-client": 5222,
    "xmpp-server": 5269,
    "postgres": 5432,
    "mysql": 3306,
    "rdp": 3389,
    "tds": 1433,
}

# Names that differ from their protocol's by the port alone.
_SAME_AS = {"submission": "smtp"}

#: Services with TLS from the first octet, by their names in IANA's registry and the usual ones, with their ports.
SERVICES = {
    "https": 443,
    "https-alt": 8443,
    "smtps": 465,
    "submissions": 465,
    "imaps": 993,
    "pop3s": 995,
    "ldaps": 636,
    "ftps": 990,
    "nntps": 563,
    "ircs": 6697,
    "ircs-u": 6697,
    "sips": 5061,
    "amqps": 5671,
    "mqtts": 8883,
    "secure-mqtt": 8883,
    "domain-s": 853,
    "dot": 853,
    "telnets": 992,
    "xmpps-client": 5223,
    "xmpps-server": 5270,
}


class PreambleError(Exception):
    """TLS cannot begin: the finding that says why, in its three parts."""

    def __init__(self, finding_id: str, text: str, remedy: str = "") -> None:
        super().__init__(text)
        self.finding_id = finding_id
        self.text = text
        self.remedy = remedy

    @property
    def finding(self) -> Finding:
        """The same as a finding."""
        return Finding(self.finding_id, self.text, self.remedy)


def names() -> tuple[str, ...]:
    """Return what --starttls takes."""
    return tuple(PORTS)


def load(name: str) -> Protocol:
    """Return the protocol called ``name``, which is one of `names`."""
    module = import_module(f"{__name__}.{_SAME_AS.get(name, name).replace('-', '_')}")
    protocol: Protocol = module.PROTOCOL
    return protocol
