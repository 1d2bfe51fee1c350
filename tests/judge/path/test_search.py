"""The search for a certification path: which paths there are, every reason, and the budget.

Diagrams read from the end-entity certificate up; * marks a trust anchor.
"""

from __future__ import annotations

import pytest
from cryptography import x509

from check_tls_cert.fetch.trust import TrustAnchors
from check_tls_cert.judge.path import search
from check_tls_cert.judge.path.candidate import PathVerdict
from check_tls_cert.judge.path.search import MAX_LENGTH, MAX_PATHS, validate
from check_tls_cert.judge.path.work import SIGNATURE_STEPS, Work
from check_tls_cert.x509.certificate import Certificate, parse
from tests import pki
from tests.pki import EPOCH, Entity, authority, days, end_entity

ROOT = authority("Example Root R1")
ISSUING = authority("Example Issuing CA 3", ROOT)


def parsed(entity: Entity) -> Certificate:
    return parse(entity.der)


def verdict(*chain: Entity, anchors: tuple[Entity, ...] = (ROOT,), accept: frozenset[str] = frozenset()) -> PathVerdict:
    certificates = tuple(map(parsed, chain))
    return validate(certificates, TrustAnchors([*map(parsed, anchors)], ()), EPOCH, accept, "server")


def ids(found: PathVerdict) -> list[str]:
    return [finding.id for finding in found.findings]


class TestPaths:
    """Which certificates may stand above which."""

    def test_plain(self) -> None:
        """Valid: www - issuing - root*."""
        site = end_entity(ISSUING)
        found = verdict(site, ISSUING)
        assert found.path == (tuple(map(parsed, (site, ISSUING, ROOT))), True)
        assert (found.findings, found.tried, found.ends, found.ended_by) == ((), 1, EPOCH + days(2000), parsed(ISSUING))

    def test_end_entity_as_trust_anchor(self) -> None:
        """Valid: www*. There is no CA certificate that could end the path."""
        site = end_entity(None)
        found = verdict(site, anchors=(site,))
        assert (found.path, found.findings, found.ends) == (((parsed(site),), True), (), None)

    def test_end_entity_as_trust_anchor_of_another_purpose(self) -> None:
        """Valid: an anchor is believed for any purpose; what a server cannot do with it still counts (keyUsage)."""
        site = end_entity(None, usage=pki.key_usage("crl_sign"), purposes=[x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH])
        found = verdict(site, anchors=(site,))
        assert (ids(found), found.tried) == (["chain.key-usage"], 1)

    def test_intermediate_as_trust_anchor(self) -> None:
        """Valid: www - issuing*, whoever signed that (partial chain)."""
        assert verdict(end_entity(ISSUING), anchors=(ISSUING,)).findings == ()

    def test_anchor_of_the_same_name_with_another_key(self) -> None:
        """Valid: www - root* (of two with that name); key identifiers tell them apart (RFC 5280, 4.2.1.1)."""
        twin = authority("Example Root R1")
        for anchors in ((twin, ROOT), (ROOT, twin)):
            found = verdict(end_entity(ROOT), anchors=anchors)
            assert (found.findings, found.tried) == ((), 1)

    def test_only_an_anchor_of_the_same_name_with_another_key(self) -> None:
        """Unknown issuer: www - (root, but of another key)."""
        found = verdict(end_entity(ROOT), anchors=(authority("Example Root R1"),))
        assert ids(found) == ["chain.incomplete"]

    def test_presented_anchor_is_used_once(self) -> None:
        assert verdict(end_entity(ISSUING), ISSUING, ROOT, ROOT, ISSUING).tried == 1

    def test_loop(self) -> None:
        """Unknown anchor: www - A - B - A - ..., each of which certified the other."""
        a, b = authority("Example A"), authority("Example B")
        a_by_b = authority("Example A", b, key=a.key)
        b_by_a = authority("Example B", a, key=b.key)
        found = verdict(end_entity(a), a_by_b, b_by_a)
        assert ids(found) == ["chain.unknown-anchor"]
        assert len(found.path.certificates) == 3

    def test_backtracking(self) -> None:
        """Valid: www - issuing (by R1) - R1*; the one presented first, by a CA that is not trusted, leads nowhere."""
        stranger = authority("Example Stranger")
        cross = authority("Example Issuing CA 3", stranger, key=ISSUING.key)
        found = verdict(end_entity(ISSUING), cross, stranger, ISSUING)
        assert (found.findings, found.tried) == ((), 2)

    def test_best_path_is_explained(self) -> None:
        """Refused: of a path to an anchor and one that leads nowhere, the first is worth mending."""
        stranger = authority("Example Stranger")
        cross = authority("Example Issuing CA 3", stranger, key=ISSUING.key)
        expired = authority("Example Issuing CA 3", ROOT, key=ISSUING.key, not_after=EPOCH - days(1))
        found = verdict(end_entity(ISSUING), cross, expired)
        assert (ids(found), found.path.anchored) == (["chain.expired"], True)


