"""Run the installed program against good and bad endpoints on loopback, and show each command, output and exit status.

python -m demo [HOST]     with HOST: check that host instead
"""

from __future__ import annotations

import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from pathlib import Path

from tests import pki, servers
from tests.pki import Entity, days

PROGRAM = Path(sys.executable).parent / "check_tls_cert"
STATES = {0: "OK", 1: "WARNING", 2: "CRITICAL", 3: "UNKNOWN"}


def show(title: str, *arguments: str, expected: int | None = None) -> None:
    """Run the program with ``arguments``, and print the command, its output and its exit status.

    Raises SystemExit if that is not the one ``expected``.
    """
    command = [str(PROGRAM), *arguments]
    print(f"--- {title}")
    print("$ check_tls_cert " + shlex.join(arguments), flush=True)
    done = subprocess.run(command, check=False)  # noqa: S603  # the program just installed
    print(f"(exit status {done.returncode}: {STATES.get(done.returncode, 'not a state')})\n", flush=True)
    if expected not in (None, done.returncode):
        raise SystemExit(f"demo: exit status {expected} was expected")


@contextmanager
def trusted_root(now: datetime) -> Iterator[tuple[Entity, str]]:
    """Make a root CA and yield it with the path of its file."""
    root = pki.authority("Example Root R1", not_before=now - days(1000), not_after=now + days(2000))
    with tempfile.TemporaryDirectory(prefix="demo-") as directory:
        yield root, str(pki.write(Path(directory, "ca.pem"), root))


def endpoints(now: datetime) -> None:
    """Show one good endpoint, and five that page somebody."""
    with trusted_root(now) as (root, anchors):
        issuing = pki.authority("Example Issuing CA 3", root, not_before=now - days(500), not_after=now + days(1000))

        def site(begin: float = -30, end: float = 60, *names: str) -> Entity:
            wanted = names or ("www.example.org", "example.org")
            return pki.end_entity(issuing, names=wanted, not_before=now + days(begin), not_after=now + days(end))

        cases = (
            ("a good endpoint", 0, (site(), issuing), ()),
            ("about to expire: 6 of 90 days are left", 2, (site(-84, 6), issuing), ()),
            ("expired two days ago", 2, (site(-92, -2), issuing), ()),
            ("the certificate is for another name", 2, (site(-30, 60, "intranet.example.org"), issuing), ()),
            ("the server does not send the intermediate CA certificate", 2, (site(),), ()),
            (
                "a name was lost at renewal",
                2,
                (site(), issuing),
                ("--san", "www.example.org,shop.example.org"),
            ),
        )
        for title, expected, chain, extra in cases:
            with servers.tls(*chain) as port:
                arguments = ("-H", f"127.0.0.1:{port}", "--name", "www.example.org", "--ca-file", anchors, *extra)
                show(title, *arguments, expected=expected)


def teams_morning() -> None:
    """Replay 2020-02-03, when Microsoft Teams was down for hours because a certificate had expired."""
    end = datetime(2020, 2, 3, 13, 30, tzinfo=timezone.utc)
    print("=== 3 February 2020: Microsoft Teams is down for 20 million people; a certificate has expired.")
    print("=== The same certificate, seen with --at on the days before: when would the page have gone out?\n")
    with trusted_root(end) as (root, anchors):

        def site(begin: datetime) -> Entity:
            until = begin + days(365)
            name = "teams.example.org"
            return pki.end_entity(root, names=(name,), common_name=name, not_before=begin, not_after=until)

        old, renewed = site(end - days(365)), site(end + timedelta(hours=3))
        moments = [
            ("60 d before the end", 0, old, end - days(60)),
            ("29 d before the end", 1, old, end - days(29)),
            ("14 d before the end", 2, old, end - days(14)),
            ("1 d before the end", 2, old, end - days(1)),
            ("0.1 d after the end: the outage", 2, old, end + days(0.1)),
            ("after renewal", 0, renewed, end + timedelta(hours=4)),
        ]
        for title, expected, entity, moment in moments:
            with servers.tls(entity) as port:
                at = moment.strftime("%Y-%m-%dT%H:%MZ")
                arguments = ("-H", f"127.0.0.1:{port}", "--name", "teams.example.org", "--ca-file", anchors, "--at", at)
                show(title, *arguments, expected=expected)
    warned, paged = (f"{end - days(left):%d %B}" for left in (30, 15))
    print(
        f"=== With the default thresholds: a warning from {warned} on, the page on {paged}, the outage on {end:%d %B}."
    )


def main(hosts: list[str]) -> None:
    """Show the hosts that are named, or else the endpoints on loopback and the replay."""
    for host in hosts:
        show(host, "-H", host, "-v")
    if not hosts:
        endpoints(datetime.now(timezone.utc))
        teams_morning()


if __name__ == "__main__":
    main(sys.argv[1:])
