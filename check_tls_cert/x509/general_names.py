"""GeneralNames (RFC 5280, 4.2.1.6): the names in a certificate."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import NamedTuple

from check_tls_cert.text import printable
from check_tls_cert.x509 import der
from check_tls_cert.x509.certificate import OID_SUBJECT_ALT_NAME, Certificate
from check_tls_cert.x509.identity import PresentedNames, address_text, presented_names, u_label_hint
from check_tls_cert.x509.names import attributes, display_name


def names_of(certificate: Certificate) -> PresentedNames:
    """Return the presented identifiers of a certificate."""
    extension = certificate.extension(OID_SUBJECT_ALT_NAME)
    return PresentedNames((), ()) if extension is None else presented_names(extension)


def spelled_names(names: PresentedNames) -> Iterator[str]:
    """Yield the presented identifiers as text that is safe to print."""
    for name in names.dns:
        yield printable(name + u_label_hint(name.lower())) or '""'
    for octets in names.ip:
        yield f"IP {address_text(octets)}"


# RFC 5280, 4.2.1.6: tags of GeneralName. A directoryName is tagged explicitly, the others implicitly.
EMAIL, DNS, DIRECTORY, URI, IP = 0x81, 0x82, 0xA4, 0x86, 0x87


_KINDS = {EMAIL: "email", DNS: "DNS", DIRECTORY: "directory name", URI: "URI", IP: "IP"}


_OID_EMAIL_ADDRESS = "1.2.840.113549.1.9.1"


class GeneralName(NamedTuple):
    """One name of a kind, as its tag and content; in a constraint, the base of a subtree."""

    tag: int
    content: bytes

    def __str__(self) -> str:
        """Write it as a message needs it."""
        kind = _KINDS.get(self.tag, f"kind {self.tag:#x}")
        if self.tag == DIRECTORY:
            return f"{kind} {display_name(self.content)}"
        if self.tag == IP:
            return f"{kind} {_address_text(self.content)}"
        return f"{kind} {printable(self.content) or '(all)'}"


def names_in(certificate: Certificate) -> Iterator[GeneralName]:
    """Yield the names that constraints apply to: the subject, unless empty, and the SANs.

    An e-mail address in the subject counts where no SAN has one (RFC 5280, 4.2.1.10). Raises DerError.
    """
    value = certificate.extension(OID_SUBJECT_ALT_NAME)
    sans = [] if value is None else [general_name(name) for name in der.sequence(value)]
    if der.read(certificate.subject).content:
        yield GeneralName(DIRECTORY, certificate.subject)
        if not any(name.tag == EMAIL for name in sans):
            for kind, text in attributes(certificate.subject):
                if kind == _OID_EMAIL_ADDRESS:
                    yield GeneralName(EMAIL, text.encode())
    yield from sans


def general_name(element: der.Element) -> GeneralName:
    """Return a GeneralName from its DER."""
    return GeneralName(element.tag, element.content)


def _address_text(octets: bytes) -> str:
    """Return an address, or a network as address and mask."""
    try:
        if len(octets) in (8, 32):
            half = len(octets) // 2
            mask = ipaddress.ip_address(octets[half:])
            return f"{ipaddress.ip_address(octets[:half])}/{mask}"
        return str(ipaddress.ip_address(octets))
    except ValueError:
        return octets.hex()
