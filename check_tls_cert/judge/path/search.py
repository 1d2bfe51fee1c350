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
from check_tls_cert.judge.path.candidate import Path, PathVerdict, describe
from check_tls_cert.judge.path.look_ahead import last_moment, lasts_beyond
from check_tls_cert.judge.path.reasons import _ADD, _HAS, _LACKS, where_to_get
from check_tls_cert.judge.path.work import Work, WorkExceeded
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import (
    CHAIN_EXPIRED,
    CHAIN_INCOMPLETE,
    CHAIN_MALFORMED,
    CHAIN_NOT_YET_VALID,
    CHAIN_SELF_SIGNED,
    CHAIN_TOO_COMPLEX,
    CHAIN_UNKNOWN_ANCHOR,
)
from check_tls_cert.text import timestamp
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
    judged: list[tuple[tuple[bool, int], Path, list[Finding]]] = []
    try:
        for path in search.paths():
            findings = search.reasons(path, at)
            against = sum(finding.id not in accept for finding in findings)
            judged.append(((not path.anchored, against), path, findings))
            if not against:
                break
    except WorkExceeded:
        search.exhausted = True
    none = ((True, 0), Path(chain[:1], anchored=False), list[Finding]())
    _, path, findings = min(judged, key=lambda entry: entry[0], default=none)
    if search.exhausted:
        findings.append(search.too_complex())
    counted = [finding for finding in findings if finding.id not in accept]
    accepted = [finding for finding in findings if finding.id in accept]
    alone = len(path.certificates) == 1
    out_of_date = any(finding.kind in (CHAIN_EXPIRED, CHAIN_MALFORMED) for finding in findings)
    ends, ended_by = (None, None) if counted or alone or out_of_date else search.look_ahead(path, accept)
    return PathVerdict(path, tuple(counted), tuple(accepted), ends, ended_by, len(judged))


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
        """Return every reason against ``path`` at a moment, but for the end entity being past its notAfter."""
        return [*self._dates(path, at), *self.timeless_reasons(path)]

    def timeless_reasons(self, path: Path) -> list[Finding]:
        """Return every reason against ``path`` that is no matter of dates. Raises WorkExceeded."""
        if path not in self._timeless:
            found = [*rights.judge_rights(path, self._examiner)]
            found += self._openssl.reasons(path, found) if path.anchored else [self._dead_end(path)]
            self._timeless[path] = found
        return self._timeless[path]

    def _dates(self, path: Path, at: datetime) -> Iterator[Finding]:
        for position, certificate in enumerate(path.certificates):
            who = describe(path, position)
            if certificate.not_before is None or (certificate.not_after is None and position):
                yield Finding(CHAIN_MALFORMED, f"{who}: {'; '.join(certificate.defects)}", "replace it", certificate)
                continue
            if at < certificate.not_before:
                yield Finding(
                    CHAIN_NOT_YET_VALID,
                    f"{who} is not valid before {timestamp(certificate.not_before)}",
                    "check the clocks, or use the previous certificate until then",
                    certificate,
                )
            if position and certificate.not_after is not None and at > certificate.not_after:
                yield Finding(
                    CHAIN_EXPIRED,
                    f"{who} expired {timestamp(certificate.not_after)}",
                    self._replace_remedy(certificate),
                    certificate,
                )

    def _replace_remedy(self, certificate: Certificate) -> str:
        if certificate in self._chain:
            return f"have the {self._presenter} present its successor, or none if a living path remains without it"
        return "update the trust anchors"

    def _dead_end(self, path: Path) -> Finding:
        """Say why no trust anchor is above the last certificate of ``path``."""
        top = path.certificates[-1]
        alone = len(path.certificates) == 1
        if top.self_issued and alone:
            return Finding(
                CHAIN_SELF_SIGNED,
                f"the end-entity certificate {top.name} is self-signed and no trust anchor",
                "use one that a CA issued, or trust this one with --ca-file",
                top,
            )
        if top.self_issued:
            return Finding(
                CHAIN_UNKNOWN_ANCHOR,
                f"the chain leads to {top.name}, which is no trust anchor",
                "if it is your CA, add it with --ca-file; if not, use a certificate of a trusted CA",
                top,
            )
        if alone:
            return Finding(
                CHAIN_INCOMPLETE,
                f"chain incomplete: {self._absent(top)} (issuer of the end-entity certificate)",
                f"configure the full chain{where_to_get(top)}",
                top,
            )
        return Finding(
            CHAIN_UNKNOWN_ANCHOR,
            f"{describe(path, -1)} was issued by {top.issuer_name}, which is no trust anchor; {self._absent(top)}",
            f"add it with --ca-file if you trust it, or {_ADD[self._presenter]} the missing certificate, or a"
            f" cross-certificate of a CA that is trusted{where_to_get(top)}",
            top,
        )

    def _absent(self, below: Certificate) -> str:
        """Say that the issuer of ``below`` is not among the presented, or is there with a key that did not sign."""
        if canonical_name(below.issuer) in self._by_subject:
            return f"the {below.issuer_name} that {_HAS[self._presenter]} has another key than the one that signed"
        return f"{_LACKS[self._presenter]} {below.issuer_name}"

    def too_complex(self) -> Finding:
        """Say that the budget ran out before a valid path was found."""
        return Finding(
            CHAIN_TOO_COMPLEX,
            f"the presented chain of {len(self._chain)} certificates allows more or longer paths than we try"
            f" ({MAX_PATHS} of {MAX_LENGTH} certificates), or costs too much to judge",
            "present only the certificates of one path",
        )

    def look_ahead(self, valid: Path, accept: frozenset[str]) -> tuple[datetime, Certificate]:
        """Return the last moment at which a path validates as far as CA certificates go, and which one ends it.

        ``valid`` validates now. A path through other certificates may take over before it ends.
        """
        end, ended_by = last_moment(valid)
        while True:
            longer = [
                path
                for path in self.paths()
                if path.anchored
                and len(path.certificates) > 1
                and lasts_beyond(path, end)
                and self._sound(path, accept)
            ]
            if not longer:
                return end, ended_by
            end, ended_by = max(map(last_moment, longer), key=lambda last: last[0])

    def _sound(self, path: Path, accept: frozenset[str]) -> bool:
        try:
            return all(finding.id in accept for finding in self.timeless_reasons(path))
        except WorkExceeded:
            return False  # a path that takes over and cannot be judged is none to rely on
