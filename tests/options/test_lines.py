"""What several targets on the command line, and lines of a file, come to; and lines that nobody can mean."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch import reading
from check_tls_cert.model.metrics import EXPIRY
from check_tls_cert.model.plan import Plan
from check_tls_cert.model.ranges import Interval
from check_tls_cert.model.target import AnchorLocations
from check_tls_cert.options import lines
from check_tls_cert.options.command_line import read_arguments, several
from check_tls_cert.options.errors import UsageError
from check_tls_cert.options.lines import plan, total_timeout
from check_tls_cert.report.phrases import clause
from check_tls_cert.report.prefixes import perfdata_prefixes
from tests.pki import EPOCH

PLAIN = ("www.example.org:443", "mail.example.org:25")


def planned(*arguments: str | Path) -> Plan:
    given = read_arguments([str(argument) for argument in arguments])
    assert several(given)
    return plan(given, EPOCH, Deadline(30))


def of_file(tmp_path: Path, content: bytes, *arguments: str) -> Plan:
    path = tmp_path / "targets"
    path.write_bytes(content)
    return planned("--targets", path, *arguments)


def labels_of(asked: Plan) -> list[str]:
    return [one.options.target.label for one in asked.planned]


def reason(asked: Plan, number: int = 0) -> str:
    """Return why a target cannot be checked."""
    failure = asked.planned[number].failure
    assert failure is not None
    assert failure.id == "target.not-understood"
    return clause(failure)


def test_hosts_of_the_command_line() -> None:
    asked = planned("-H", "a.example.org", "-H", "b.example.org:8443", "-H", "[2001:db8::1]", "-p", "636")
    assert labels_of(asked) == ["a.example.org:636", "b.example.org:8443", "[2001:db8::1]:636"]


def test_defaults_of_the_command_line_and_what_a_line_says_instead(tmp_path: Path) -> None:
    lines = (
        b"a.example.org\n"
        b"b.example.org --starttls imap --san x.example.org -c 3 --ca-file other.pem # a comment\n"
        b"c.example.org:8443 --address 192.0.2.7 --sni '' --name \"www.example.org\"\n"
    )
    options = ("--starttls", "smtp", "--ca-file", "ca.pem", "-w", "20", "--san", "y.example.org", "--timeout", "7")
    asked = of_file(tmp_path, lines, *options)
    a, b, c = (one.options for one in asked.planned)
    assert labels_of(asked) == ["a.example.org:25", "b.example.org:143", "c.example.org:8443 at 192.0.2.7"]
    assert [one.target.way.starttls for one in (a, b, c)] == ["smtp", "imap", "smtp"]
    assert [[name.text for name in one.target.required] for one in (a, b)] == [["y.example.org"], ["x.example.org"]]
    assert (a.anchors, b.anchors) == (
        AnchorLocations(("ca.pem",), (), False),
        AnchorLocations(("other.pem",), (), False),
    )
    assert (c.target.server_name, c.target.address) == (None, "192.0.2.7")
    assert c.target.reference is not None
    assert c.target.reference.text == "www.example.org"
    warning, critical = b.thresholds[EXPIRY]
    assert warning is not None
    assert critical is not None
    assert (warning.text, critical.text, a.thresholds[EXPIRY].critical) == ("20", "3", None)
    assert {one.timeout for one in (a, b, c)} == {7}


def test_the_port_of_the_command_line_is_for_hosts_without_one(tmp_path: Path) -> None:
    asked = of_file(tmp_path, b"a.example.org\nb.example.org:8443\nc.example.org -p 465\n", "-p", "636")
    assert labels_of(asked) == ["a.example.org:636", "b.example.org:8443", "c.example.org:465"]


def test_the_family_of_a_line(tmp_path: Path) -> None:
    asked = of_file(tmp_path, b"a.example.org\nb.example.org -6\n", "-4")
    assert [one.options.family for one in asked.planned] == [socket.AF_INET, socket.AF_INET6]


@pytest.mark.parametrize(
    "content",
    [
        b"www.example.org\nmail.example.org:25\n",
        b"www.example.org\r\nmail.example.org:25\r\n",
        b"\xef\xbb\xbfwww.example.org\nmail.example.org:25",
        b"# fleet\n\n   \n\twww.example.org # web\n 'mail.example.org:25'\n#\n",
    ],
)
def test_harmless_ways_to_write_it(tmp_path: Path, content: bytes) -> None:
    asked = of_file(tmp_path, content)
    assert labels_of(asked) == list(PLAIN)
    assert all(one.failure is None for one in asked.planned)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"--starttls smtp a.example.org", 'the line must begin with a host, not "--starttls"'),
        (b"a.example.org:http", 'the port must be a number from 1 to 65535, not "http"'),
        (b"a.example.org --nonsense", "unknown option --nonsense, or one that is not allowed on a line"),
        (b"a.example.org -H b.example.org", "unknown option -H, or"),
        (b"a.example.org --output json", "unknown option --output, or"),
        (b"a.example.org:8443 -p 443", "-H and -p name different ports, 8443 and 443"),
        (b"a.example.org b.example.org", "unexpected b.example.org: a line has one host"),
        (b"a.example.org -w 5 -c 10", "the warning could never trigger"),
        (b"a.example.org --name 'unclosed", "it is broken: no closing quotation"),
        (b"a.example.org \xff\xfe", "it is not UTF-8 at byte 14"),
        (b"\xff\xfea\0.\0", "it is not UTF-8 at byte 0"),
        (b"a" * 1_048_576, "it has 1048576 bytes, more than 8192"),
        (b"a|b\x1b[31m.example.org", r'"a/b\x1b[31m.example.org" is'),
        (b"a.example.org \x1b[31m|x", r"unexpected \x1b[31m/x"),
        (b"$(id).example.org", '"$(id).example.org" is'),
    ],
)
def test_a_bad_line_costs_no_other(tmp_path: Path, line: bytes, why: str) -> None:
    asked = of_file(tmp_path, b"www.example.org\n\n" + line + b"\nmail.example.org:25\n")
    place = f'line 3 of "{tmp_path}/targets"'
    assert labels_of(asked) == [PLAIN[0], place, PLAIN[1]]
    assert why in reason(asked, 1)
    assert [one.failure is None for one in asked.planned] == [True, False, True]


def test_the_same_target_twice_is_checked_once(tmp_path: Path) -> None:
    asked = of_file(tmp_path, b"a.example.org\nb.example.org\nA.example.org:443\n", "-H", "b.example.org")
    assert labels_of(asked) == ["b.example.org:443", "a.example.org:443"]
    assert asked.repeated == (
        f'line 2 of "{tmp_path}/targets": duplicate of b.example.org:443, checked once',
        f'line 3 of "{tmp_path}/targets": duplicate of a.example.org:443 of line 1 of "{tmp_path}/targets", checked once',
    )
    asked = planned("-H", "a.example.org", "-H", "a.example.org")
    assert (labels_of(asked), asked.repeated) == (
        ["a.example.org:443"],
        ("-H: duplicate of a.example.org:443, checked once",),
    )


def test_what_differs_is_not_the_same_target(tmp_path: Path) -> None:
    lines = b"a.example.org\na.example.org --name b.example.org\na.example.org -w 3 -c 2\nbad:x\nbad:x\n"
    asked = of_file(tmp_path, lines)
    place = f'of "{tmp_path}/targets"'
    assert labels_of(asked) == [
        "a.example.org:443",
        "a.example.org:443 #2",
        "a.example.org:443 #3",
        f"line 4 {place}",
        f"line 5 {place}",
    ]
    assert asked.repeated == ()


@pytest.mark.parametrize("content", [b"", b"\n\n", b"# nothing\n", b"\xef\xbb\xbf"])
def test_no_target_at_all(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UsageError, match=r'targets" contains no target$'):
        of_file(tmp_path, content)


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match=r'--targets: cannot read ".*/none": No such file or directory'):
        planned("--targets", tmp_path / "none")
    with pytest.raises(UsageError, match="Is a directory"):
        planned("--targets", tmp_path)
    monkeypatch.setattr(lines, "MAX_FILE_OCTETS", 1_048_576)
    with pytest.raises(UsageError, match="is larger than 1 MiB"):
        of_file(tmp_path, b"#" * 1_048_577)
    monkeypatch.setattr(lines, "MAX_TARGETS", 2)
    with pytest.raises(UsageError, match="has more than 2 targets"):
        of_file(tmp_path, b"a.example.org\nb.example.org\nc.example.org\n")


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "read_bytes", lambda path, *_: {"-": b"a.example.org\nx:y\n"}[path])
    assert labels_of(planned("--targets", "-")) == ["a.example.org:443", "line 2 of standard input"]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--targets", "x", "--file", "y"), "--file does not go with several targets"),
        (("-H", "a", "-H", "b", "--jobs", "0"), '--jobs: must be a number from 1 to 10000, not "0"'),
        (("-H", "a", "-H", "b", "--jobs", "many"), "--jobs: must be"),
        (("-H", "a", "-H", "b", "--fleet-critical", "101%"), "asks for more than 100% of the targets"),
        (("-H", "a", "-H", "b", "--fleet-warning", "5d"), "has the unit d, but targets_bad is a number"),
        (("-H", "a", "-H", "b", "--fleet-warning", "5", "--fleet-critical", "2"), "the warning could never trigger"),
        (("-H", "a", "-H", "b:x"), "-H: the port must be a number"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], why: str) -> None:
    with pytest.raises(UsageError) as raised:
        planned(*arguments)
    assert why in str(raised.value)


def test_impossible_total() -> None:
    with pytest.raises(UsageError, match=r"^--total-timeout: the timeout must be a number of seconds"):
        total_timeout(read_arguments(["-H", "a", "-H", "b", "--total-timeout", "0"]))


def test_several_files(tmp_path: Path) -> None:
    (tmp_path / "more").write_text("b.example.org\na.example.org\n")
    asked = of_file(tmp_path, b"a.example.org\n", "--targets", str(tmp_path / "more"))
    assert labels_of(asked) == ["a.example.org:443", "b.example.org:443"]
    (tmp_path / "more").write_text("")
    with pytest.raises(UsageError, match=r'more" contains no target$'):
        of_file(tmp_path, b"a.example.org\n", "--targets", str(tmp_path / "more"))


@pytest.mark.parametrize(
    "option",
    [
        ("--jobs", "2"),
        ("--total-timeout", "2"),
        ("--fleet-warning", "2"),
        ("--fleet-critical", "2"),
        ("--perfdata", "all"),
        ("--sort-by-expiry",),
    ],
)
def test_what_is_for_several_targets(option: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match=f"^{option[0]} is for several targets"):
        several(read_arguments(["-H", "a.example.org", *option]))
    assert not several(read_arguments(["-H", "a.example.org"]))


def test_the_whole_run() -> None:
    asked = planned("-H", "a", "-H", "b")
    assert (asked.jobs, asked.quorum, asked.perfdata, asked.by_expiry, asked.listed) == (
        64,
        None,
        "all",
        False,
        False,
    )
    asked = planned("-H", "a", "-H", "b", "--jobs", "3", "--perfdata", "aggregate", "--sort-by-expiry")
    assert (asked.jobs, asked.perfdata, asked.by_expiry, asked.listed) == (
        3,
        "aggregate",
        True,
        True,
    )
    for more, seconds in (((), 50), (("-t", "90"), 90), (("-t", "90", "--total-timeout", "60"), 60)):
        assert total_timeout(read_arguments(["-H", "a", "-H", "b", *more])) == seconds
    assert planned("-H", "a", "-H", "b", "-v").listed
    assert planned("-H", "a", "-H", "b", "--fleet-critical", "default").quorum is None


def test_performance_data_of_few_targets_only() -> None:
    hosts = [part for letter in "abcdef" for part in ("-H", f"{letter}.example.org")]
    assert (planned(*hosts[:10]).perfdata, planned(*hosts).perfdata) == ("all", "aggregate")
    assert planned(*hosts, "--perfdata", "all").perfdata == "all"


@pytest.mark.parametrize(
    ("given", "warning", "critical"),
    [
        (("--fleet-critical", "10%"), Interval(0, 0), Interval(0, 2)),
        (("--fleet-warning", "5%", "--fleet-critical", "3"), Interval(0, 1), Interval(0, 3)),
        (("--fleet-warning", "1"), Interval(0, 1), None),
    ],
)
def test_quorum(given: tuple[str, ...], warning: Interval, critical: Interval | None) -> None:
    """A range for CRITICAL alone leaves one bad target a warning, so that nothing bad is ever OK unasked."""
    quorum = planned("-H", "a", "-H", "b", *given).quorum
    assert quorum is not None
    assert tuple(threshold and threshold.of(20) for threshold in quorum) == (warning, critical)


@pytest.mark.parametrize(
    ("labels", "prefixes"),
    [
        (["www.example.org:443", "b.example.org:443"], ["www.example.org:443", "b.example.org:443"]),
        (["[2001:db8::1]:443"], ["2001-db8--1:443"]),
        (["www.example.org:443 at 2001:db8::1"], ["www.example.org:443"]),
        (["xn--bcher-kva.example (b\\xfccher.example):443 at 192.0.2.1"], ["xn--bcher-kva.example:443"]),
        (
            ["a.example:443 at 2001:db8::1", "a.example:443 at 192.0.2.1", "a.example:443", "a.example:443 #2"],
            ["a.example:443 at 2001-db8--1", "a.example:443 at 192.0.2.1", "a.example:443", "a.example:443 #2"],
        ),
        (["a.example:443 at fe80::1%eth'0=", "a.example:443"], ["a.example:443 at fe80--1_eth_0_", "a.example:443"]),
    ],
)
def test_prefixes_of_performance_data(labels: list[str], prefixes: list[str]) -> None:
    """Host and port, and no more unless there are others with these."""
    assert perfdata_prefixes(labels) == prefixes
