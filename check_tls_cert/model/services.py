"""Services and STARTTLS protocols by name, with their ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

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


#: Services with TLS from the first byte, by their names in IANA's registry and the usual ones, with their ports.
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


def starttls_names() -> tuple[str, ...]:
    """Return what --starttls takes."""
    return tuple(PORTS)
