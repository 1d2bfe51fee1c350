"""`chain_expiry` against a brute force, over PKIs drawn at random: roots, cross-certificates, staggered dates.

The brute force knows nothing of the search: it lists every simple path by who certified whose key, takes the window in
which the CA certificates of each are in date, and follows the windows that the present one runs into.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from check_tls_cert.fetch.trust import TrustAnchors
from check_tls_cert.judge.path import search
from check_tls_cert.judge.path.candidate import PathVerdict
from check_tls_cert.x509.certificate import Certificate, parse
from tests import pki
from tests.pki import EPOCH, days

SEEDS = range(160)
SECOND = timedelta(seconds=1)

#: Above this, the program's own budget would decide; such PKIs are drawn again.
MAX_PATHS = search.MAX_PATHS // 2


class Authority(NamedTuple):
    """A CA: one name and one key, of which there may be several certificates; ``key`` is a place in the pool."""

    name: str
    key: int


class Issued(NamedTuple):
    """One CA certificate: who it is about, who signed it, and when it is valid; ``parsed`` is the thing itself."""

    subject: Authority
    issuer: Authority
    begin: datetime
    end: datetime
    parsed: Certificate


class Pki(NamedTuple):
    """What was drawn: the end entity's issuer and certificate, what is presented behind it, and the trust anchors."""

    issuer: Authority
    end_entity: Certificate
    presented: tuple[Issued, ...]
    anchors: tuple[Issued, ...]


class Window(NamedTuple):
    """A span of time, both seconds included."""

    begin: datetime
    end: datetime


@cache
def key(number: int) -> ec.EllipticCurvePrivateKey:
    """Return a key of the pool, which all PKIs share."""
    assert number < 12
    return pki.ec_key()


def sign(subject: Authority, issuer: Authority, window: Window, *, is_ca: bool, identifiers: bool) -> Certificate:
    """Return a certificate; without key ``identifiers``, names and signatures alone say who issued it."""
    own, signer = key(subject.key), key(issuer.key)
    builder = (
        x509.CertificateBuilder()
        .subject_name(pki.name(subject.name))
        .issuer_name(pki.name(issuer.name))
        .public_key(own.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(window.begin)
        .not_valid_after(window.end)
        .add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), True)
    )
    if identifiers:
        builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(own.public_key()), False)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
        builder = builder.add_extension(identifier, False)
    return parse(builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.DER))


class Draw:
    """Draws one PKI; holds the source of randomness."""

    def __init__(self, seed: str) -> None:
        self._random = random.Random(seed)  # noqa: S311  # reproducible, not secret
        self._identifiers = self._random.random() < 0.6

    def pki(self) -> Pki:
        """Return 1 to 3 roots, 0 to 4 intermediates below them, and an end entity below one of all."""
        roots = [Authority(f"Example Root R{number}", number) for number in range(self._random.randint(1, 3))]
        intermediates = self._intermediates()
        self_signed = [self._issue(root, root) for root in roots for _ in range(self._random.choice((1, 1, 2)))]
        others = [
            one for authority in intermediates for one in self._certified(authority, roots + roots + intermediates)
        ]
        others += [
            self._issue(root, other)
            for root in roots
            for other in roots
            if root != other and self._random.random() < 0.4
        ]
        issuer = self._random.choice(intermediates or roots)
        end_entity = sign(
            Authority("www.example.org", 11),
            issuer,
            Window(EPOCH - days(5000), EPOCH + days(5000)),
            is_ca=False,
            identifiers=self._identifiers,
        )
        anchors = self._random.sample(self_signed, self._random.randint(1, len(self_signed)))
        if others and self._random.random() < 0.15:
            anchors.append(self._random.choice(others))  # an intermediate CA, trusted as it is
        presented = [one for one in others + self_signed if self._random.random() < (0.95 if one in others else 0.2)]
        self._random.shuffle(presented)
        self._random.shuffle(anchors)
        return Pki(issuer, end_entity, tuple(presented), tuple(anchors))

    def _intermediates(self) -> list[Authority]:
        """Return the intermediate CAs; one may have the name of another, and its own key."""
        found = [Authority(f"Example CA {number}", 3 + number) for number in range(self._random.randint(0, 4))]
        if len(found) > 1 and self._random.random() < 0.2:
            found[-1] = found[-1]._replace(name=found[0].name)
        return found

    def _certified(self, authority: Authority, by: list[Authority]) -> Iterator[Issued]:
        """Yield an authority's certificates: one, cross-certificates by others, successors by the same."""
        others = [other for other in by if other != authority]
        if not self._identifiers:  # see TestRollover
            others = [other for other in others if other.name != authority.name]
        for _ in range(self._random.choice((1, 2, 2, 3, 3))):
            yield self._issue(authority, self._random.choice(others))

    def _issue(self, subject: Authority, issuer: Authority) -> Issued:
        window = self._window()
        parsed = sign(subject, issuer, window, is_ca=True, identifiers=self._identifiers)
        return Issued(subject, issuer, *window, parsed)

    def _window(self) -> Window:
        """Return a validity period: mostly one that has begun; often next to another's, to the second."""
        if self._random.random() < 0.3:
            return Window(EPOCH - days(400), EPOCH + days(450))
        begin = EPOCH + days(self._random.choice((-400, -400, -300, -200, -100, -100, 0, 50, 100, 150)))
        begin += SECOND * self._random.choice((0, 0, 1, 2))
        end = EPOCH + days(self._random.choice((-20, 0, 50, 50, 100, 100, 150, 200, 300, 500)))
        return Window(begin, end if begin < end else begin + days(100))


