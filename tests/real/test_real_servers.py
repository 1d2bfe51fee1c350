"""Every protocol that a server in Debian speaks, against that server: reached, judged, and left in peace."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests import pki
from tests.pki import EPOCH, days
from tests.program import AS_OF, AT, run
from tests.real.running import Server, missing, running
from tests.real.servers import SERVERS

#: Until long after anybody runs this: some servers look at the date of their own certificate.
FAR = EPOCH + days(9_000)


def root_and_issuing() -> tuple[pki.Entity, pki.Entity]:
    root = pki.authority("Example Root R1", not_after=FAR)
    return root, pki.authority("Example Issuing CA 3", root, not_after=FAR)


@pytest.fixture(params=SERVERS, ids=lambda server: server.name)
def server(request: pytest.FixtureRequest) -> Server:
    found: Server = request.param
    reason = missing(found)
    if reason:
        if os.environ.get("CI"):
            pytest.fail(f"{reason}, and CI relies on it")
        pytest.skip(reason)
    return found


def test_server(server: Server, tmp_path: Path) -> None:
    """Good at every port; and when it presents no intermediate, that is said, whatever precedes TLS."""
    root, issuing = root_and_issuing()
    site = pki.end_entity(issuing, key=pki.rsa_key(2048), not_after=FAR)
    trust = ("--name", "www.example.org", "--ca-file", pki.write(tmp_path / "ca.pem", root), *AT)
    with running(server, site, issuing) as ports:
        for port, protocol in zip(ports, server.speaks):
            starttls = ("--starttls", protocol) if protocol else ()
            done = run("-H", f"127.0.0.1:{port}", *starttls, *trust)
            expected = (
                f"TLS_CERT OK - {AS_OF} 127.0.0.1:{port} expires in 9000 d (2050-09-06), "
                'path to "Example Root R1" valid, hostname matches, SANs cover 1/1 | '
            )
            assert (done.out[: len(expected)], done.err, done.code) == (expected, "", 0), protocol
            distrusted = run(
                "-H", f"127.0.0.1:{port}", *starttls, "--name", "mail.example.org", "--sni", "www.example.org", *AT
            )
            assert distrusted.code == 2
            assert "the chain leads to" in distrusted.out or "was issued by" in distrusted.out
            assert "ostname mismatch: mail.example.org wanted, certificate is for www.example.org" in distrusted.out
