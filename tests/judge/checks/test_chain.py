"""Tests of check_tls_cert.judge.checks.chain."""

from __future__ import annotations

from check_tls_cert.judge.checks import chain
from check_tls_cert.judge.path.candidate import Path
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import CERTIFICATE_UNREADABLE, CHAIN_NO_TRUST_ANCHORS
from check_tls_cert.model.presented import Presented
from check_tls_cert.model.target import WEBPKI
from tests import pki
from tests.judge import cases


def measured(*entities: pki.Entity, **known: object) -> list[Measurement]:
    return list(chain.measure(cases.presented(*entities), cases.judging(**known)))  # type: ignore[arg-type]


def test_valid() -> None:
    """Good: root <- issuing <- site."""
    valid, expiry = measured(cases.SITE, cases.ISSUING)
    assert (valid.metric, valid.value, valid.findings, valid.accepted) == ("chain_valid", 1, (), ())
    assert valid.statement == 'path to "Example Root R1" valid'
    assert valid.details == ("tried 1 certification path",)
    assert valid.path == cases.chain(cases.SITE, cases.ISSUING, cases.ROOT)
    assert (expiry.metric, expiry.value, expiry.statement) == ("chain_expiry", 2000.0, "")
    (finding,) = expiry.findings
    assert (finding.id, finding.role, finding.presenter) == ("chain.expires-soon", "CA certificate", "server")
    assert (finding.presented, finding.reason) == ("2031-07-08T12:00:00Z", "2000 d")
    assert finding.certificate in cases.chain(cases.ISSUING, cases.ROOT)
    (detail,) = expiry.details
    name = finding.certificate.name if finding.certificate is not None else ""
    assert detail == f"a path validates until 2031-07-08T12:00:00Z, when {name} expires (2031-07-08)"


def test_look_ahead_can_be_accepted() -> None:
    _, expiry = measured(cases.SITE, cases.ISSUING, accept=("chain.expires-soon",))
    assert (cases.ids(expiry), cases.accepted_ids(expiry)) == ([], ["chain.expires-soon"])


def test_incomplete() -> None:
    """Bad: the issuing CA's certificate is not presented; no look-ahead."""
    (valid,) = measured(cases.SITE)
    assert (valid.value, cases.ids(valid), valid.statement) == (0, ["chain.incomplete"], "no valid path")
    assert valid.findings[0].presenter == "server"


def test_accepted_reason() -> None:
    (valid,) = measured(cases.SITE, accept=("chain.incomplete",))
    assert (valid.value, cases.ids(valid), cases.accepted_ids(valid)) == (1, [], ["chain.incomplete"])
    assert valid.statement == "no valid path"


def test_several_paths_are_counted() -> None:
    """Good: root <- issuing, an expired certificate of it first, and one in date."""
    past = pki.authority("Example Issuing CA 3", cases.ROOT, not_after=pki.EPOCH - pki.days(1), key=cases.ISSUING.key)
    valid = measured(cases.SITE, past, cases.ISSUING)[0]
    assert (valid.value, valid.details[0]) == (1, "tried 2 certification paths")


def test_no_trust_anchors() -> None:
    reason = Finding(CHAIN_NO_TRUST_ANCHORS, reason="none")
    assert measured(cases.SITE, anchors=reason) == [Measurement("chain_valid", None, findings=(reason,))]


def test_nothing_presented() -> None:
    assert list(chain.measure(Presented(), cases.judging())) == []


def test_unreadable_certificate_of_the_chain_counts() -> None:
    broken = Finding(CERTIFICATE_UNREADABLE, presented="3")
    (valid, *_) = chain.measure(cases.presented(cases.SITE, cases.ISSUING, failure=broken), cases.judging())
    assert (valid.value, valid.findings) == (0, (broken,))
    known = cases.judging(accept=["certificate.unreadable"])
    (valid, *_) = chain.measure(cases.presented(cases.SITE, cases.ISSUING, failure=broken), known)
    assert (valid.value, valid.findings, valid.accepted) == (1, (), (broken,))


class TestStrict:
    """--profile webpki."""

    SELF = pki.authority("Example CA without SKI")

    def test_adds_rules(self) -> None:
        bare = pki.end_entity(cases.ISSUING, common_name="another name")
        assert cases.ids(measured(bare, cases.ISSUING)[0]) == []
        assert cases.ids(measured(bare, cases.ISSUING, profile=WEBPKI)[0]) == ["webpki.common-name"]
        accepted = measured(bare, cases.ISSUING, profile=WEBPKI, accept=("webpki.common-name",))[0]
        assert (accepted.value, cases.accepted_ids(accepted)) == (1, ["webpki.common-name"])

    def test_no_path_to_judge(self) -> None:
        bare = pki.end_entity(cases.ISSUING, common_name="another name")
        assert cases.ids(measured(bare, profile=WEBPKI)[0]) == ["chain.incomplete"]

    def test_no_second_opinion_on_what_is_broken(self) -> None:
        """Bad: root <- an expired issuing CA; a second opinion could say nothing new."""
        past = pki.authority("Example Issuing CA 4", cases.ROOT, not_after=pki.EPOCH - pki.days(1))
        assert cases.ids(measured(pki.end_entity(past), past, profile=WEBPKI)[0]) == ["chain.expired"]

    def test_second_opinion_about_the_name(self) -> None:
        assert cases.ids(measured(cases.SITE, cases.ISSUING, profile=WEBPKI)[0]) == []
        other = measured(cases.SITE, cases.ISSUING, profile=WEBPKI, host="other.example.org")[0]
        assert cases.ids(other) == ["webpki.refused"]


class TestHygiene:
    """RFC 8446, 4.4.2."""

    def remarks(self, *entities: pki.Entity, anchored: bool = True) -> list[str]:
        path = Path(cases.chain(cases.SITE, cases.ISSUING, cases.ROOT), anchored)
        return list(chain.hygiene(cases.chain(*entities), path))

    def test_tidy(self) -> None:
        assert self.remarks(cases.SITE, cases.ISSUING) == []

    def test_repeated(self) -> None:
        assert self.remarks(cases.SITE, cases.ISSUING, cases.SITE, cases.ISSUING) == [
            'presented 2 "www.example.org" repeats presented 0',
            'presented 3 "Example Issuing CA 3" repeats presented 1',
        ]

    def test_trust_anchor(self) -> None:
        remark = 'presented 2 "Example Root R1" is a trust anchor, which clients already have'
        assert self.remarks(cases.SITE, cases.ISSUING, cases.ROOT) == [remark]
        assert self.remarks(cases.SITE, cases.ISSUING, cases.ROOT, anchored=False) == []

    def test_end_entity_that_is_a_trust_anchor_is_no_remark(self) -> None:
        path = Path(cases.chain(cases.SITE), anchored=True)
        assert list(chain.hygiene(cases.chain(cases.SITE), path)) == []

    def test_not_on_the_path(self) -> None:
        stray = pki.authority("Example Stray CA")
        assert self.remarks(cases.SITE, stray, cases.ISSUING) == [
            'presented 1 "Example Stray CA" is not part of the path'
        ]

    def test_out_of_order(self) -> None:
        upper = pki.authority("Example Policy CA", cases.ROOT)
        lower = pki.authority("Example Issuing CA 4", upper)
        site = pki.end_entity(lower)
        path = Path(cases.chain(site, lower, upper, cases.ROOT), anchored=True)
        assert list(chain.hygiene(cases.chain(site, upper, lower), path)) == [
            "presented out of order: the path goes 0, 2, 1"
        ]
