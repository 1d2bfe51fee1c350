"""Certification path validation (RFC 5280, section 6) for a presented chain and a set of trust anchors.

Every explicit path from the end-entity certificate to a trust anchor is judged on its own, because OpenSSL, which gives
the verdict on each, does not backtrack. OpenSSL is asked without regard to time (NO_CHECK_TIME): dates are judged here,
per certificate, so that all reasons show, the end entity's own expiry can be left to the `expiry` metric, and looking
ahead needs no second validation. No I/O beyond looking trust anchors up.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from check_tls_cert.judge.path import constraints, openssl, rights
from check_tls_cert.judge.path.anchors import Anchors
from check_tls_cert.judge.path.candidate import Candidate, Path, PathVerdict
from check_tls_cert.judge.path.look_ahead import valid_until
from check_tls_cert.judge.path.reasons import dead_end, out_of_date
from check_tls_cert.judge.path.work import Work, WorkExceeded
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import CHAIN_EXPIRED, CHAIN_MALFORMED, CHAIN_TOO_COMPLEX
from check_tls_cert.x509 import extensions
from check_tls_cert.x509.certificate import Certificate
from check_tls_cert.x509.names import canonical_name

#: Budget against chains built to make the search explode: paths judged, steps taken while searching, and
#: certificates on one path, of which OpenSSL accepts no more either.
MAX_PATHS = 64
MAX_STEPS = 2_000
MAX_LENGTH = 100

#: Work of a look at one certificate that may have issued another, mostly at their key identifiers.
_CANDIDATE_STEPS = 10


def validate(
    chain: tuple[Certificate, ...], anchors: Anchors, at: datetime, accept: frozenset[str], presenter: str
) -> PathVerdict:
    """Validate the presented ``chain`` (end-entity certificate first, not empty) at the moment ``at``.

    ``accept`` are finding ids that do not count; ``presenter`` is who presented the chain, for messages.
    """
    search = _Search(chain, anchors, presenter)
    tried = list(_until_valid(search, at, accept))
    nothing_tried = Candidate(Path(chain[:1], anchored=False), (), accept)
    best = min(tried, key=lambda candidate: candidate.rank, default=nothing_tried)
    if search.exhausted:
        best = best._replace(findings=(*best.findings, search.too_complex()))
    ends = ended_by = None
    if not best.counted and _can_look_ahead(best):
        ends, ended_by = valid_until(best.path, search.paths, lambda path: search.sound(path, accept))
    return PathVerdict(best.path, best.counted, best.accepted, ends, ended_by, len(tried))


def _until_valid(search: _Search, at: datetime, accept: frozenset[str]) -> Iterator[Candidate]:
    """Yield the paths with the reasons against each, up to the first against which there is none that counts."""
    try:
        for path in search.paths():
            candidate = Candidate(path, tuple(search.reasons(path, at)), accept)
            yield candidate
            if not candidate.counted:
                return
    except WorkExceeded:
        search.exhausted = True


def _can_look_ahead(candidate: Candidate) -> bool:
    """Tell whether the end of a valid path can be told: it has CA certificates, and no accepted finding is on dates."""
    on_dates = any(finding.kind in (CHAIN_EXPIRED, CHAIN_MALFORMED) for finding in candidate.findings)
    return len(candidate.path.certificates) > 1 and not on_dates


class _Search:
    """The paths of one presented chain; holds what is worth computing once: OpenSSL's objects and verdicts."""

    def __init__(self, chain: tuple[Certificate, ...], anchors: Anchors, presenter: str) -> None:
        self._chain = chain
        self._anchors = anchors
        self._presenter = presenter
        self._steps = 0
        self._timeless: dict[Path, list[Finding]] = {}
        self._work = Work()
        self._openssl = openssl.OpenSsl(self._work)
        self._examiner = constraints.Examiner(self._work)
        self._by_subject: dict[bytes, list[Certificate]] = {}
        for certificate in chain[1:]:
            self._by_subject.setdefault(canonical_name(certificate.subject), []).append(certificate)
        self.exhausted = False

    def paths(self) -> Iterator[Path]:
        """Yield the explicit paths, those through trust anchors first, within the budget; dead ends among them."""
        self._steps = 0
        try:
            for number, path in enumerate(self._extend((self._chain[0],))):
                if number >= MAX_PATHS or self._steps > MAX_STEPS:
                    self.exhausted = True
                    return
                yield path
        except WorkExceeded:
            self.exhausted = True

    def _extend(self, certificates: tuple[Certificate, ...]) -> Iterator[Path]:
        self._steps += 1
        top = certificates[-1]
        if top in self._anchors:
            yield Path(certificates, anchored=True)
            return
        if len(certificates) == MAX_LENGTH:
            self.exhausted = True
            return
        extended = False
        for issuer, is_anchor in self._issuers(certificates):
            extended = True
            if self._steps > MAX_STEPS:
                self.exhausted = True
                return
            if is_anchor:
                yield Path((*certificates, issuer), anchored=True)
            else:
                yield from self._extend((*certificates, issuer))
        if not extended:
            yield Path(certificates, anchored=False)

    def _issuers(self, certificates: tuple[Certificate, ...]) -> Iterator[tuple[Certificate, bool]]:
        """Yield who may have issued the last of ``certificates``: by name, unless key identifiers say otherwise."""
        top = certificates[-1]
        used = {certificate.der for certificate in certificates}
        for anchor in self._anchors.named(top.issuer):
            if anchor.der not in used and extensions.key_identifiers_agree(top, anchor):
                used.add(anchor.der)
                yield anchor, True
        for candidate in self._by_subject.get(canonical_name(top.issuer), ()):
            self._work.spend(_CANDIDATE_STEPS)
            if candidate.der not in used:
                used.add(candidate.der)
                if extensions.key_identifiers_agree(top, candidate):
                    yield candidate, False

    def reasons(self, path: Path, at: datetime) -> list[Finding]:
        """Return every reason against ``path`` at a moment, except the end entity being past its notAfter."""
        return [*out_of_date(path, at, self._chain, self._presenter), *self._timeless_reasons(path)]

    def _timeless_reasons(self, path: Path) -> list[Finding]:
        """Return every reason against ``path`` that is not a matter of dates. Raises WorkExceeded."""
        if path not in self._timeless:
            found = [*rights.judge_rights(path, self._examiner)]
            if path.anchored:
                found += self._openssl.reasons(path, found)
            else:
                namesake = canonical_name(path.certificates[-1].issuer) in self._by_subject
                found.append(dead_end(path, self._presenter, namesake=namesake))
            self._timeless[path] = found
        return self._timeless[path]

    def too_complex(self) -> Finding:
        """Say that the budget ran out before a valid path was found."""
        return Finding(
            CHAIN_TOO_COMPLEX,
            expected=f"{MAX_PATHS} of {MAX_LENGTH} certificates",
            presented=str(len(self._chain)),
        )

    def sound(self, path: Path, accept: frozenset[str]) -> bool:
        """Tell whether nothing that counts is wrong with ``path`` apart from dates."""
        try:
            return all(finding.id in accept for finding in self._timeless_reasons(path))
        except WorkExceeded:
            return False  # a path that takes over and cannot be judged is not one to rely on
