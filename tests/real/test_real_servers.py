"""The program against real servers: good certificates, bad ones, and none at all.

`openssl s_client` is asked first where it knows the protocol: if it fails, too, the server is not what it should be.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

import pytest

from tests import pki
from tests.installed import installed
from tests.pki import EPOCH, days
from tests.program import AS_OF, AT, ROOT, Run, run
from tests.real.server import Material, Server
from tests.real.servers import SERVERS

#: What `openssl s_client -starttls` calls the protocols it knows. It does not know RDP.
OPENSSL = {
    **{name: name for name in ("smtp", "lmtp", "imap", "pop3", "sieve", "ftp", "nntp", "irc", "ldap")},
    "submission": "smtp",
    "xmpp-client": "xmpp",
    "xmpp-server": "xmpp-server",
    "postgres": "postgres",
    "mysql": "mysql",
}

NAME = "www.example.org"

#: What is said about servers that nobody gave a certificate, by name and protocol.
WITHOUT_TLS = {
    ("Postfix", "smtp"): "does not offer TLS: its reply to EHLO does not list STARTTLS; enable TLS",
    ("Dovecot", "lmtp"): "does not offer TLS: its reply to LHLO does not list STARTTLS; enable TLS",
    ("Dovecot", "imap"): "does not offer TLS: its capabilities do not list STARTTLS; enable TLS",
    ("Dovecot", "pop3"): "does not offer TLS: its capabilities do not list STLS; enable TLS",
    ("Dovecot", "sieve"): "does not offer TLS: its capabilities do not list STARTTLS; enable TLS",
    ("vsftpd", "ftp"): 'refused AUTH TLS: "530 Please login with USER and PASS."; check the server\'s log',
}


class Authorities:
    """A root, and a CA that it issued."""

    def __init__(self, directory: Path) -> None:
        self.root = pki.authority("Example Root R1")
        self.issuing = pki.authority("Example Issuing CA 3", self.root)
        self.file = pki.write(directory / "root.pem", self.root)

    def material(self, *, complete: bool = True, not_after: datetime = EPOCH + days(60)) -> Material:
        """Return a certificate for `NAME` and, if ``complete``, that of its issuer."""
        entity = pki.end_entity(self.issuing, names=(NAME,), not_after=not_after)
        chain = entity.pem + self.issuing.pem if complete else entity.pem
        return Material(chain, entity.key_pem)

    def check(self, port: int, *extra: str) -> Run:
        """Run the program against ``port``, with the root as the only trust anchor."""
        return run("-H", "127.0.0.1", "-p", str(port), "--name", NAME, "--ca-file", self.file, *AT, *extra)


@pytest.fixture(scope="module")
def authorities(tmp_path_factory: pytest.TempPathFactory) -> Authorities:
    return Authorities(tmp_path_factory.mktemp("authorities"))


@pytest.fixture(scope="module")
def ports(request: pytest.FixtureRequest, authorities: Authorities) -> Iterator[Mapping[str, int]]:
    """A server with a good certificate, kept for the tests of all its protocols."""
    server: Server = request.param
    with server.run(authorities.material()) as by_protocol:
        yield by_protocol


def reachable_with_openssl(port: int, preamble: str | None, anchor: Path) -> bool:
    """Whether `openssl s_client` gets a chain from ``port`` that it finds valid for `NAME`."""
    command = [installed("openssl"), "s_client", "-connect", f"127.0.0.1:{port}", "-servername", NAME]
    command += ["-CAfile", str(anchor), "-attime", str(int(EPOCH.timestamp()))]
    command += ["-verify_return_error", "-verify_hostname", NAME]
    if preamble:
        command += ["-starttls", preamble]
    if preamble in ("xmpp", "xmpp-server"):
        command += ["-name", NAME]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=60, check=False)
    return done.returncode == 0 and b"Verification: OK" in done.stdout


def options(server: Server, protocol: str) -> tuple[str, ...]:
    """Return what the program needs to know to speak ``protocol``."""
    return ("--starttls", protocol) if protocol in server.starttls else ()


each_server = pytest.mark.parametrize("server", SERVERS, ids=[server.name for server in SERVERS])

#: The fixture `ports` gets the server, and starts it once for all its protocols.
each_protocol = pytest.mark.parametrize(
    ("ports", "server", "protocol"),
    [
        pytest.param(server, server, protocol, id=f"{server.name}-{protocol}")
        for server in SERVERS
        for protocol in server.starttls + server.implicit
    ],
    indirect=["ports"],
    scope="module",
)


@each_protocol
def test_openssl(authorities: Authorities, ports: Mapping[str, int], server: Server, protocol: str) -> None:
    """The server is as it should be, whatever the program says about it."""
    if protocol in server.starttls and protocol not in OPENSSL:
        pytest.skip(f"openssl s_client does not speak {protocol}")
    preamble = OPENSSL[protocol] if protocol in server.starttls else None
    assert reachable_with_openssl(ports[protocol], preamble, authorities.file)


@each_protocol
def test_good(authorities: Authorities, ports: Mapping[str, int], server: Server, protocol: str) -> None:
    """The only trust anchor is the root: the path is valid only if the server has sent the intermediate."""
    done = authorities.check(ports[protocol], *options(server, protocol))
    assert (done.code, done.err) == (0, ""), done.out
    assert done.out.startswith(
        f"TLS_CERT OK - {AS_OF} 127.0.0.1:{ports[protocol]} expires in 60 d (2026-03-16), "
        'path to "Example Root R1" valid, hostname matches, SANs cover 1/1 | '
    )
    assert "chain_valid=1;" in done.out


@each_server
def test_expired_and_incomplete(authorities: Authorities, server: Server) -> None:
    """What is wrong with a certificate gets through, whatever the server that presents it."""
    protocol = (server.starttls + server.implicit)[0]
    asked = options(server, protocol)
    with server.run(authorities.material(complete=False, not_after=EPOCH - days(5))) as ports:
        done = authorities.check(ports[protocol], *asked)
    assert (done.code, done.err) == (2, ""), done.out
    first = done.out.splitlines()[0]
    assert first.startswith("TLS_CERT CRITICAL")
    assert "expired 5 d ago" in first
    assert 'hain incomplete: server did not send "Example Issuing CA 3"' in first
    assert "reachable=100%;" in first


@pytest.mark.parametrize(("name", "protocol"), WITHOUT_TLS, ids=["-".join(key) for key in WITHOUT_TLS])
def test_without_tls(authorities: Authorities, name: str, protocol: str) -> None:
    """A server that has no certificate speaks its protocol all the same, and says no to TLS."""
    server = next(server for server in SERVERS if server.name == name)
    with server.run(authorities.material(), tls=False) as ports:
        done = authorities.check(ports[protocol], "--starttls", protocol)
    assert (done.code, done.err) == (2, ""), done.out
    assert f": the {protocol} server {WITHOUT_TLS[name, protocol]}" in done.out
    assert "| reachable=0%;" in done.out


def test_ci_installs_each_server() -> None:
    """A package that `.ci/run` forgets would be missed only by the next machine."""
    script = (ROOT / ".ci/run").read_text().split()
    assert [package for server in SERVERS for package in server.packages if package not in script] == []
