"""Runs with several targets, whole: what is on standard output, and that nothing keeps anything else waiting."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import resource
import struct
import subprocess
import sys
import termios
from collections.abc import Iterator
from contextlib import ExitStack
from importlib import resources
from pathlib import Path
from typing import NamedTuple

import jsonschema
import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families

from check_tls_cert import fleet
from check_tls_cert.report.words import MAX_OUTPUT
from tests import pki, servers
from tests.pki import EPOCH, authority, days, end_entity
from tests.program import AS_OF, AT, ROOT, run
from tests.scenarios import nothing

WELL = 'expires in 60 d (2026-03-16), path to "Example Root R1" valid, hostname matches, SANs cover 1/1'


class Place(NamedTuple):
    """Servers, and where to write: a good one, one with a certificate that ends soon, and one that says nothing."""

    directory: Path
    good: int
    soon: int
    silent: int

    def targets(self, *lines: str) -> Path:
        """Write a file of targets; "good", "soon" and "silent" begin lines for those servers by the names a, b, c..."""
        ports = {"good": self.good, "soon": self.soon, "silent": self.silent}
        names = {"good": "www", "soon": "soon", "silent": "www"}
        written = []
        for letter, line in zip("abcdefghijklm", lines):
            kind, _, rest = line.partition(" ")
            if kind in ports:
                host = f"{letter}.example.org:{ports[kind]}"
                line = f"{host} --address 127.0.0.1 --name {names[kind]}.example.org {rest}"  # noqa: PLW2901
            written.append(line)
        path = self.directory / "targets"
        path.write_text("".join(f"{line}\n" for line in written))
        return path

    @property
    def trust(self) -> tuple[str, str]:
        """The options by which the program trusts the servers."""
        return ("--ca-file", str(self.directory / "ca.pem"))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    root = authority("Example Root R1")
    issuing = authority("Example Issuing CA 3", root)
    ending = end_entity(issuing, names=("soon.example.org",), not_before=EPOCH - days(84), not_after=EPOCH + days(6))
    directory = tmp_path_factory.mktemp("fleet")
    pki.write(directory / "ca.pem", root)
    with ExitStack() as stack:
        good = stack.enter_context(servers.tls(end_entity(issuing), issuing))
        soon = stack.enter_context(servers.tls(ending, issuing))
        silent = stack.enter_context(servers.serving(servers.silent))
        yield Place(directory, good, soon, silent)


def without_ports(text: str) -> str:
    return re.sub(r"(?<=example[.]org:)[0-9]+", "P", text)


def test_all_is_well(place: Place) -> None:
    done = run("--targets", place.targets("good", "good"), *place.trust, *AT, "--perfdata", "aggregate")
    assert (done.code, done.err, without_ports(done.out)) == (
        0,
        "",
        f"TLS_CERT OK - {AS_OF} 2 targets OK, the first to expire is a.example.org:P at 127.0.0.1 in 60 d"
        " | targets=2;;;0 targets_bad=0;;;0;2 expiry=60d\n",
    )


def test_what_has_expired_and_is_accepted(place: Place) -> None:
    later = ("--at", "2026-04-15T12:00:00Z", "--accept", "expiry.expired", "--perfdata", "aggregate")
    done = run("--targets", place.targets("good", "good"), *place.trust, *later)
    assert done.code == 0
    assert "2 targets OK, the first to expire was a.example.org:P at 127.0.0.1 30 d ago | " in without_ports(done.out)


@pytest.mark.parametrize(
    ("at", "words", "days", "number"),
    [
        ("2026-03-16T11:46:00Z", "is a.example.org:P at 127.0.0.1 in 14 min", "0 d", "0"),
        ("2026-03-16T11:20:00Z", "is a.example.org:P at 127.0.0.1 in 40 min", "0 d", "0.02"),
        ("2026-03-16T12:05:00Z", "was a.example.org:P at 127.0.0.1 5 min ago", "-0.1 d", "-0.01"),
        ("2026-03-16T13:00:00Z", "was a.example.org:P at 127.0.0.1 60 min ago", "-0.1 d", "-0.05"),
    ],
)
def test_words_of_the_exact_time_left(place: Place, at: str, words: str, days: str, number: str) -> None:
    """Rounding is for numbers only, and what has expired is never 0 there."""
    given = ("--at", at, "-w", "0", "-c", "0", "--accept", "expiry.expired", "--perfdata", "aggregate", "-v")
    done = run("--targets", place.targets("good"), *place.trust, *given)
    first, row, *_ = without_ports(done.out).splitlines()
    assert f"1 target OK, the first to expire {words} | " in first
    assert f" expiry={number}d" in first
    assert row.split("  a.example.org")[0].split(None, 1) == ["OK", days]


def test_the_worst_decides_and_every_bad_one_is_named(place: Place) -> None:
    path = place.targets("good", "soon", "good -w 80", "nonsense:x", "good --name x.example.org", "good")
    done = run("--targets", path, *place.trust, *AT)
    first, *rest = without_ports(done.out).splitlines()
    assert (done.code, done.err) == (2, "")
    assert first == (
        f"TLS_CERT CRITICAL - {AS_OF} 4 of 6 targets bad (2 CRITICAL, 1 WARNING, 1 UNKNOWN, 2 OK)."
        ' b.example.org:P at 127.0.0.1: the end-entity certificate "www.example.org" expires in 6 d'
        " (2026-01-21T12:00:00Z), less than the required 9 d; renew it. e.example.org:P at 127.0.0.1: hostname mismatch: the"
        " certificate is for www.example.org, not for x.example.org; reissue it for x.example.org, or make the server"
        " use the certificate for x.example.org. c.example.org:P at 127.0.0.1: the end-entity certificate"
        ' "www.example.org" expires in 60 d (2026-03-16T12:00:00Z), less than the required 80 d; renew it'
        " | targets=6;;;0 targets_bad=4;;;0;6 expiry=6d"
    )
    assert rest == [
        f'UNKNOWN line 4 of "{path}": -H: the port must be a number from 1 to 65535, not "x"; write'
        " HOST[:PORT] and options that differ from the command line's"
    ]


def test_performance_data_of_each(place: Place) -> None:
    done = run("--targets", place.targets("good", "soon"), *place.trust, *AT, facts=True)
    found = re.findall(r"'([^']*)'=([^ ]*)", without_ports(done.out).split(" | ")[1])
    labels = [label for label, _ in found]
    assert "|" not in done.out.split(" | ")[1]
    assert labels[:4] == [
        f"a.example.org:P {name}" for name in ("expiry", "lifetime_used", "chain_valid", "chain_expiry")
    ]
    assert len(labels) == len(set(labels)) == 22
    assert dict(found)["b.example.org:P expiry"] == "6d;22.5:;9:"


@pytest.mark.parametrize(
    ("quorum", "state", "code", "wanted"),
    [
        (("--fleet-critical", "1"), "WARNING", 1, ", more than the allowed 0"),
        (("--fleet-critical", "33%"), "CRITICAL", 2, ", more than the allowed 0.99"),
        (("--fleet-warning", "1", "--fleet-critical", "2"), "OK", 0, ", more than the allowed 1"),
        (("--fleet-critical", "@1:2"), "CRITICAL", 2, ", within the forbidden 1 to 2"),
    ],
)
def test_quorum(place: Place, quorum: tuple[str, ...], state: str, code: int, wanted: str) -> None:
    path = place.targets("good", "soon", "good")
    done = run("--targets", path, *place.trust, *AT, *quorum, "--perfdata", "aggregate")
    assert done.code == code
    assert f"TLS_CERT {state} - {AS_OF} 1 of 3 targets bad (1 CRITICAL, 2 OK){wanted}. b.example" in done.out


def test_table_for_people(place: Place) -> None:
    path = place.targets("good -w 80", "soon", "bad:x", "soon", "good")
    listed = run("--targets", path, *place.trust, *AT, "-v").out.splitlines()[1:]
    named = [re.split(r"\s{2,}", line)[:2] for line in listed[:4]]
    assert named == [["CRITICAL", "6 d"], ["CRITICAL", "6 d"], ["WARNING", "60 d"], ["UNKNOWN", "?"]]
    assert len({re.search(r"(example|line)", line).start() for line in listed if "example" in line}) == 1  # type: ignore[union-attr]
    sorted_by_expiry = run("--targets", path, *place.trust, *AT, "--sort-by-expiry").out.splitlines()[1:]
    assert [line.split("  ")[0] for line in sorted_by_expiry] == ["UNKNOWN", "CRITICAL", "CRITICAL", "WARNING", "OK"]
    assert without_ports(sorted_by_expiry[-1]).endswith(f"  {WELL[0].upper()}{WELL[1:]}")


def test_details_of_each_and_repetitions(place: Place) -> None:
    path = place.targets("soon", "nothing.example.org:x")
    path.write_text(path.read_text() + path.read_text().splitlines()[0] + "\n")
    lines = run("--targets", path, *place.trust, *AT, "-vv").out.splitlines()
    assert lines[2].startswith("  CRITICAL expiry expiry.soon (presented 0, serial ")
    assert lines[3].startswith('  presented 0: "www.example.org" issued by')
    assert lines[-1].startswith(f'line 3 of "{path}": duplicate of a.example.org:')
    assert run("--targets", path, *place.trust, *AT).out.splitlines()[-1] == lines[-1]


def test_text_within_what_nagios_takes(tmp_path: Path) -> None:
    with nothing() as port:
        lines = "".join(
            f"node-with-a-long-name-{number}.example.org:{port} --address 127.0.0.1\n" for number in range(99)
        )
        path = tmp_path / "targets"
        path.write_text(lines)
        done = run("--targets", path, *AT)
    assert (done.code, done.err) == (2, "")
    assert MAX_OUTPUT - 300 < len(done.out) <= MAX_OUTPUT + 100
    first, *rest = done.out.splitlines()
    assert first.endswith(" | targets=99;;;0 targets_bad=99;;;0;99")
    left_out = re.fullmatch("([0-9]+) more lines omitted; see them with -v", rest[-1])
    assert left_out is not None
    assert int(left_out.group(1)) + len(rest) - 1 + 3 == 99
    assert len(run("--targets", path, *AT, "-v").out.splitlines()) == 100


def test_a_long_cause_is_cut(place: Place) -> None:
    names = ",".join(f"a-name-that-is-long-{number}.example.org" for number in range(40))
    done = run("--targets", place.targets("good", "good"), *place.trust, *AT, "--san", names, "--perfdata", "aggregate")
    assert done.out.count("...") == 2
    assert len(done.out) < 1_100


def test_json_is_an_array_in_the_order_given(place: Place) -> None:
    path = place.targets("good", "nonsense:x", "soon")
    done = run("--targets", path, *place.trust, *AT, "--output", "json")
    found = json.loads(done.out)
    schema = json.loads(resources.files("check_tls_cert.report").joinpath("schema.json").read_text())
    jsonschema.validate(found, schema)
    assert (done.code, done.err) == (2, "")
    assert [one["state"] for one in found] == ["OK", "UNKNOWN", "CRITICAL"]
    assert [finding["id"] for finding in found[1]["findings"]] == ["target.not-understood"]
    done = run("--targets", path, *place.trust, *AT, "--output", "json", "--jobs", "x")
    assert json.loads(done.out)["state"] == "UNKNOWN"


def test_openmetrics_has_each_family_once(place: Place) -> None:
    path = place.targets("good", "nonsense:x", "soon")
    done = run("--targets", path, *place.trust, *AT, "--output", "openmetrics")
    families = {family.name: family for family in text_string_to_metric_families(done.out)}
    assert (done.code, done.err) == (2, "")
    assert done.out.endswith("# EOF\n")
    assert len(families) == done.out.count("# TYPE ")
    assert [sample.value for sample in families["tls_cert_state"].samples] == [0, 3, 2]
    expiry = {without_ports(one.labels["target"]): one.value for one in families["tls_cert_expiry_seconds"].samples}
    assert expiry == {
        "a.example.org:P at 127.0.0.1": 60 * 86_400,
        "c.example.org:P at 127.0.0.1": 6 * 86_400,
    }
    assert [families[name].samples[0].value for name in ("tls_cert_targets", "tls_cert_targets_bad")] == [3, 2]


def test_the_silent_delay_nobody(place: Place) -> None:
    """One at a time, and two of them silent: if they were waited for, the whole run's time would be over."""
    path = place.targets("silent", "silent", "good", "soon")
    done = run("--targets", path, *place.trust, *AT, "--jobs", "1", "-t", "1.5", "--total-timeout", "60", "-v")
    states = {line.split(".example")[0][-1]: line.split(" ")[0] for line in done.out.splitlines()[1:]}
    assert states == {"a": "CRITICAL", "b": "CRITICAL", "c": "OK", "d": "CRITICAL"}
    assert done.out.count("timed out") == 4  # twice in the first line, twice in the table


