"""Against TLS servers written by others: `openssl s_server` and nginx. CI installs both; others may lack them."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import pki, servers
from tests.installed import installed
from tests.pki import Entity
from tests.program import AS_OF, AT, run, without_time
from tests.servers import PATIENCE

VALID = "expiry=60d;22.5:;9: lifetime_used=33.34%;75;90;0 chain_valid=1;;1:;0;1 chain_expiry=2000d;22.5:;9:"
NAMED = "hostname_match=1;;1:;0;1 san_coverage=100%;;100:;0;100"
REACHED = "reachable=100%;;100:;0;100 time=0.01s;;;0"
GOOD = (
    f'OK - {AS_OF} {{}} expires in 60 d (2026-03-16), path to "Example Root R1" valid, hostname matches, SANs cover 1/1'
    f" | {VALID} {NAMED} {REACHED}"
)


class Site:
    """A chain on disk, for servers that read files."""

    def __init__(self, directory: Path, key: pki.PrivateKey | None = None) -> None:
        self.directory = directory
        root = pki.authority("Example Root R1")
        self.issuing: Entity = pki.authority("Example Issuing CA 3", root)
        self.entity: Entity = pki.end_entity(self.issuing, key=key)
        self.anchors = pki.write(directory / "ca.pem", root)
        self.chain = pki.write(directory / "chain.pem", self.entity, self.issuing)
        self.alone = pki.write(directory / "alone.pem", self.entity)
        self.key = directory / "key.pem"
        self.key.write_bytes(self.entity.key_pem)

    def check(self, port: int, *extra: str) -> tuple[str, int]:
        """Run the program against ``port``; return what it said, and its exit code."""
        name = ("--name", "www.example.org", "--ca-file", str(self.anchors))
        done = run("-H", f"127.0.0.1:{port}", *name, *AT, *extra)
        assert done.err == ""
        return without_time(done.out), done.code


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A P-256 certificate and its chain."""
    return Site(tmp_path)


