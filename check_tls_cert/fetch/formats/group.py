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
_MAX_CHAIN = 32


class _Lone(NamedTuple):
    """A lone certificate that can be read, with its names in the form in which they can be compared."""

    alias: str
    certificate: Certificate
    subject: bytes
    issuer: bytes


def end_entities(entries: Iterable[Entry]) -> list[Entry]:
    """Return the chains in ``entries`` as they are, and lone certificates regrouped, in the file's order.

    A chain whose first certificate issued another in it is none as it stands: its certificates are regrouped, too.

    A lone certificate that issued no other becomes the first of an entry, followed by those on its way up, issuers
    after those they issued. So does the first of a loop of issuers. A copy is dropped, also one of what is in a chain,
    and so is what issued a certificate in a chain; what cannot be read stays an entry.
    """
    pieces = [piece for entry in entries for piece in _pieces(entry)]
    grouped: dict[int, Entry] = {}
    in_chains = [found for piece in pieces if piece.is_chain for parser in piece.parsers for found in _readable(parser)]
    seen: set[bytes] = {found.der for found in in_chains}
    issued: dict[bytes, list[Certificate]] = {}
    for found in in_chains:
        issued.setdefault(canonical_name(found.issuer), []).append(found)
    lone: dict[int, _Lone] = {}
    for position, piece in enumerate(pieces):
        certificates = [] if piece.is_chain else _readable(piece.parsers[0])
        if not certificates:
            grouped[position] = piece
        elif certificates[0].der not in seen:
            (certificate,) = certificates
            seen.add(certificate.der)
            names = canonical_name(certificate.subject), canonical_name(certificate.issuer)
            lone[position] = _Lone(piece.alias, certificate, *names)
    for way in _ways_up(lone):
        if _has_issued(lone[way[0]], issued):
            continue
        parsers = tuple(_already(lone[position].certificate) for position in way)
        grouped[way[0]] = Entry(lone[way[0]].alias, parsers)
    return [grouped[position] for position in sorted(grouped)]


def _has_issued(found: _Lone, issued: dict[bytes, list[Certificate]]) -> bool:
    """Tell whether a certificate may have issued one of ``issued``, which are by the name of their issuer."""
    below = issued.get(found.subject, [])[:_MAX_NAMESAKES]
    return _may_be_ca(found.certificate) and any(key_identifiers_agree(one, found.certificate) for one in below)


def _pieces(entry: Entry) -> list[Entry]:
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


def _ways_up(lone: dict[int, _Lone]) -> list[list[int]]:
    """Return for each end-entity certificate its position, followed by those on its way up."""
    issuers = _issuers(lone)
    have_issued = {
        issuer for position, above in issuers.items() if not _self_issued(lone[position]) for issuer in above
    }
    starts = [position for position in lone if position not in have_issued]
    starts += [position for position in lone if position in have_issued]  # those of them that are left: loops
    ways: list[list[int]] = []
    covered: set[int] = set()
    for start in starts:
        if start in have_issued and start in covered:
            continue
        ways.append(_way_up(start, issuers))
        covered.update(ways[-1])
    return ways


def _way_up(start: int, issuers: dict[int, list[int]]) -> list[int]:
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


def _self_issued(found: _Lone) -> bool:
    return found.subject == found.issuer
