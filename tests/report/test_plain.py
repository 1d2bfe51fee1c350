"""The text output's limits; what it says is in test_transcripts.py and test_verbose.py."""

from __future__ import annotations

import sys
from datetime import datetime, timezone

import pytest

from check_tls_cert.judge import plugin
from check_tls_cert.judge.resolving import resolve_all
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import ALL_FINDINGS
from check_tls_cert.model.presented import Attempt, Negotiated, Presented
from check_tls_cert.options import command_line
from check_tls_cert.report.plain import render, render_error
from check_tls_cert.report.words import MAX_FIRST_LINE

NOW = datetime(2026, 1, 15, 12, tzinfo=timezone.utc)

#: Where Nagios cuts a plugin's output.
NAGIOS = 8_192


def shown(*measurements: Measurement, presented: Presented = Presented(), verbosity: str = "") -> list[str]:
    arguments = ["-H", "www.example.org", *([verbosity] if verbosity else [])]
    verdict = plugin.judge_measurements(measurements, resolve_all({}, 90.0))
    return render(verdict, [presented], command_line.parse(arguments, NOW)).splitlines()


def test_first_line_keeps_its_performance_data_however_long_the_message() -> None:
    """Nagios cuts at 8 KB; the numbers must not be lost behind the words."""
    findings = tuple(Finding(ALL_FINDINGS["san.missing"], reason=f"{'name ' * 400}{number}") for number in range(50))
    (line,) = shown(Measurement("san_coverage", 0, findings=findings))
    message, _, perfdata = line.partition(" | ")
    assert message.startswith("TLS_CERT CRITICAL - www.example.org:443: name name ")
    assert message.endswith("...")
    assert perfdata == "san_coverage=0%;;100:;0;100"
    assert len(message) < MAX_FIRST_LINE + 100 < len(line) + 500
    assert len(line) < NAGIOS


def test_no_performance_data_no_bar() -> None:
    finding = Finding(ALL_FINDINGS["expiry.no-certificate"])
    assert shown(Measurement("expiry", None, findings=(finding,))) == [
        "TLS_CERT UNKNOWN - www.example.org:443: no certificate to judge"
    ]


def test_remedy_and_wanted_range() -> None:
    finding = Finding(ALL_FINDINGS["expiry.soon"], role="certificate", reason="20 d", presented="2026-02-04")
    assert shown(Measurement("expiry", 20, findings=(finding,))) == [
        "TLS_CERT WARNING - www.example.org:443: the certificate expires in 20 d (2026-02-04), less than the required 22.5 d;"
        " renew it"
        " | expiry=20d;22.5:;9:"
    ]


@pytest.mark.parametrize("verbosity", ["-v", "-vv", "-vvv"])
def test_what_a_peer_says_is_safe_at_every_level(verbosity: str) -> None:
    presented = Presented(
        attempts=(Attempt("192.0.2.1", Finding(ALL_FINDINGS["connect.refused"])), Attempt("192.0.2.2")),
        negotiated=Negotiated("TLSv1.3", "TLS_AES\n|x=1", ""),
        conversation=("S: 220 a|b\x1b[2J",),
    )
    lines = shown(Measurement("time", 0.5), presented=presented, verbosity=verbosity)
    assert all("|" not in line and "\x1b" not in line for line in lines[1:])
    more = {
        "-v": [],
        "-vv": [
            "time 0.5s, warning none, critical none: OK",
            "address 192.0.2.1: connect.refused",
            "address 192.0.2.2: handshake completed",
            "negotiated TLSv1.3, TLS_AES\\x0a/x=1",
        ],
    }
    more["-vvv"] = [*more["-vv"], "conversation: S: 220 a/b\\x1b[2J"]
    assert lines[1:] == more[verbosity]


@pytest.mark.parametrize(
    ("number", "left"), [(57, ""), (58, "1 more line omitted"), (10_000, "9943 more lines omitted")]
)
def test_what_does_not_fit_is_counted(number: int, left: str) -> None:
    """Nagios cuts at 8 KB; a line that somebody made endless is cut itself."""
    presented = Presented(conversation=("S: " + "x" * 300,) * number)
    lines = shown(Measurement("time", 0.5), presented=presented, verbosity="-vvv")
    assert sum(len(line) + 1 for line in lines) < NAGIOS
    assert lines[-1].startswith(left or "conversation")


def test_nothing_is_left_out_at_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Monitors give no terminal; people who ask for thousands of lines get them."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    presented = Presented(conversation=("S: " + "x" * 300,) * 10_000)
    lines = shown(Measurement("time", 0.5), presented=presented, verbosity="-vvv")
    assert sum(line.startswith("conversation") for line in lines) == 10_000


def test_endless_line_is_cut() -> None:
    measurement = Measurement("expiry", 60, details=("x" * 1_000, "x" * 1_001))
    lines = shown(measurement, verbosity="-v")
    assert lines[1:] == ["x" * 1_000, "x" * 1_000 + "..."]


def test_error_line_is_one_safe_line_of_bounded_length() -> None:
    line = render_error("a|b\r\n\u202e" + "x" * 100_000)
    assert line.startswith("TLS_CERT UNKNOWN - a/b\\x0d\\x0a\\u202exx")
    assert len(line) < NAGIOS