class TestReasons:
    """All of them, each with its certificate."""

    def test_every_certificate(self) -> None:
        """Refused: www (not yet valid, for clients) - issuing (expired, no CA) - root* (expired)."""
        root = authority("Example Root R1", not_after=EPOCH - days(1))
        issuing = authority(
            "Example Issuing CA 3",
            root,
            not_after=EPOCH - days(2),
            is_ca=False,
            usage=pki.key_usage("digital_signature"),
        )
        site = end_entity(
            issuing,
            not_before=EPOCH + days(1),
            purposes=[x509.oid.ExtendedKeyUsageOID.CLIENT_AUTH],
            key=pki.rsa_key(1024),
        )
        found = verdict(site, issuing, anchors=(root,))
        assert sorted((finding.id, finding.certificate and finding.certificate.name) for finding in found.findings) == [
            ("chain.expired", '"Example Issuing CA 3"'),
            ("chain.expired", '"Example Root R1"'),
            ("chain.key-usage", '"Example Issuing CA 3"'),
            ("chain.not-a-ca", '"Example Issuing CA 3"'),
            ("chain.not-yet-valid", '"www.example.org"'),
            ("chain.purpose", '"www.example.org"'),
            ("chain.weak-key", '"www.example.org"'),
        ]

    def test_wrong_signatures_at_both_ends(self) -> None:
        """Refused: OpenSSL reports the upper of the two alone."""
        root_by_name = authority("Example Root R1")
        issuing = parse(pki.forge(ISSUING, root_by_name, bytes))
        site = parse(pki.forge(end_entity(ISSUING), root_by_name, bytes))
        anchors = TrustAnchors([parsed(ROOT)], ())
        found = validate((site, issuing), anchors, EPOCH, frozenset(), "server")
        assert [(finding.id, finding.certificate) for finding in found.findings] == [
            ("chain.bad-signature", issuing),
            ("chain.bad-signature", site),
        ]

    def test_accepted_findings_do_not_count(self) -> None:
        site = end_entity(None)
        found = verdict(site, accept=frozenset(["chain.self-signed"]))
        assert (found.findings, [finding.id for finding in found.accepted]) == ((), ["chain.self-signed"])


class TestBudget:
    """Chains built to make the search explode."""

    def test_longest_path(self) -> None:
        """Valid: as long as OpenSSL accepts one."""
        certificates = [ROOT]
        for number in range(MAX_LENGTH - 2):
            certificates.append(authority(f"Example CA {number}", certificates[-1]))
        certificates.append(end_entity(certificates[-1]))
        found = verdict(*certificates[:0:-1])
        assert (found.findings, len(found.path.certificates)) == ((), MAX_LENGTH)

    @pytest.mark.parametrize("length", [MAX_LENGTH, 1_500])
    def test_path_that_is_too_long(self, length: int) -> None:
        """Refused, whatever Python's own limit of recursion; the key is one for all, to make it quickly."""
        key = pki.ec_key()
        certificates = [ROOT]
        for number in range(length - 1):
            certificates.append(authority(f"Example CA {number}", certificates[-1], key=key))
        certificates.append(end_entity(certificates[-1]))
        found = verdict(*certificates[:0:-1])
        assert (ids(found), found.tried) == (["chain.too-complex"], 0)

    def test_maze(self) -> None:
        """Refused: ten CAs of one name and key certify one another in any order."""
        key = pki.ec_key()
        same = [authority("Example Maze CA", key=key) for _ in range(10)]
        found = verdict(end_entity(same[0]), *same)
        assert (ids(found), found.tried) == (["chain.unknown-anchor", "chain.too-complex"], MAX_PATHS)

    def test_maze_of_dead_ends_costs_steps(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Refused: paths too long to count as paths are counted as steps."""
        monkeypatch.setattr(search, "MAX_LENGTH", 6)
        monkeypatch.setattr(search, "MAX_STEPS", 50)
        key = pki.ec_key()
        same = [authority("Example Maze CA", key=key) for _ in range(10)]
        found = verdict(end_entity(same[0]), *same)
        assert (ids(found), found.tried) == (["chain.too-complex"], 0)

    def test_work_that_a_chain_asks_for(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Refused: whatever costs too much to judge, signatures or names, is not found good."""
        monkeypatch.setattr(search, "Work", lambda: Work(SIGNATURE_STEPS))
        found = verdict(end_entity(ISSUING), ISSUING)
        assert (ids(found), found.tried) == (["chain.too-complex"], 0)
        many = tuple(f"n{number}.example.org" for number in range(2_000))
        constrained = authority(
            "Example Constrained CA",
            ROOT,
            extensions=[(x509.NameConstraints([x509.DNSName("example.org")], None), True)],
        )
        monkeypatch.setattr(search, "Work", lambda: Work(2_500))
        assert ids(verdict(end_entity(constrained, names=many), constrained)) == ["chain.too-complex"]
        assert ids(verdict(end_entity(constrained), constrained)) == []

    def test_work_spent_before_looking_ahead(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Valid, until the path that was judged ends: one that could take over is none to rely on unjudged."""
        soon = authority("Example Issuing CA 3", ROOT, key=ISSUING.key, not_after=EPOCH + days(10))
        assert verdict(end_entity(ISSUING), soon, ISSUING).ends == EPOCH + days(2000)
        monkeypatch.setattr(search, "Work", lambda: Work(3 * SIGNATURE_STEPS))
        assert verdict(end_entity(ISSUING), soon, ISSUING).ends == EPOCH + days(10)

    def test_maze_with_a_way_out(self) -> None:
        """Valid: trust anchors are tried first, at every step."""
        same = [authority("Example Root R1", key=ROOT.key) for _ in range(10)]
        found = verdict(end_entity(ROOT), *same)
        assert (found.findings, found.tried) == ((), 1)
