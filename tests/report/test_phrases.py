"""Every kind of finding has its sentence, which says where, and its remedy."""

from __future__ import annotations

import pytest

from check_tls_cert.judge.checks.reachable import measure
from check_tls_cert.model import findings
from check_tls_cert.model.finding import Finding, FindingKind
from check_tls_cert.model.findings import ALL_FINDINGS
from check_tls_cert.report.phrases import PHRASES, clause, remedy_of
from tests.judge import cases

TIMEOUT = Finding(findings.STARTTLS_TIMEOUT, role="smtp server", expected="its greeting", seconds=10)
NO_GREETING = Finding(findings.STARTTLS_UNEXPECTED, role="imap server", expected="its greeting", presented='"220 x"')


def test_every_kind_has_its_row() -> None:
    assert set(PHRASES) == set(ALL_FINDINGS.values())


@pytest.mark.parametrize("kind", ALL_FINDINGS.values(), ids=ALL_FINDINGS)
def test_a_sentence_says_where(kind: FindingKind) -> None:
    """Whether its phrase is a template or a function; and it names no field that findings do not have."""
    finding = Finding(kind, place="192.0.2.2")
    assert clause(finding).count("192.0.2.2") == 1
    remedy_of(finding)


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (TIMEOUT, "the smtp server did not send its greeting within 10 s"),
        (NO_GREETING, 'expected the greeting of the imap server, got "220 x"'),
        (Finding(findings.HANDSHAKE_FAILED, presented="bad record"), "TLS handshake: bad record"),
        (Finding(findings.HANDSHAKE_CLOSED, reason="early"), "TLS handshake: the server closed the connection early"),
    ],
)
def test_what_fails_at_some_addresses_names_them(failure: Finding, words: str) -> None:
    every = [cases.presented(cases.SITE, at="192.0.2.1"), *(cases.unreached(f"192.0.2.{n}", failure) for n in (2, 3))]
    (measurement,) = measure(every, cases.judging())
    assert [clause(finding) for finding in measurement.findings] == [f"192.0.2.2, 192.0.2.3: {words}"]


@pytest.mark.parametrize(
    ("wanted", "remedy"),
    [
        ("192.0.2.1", "give the host name with --name, or reissue it for 192.0.2.1"),
        ("2001:db8::1", "give the host name with --name, or reissue it for 2001:db8::1"),
        ("www.example.org", "reissue it for www.example.org"),
    ],
)
def test_an_address_where_a_name_was_meant(wanted: str, remedy: str) -> None:
    finding = Finding(findings.HOSTNAME_MISMATCH, expected=wanted, presented="a.example.org", presenter="server")
    assert remedy_of(finding) == f"{remedy}, or make the server use the certificate for {wanted}"
