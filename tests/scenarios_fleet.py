"""Scenarios of runs with several targets; see test_transcripts.py."""

from __future__ import annotations

from collections.abc import Iterator

from tests import servers
from tests.pki import end_entity
from tests.program import AS_OF
from tests.scenarios import Place, Scenario, scenario


@scenario("target.not-understood")
def bad_line(place: Place) -> Iterator[Scenario]:
    with servers.tls(end_entity(place.issuing), place.issuing) as port:
        path = place.data(b"127.0.0.1:%d --name www.example.org\nwww.example.org:70000\n" % port)
        yield Scenario(
            ("--targets", path, *place.trust, "--perfdata", "aggregate"),
            3,
            f'UNKNOWN - {AS_OF} 1 of 2 targets bad (1 UNKNOWN, 1 OK). line 2 of "{path}": -H: the port'
            ' must be a number from 1 to 65535, not "70000"; write HOST[:PORT] and options that differ from the command'
            " line's | targets=2;;;0 targets_bad=1;;;0;2 expiry=60d",
            "",
        )


@scenario("target.not-reached")
def no_time_left(place: Place) -> Iterator[Scenario]:
    yield Scenario(
        ("-H", "192.0.2.1", "-H", "192.0.2.2", "--total-timeout", "0.000000001"),
        3,
        f"UNKNOWN - {AS_OF} 2 of 2 targets bad (2 UNKNOWN). 192.0.2.1:443: not checked: the time for the whole run was"
        " over before its turn; raise --total-timeout or --jobs, or check fewer targets in one run. 192.0.2.2:443: not"
        " checked: the time for the whole run was over before its turn; raise --total-timeout or --jobs, or check fewer"
        " targets in one run | targets=2;;;0 targets_bad=2;;;0;2",
        "",
    )