def test_the_whole_run_has_an_end(place: Place) -> None:
    """The total is shorter than what the silent one is given: it is told so, and the others had their turn before."""
    path = place.targets("good", "silent")
    done = run("--targets", path, *place.trust, *AT, "-t", "600", "--total-timeout", "3", "-v", timeout=60)
    assert [line.split(" ")[0] for line in done.out.splitlines()[1:]] == ["CRITICAL", "OK"]
    assert "timed out" in done.out


def test_few_file_descriptors(place: Place) -> None:
    """With room for hardly any connection the targets take turns: none is lost, none is reported for our poverty."""
    path = place.targets(*["good"] * 13)

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))

    done = subprocess.run(
        [sys.executable, "-m", "check_tls_cert", "--targets", str(path), *place.trust, *AT],
        capture_output=True,
        text=True,
        cwd=ROOT,
        preexec_fn=limit,  # this process has no other thread that matters
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert " 13 targets OK" in done.stdout


@pytest.mark.parametrize(
    ("soft", "hard", "raised", "limits"),
    [
        (1_024, 1_048_576, 8_032, (64, 2_000)),
        (1_024, resource.RLIM_INFINITY, 8_032, (64, 2_000)),
        (1_024, 4_096, 4_096, (64, 1_016)),
        (100, 100, 100, (17, 17)),
        (8, 8, 8, (1, 1)),
        (resource.RLIM_INFINITY, resource.RLIM_INFINITY, None, (64, 2_000)),
        (1_048_576, 1_048_576, None, (64, 2_000)),
    ],
)
def test_file_descriptors(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, raised: int | None, limits: tuple[int, int]
) -> None:
    """The process takes as many as it may have and can use, and begins no more targets than they suffice for."""
    asked = []
    monkeypatch.setattr(resource, "getrlimit", lambda _: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _, pair: asked.append(pair))
    assert fleet._limits(64) == limits
    assert asked == ([] if raised is None else [(raised, hard)])


def on_terminal(place: Place, environment: dict[str, str]) -> tuple[bytes, str]:
    """Run the program with a terminal for standard error; return what it printed, and what the terminal shows."""
    path = place.targets("good", "soon")
    command = [sys.executable, "-m", "check_tls_cert", "--targets", str(path), *place.trust, *AT]
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    with os.fdopen(ours, "rb", buffering=0) as terminal:
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=theirs, cwd=ROOT, check=False, env={**os.environ, **environment}
        )
        os.write(theirs, b"END")
        shown = b""
        while not shown.endswith(b"END"):
            shown += terminal.read(65_536)
        os.close(theirs)
    assert done.returncode == 2
    return done.stdout, shown.removesuffix(b"END").decode()


def test_progress_bar_on_a_terminal(place: Place) -> None:
    out, shown = on_terminal(place, {})
    assert "2/2 [" in shown or "0/2 [" in shown
    assert out.startswith(b"TLS_CERT CRITICAL - ")
    assert b"/2 [" not in out


def test_no_progress_bar_without_what_draws_it(place: Place, tmp_path: Path) -> None:
    (tmp_path / "tqdm.py").write_text("raise ImportError")
    out, shown = on_terminal(place, {"PYTHONPATH": str(tmp_path)})
    assert shown == ""
    assert out.startswith(b"TLS_CERT CRITICAL - ")
