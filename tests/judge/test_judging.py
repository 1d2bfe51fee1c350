"""What a check may know; and from what is presented to the verdict."""

from __future__ import annotations

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.trust import TrustAnchors
from check_tls_cert.judge import judge_target
from check_tls_cert.judge.judging import undetermined
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import CHAIN_EXPIRED, EXPIRY_SOON
from check_tls_cert.model.presented import Presented
from check_tls_cert.model.verdict import Verdict
from check_tls_cert.options.command_line import parse
from tests import pki
from tests.judge import cases

ANCHORS = TrustAnchors(list(cases.chain(cases.ROOT)), ())
SOON, DEAD = Finding(EXPIRY_SOON), Finding(CHAIN_EXPIRED)


def judged(*presented: Presented, arguments: tuple[str, ...] = ("-H", cases.HOST), late: bool = False) -> Verdict:
    deadline = Deadline(0.0) if late else None
    return judge_target(presented, parse(arguments, pki.EPOCH), ANCHORS, deadline=deadline)


def metrics(verdict: Verdict) -> set[str]:
    return {outcome.measurement.metric for outcome in verdict.outcomes}


def test_findings_count_unless_accepted() -> None:
    known = cases.judging(accept=["chain.expired"])
    assert known.counted([SOON, DEAD]) == (SOON,)
    assert known.accepted([SOON, DEAD]) == (DEAD,)


def test_presenter() -> None:
    assert cases.judging().presenter == "server"
    assert cases.judging(paths=("x",)).presenter == "file"


def test_undetermined_is_not_made_known_by_accepting() -> None:
    assert undetermined("expiry", SOON) == Measurement("expiry", None, findings=(SOON,))


def test_good() -> None:
    verdict = judged(cases.presented(cases.SITE, cases.ISSUING, at="192.0.2.1"))
    assert (verdict.state, verdict.exit_code) == ("OK", 0)
    assert {"expiry", "chain_valid", "hostname_match", "reachable"} <= metrics(verdict)


def test_thresholds_in_percent_are_of_the_certificate() -> None:
    """A quarter of 90 days is 22.5: 25 days before the end are OK, 20 are not."""
    for left, state in ((25, "OK"), (20, "WARNING"), (8, "CRITICAL")):
        end = pki.EPOCH + pki.days(left)
        site = pki.end_entity(cases.ISSUING, not_before=end - pki.days(90), not_after=end)
        assert judged(cases.presented(site, cases.ISSUING)).state == state


def test_thresholds_given_make_a_metric_speak_for_itself() -> None:
    presented = cases.presented(cases.SITE, cases.ISSUING)
    (used,) = [one for one in judged(presented).outcomes if one.measurement.metric == "lifetime_used"]
    assert used.measurement.charged_to == "expiry"
    verdict = judged(presented, arguments=("-H", cases.HOST, "--lifetime-used-warning", "30"))
    (used,) = [one for one in verdict.outcomes if one.measurement.metric == "lifetime_used"]
    assert (used.measurement.charged_to, used.state) == ("", "WARNING")


def test_address_that_could_not_be_reached_does_not_hide_the_others() -> None:
    good = cases.presented(cases.SITE, cases.ISSUING, at="192.0.2.1")
    verdict = judged(good, cases.unreached(), arguments=("-H", cases.HOST, "--all-addresses"))
    assert verdict.state == "CRITICAL"
    states = {outcome.measurement.metric: outcome.state for outcome in verdict.outcomes}
    assert (states["expiry"], states["reachable"]) == ("OK", "CRITICAL")


def test_nothing_reached_at_all() -> None:
    verdict = judged(cases.unreached(), cases.unreached("192.0.2.8"))
    assert (verdict.state, metrics(verdict)) == ("CRITICAL", {"expiry", "reachable"})


def test_reason_without_a_chain() -> None:
    verdict = judged(Presented(failure=cases.FAILURE), arguments=("--file", "x.pem"))
    assert (verdict.state, verdict.exit_code, metrics(verdict)) == ("UNKNOWN", 3, {"expiry"})


@pytest.mark.parametrize(("arguments", "state"), [(("--file", "x.pem"), "UNKNOWN"), (("-H", cases.HOST), "OK")])
def test_deadline_is_for_files(arguments: tuple[str, ...], state: str) -> None:
    every = [cases.presented(cases.SITE, cases.ISSUING, at=str(number)) for number in range(11)]
    assert judged(*every, arguments=arguments, late=True).state == state
    assert judged(*every, arguments=arguments).state == "OK"


def test_deployed_certificates_are_handed_on() -> None:
    presented = cases.presented(cases.SITE, cases.ISSUING)
    options = parse(("-H", cases.HOST, "--deployed", "x"), pki.EPOCH)
    other = cases.chain(pki.end_entity(cases.ISSUING))
    assert judge_target([presented], options, ANCHORS, other).state == "CRITICAL"
    assert judge_target([presented], options, ANCHORS, cases.chain(cases.SITE)).state == "OK"


def test_options_are_handed_on() -> None:
    presented = cases.presented(cases.SITE)
    assert judged(presented).state == "CRITICAL"
    assert judged(presented, arguments=("-H", cases.HOST, "--accept", "chain.incomplete")).state == "OK"
    odd = cases.presented(pki.end_entity(cases.ISSUING, common_name="x"), cases.ISSUING)
    assert judged(odd).state == "OK"
    assert judged(odd, arguments=("-H", cases.HOST, "--profile", "webpki")).state == "CRITICAL"
    assert judged(odd, arguments=("-H", cases.HOST, "--at", "+61d")).state == "CRITICAL"
