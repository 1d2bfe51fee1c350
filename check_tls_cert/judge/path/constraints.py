"""Name constraints (RFC 5280, 4.2.1.10): may every CA on a path issue for every name in the certificates below it?

OpenSSL judges this too, but it says neither which name nor which constraint, it applies DNS constraints to the common
name of a certificate without DNS SAN (which names no host), and it accepts a wildcard that covers an excluded name.
Works on certificates as values.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

from check_tls_cert.judge.path.subtrees import KINDS_OF_SUBTREES, Subtrees
from check_tls_cert.judge.path.work import Work
from check_tls_cert.text import listing
from check_tls_cert.x509 import der
from check_tls_cert.x509.certificate import OID_NAME_CONSTRAINTS, Certificate
from check_tls_cert.x509.general_names import GeneralName, general_name, names_in

_PERMITTED, _EXCLUDED = 0xA0, 0xA1


class Constraints(NamedTuple):
    """The subtrees for which a CA may issue, and for which it may not, by the kind of name."""

    #: For what it may issue, by the kind of name; a kind that is not there is not constrained.
    permitted: dict[int, Subtrees]
    #: For what it may not.
    excluded: dict[int, Subtrees]


class Violation(NamedTuple):
    """A name in a certificate of a path that a CA above it may not issue for."""

    #: The place of that certificate, 0 for the end entity.
    position: int
    #: The name that is not allowed.
    name: GeneralName
    #: What the CA may do, with its name: '"Example CA" may not issue for DNS example.org'.
    rule: str


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
                    yield from (Violation(position, name, f"{who} {rule}") for name, rule in reasons)

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
            base = general_name(next(der.children(subtree.content), der.Element(0, b"", b"")))
            kind = KINDS_OF_SUBTREES.get(base.tag)
            if kind is not None and subtrees.tag in found:
                found[subtrees.tag].setdefault(base.tag, kind()).add(base)
    return Constraints(found[_PERMITTED], found[_EXCLUDED])


def _violated(name: GeneralName, constraints: Constraints) -> str:
    """Say what is violated by a name, or return ""."""
    permitted, excluded = constraints.permitted.get(name.tag), constraints.excluded.get(name.tag)
    if permitted is not None and permitted.find(name.content) is None:
        return f"may issue for {listing(map(str, permitted.bases))} only"
    hit = None if excluded is None else excluded.find(name.content) or excluded.reached_by(name.content)
    return "" if hit is None else f"may not issue for {hit}"