def draw(seed: int) -> Pki:
    """Return the first PKI of ``seed`` that stays within the budget."""
    for attempt in range(100):
        drawn = Draw(f"{seed}/{attempt}").pki()
        if sum(1 for _ in climb(drawn, (), by_name_alone=True)) <= MAX_PATHS:
            return drawn
    raise AssertionError("no small PKI in a hundred")


def climb(drawn: Pki, below: tuple[Issued, ...], *, by_name_alone: bool = False) -> Iterator[tuple[Issued, ...]]:
    """Yield every simple path above the end entity, as its CA certificates, that ends at a trust anchor."""
    if below and below[-1] in drawn.anchors:
        yield below
        return
    wanted = below[-1].issuer if below else drawn.issuer
    for candidate in dict.fromkeys(drawn.anchors + drawn.presented):
        related = candidate.subject.name == wanted.name if by_name_alone else candidate.subject == wanted
        if related and candidate not in below:
            yield from climb(drawn, (*below, candidate), by_name_alone=by_name_alone)


def windows(drawn: Pki) -> list[Window]:
    """Return when each path is in date, for those that ever are."""
    spans = [Window(max(one.begin for one in way), min(one.end for one in way)) for way in climb(drawn, ())]
    return [span for span in spans if span.begin <= span.end]


def runs_until(spans: list[Window], at: datetime) -> datetime | None:
    """Return the last second of the run of seconds from ``at`` on that are in a window; None if ``at`` is in none."""
    last = at - SECOND
    while True:
        further = [span.end for span in spans if span.begin <= last + SECOND <= span.end]
        if not further:
            return None if last < at else last
        last = max(further)


def validate(drawn: Pki, at: datetime) -> PathVerdict:
    """Ask the program."""
    chain = (drawn.end_entity, *(one.parsed for one in drawn.presented))
    anchors = TrustAnchors([one.parsed for one in drawn.anchors], ())
    return search.validate(chain, anchors, at, frozenset(), "server")


@pytest.mark.parametrize("seed", SEEDS)
def test_ends_when_the_last_path_does(seed: int) -> None:
    """The reported moment is the brute force's; a certificate that ends then, on a path, is named."""
    drawn = draw(seed)
    wanted = runs_until(windows(drawn), EPOCH)
    verdict = validate(drawn, EPOCH)
    assert verdict.ends == wanted
    assert bool(verdict.findings) == (wanted is None)
    if verdict.ended_by is None:
        assert wanted is None
    else:
        assert verdict.ended_by.not_after == wanted
        assert verdict.ended_by in [one.parsed for way in climb(drawn, ()) for one in way]


