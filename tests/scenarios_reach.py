"""Scenarios of ways to reach an endpoint: preambles, proxies, client certificates, every address."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack

from cryptography.hazmat.primitives import serialization

from tests import pki, servers
from tests.pki import EPOCH, days, end_entity
from tests.program import AS_OF
from tests.scenarios import NAME, NAMED, REACHED, UNREACHED, VALID, Place, Scenario, scenario
from tests.servers import Behaviour

WELL = 'expires in 60 d (2026-03-16), path to "Example Root R1" valid, hostname matches, SANs cover 1/1'
GREETING, EXTENSIONS = b"220 mail.example.org ESMTP\r\n", b"250-mail.example.org\r\n250 STARTTLS\r\n"
SMTP = servers.converses(GREETING, EXTENSIONS, b"220 go ahead\r\n")


def failing(port: int, problem: str, *options: str) -> Scenario:
    """Return the scenario of a connection on which no handshake completes."""
    line = f"CRITICAL - {AS_OF} {{}}: {problem} | {UNREACHED}"
    return Scenario(("-H", f"127.0.0.1:{port}", *NAME, *options), 2, line, f"127.0.0.1:{port}")


def smtp(problem: str, *replies: bytes, then: Behaviour = servers.silent) -> Iterator[Scenario]:
    """Yield the scenario of a mail server that says ``replies``."""

    def behave(connection: socket.socket) -> None:
        servers.converses(*replies)(connection)
        then(connection)

    with servers.serving(behave) as port:
        yield failing(port, problem, "--starttls", "smtp", "-t", "20")


@scenario("starttls.not-offered")
def not_offered(_place: Place) -> Iterator[Scenario]:
    yield from smtp(
        "the smtp server does not offer TLS: its reply to EHLO does not list STARTTLS; enable TLS in the server's configuration",
        GREETING,
        b"250-mail.example.org\r\n250 SIZE\r\n",
    )


@scenario("starttls.refused")
def refused(_place: Place) -> Iterator[Scenario]:
    yield from smtp(
        'the smtp server refused STARTTLS: "454 TLS not available due to temporary reason"; see the server\'s log for '
        "why",
        GREETING,
        EXTENSIONS,
        b"454 TLS not available due to temporary reason\r\n",
    )


@scenario("starttls.unexpected")
def unexpected(_place: Place) -> Iterator[Scenario]:
    yield from smtp(
        'expected the greeting of the smtp server, got "SSH-2.0-OpenSSH_9.2/x" (SSH?); check that the port and --starttls belong together',
        b"SSH-2.0-OpenSSH_9.2|x\r\n",
    )


@scenario("starttls.trailing-data")
def trailing_data(_place: Place) -> Iterator[Scenario]:
    yield from smtp(
        'the smtp server sent "250 injected" in plaintext after its go-ahead for TLS; check whether somebody between here and the server injects it, and update the server',
        GREETING,
        EXTENSIONS,
        b"220 go ahead\r\n250 injected\r\n",
    )


@scenario("starttls.too-long")
def too_long(_place: Place) -> Iterator[Scenario]:
    yield from smtp(
        "the smtp server sent more than 8192 bytes in one piece of its greeting; check that this is the right service",
        b"220 " + b"x" * 10_000,
    )


@scenario("starttls.closed")
def closed(_place: Place) -> Iterator[Scenario]:
    yield from smtp(
        "the smtp server closed the connection before its reply to EHLO; check that the service is running and accepts connections from here",
        GREETING,
        then=lambda connection: connection.close(),
    )


@scenario("starttls.reset")
def reset(_place: Place) -> Iterator[Scenario]:
    yield from smtp(
        "the connection to the smtp server broke (Connection reset by peer) before its reply to EHLO; check that the service is running and accepts connections from here",
        GREETING,
        then=servers.resets,
    )


@scenario("starttls.timeout")
def timeout(_place: Place) -> Iterator[Scenario]:
    with servers.serving(servers.silent) as port:
        yield failing(
            port,
            "the smtp server did not send its greeting within 1.5 s; check that the service is running; if TLS begins with "
            "the connection on this port, drop --starttls",
            *("--starttls", "smtp", "-t", "1.5"),
        )


@scenario("proxy.refused", "proxy.unexpected", "proxy.too-long", "proxy.closed")
def proxy_says(_place: Place) -> Iterator[Scenario]:
    see = "check the proxy's log"
    for replies, problem in (
        (
            (b"HTTP/1.1 403 Forbidden\r\n\r\n",),
            f'refused CONNECT to www.example.org:443: "HTTP/1.1 403 Forbidden"; {see}',
        ),
        (
            (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",),
            'refused CONNECT to www.example.org:443: "HTTP/1.1 407 Proxy Authentication Required"; give it a user and '
            "password",
        ),
        (
            (b"HTTP/1.1 200 " + b"x" * 9_000,),
            "sent more than 8192 bytes in one piece of its reply to CONNECT; check that this is the right service",
        ),
        (
            (),
            "closed the connection before its reply to CONNECT; check that the service is running and accepts connections from here",
        ),
    ):
        with servers.serving(servers.converses(b"", *replies, b"")) as port:
            yield _through(f"http://127.0.0.1:{port}", f"the HTTP proxy server {problem}")
    with servers.serving(servers.converses(b"", b"220 mail.example.org ESMTP\r\n", b"")) as port:
        yield _through(
            f"http://127.0.0.1:{port}",
            'expected the reply to CONNECT of the HTTP proxy server, got "220 mail.example.org ESMTP" (SMTP or FTP?); '
            "check that the port and --proxy belong together",
        )
    with servers.serving(servers.converses(b"", b"\x05\x00", b"\x05\x05\x00\x01" + bytes(6), b"")) as port:
        yield _through(
            f"socks5://127.0.0.1:{port}",
            f'the SOCKS proxy server refused the connection to www.example.org:443: "connection refused"; {see}',
        )


def _through(url: str, problem: str, *options: str) -> Scenario:
    line = f"CRITICAL - {AS_OF} {{}}: {problem} | {UNREACHED}"
    return Scenario(("-H", "www.example.org", "--proxy", url, *options), 2, line, "www.example.org:443")


@scenario("proxy.reset")
def proxy_resets(_place: Place) -> Iterator[Scenario]:
    with servers.serving(servers.resets) as port:
        yield _through(
            f"http://127.0.0.1:{port}",
            "the connection to the HTTP proxy server broke (Connection reset by peer) before its reply to CONNECT; check that the service is running and accepts connections from here",
        )


@scenario("proxy.timeout")
def proxy_stalls(_place: Place) -> Iterator[Scenario]:
    with servers.serving(servers.silent) as port:
        yield _through(
            f"socks5://127.0.0.1:{port}",
            "the SOCKS proxy server did not send its choice of a method within 1.5 s; check that the service is running",
            *("-t", "1.5"),
        )


@scenario("credentials.unreadable")
def credentials(place: Place) -> Iterator[Scenario]:
    client = end_entity(place.issuing)
    path = place.bundle(client)
    key = place.data(
        client.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"secret"),
        )
    )
    missing = str(place.directory / "missing")
    for options, problem in (
        (("--client-cert", missing), f'cannot read the client certificate from "{missing}": No such file or directory'),
        (("--client-cert", key), f'"{key}" holds no client certificate in PEM'),
        (("--client-cert", path), f'the key in "{path}" cannot be read; is it a PEM file with a private key?'),
        (
            ("--client-cert", path, "--client-key", key),
            f'the key in "{key}" cannot be used: Password was not given but private key is encrypted',
        ),
        (
            ("--client-cert", path, "--client-key", key, "--password-file", path),
            f'the key in "{key}" cannot be read; is the password right?',
        ),
        (
            ("--proxy", "http://me@127.0.0.1", "--proxy-password-file", missing),
            f'cannot read a password from "{missing}": No such file or directory',
        ),
    ):
        line = f"UNKNOWN - {AS_OF} {{}}: {problem}; check --client-cert, --client-key and the files with passwords"
        yield Scenario(("-H", "www.example.org", *options), 3, line, "www.example.org:443")


@scenario("addresses.differ")
def one_node_is_old(place: Place) -> Iterator[Scenario]:
    """Three nodes behind one name: one kept the old certificate, one is down."""
    renewed = end_entity(place.issuing)
    old = end_entity(place.issuing, not_before=EPOCH - days(92), not_after=EPOCH - days(2), serial=0x1234)
    nodes = ("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4")
    with ExitStack() as stack:
        port = stack.enter_context(servers.tls(renewed, place.issuing))
        for node, certificate in zip(nodes[1:], (old, renewed)):
            stack.enter_context(servers.tls(certificate, place.issuing, address=node, port=port))
        yield Scenario(
            ("-H", f"www.example.org:{port}", "--all-addresses", *place.trust),
            2,
            f'CRITICAL - {AS_OF} {{}} (4 chains): 127.0.0.2: the end-entity certificate "www.example.org" '
            "expired 2 d ago (2026-01-13T12:00:00Z); renew it now. Cannot connect to 127.0.0.4: nothing listens on "
            "this port (connection refused); check that the service is running and listening on this port. A different "
            "end-entity certificate than at most addresses is presented at 127.0.0.2 (serial 1234, until 2026-01-13); check that the renewed one was loaded there | expiry=-2d;22.5:;9: lifetime_used=102.23%;75;90;0 "
            f"chain_valid=1;;1:;0;1 chain_expiry=2000d;22.5:;9: {NAMED} reachable=75%;;100:;0;100 "
            "time=0.01s;;;0 addresses_differ=1;0;;0",
            f"www.example.org:{port}",
            resolving_to(place, *nodes),
        )


def resolving_to(place: Place, *addresses: str) -> dict[str, str]:
    """Return the environment in which every name has ``addresses``."""
    code = (
        "import socket\n"
        f"socket.getaddrinfo = lambda _, port, *__: [(2, 1, 6, '', (address, port)) for address in {addresses!r}]\n"
    )
    (place.directory / "sitecustomize.py").write_text(code)
    return {"PYTHONPATH": str(place.directory)}


@scenario("deployed.other")
def not_reloaded(place: Place) -> Iterator[Scenario]:
    """Renewed on disk, and the server was never told."""
    served, renewed = end_entity(place.issuing, serial=0x1111), end_entity(place.issuing, serial=0x2222)
    path = place.bundle(renewed, place.issuing)
    with servers.tls(served, place.issuing) as port:
        yield Scenario(
            ("-H", f"127.0.0.1:{port}", *NAME, *place.trust, "--deployed", path),
            2,
            f'CRITICAL - {AS_OF} {{}}: the endpoint presents "www.example.org" (serial 1111, until 2026-03-16), not the '
            f'certificate in {path}, "www.example.org" (serial 2222, until 2026-03-16); make the server load the file'
            f" | {VALID} {NAMED} {REACHED} deployed=0;;1:;0;1",
            f"127.0.0.1:{port}",
        )
    with servers.tls(renewed, place.issuing) as port:
        yield Scenario(
            ("-H", f"127.0.0.1:{port}", *NAME, *place.trust, "--deployed", path),
            0,
            f"OK - {AS_OF} {{}} {WELL}, as deployed | {VALID} {NAMED} {REACHED} deployed=1;;1:;0;1",
            f"127.0.0.1:{port}",
        )
    with servers.tls(renewed, place.issuing) as port:
        yield Scenario(
            ("-H", f"127.0.0.1:{port}", *NAME, *place.trust, "--deployed", f"{path}.gone"),
            3,
            f'UNKNOWN - {AS_OF} {{}}: cannot read "{path}.gone": No such file or directory; check that it exists and that this user may read it | {VALID} {NAMED} {REACHED}',
            f"127.0.0.1:{port}",
        )


@scenario("tls.version", "key.strength", "validity.period")
def policies(place: Place) -> Iterator[Scenario]:
    """What has no default thresholds: it is measured always, and judged by whoever wants to."""
    site = end_entity(place.issuing, key=pki.rsa_key(2048), not_after=EPOCH + days(370))
    long = VALID.replace(
        "expiry=60d;22.5:;9: lifetime_used=33.34%;75;90", "expiry=370d;30:;15: lifetime_used=7.5%;92.5;96.25"
    )
    long = long.replace("2000d;22.5:;9:", "2000d;30:;15:")
    with servers.tls(site, place.issuing, maximum=servers.TLS_1_2) as port:
        yield Scenario(
            (
                *("-H", f"127.0.0.1:{port}", *NAME, *place.trust, "--tls-version-warning", "1.3:"),
                *("--key-strength-critical", "128:", "--validity-period-warning", "398"),
            ),
            2,
            f'CRITICAL - {AS_OF} {{}}: the key of the end-entity certificate "www.example.org", RSA 2048, has 112 bits '
            "of security, less than the required 128 bits; reissue it for another key. The server negotiated TLSv1.2, less "
            "than the required 1.3; change the TLS versions enabled on the server. The validity period of the end-entity "
            'certificate "www.example.org" is 400 d, more than the allowed 398 d; reissue it for another period | '
            f"{long} {NAMED} {REACHED} tls_version=1.2;1.3:;;0 key_strength=112;;128:;0 validity_period=400d;398;;0",
            f"127.0.0.1:{port}",
            facts=True,
        )