@contextmanager
def running(*command: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server, and end it by its own process id."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        try:
            yield process
        finally:
            process.kill()


@contextmanager
def s_server(site: Site, *extra: str, chain: Path | None = None) -> Iterator[int]:
    """Run `openssl s_server` on a port of its own choice; yields the port."""
    program = installed("openssl")
    presented = chain or site.chain
    options = ("-accept", "127.0.0.1:0", "-cert", str(presented), "-cert_chain", str(presented), "-key", str(site.key))
    with running(program, "s_server", *options, *extra) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(b"ACCEPT"):
                yield int(line.rpartition(b":")[2])
                return
        pytest.fail("openssl s_server did not start")


def said(line: str, port: int) -> str:
    return f"TLS_CERT {line.replace('{}', f'127.0.0.1:{port}')}\n"


def test_s_server(site: Site) -> None:
    with s_server(site) as port:
        assert site.check(port) == (said(GOOD, port), 0)


@pytest.mark.parametrize("version", ["tls1", "tls1_1", "tls1_2", "tls1_3"])
def test_s_server_protocol_versions(site: Site, version: str) -> None:
    """A server that no client should accept must be seen to be reported: fetching is as permissive as it can be."""
    with s_server(site, f"-{version}", "-cipher", "ALL:@SECLEVEL=0") as port:
        out, code = site.check(port, "-vv")
        assert (out.splitlines()[0] + "\n", code) == (said(GOOD, port), 0)
        spoken = {"tls1": "TLSv1", "tls1_1": "TLSv1.1", "tls1_2": "TLSv1.2", "tls1_3": "TLSv1.3"}[version]
        assert f"negotiated {spoken}, " in out


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
def test_s_server_demands_a_client_certificate(site: Site, version: str) -> None:
    """Its own certificate has arrived by then, and is judged."""
    with s_server(site, f"-{version}", "-Verify", "1", "-verify_return_error") as port:
        out, code = site.check(port, "-v")
        assert (out.splitlines()[0] + "\n", code) == (said(GOOD, port), 0)
        assert "client certificate" in out.splitlines()[-1]


def test_s_server_without_intermediate(site: Site) -> None:
    with s_server(site, chain=site.alone) as port:
        line = (
            f'CRITICAL - {AS_OF} {{}}: chain incomplete: server did not send "Example Issuing CA 3" (issuer of the '
            "end-entity certificate); configure the full chain | expiry=60d;22.5:;9: lifetime_used=33.34%;75;90;0 "
            f"chain_valid=0;;1:;0;1 {NAMED} {REACHED}"
        )
        assert site.check(port) == (said(line, port), 2)


def test_s_server_dtls(site: Site) -> None:
    with s_server(site, "-dtls") as port:
        out, code = site.check(port, "--dtls", "-vv")
        assert (out.splitlines()[0] + "\n", code) == (said(GOOD, port), 0)
        assert "negotiated DTLSv1.2, " in out


def test_s_server_dtls_through_a_lossy_network(site: Site) -> None:
    """Of the server's datagrams the first and the tenth get lost: it sends what was lost again when we do."""
    with s_server(site, "-dtls") as port, servers.losing(port, {0, 9}) as relay:
        out, code = site.check(relay, "--dtls", "-t", "30")
        assert (out, code) == (said(GOOD, relay), 0)


def test_dtls_where_nobody_answers(site: Site) -> None:
    with servers.losing(9, set()) as port:
        out, code = site.check(port, "--dtls", "-t", "1.3")
        line = (
            "timed out before the server sent anything; check that the service is running and speaks TLS on this port"
        )
        assert (out, code) == (
            said(f"CRITICAL - {AS_OF} {{}}: TLS handshake: {line} | reachable=0%;;100:;0;100", port),
            2,
        )


def test_dtls_to_something_else(site: Site) -> None:
    with servers.losing(9, set(), answer=b"nope") as port:
        out, code = site.check(port, "--dtls")
        assert 'TLS handshake: the server does not speak TLS here, it sent "nope"' in out
        assert code == 2


def test_s_server_weak_rsa(tmp_path: Path) -> None:
    site = Site(tmp_path, pki.rsa_key(1024))
    with s_server(site, "-cipher", "ALL:@SECLEVEL=0") as port:
        line = (
            f'CRITICAL - {AS_OF} {{}}: the end-entity certificate "www.example.org" has a weak key: RSA 1024; at least '
            "2048 bits is required; replace it by one with a new key | expiry=60d;22.5:;9: lifetime_used=33.34%;75;90;0 "
            f"chain_valid=0;;1:;0;1 {NAMED} {REACHED}"
        )
        assert site.check(port) == (said(line, port), 2)


def test_s_server_knows_another_name_only(site: Site) -> None:
    """The program sends the server name: a fatal unrecognized_name comes only for another."""
    with s_server(
        site, "-servername", "www.example.org", "-servername_fatal", "-cert2", str(site.chain), "-key2", str(site.key)
    ) as port:
        out, _ = site.check(port)
        assert "reachable=100%" in out
        line = f'CRITICAL - {AS_OF} {{}}: TLS handshake: the server refused with the alert "unrecognized name"; check whether the server knows the server name (--sni) | reachable=0%;;100:;0;100'
        assert site.check(port, "--sni", "other.example.org") == (said(line, port), 2)


NGINX = """\
daemon off; master_process off; pid {directory}/nginx.pid; error_log stderr;
events {{ }}
http {{
    access_log off;
    client_body_temp_path {directory}; proxy_temp_path {directory}; fastcgi_temp_path {directory};
    uwsgi_temp_path {directory}; scgi_temp_path {directory};
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {chain};
        ssl_certificate_key {directory}/key.pem;
        ssl_protocols TLSv1.2 TLSv1.3;
        return 204;
    }}
}}
"""


@contextmanager
def nginx(site: Site, chain: Path) -> Iterator[int]:
    """Run nginx on a port that the kernel chose; yields the port once it answers."""
    program = installed("nginx")
    with socket.socket() as chosen:
        chosen.bind(("127.0.0.1", 0))
        port = int(chosen.getsockname()[1])
    configuration = site.directory / "nginx.conf"
    configuration.write_text(NGINX.format(directory=site.directory, port=port, chain=chain))
    with running(program, "-p", str(site.directory), "-c", str(configuration), "-e", "stderr") as process:
        wait_until_it_answers(port, process)
        yield port


def wait_until_it_answers(port: int, process: subprocess.Popen[bytes]) -> None:
    """Return as soon as something listens on ``port``; fail if the process ends instead."""
    for _ in range(int(PATIENCE * 20)):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        try:
            process.wait(0.05)
        except subprocess.TimeoutExpired:
            continue
        pytest.fail(f"the server ended with {process.returncode}")
    pytest.fail("the server did not answer in time")


def test_nginx(site: Site) -> None:
    with nginx(site, site.chain) as port:
        assert site.check(port) == (said(GOOD, port), 0)


def test_nginx_without_intermediate(site: Site) -> None:
    with nginx(site, site.alone) as port:
        out, code = site.check(port)
        assert (out.partition(" (issuer")[0], code) == (
            f"TLS_CERT CRITICAL - {AS_OF} 127.0.0.1:{port}: chain incomplete: server did not send "
            '"Example Issuing CA 3"',
            2,
        )
