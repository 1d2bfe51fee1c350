"""From certificates in no order to chains: which are end-entity certificates, and which others are on their way up.

Goes by names and key identifiers; nothing is verified here. Nothing found gets lost: what is on nobody's way up becomes
an entry of its own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from check_tls_cert.fetch.formats.entry import Entry, Parser
from check_tls_cert.x509.certificate import Certificate, CertificateError
from check_tls_cert.x509.extensions import basic_constraints, key_identifiers_agree
from check_tls_cert.x509.names import canonical_name

#: How many certificates with one subject are looked at: more than any CA has, and few enough for work to stay linear.
_MAX_NAMESAKES = 32

#: How many certificates a chain that is made here may have.
_MAX_CHAIN = 32


class _Lone(NamedTuple):
    """A lone certificate that can be read."""

    #: What the file calls it.
    alias: str
    certificate: Certificate
    #: Its subject, in the form in which names can be compared.
    subject: bytes
    #: The name of its issuer, in the same form.
    issuer: bytes

    @property
    def self_issued(self) -> bool:
        """Whether its subject and its issuer have the same name."""
        return self.subject == self.issuer


class _Pieces(NamedTuple):
    """What is in a file, taken apart. Everything has its position, so that the file's order can be had back."""

    #: What is handed on as it is: chains, and what cannot be read.
    kept: dict[int, Entry]
    #: The readable certificates of these chains.
    in_chains: list[Certificate]
    #: The certificates to regroup, without copies.
    lone: dict[int, _Lone]


#: The position of a lone certificate that is to be the first of an entry, followed by those of its issuers.
_Way = list[int]


def end_entities(entries: Iterable[Entry]) -> list[Entry]:
    """Return the chains in ``entries`` as they are, and lone certificates regrouped, in the file's order.

    A chain whose first certificate issued another in it is none as it stands: its certificates are regrouped, too.

    A lone certificate that issued no other becomes the first of an entry, followed by those on its way up, issuers
    after those they issued. So does the first of a loop of issuers. A copy is dropped, also one of what is in a chain,
    and so is what issued a certificate in a chain; what cannot be read stays an entry.
    """
    pieces = _take_apart(entries)
    ways = _ways_up(pieces.lone)
    return _put_together(pieces, ways)


def _take_apart(entries: Iterable[Entry]) -> _Pieces:
    """Tell what is to stay as it is from what is to be regrouped."""
    every = [piece for entry in entries for piece in _split(entry)]
    in_chains = [found for piece in every if piece.is_chain for parser in piece.parsers for found in _readable(parser)]
    pieces = _Pieces({}, in_chains, {})
    seen = {found.der for found in in_chains}
    for position, piece in enumerate(every):
        readable = [] if piece.is_chain else _readable(piece.parsers[0])
        if not readable:
            pieces.kept[position] = piece
            continue
        certificate = readable[0]
        if certificate.der in seen:
            continue  # a copy
        seen.add(certificate.der)
        subject, issuer = canonical_name(certificate.subject), canonical_name(certificate.issuer)
        pieces.lone[position] = _Lone(piece.alias, certificate, subject, issuer)
    return pieces


def _put_together(pieces: _Pieces, ways: Iterable[_Way]) -> list[Entry]:
    """Return what is kept, and an entry for each way up, except from what only belongs to a chain that is kept."""
    by_issuer: dict[bytes, list[Certificate]] = {}
    for found in pieces.in_chains:
        by_issuer.setdefault(canonical_name(found.issuer), []).append(found)
    entries = dict(pieces.kept)
    for way in ways:
        first = pieces.lone[way[0]]
        if not _has_issued(first, by_issuer):
            parsers = tuple(_already(pieces.lone[position].certificate) for position in way)
            entries[way[0]] = Entry(first.alias, parsers)
    return [entries[position] for position in sorted(entries)]


def _has_issued(found: _Lone, by_issuer: dict[bytes, list[Certificate]]) -> bool:
    """Tell whether a certificate may have issued one of those in ``by_issuer``."""
    below = by_issuer.get(found.subject, [])[:_MAX_NAMESAKES]
    return _may_be_ca(found.certificate) and any(key_identifiers_agree(one, found.certificate) for one in below)


def _split(entry: Entry) -> list[Entry]:
    """Return an entry whole if it is a chain as it stands, else an entry for each of its certificates."""
    if entry.is_chain and not _begins_with_an_issuer(entry):
        return [entry]
    return [Entry(entry.alias, (parser,)) for parser in entry.parsers]


def _begins_with_an_issuer(entry: Entry) -> bool:
    """Tell whether the first of a chain issued another in it, so that the end-entity certificate is not the first."""
    found = [certificate for parser in entry.parsers for certificate in _readable(parser)]
    if not found or not _may_be_ca(found[0]):
        return False
    subject = canonical_name(found[0].subject)
    return any(
        not one.self_issued and canonical_name(one.issuer) == subject and key_identifiers_agree(one, found[0])
        for one in found[1:]
    )


def _readable(parser: Parser) -> list[Certificate]:
    """Return the certificate, if it can be read."""
    try:
        return [parser()]
    except CertificateError:
        return []


def _already(certificate: Certificate) -> Parser:
    """Return a parser for what is parsed already."""
    return lambda: certificate


def _ways_up(lone: dict[int, _Lone]) -> list[_Way]:
    """Return the ways up from what issued no other, and then from loops of issuers, until nothing is left over."""
    issuers = _issuers(lone)
    # A self-signed certificate's namesakes have not issued it: they are its predecessors and successors.
    have_issued = {issuer for position, above in issuers.items() if not lone[position].self_issued for issuer in above}
    ways = [_way_up(start, issuers) for start in lone if start not in have_issued]
    covered = {position for way in ways for position in way}
    for start in lone:  # left are loops, in which each has issued another, and what is above _MAX_CHAIN certificates
        if start in have_issued and start not in covered:
            ways.append(_way_up(start, issuers))
            covered.update(ways[-1])
    return ways


def _way_up(start: int, issuers: dict[int, list[int]]) -> _Way:
    """Return ``start``, then its issuers, then theirs, and so on, each once."""
    way = [start]
    for position in way:  # which grows meanwhile
        for issuer in issuers[position]:
            if issuer not in way and len(way) < _MAX_CHAIN:
                way.append(issuer)
    return way


def _issuers(lone: dict[int, _Lone]) -> dict[int, list[int]]:
    """Return for each certificate those of the others that may have issued it."""
    by_subject: dict[bytes, list[int]] = {}
    for position, found in lone.items():
        namesakes = by_subject.setdefault(found.subject, [])
        if len(namesakes) < _MAX_NAMESAKES and _may_be_ca(found.certificate):
            namesakes.append(position)
    return {
        position: [
            issuer
            for issuer in by_subject.get(found.issuer, ())
            if issuer != position and key_identifiers_agree(found.certificate, lone[issuer].certificate)
        ]
        for position, found in lone.items()
    }


def _may_be_ca(certificate: Certificate) -> bool:
    """Tell whether ``certificate`` does not say that it is none; roots of version 1 say nothing (RFC 5280, 4.2.1.9)."""
    limits = basic_constraints(certificate)
    return limits is None or limits.is_ca