@pytest.mark.parametrize("seed", SEEDS)
def test_validates_until_then_and_no_longer(seed: int) -> None:
    """A path validates at every turn up to the reported moment, that one included, and none one second later."""
    drawn = draw(seed)
    ends = validate(drawn, EPOCH).ends
    if ends is None:
        return
    turns = {turn for one in drawn.presented + drawn.anchors for turn in (one.begin, one.end, one.end + SECOND)}
    for turn in sorted(turn for turn in turns | {EPOCH, ends} if EPOCH <= turn <= ends):
        assert validate(drawn, turn).findings == ()
        assert validate(drawn, turn).ends == ends
    after = validate(drawn, ends + SECOND)
    assert after.findings != ()
    assert after.ends is None
    assert {finding.id for finding in after.findings} <= {"chain.expired", "chain.not-yet-valid"}


def test_draws_what_matters() -> None:
    """The draw holds enough of each: no path, a path that another takes over from, and gaps between paths."""
    nothing = taken_over = gap = 0
    for seed in SEEDS:
        spans = windows(draw(seed))
        end = runs_until(spans, EPOCH)
        nothing += end is None
        taken_over += end is not None and not any(span.begin <= EPOCH and span.end == end for span in spans)
        gap += end is not None and any(span.begin > end + SECOND for span in spans)
    assert min(nothing, taken_over, gap) >= 5
    assert nothing < len(SEEDS) / 2


class TestSeconds:
    """What the draw may miss: the second at which one certificate ends and its successor begins."""

    @staticmethod
    def _ends(gap: timedelta) -> datetime | None:
        """Return when a path ends whose second certificate begins ``gap`` after the first one's last second."""
        root = Authority("Example Root R1", 0)
        issuing = Authority("Example CA 1", 1)
        turn = EPOCH + days(10)
        spans = (Window(EPOCH - days(1), turn), Window(turn + gap, EPOCH + days(20)))
        issued = [sign(issuing, root, span, is_ca=True, identifiers=True) for span in spans]
        long = Window(EPOCH - days(1), EPOCH + days(5000))
        anchor = sign(root, root, long, is_ca=True, identifiers=True)
        entity = sign(Authority("www.example.org", 11), issuing, long, is_ca=False, identifiers=True)
        verdict = search.validate((entity, *issued), TrustAnchors([anchor], ()), EPOCH, frozenset(), "server")
        return verdict.ends

    @pytest.mark.parametrize("gap", [-days(1), -SECOND, timedelta(0), SECOND])
    def test_seamless(self, gap: timedelta) -> None:
        assert self._ends(gap) == EPOCH + days(20)

    def test_one_second_is_missing(self) -> None:
        assert self._ends(2 * SECOND) == EPOCH + days(10)


class TestRollover:
    """A CA's new key certified by its old one: self-issued, but not self-signed (RFC 5280, 3.2).

        www.example.org - Example CA 1 with its new key - Example CA 1 with its old key - Example Root R1*

    Self-issued certificates do not break a path (RFC 5280, 6.1); whoever takes them for self-signed does.
    """

    @staticmethod
    def _verdict(identifiers: bool) -> tuple[PathVerdict, Certificate]:
        """Return the verdict on the path, and the certificate that ends first on it."""
        root, old, new = Authority("Example Root R1", 0), Authority("Example CA 1", 1), Authority("Example CA 1", 2)
        spans = [Window(EPOCH - days(1), EPOCH + days(left)) for left in (90, 30, 60, 5000)]
        above = ((new, old), (old, root), (root, root))
        authorities = [sign(*pair, span, is_ca=True, identifiers=identifiers) for pair, span in zip(above, spans[1:])]
        entity = sign(Authority("www.example.org", 11), new, spans[0], is_ca=False, identifiers=identifiers)
        anchors = TrustAnchors([authorities[-1]], ())
        return search.validate((entity, *authorities[:2]), anchors, EPOCH, frozenset(), "server"), authorities[0]

    def test_valid(self) -> None:
        verdict, first_to_end = self._verdict(identifiers=True)
        assert verdict.findings == ()
        assert (verdict.ends, verdict.ended_by) == (EPOCH + days(30), first_to_end)

    def test_without_key_identifiers_openssl_takes_it_for_self_signed(self) -> None:
        """So does every client that is built on it: to say that all is well would be untrue."""
        verdict, _ = self._verdict(identifiers=False)
        assert [finding.id for finding in verdict.findings] == ["chain.refused"]
