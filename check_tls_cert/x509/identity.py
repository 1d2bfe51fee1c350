"""RFC 9525: does a certificate name the service we meant to reach?

Pure: works on strings and bytes, and knows no certificate. DNS-ID and IP-ID only; the common name never counts
(section 2); a wildcard is the complete left-most label and stands for exactly one label (section 6.3); addresses are
compared as bytes, never as text (section 6.4).
"""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import NamedTuple

from check_tls_cert.x509.dns_names import a_label_name, are_labels, u_label_hint
from check_tls_cert.x509.general_names import PresentedNames

DNS_ID, IP_ID = "DNS", "IP"


class Identifier(NamedTuple):
    """A reference identifier: what we look for in a certificate (RFC 9525, 1.5)."""

    #: `DNS_ID` or `IP_ID`.
    kind: str
    #: A name in lower-case A-labels without trailing dot, or the bytes of an address in hexadecimal.
    value: str
    #: What to call it in a message.
    text: str


@lru_cache(maxsize=256)
def reference_identifier(text: str, wildcard: bool = False) -> Identifier:
    """Return the reference identifier for a name or address as a person writes it.

    U-labels, any case, a trailing dot, IPv6 in brackets or with a zone are understood. ``wildcard`` lets the left-most
    label be ``*``. Raises ValueError, with a message for the user, when it is neither a DNS name nor an address.
    """
    address = parse_address(text)
    if address is not None:
        return Identifier(IP_ID, address.packed.hex(), address.compressed)
    name = a_label_name(text, wildcard)
    return Identifier(DNS_ID, name, name + u_label_hint(name))


@lru_cache(maxsize=256)  # asked several times of each target, and of an address that many have
def parse_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the IP address that ``text`` spells (brackets and zone ignored), or None."""
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    try:
        return ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None


def covered(reference: Identifier, names: PresentedNames) -> bool:
    """Tell whether one of the presented identifiers matches the reference identifier.

    Only one of the same kind does: an address that stands in a dNSName is none.
    """
    if reference.kind == IP_ID:
        return bytes.fromhex(reference.value) in names.ip
    return any(presented_matches_reference(presented, reference.value) for presented in names.dns)


def presented_matches_reference(presented: str, reference: str) -> bool:
    """Tell whether a dNSName matches a DNS reference identifier (RFC 9525, 6.3).

    A wildcard directly above one label (``*.com``) matches nothing: no registry delegates so, and every browser refuses
    it. A reference that is itself a wildcard is matched by the same wildcard only.
    """
    presented = presented.lower()
    wildcard = presented.startswith("*.")
    labels = presented.split(".")[1 if wildcard else 0 :]
    if not are_labels(labels) or (wildcard and len(labels) == 1):
        return False
    if presented == reference:
        return True
    return wildcard and presented[2:] == reference.partition(".")[2]
