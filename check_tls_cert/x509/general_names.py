"""GeneralNames (RFC 5280, 4.2.1.6): the names in a certificate, and how to write them."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import NamedTuple

from check_tls_cert.text import printable
from check_tls_cert.x509 import der
from check_tls_cert.x509.certificate import OID_SUBJECT_ALT_NAME, Certificate
from check_tls_cert.x509.dns_names import u_label_hint
from check_tls_cert.x509.names import OID_EMAIL_ADDRESS, attributes, display_name

# The tags of GeneralName (RFC 5280, 4.2.1.6). A directoryName is tagged explicitly, the others implicitly.
EMAIL, DNS, DIRECTORY, URI, IP = 0x81, 0x82, 0xA4, 0x86, 0x87

_KINDS = {EMAIL: "email", DNS: "DNS", DIRECTORY: "directory name", URI: "URI", IP: "IP"}


class PresentedNames(NamedTuple):
    """The presented identifiers of a subjectAltName (RFC 9525, 1.5), of the two kinds that servers are told by."""

    #: The dNSNames, as presented: any case, and whatever else somebody put there.
    dns: tuple[str, ...]
    #: The bytes of the iPAddresses.
    ip: tuple[bytes, ...]
    #: What could not be read, if anything; names before it still count.
    malformed: str = ""


def names_of(certificate: Certificate) -> PresentedNames:
    """Return the presented identifiers of a certificate, none if it has no subjectAltName.

    The common name in the subject is not among them (RFC 9525, 2).
    """
    extension = certificate.extension(OID_SUBJECT_ALT_NAME)
    return PresentedNames((), ()) if extension is None else presented_names(extension)


def presented_names(extension: bytes) -> PresentedNames:
    """Take the value of a subjectAltName extension apart (RFC 5280, 4.2.1.6).

    Names of other kinds, such as e-mail addresses and URIs, are passed over.
    """
    dns: list[str] = []
    ip: list[bytes] = []
    malformed = ""
    try:
        for name in der.children(der.expect(der.read(extension), der.SEQUENCE).content):
            if name.tag == DNS:
                # Latin-1 never fails, and no character beyond ASCII ever matches a reference identifier.
                dns.append(name.content.decode("latin-1"))
            elif name.tag == IP:
                ip.append(name.content)
    except der.DerError as error:
        malformed = str(error)
    return PresentedNames(tuple(dns), tuple(ip), malformed)


def spelled_names(names: PresentedNames) -> Iterator[str]:
    """Yield the presented identifiers as text that is safe to print, DNS names with their U-labels."""
    for name in names.dns:
        yield printable(name + u_label_hint(name.lower())) or '""'
    for address in names.ip:
        yield f"IP {address_text(address)}"


class GeneralName(NamedTuple):
    """One name of any kind; in a constraint, the base of a subtree (RFC 5280, 4.2.1.10)."""

    #: Which kind: `EMAIL`, `DNS` and so on, or that of a kind we have no name for.
    tag: int
    #: Without tag and length: mostly text, but a distinguished name of a directoryName, and the bytes of an address.
    content: bytes

    def __str__(self) -> str:
        """Write it as a message needs it."""
        kind = _KINDS.get(self.tag, f"kind {self.tag:#x}")
        if self.tag == DIRECTORY:
            return f"{kind} {display_name(self.content)}"
        if self.tag == IP:
            return f"{kind} {_subtree_text(self.content)}"
        return f"{kind} {printable(self.content) or '(all)'}"


def general_name(element: der.Element) -> GeneralName:
    """Return a GeneralName from its DER."""
    return GeneralName(element.tag, element.content)


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
                if kind == OID_EMAIL_ADDRESS:
                    yield GeneralName(EMAIL, text.encode())
    yield from sans


def address_text(address: bytes) -> str:
    """Return the usual spelling of an iPAddress, or its bytes in hexadecimal if they are no address."""
    try:
        return ipaddress.ip_address(address).compressed
    except ValueError:
        return address.hex()


def _subtree_text(subtree: bytes) -> str:
    """Return the spelling of an address, or of a network: in constraints, a mask follows the address."""
    if len(subtree) not in (8, 32):
        return address_text(subtree)
    half = len(subtree) // 2
    return f"{address_text(subtree[:half])}/{address_text(subtree[half:])}"
