"""DNS names: their labels, and the two forms of those with letters beyond ASCII (RFC 5890, 2.3.2.1).

A-labels (``xn--bcher-kva``) are what stands in certificates and DNS, U-labels (``bücher``) what people read and write.
"""

from __future__ import annotations

import re

#: Characters of a label (RFC 1035, 2.3.4), and of a name in text form without trailing dot.
_MAX_LABEL, _MAX_NAME = 63, 253
#: More characters than any name has before it is mapped. Punycode takes time by the square of the length.
_MAX_UNMAPPED = 1_024

#: No host name has underscores, but DNS and deployed certificates do, and clients match them.
_LABEL = re.compile(f"(?!-)[a-z0-9_-]{{1,{_MAX_LABEL}}}(?<!-)")

#: Decimal or hexadecimal. No top-level domain is a number, and resolvers take such text for an address in an old
#: spelling (``0x7f.1``).
_NUMBER = re.compile("[0-9]+|0x[0-9a-f]*")

#: ZERO WIDTH NON-JOINER and ZERO WIDTH JOINER.
_JOINERS = "\u200c\u200d"

_NOT_A_NAME = "not a DNS name or IP address"
_BAD_CHARACTERS = "not a DNS name: it has characters that no name may have"


def are_labels(labels: list[str]) -> bool:
    """Tell whether ``labels`` are what a DNS name can be made of: letters, digits, hyphens within, underscores."""
    return all(_LABEL.fullmatch(label) for label in labels)


def a_label_name(text: str, wildcard: bool = False) -> str:
    """Return a DNS name in lower-case A-labels, without trailing dot.

    With ``wildcard``, the left-most label may be ``*``. Raises ValueError, with a message for the user, if ``text`` is
    not a DNS name.
    """
    name = _to_a_labels(text)
    if name.endswith("."):
        name = name[:-1]
    labels = name.split(".")
    if wildcard and labels[0] == "*" and len(labels) > 1:
        labels = labels[1:]
    if len(name) > _MAX_NAME or not are_labels(labels):
        raise ValueError(_NOT_A_NAME)
    if _NUMBER.fullmatch(labels[-1]):
        raise ValueError("not a DNS name, nor an IP address in the usual spelling")
    return name


def _to_a_labels(text: str) -> str:
    """Map a name as UTS 46 does: letter case, width and dots folded, labels beyond ASCII to Punycode.

    By the package `idna`, without its transitional rules. The codec of that name is IDNA 2003, which turns sharp s into
    "ss" and so names another host.
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
        mapped = idna.uts46_remap(composed.replace("\u1e9e", "\u00df"), std3_rules=False)
    except idna.IDNAError as error:
        raise ValueError(_BAD_CHARACTERS) from error
    return ".".join(_a_label(label) for label in mapped.split("."))


def _a_label(label: str) -> str:
    """Return a label in its A-label form. Raises ValueError if no name may have its characters."""
    if label.isascii():
        return label
    if len(label) > _MAX_LABEL:  # as an A-label it is longer still
        raise ValueError(_NOT_A_NAME)
    import unicodedata

    if unicodedata.category(label[0]).startswith("M"):  # a combining mark, which would alter what precedes the name
        raise ValueError(_BAD_CHARACTERS)
    _refuse_invisible(label)
    return "xn--" + label.encode("punycode").decode("ascii")


def _refuse_invisible(text: str) -> None:
    """Raise ValueError if ``text`` has a blank, a control or a character that nobody sees, which could hide a name.

    Joiners are letters' neighbours in Persian, Hindi or Sinhala, and stand where RFC 5892, appendix A, has them.
    """
    import unicodedata

    for position, char in enumerate(text):
        if unicodedata.category(char)[0] not in ("C", "Z"):
            continue
        if char not in _JOINERS or not _joins(text, position):
            raise ValueError(_BAD_CHARACTERS)


def _joins(text: str, position: int) -> bool:
    """Tell whether the joiner at ``position`` stands where one may (RFC 5892, appendix A.1 and A.2)."""
    import idna

    try:
        return bool(idna.valid_contextj(text, position))
    except ValueError:  # beside a character that Unicode does not have
        return False


def u_label_hint(name: str) -> str:
    """Return " (...)" with the U-label form of an A-label name, or "" where there is no other form.

    For messages: ``xn--bcher-kva.example`` is followed by `` (bücher.example)``.
    """
    if "xn--" not in name:
        return ""
    a_labels = name.split(".")
    u_labels = [_u_label(label) for label in a_labels]
    return "" if u_labels == a_labels else f" ({'.'.join(u_labels)})"


def _u_label(label: str) -> str:
    """Return the U-label form of a label, or the label itself if it is not an A-label."""
    if not label.startswith("xn--") or len(label) > _MAX_LABEL:
        return label
    try:
        decoded = label[4:].encode("ascii").decode("punycode")
        # Only if it is the A-label of what it decodes to: else two spellings would look like one name.
        return decoded if _a_label(decoded) == label else label
    except ValueError:  # not Punycode, or of characters that no name may have
        return label
