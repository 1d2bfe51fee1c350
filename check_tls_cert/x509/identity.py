"""RFC 9525: does a certificate name the service we meant to reach?

Pure: works on strings and on the octets of a subjectAltName, knows no certificate and no library of them. DNS-ID and
IP-ID only; the common name never counts (section 2); a wildcard is the complete left-most label and stands for exactly
one label (section 6.3); addresses are compared as octets, never as text (section 6.4).
"""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache
from typing import NamedTuple

from check_tls_cert.x509 import der

DNS_ID, IP_ID = "DNS", "IP"

# RFC 5280, 4.2.1.6: the context-specific tags of GeneralName.
_TAG_DNS_NAME, TAG_IP_ADDRESS = 0x82, 0x87

# Underscores are no host name's, but DNS and deployed certificates have them, and clients match them.
MAX_LABEL = 63
#: More characters than any name has before it is mapped.
_MAX_UNMAPPED = 1_024

_NOT_A_NAME = "not a DNS name or IP address"
_BAD_CHARACTERS = "not a DNS name: it has characters that no name may have"
_LABEL = re.compile(f"(?!-)[a-z0-9_-]{{1,{MAX_LABEL}}}(?<!-)")


class Identifier(NamedTuple):
    """A reference identifier.

    ``value`` is a lower-case A-label name without trailing dot, or an address's octets in hexadecimal; ``text`` is what
    to call it in a message.
    """

    kind: str
    value: str
    text: str


class PresentedNames(NamedTuple):
    """The presented identifiers of a subjectAltName: dNSNames as presented, iPAddresses as octets.

    ``malformed`` says what could not be read; names before it still count.
    """

    dns: tuple[str, ...]
    ip: tuple[bytes, ...]
    malformed: str = ""


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
    bare = text[1:-1] if text.startswith("[") and text.endswith("]") else text
    try:
        return ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return None


def a_label_name(text: str, wildcard: bool = False) -> str:
    """Return a DNS name in lower-case A-labels, without trailing dot. Raises ValueError if it is none."""
    name = _to_a_labels(text)
    if name.endswith("."):
        name = name[:-1]
    labels = name.split(".")
    checked = labels[1:] if wildcard and labels[0] == "*" and len(labels) > 1 else labels
    if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in checked):
        raise ValueError(_NOT_A_NAME)
    if re.fullmatch("[0-9]+|0x[0-9a-f]*", labels[-1]):
        # No top-level domain is a number, and resolvers take such text for an address in an old spelling.
        raise ValueError("not a DNS name, nor an IP address in the usual spelling")
    return name


def _to_a_labels(text: str) -> str:
    """Map a name as UTS 46 does (non-transitional): letter case, width and dots folded, other labels to Punycode.

    By the package `idna`, not the codec of that name: this is IDNA 2003, which turns sharp s into "ss" and so names
    another host.
    """
    if text.isascii():
        return text.lower()
    if len(text) > _MAX_UNMAPPED:
        raise ValueError(_NOT_A_NAME)
    import unicodedata

    import idna  # for this rare case only

    _refuse_invisible(text)
    try:
        # Versions differ in what they do with an ellipsis, which is three dots, and the like, so these go first.
        composed = unicodedata.normalize("NFKC", text)
        # Until Unicode 15.1, UTS 46 mapped the capital sharp s to "ss", but the small one to itself.
        mapped = idna.uts46_remap(composed.replace("\u1e9e", "\u00df"), std3_rules=False, transitional=False)
    except idna.IDNAError as error:
        raise ValueError(_BAD_CHARACTERS) from error
    return ".".join(_a_label(label) for label in mapped.split("."))


def _a_label(label: str) -> str:
    """Return a label in its A-label form. Raises ValueError if no name may have its characters."""
    if label.isascii():
        return label
    if len(label) > MAX_LABEL:  # as an A-label it is longer still
        raise ValueError(_NOT_A_NAME)
    import unicodedata

    if unicodedata.category(label[0]).startswith("M"):
        raise ValueError(_BAD_CHARACTERS)
    _refuse_invisible(label)
    return "xn--" + label.encode("punycode").decode("ascii")


def _refuse_invisible(text: str) -> None:
    """Raise ValueError if ``text`` has a blank, a control or a character that nobody sees, which could hide a name.

    Joiners are letters' neighbours in Persian, Hindi or Sinhala, and stand where RFC 5892, appendix A, has them.
    """
    import unicodedata

    for position, char in enumerate(text):
        if unicodedata.category(char)[0] not in "CZ":
            continue
        if char not in _JOINERS or not _joins(text, position):
            raise ValueError(_BAD_CHARACTERS)


#: ZERO WIDTH NON-JOINER and ZERO WIDTH JOINER.
_JOINERS = "\u200c\u200d"


def _joins(text: str, position: int) -> bool:
    """Tell whether the joiner at ``position`` stands where one may (RFC 5892, appendix A.1 and A.2)."""
    import idna

    try:
        return bool(idna.valid_contextj(text, position))
    except ValueError:  # beside a character that Unicode does not have
        return False


def u_label_hint(name: str) -> str:
    """Return " (...)" with the U-label form of an A-label name, or "" where there is no other form."""
    if "xn--" not in name:
        return ""
    labels = [_u_label(label) for label in name.split(".")]
    return "" if labels == name.split(".") else f" ({'.'.join(labels)})"


def _u_label(label: str) -> str:
    if label.startswith("xn--") and len(label) <= MAX_LABEL:
        try:
            decoded = label[4:].encode("ascii").decode("punycode")
            if _a_label(decoded) == label:  # else two spellings would look like one name
                return decoded
        except (UnicodeError, ValueError, IndexError):
            pass  # not an A-label after all: it stays as it is
    return label


def presented_names(extension: bytes) -> PresentedNames:
    """Take the value of a subjectAltName extension apart (RFC 5280, 4.2.1.6)."""
    dns: list[str] = []
    ip: list[bytes] = []
    malformed = ""
    try:
        for name in der.children(der.expect(der.read(extension), der.SEQUENCE).content):
            if name.tag == _TAG_DNS_NAME:
                # Latin-1 never fails, and no character beyond ASCII ever matches a reference identifier.
                dns.append(name.content.decode("latin-1"))
            elif name.tag == TAG_IP_ADDRESS:
                ip.append(name.content)
    except der.DerError as error:
        malformed = str(error)
    return PresentedNames(tuple(dns), tuple(ip), malformed)


def covered(reference: Identifier, names: PresentedNames) -> bool:
    """Tell whether one of the presented identifiers matches the reference identifier."""
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
    rest = presented[2:] if wildcard else presented
    if not all(_LABEL.fullmatch(label) for label in rest.split(".")) or (wildcard and "." not in rest):
        return False
    if presented == reference:
        return True
    return wildcard and not reference.startswith("*.") and reference.partition(".")[2] == rest


def address_text(octets: bytes) -> str:
    """Return the usual spelling of an iPAddress, or its octets in hexadecimal if they are no address."""
    try:
        return ipaddress.ip_address(octets).compressed
    except ValueError:
        return octets.hex()
