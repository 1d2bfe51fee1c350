"""Name constraints (RFC 5280, 4.2.1.10): may every CA on a path issue for every name in the certificates below it?

OpenSSL judges this too, but it says neither which name nor which constraint, it applies DNS constraints to the common
name of a certificate without DNS SAN (which names no host), and it accepts a wildcard that covers an excluded name.
Works on certificates as values.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from check_tls_cert.judge.path.work import Work
from check_tls_cert.text import listing, printable
from check_tls_cert.x509 import der
from check_tls_cert.x509.certificate import OID_NAME_CONSTRAINTS, OID_SUBJECT_ALT_NAME, Certificate
from check_tls_cert.x509.names import attributes, canonical_name, display_name

# RFC 5280, 4.2.1.6: tags of GeneralName. A directoryName is tagged explicitly, the others implicitly.
_EMAIL, _DNS, _DIRECTORY, _URI, _IP = 0x81, 0x82, 0xA4, 0x86, 0x87
_KINDS = {_EMAIL: "email", _DNS: "DNS", _DIRECTORY: "directory name", _URI: "URI", _IP: "IP"}

_PERMITTED, _EXCLUDED = 0xA0, 0xA1

_OID_EMAIL_ADDRESS = "1.2.840.113549.1.9.1"


class GeneralName(NamedTuple):
    """One name of a kind, as its tag and content; in a constraint, the base of a subtree."""

    tag: int
    content: bytes

    def __str__(self) -> str:
        """Write it as a message needs it."""
        kind = _KINDS.get(self.tag, f"kind {self.tag:#x}")
        if self.tag == _DIRECTORY:
            return f"{kind} {display_name(self.content)}"
        if self.tag == _IP:
            return f"{kind} {_address_text(self.content)}"
        return f"{kind} {printable(self.content) or '(all)'}"


class Constraints(NamedTuple):
    """The subtrees for which a CA may issue, and for which it may not, by the kind of name."""

    permitted: dict[int, Subtrees]
    excluded: dict[int, Subtrees]


class Violation(NamedTuple):
    """A name in the certificate at ``position`` of a path that the CA above it may not issue for; ``text`` says why."""

    position: int
    text: str


#: What anybody wants to read about one certificate and one CA, and about one path.
_MAX_OF_A_PAIR = 5
_MAX_OF_A_PATH = 20


class Examiner:
    """Judges the paths of one search; reads each certificate once, and spends ``work`` on each name compared."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._constraints: dict[bytes, Constraints | None] = {}
        self._names: dict[bytes, tuple[GeneralName, ...]] = {}

    def violations(self, certificates: tuple[Certificate, ...]) -> Iterator[Violation]:
        """Yield the violations on a path, end-entity certificate first, the first few of very many.

        Raises DerError if constraints or names cannot be read, WorkExceeded if there are too many of them.
        """
        return islice(self._all(certificates), _MAX_OF_A_PATH)

    def _all(self, certificates: tuple[Certificate, ...]) -> Iterator[Violation]:
        for above in range(1, len(certificates)):
            constraints = self._constraints_of(certificates[above])
            if constraints is None:
                continue
            for position in range(above):
                # A self-issued CA certificate, made at key rollover, is not judged by them (RFC 5280, 6.1.3 (b)).
                if not position or not certificates[position].self_issued:
                    reasons = islice(self._between(certificates[position], constraints), _MAX_OF_A_PAIR)
                    who = certificates[above].name
                    yield from (Violation(position, f"is for {name}, but {who} {reason}") for name, reason in reasons)

    def _between(self, certificate: Certificate, constraints: Constraints) -> Iterator[tuple[GeneralName, str]]:
        for name in self._names_in(certificate):
            self._work.spend(1)
            reason = _violated(name, constraints)
            if reason:
                yield name, reason

    def _constraints_of(self, certificate: Certificate) -> Constraints | None:
        if certificate.der not in self._constraints:
            self._work.spend(len(certificate.der) // _OCTETS_A_STEP)
            self._constraints[certificate.der] = constraints_of(certificate)
        return self._constraints[certificate.der]

    def _names_in(self, certificate: Certificate) -> tuple[GeneralName, ...]:
        if certificate.der not in self._names:
            self._work.spend(len(certificate.der) // _OCTETS_A_STEP)
            self._names[certificate.der] = tuple(names_in(certificate))
        return self._names[certificate.der]


#: Octets of a certificate that cost as much to read as it costs to compare a name.
_OCTETS_A_STEP = 16


def constraints_of(certificate: Certificate) -> Constraints | None:
    """Return the name constraints of a CA certificate, None if there are none. Raises DerError."""
    value = certificate.extension(OID_NAME_CONSTRAINTS)
    if value is None:
        return None
    found: dict[int, dict[int, Subtrees]] = {_PERMITTED: {}, _EXCLUDED: {}}
    for subtrees in der.sequence(value):
        for subtree in der.children(subtrees.content):
            base = _general_name(next(der.children(subtree.content), der.Element(0, b"", b"")))
            kind = _KINDS_OF_SUBTREES.get(base.tag)
            if kind is not None and subtrees.tag in found:
                found[subtrees.tag].setdefault(base.tag, kind()).add(base)
    return Constraints(found[_PERMITTED], found[_EXCLUDED])


def names_in(certificate: Certificate) -> Iterator[GeneralName]:
    """Yield the names that constraints apply to: the subject, unless empty, and the SANs.

    An e-mail address in the subject counts where no SAN has one (RFC 5280, 4.2.1.10). Raises DerError.
    """
    value = certificate.extension(OID_SUBJECT_ALT_NAME)
    sans = [] if value is None else [_general_name(name) for name in der.sequence(value)]
    if der.read(certificate.subject).content:
        yield GeneralName(_DIRECTORY, certificate.subject)
        if not any(name.tag == _EMAIL for name in sans):
            for kind, text in attributes(certificate.subject):
                if kind == _OID_EMAIL_ADDRESS:
                    yield GeneralName(_EMAIL, text.encode())
    yield from sans


def _general_name(element: der.Element) -> GeneralName:
    return GeneralName(element.tag, element.content)


def _violated(name: GeneralName, constraints: Constraints) -> str:
    """Say what is violated by a name, or return ""."""
    permitted, excluded = constraints.permitted.get(name.tag), constraints.excluded.get(name.tag)
    if permitted is not None and permitted.find(name.content) is None:
        return f"may issue for {listing(map(str, permitted.bases))} only"
    hit = None if excluded is None else excluded.find(name.content) or excluded.reached_by(name.content)
    return "" if hit is None else f"may not issue for {hit}"


class Subtrees:
    """Subtrees of one kind of name, found by key: thousands of names times as many subtrees must not cost a day."""

    def __init__(self) -> None:
        self.bases: list[GeneralName] = []
        self._by_key: dict[bytes, GeneralName] = {}

    def add(self, base: GeneralName) -> None:
        """Add a subtree."""
        self.bases.append(base)
        self._by_key.setdefault(self.key(base.content), base)

    def find(self, name: bytes) -> GeneralName | None:
        """Return a subtree that ``name`` is in, or None."""
        return next((self._by_key[key] for key in self.keys(name) if key in self._by_key), None)

    def reached_by(self, _name: bytes) -> GeneralName | None:
        """Return a subtree that a name reaches into without being in it, or None."""
        return None

    def key(self, base: bytes) -> bytes:
        """Return the key of the subtree with that base."""
        return base.lower()

    def keys(self, name: bytes) -> Iterator[bytes]:
        """Yield the keys of all subtrees that ``name`` can be in."""
        raise NotImplementedError


class _DnsSubtrees(Subtrees):
    """A base is in its own subtree, and so is every name below it; one with a leading dot has those below alone."""

    def __init__(self) -> None:
        super().__init__()
        self._by_parent: dict[bytes, GeneralName] = {}

    def add(self, base: GeneralName) -> None:
        super().add(base)
        self._by_parent.setdefault(base.content.lower().partition(b".")[2], base)

    def reached_by(self, name: bytes) -> GeneralName | None:
        """Return a subtree whose base a wildcard stands for: ``*.example.org`` is also for a.example.org."""
        return self._by_parent.get(name.lower()[2:]) if name.startswith(b"*.") else None

    def keys(self, name: bytes) -> Iterator[bytes]:
        yield b""
        yield from _with_parents(name.lower())


class _HostSubtrees(Subtrees):
    """A base is one host; one with a leading dot has the hosts below alone."""

    def keys(self, name: bytes) -> Iterator[bytes]:
        host = self.host(name).lower()
        yield b""
        yield host
        yield from (key for key in _with_parents(host) if key.startswith(b"."))

    def host(self, name: bytes) -> bytes:
        """Return the host in a name."""
        raise NotImplementedError


class _EmailSubtrees(_HostSubtrees):
    """E-mail addresses: a base may also be one mailbox, whose local part is case-sensitive."""

    def host(self, name: bytes) -> bytes:
        return name.rpartition(b"@")[2]

    def key(self, base: bytes) -> bytes:
        mailbox, at, host = base.rpartition(b"@")
        return mailbox + at + host.lower()

    def keys(self, name: bytes) -> Iterator[bytes]:
        yield self.key(name)
        yield from super().keys(name)


class _UriSubtrees(_HostSubtrees):
    """URIs, by the host in them."""

    def host(self, name: bytes) -> bytes:
        authority = name.partition(b"://")[2].partition(b"/")[0].rpartition(b"@")[2]
        return authority.partition(b":")[0]


class _DirectorySubtrees(Subtrees):
    """Distinguished names: a base is what a name begins with."""

    def key(self, base: bytes) -> bytes:
        return canonical_name(base)

    def keys(self, name: bytes) -> Iterator[bytes]:
        canonical = canonical_name(name)
        yield b""
        end = 0
        for rdn in der.children(canonical):  # a canonical name is its RDNs in a row
            end += len(rdn.raw)
            yield canonical[:end]


class _IpSubtrees(Subtrees):
    """Networks: a base is an address and a mask."""

    def __init__(self) -> None:
        super().__init__()
        self._masks: dict[bytes, None] = {}

    def key(self, base: bytes) -> bytes:
        half = len(base) // 2
        self._masks[base[half:]] = None
        return _masked(base[:half], base[half:])

    def keys(self, name: bytes) -> Iterator[bytes]:
        yield from (_masked(name, mask) for mask in self._masks if len(mask) == len(name))


_KINDS_OF_SUBTREES: dict[int, type[Subtrees]] = {
    _DNS: _DnsSubtrees,
    _IP: _IpSubtrees,
    _DIRECTORY: _DirectorySubtrees,
    _EMAIL: _EmailSubtrees,
    _URI: _UriSubtrees,
}


def _masked(address: bytes, mask: bytes) -> bytes:
    return bytes(octet & bits for octet, bits in zip(address, mask)) + mask


def _with_parents(name: bytes) -> Iterator[bytes]:
    """Yield a name and all names above it, each also with the leading dot that stands for "below it"."""
    yield name
    at = name.find(b".")
    while at >= 0:
        yield name[at:]
        yield name[at + 1 :]
        at = name.find(b".", at + 1)


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
