"""Proxies: what --proxy and the environment mean, and both protocols, fed whole, octet by octet, and through servers."""

from __future__ import annotations

import socket
import threading
from pathlib import Path

import pytest

from check_tls_cert.fetch.proxy import protocol
from check_tls_cert.fetch.starttls.wire import PreambleError, Wire
from check_tls_cert.model.target import Proxy
from check_tls_cert.options.proxy_url import parse_proxy, proxy_from_environment
from tests import pki, servers
from tests.program import AT, run
from tests.servers import Behaviour


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("http://proxy.example.org", Proxy("http", "proxy.example.org", 3128)),
        ("http://me@proxy.example.org:8080/", Proxy("http", "proxy.example.org", 8080, "me")),
        ("socks5://192.0.2.1", Proxy("socks5", "192.0.2.1", 1080)),
        ("socks5h://[2001:db8::1]:9050", Proxy("socks5", "[2001:db8::1]", 9050)),
    ],
)
def test_urls(url: str, expected: Proxy) -> None:
    assert parse_proxy(url) == expected


@pytest.mark.parametrize(
    ("host", "environment", "expected"),
    [
        ("www.example.org", {}, None),
        ("www.example.org", {"https_proxy": "http://p:1"}, Proxy("http", "p", 1)),
        ("www.example.org", {"HTTPS_PROXY": "p:1"}, Proxy("http", "p", 1)),
        ("www.example.org", {"https_proxy": "http://me:s%3@p:1"}, Proxy("http", "p", 1, "me", b"s%3")),
        ("www.example.org", {"https_proxy": "http://p:1", "no_proxy": "example.net, example.org"}, None),
        ("www.example.org", {"https_proxy": "http://p:1", "NO_PROXY": ".Example.org"}, None),
        ("www.example.org", {"https_proxy": "http://p:1", "no_proxy": "*"}, None),
        ("wwwexample.org", {"https_proxy": "http://p:1", "no_proxy": "example.org,,"}, Proxy("http", "p", 1)),
    ],
)
def test_environment(host: str, environment: dict[str, str], expected: Proxy | None) -> None:
    assert proxy_from_environment(host, environment) == expected


def test_environment_that_cannot_be_meant() -> None:
    with pytest.raises(ValueError, match="not a proxy URL"):
        proxy_from_environment("www.example.org", {"https_proxy": "gopher://p"})


def play(kind: Proxy, host: str, port: int, *turns: bytes, size: int | None = None) -> tuple[bytes, bytes]:
    """Feed what the proxy says, in pieces of ``size``; return what we said, and what is left of what it said."""
    wire = Wire("proxy", "proxy")
    steps = protocol(kind, host, port).steps(wire, "")
    said = b""
    try:
        said += next(steps)
        for turn in turns:
            step = size or len(turn)
            for start in range(0, len(turn), step):
                said += steps.send(turn[start : start + step])
        said += steps.send(b"")
    except StopIteration:
        pass
    return said, wire.pending


HTTP = Proxy("http", "p", 3128)
SOCKS = Proxy("socks5", "p", 1080)


@pytest.mark.parametrize("size", [None, 1])
class TestHttp:
    """RFC 9110, 9.3.6."""

    def test_connected(self, size: int | None) -> None:
        said, _ = play(
            HTTP, "www.example.org", 443, b"HTTP/1.1 200 Connection established\r\nVia: x\r\n\r\n", size=size
        )
        assert said == b"CONNECT www.example.org:443 HTTP/1.1\r\nHost: www.example.org:443\r\n\r\n"

    def test_address_and_password(self, size: int | None) -> None:
        user = HTTP._replace(user="me", password=b"secret")
        said, _ = play(user, "2001:db8::1", 443, b"HTTP/1.0 200 OK\n\n", size=size)
        assert said.startswith(b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\n")
        assert b"\r\nProxy-Authorization: Basic bWU6c2VjcmV0\r\n" in said

    @pytest.mark.parametrize("reply", [b"HTTP/1.1 502 Bad gateway\r\n\r\n", b"SSH-2.0-x\r\n", b"HTTP/1.1 20\r\n"])
    def test_anything_else(self, size: int | None, reply: bytes) -> None:
        with pytest.raises(PreambleError) as caught:
            play(HTTP, "www.example.org", 443, reply, size=size)
        assert caught.value.kind.id.startswith("proxy.")


def test_what_follows_is_the_servers() -> None:
    """A mail server behind the proxy speaks first, and in the same segment if it is fast."""
    _, left = play(HTTP, "mail.example.org", 25, b"HTTP/1.1 200 OK\r\n\r\n220 mail.example.org\r\n")
    assert left == b"220 mail.example.org\r\n"


CONNECTED = b"\x05\x00\x00\x01" + bytes(6)


@pytest.mark.parametrize("size", [None, 1])
class TestSocks:
    """RFC 1928 and RFC 1929."""

    def test_connected(self, size: int | None) -> None:
        said, _ = play(SOCKS, "www.example.org", 443, b"\x05\x00", CONNECTED, size=size)
        assert said == b"\x05\x01\x00" + b"\x05\x01\x00\x03\x0fwww.example.org\x01\xbb"

    @pytest.mark.parametrize(
        ("host", "address"),
        [("192.0.2.1", b"\x01\xc0\x00\x02\x01"), ("2001:db8::1", b"\x04\x20\x01\x0d\xb8" + bytes(11) + b"\x01")],
    )
    def test_address(self, size: int | None, host: str, address: bytes) -> None:
        said, _ = play(SOCKS, host, 443, b"\x05\x00", b"\x05\x00\x00\x03\x03abc\x00\x01", size=size)
        assert said.endswith(b"\x05\x01\x00" + address + b"\x01\xbb")

    def test_password(self, size: int | None) -> None:
        user = SOCKS._replace(user="me", password=b"secret")
        said, _ = play(user, "192.0.2.1", 443, b"\x05\x02", b"\x01\x00", CONNECTED[:3] + b"\x04" + bytes(18), size=size)
        assert said.startswith(b"\x05\x02\x00\x02" + b"\x01\x02me\x06secret")

    @pytest.mark.parametrize(
        "turns",
        [
            (b"\x05\xff",),
            (b"\x04\x00",),
            (b"\x05\x02", b"\x01\x01"),
            (b"\x05\x00", b"\x05\x05\x00\x01" + bytes(6)),
            (b"\x05\x00", b"\x05\x63\x00\x01" + bytes(6)),
            (b"\x05\x00", b"\x05\x00\x00\x09"),
            (b"\x05\x00", CONNECTED[:7]),
        ],
    )
    def test_anything_else(self, size: int | None, turns: tuple[bytes, ...]) -> None:
        user = SOCKS._replace(user="me", password=b"secret")
        with pytest.raises(PreambleError) as caught:
            play(user, "www.example.org", 443, *turns, size=size)
        assert caught.value.kind.id.startswith("proxy.")

    def test_password_that_does_not_fit(self, size: int | None) -> None:
        user = SOCKS._replace(user="me", password=b"x" * 256)
        with pytest.raises(PreambleError, match="longer than SOCKS allows"):
            play(user, "www.example.org", 443, b"\x05\x02", size=size)


def relaying(port: int, *replies: bytes) -> Behaviour:
    """Return a proxy that says ``replies`` and then connects to ``port``, whatever it is asked for."""

    def behave(connection: socket.socket) -> None:
        for reply in replies:
            connection.recv(65_536)
            connection.sendall(reply)
        with socket.create_connection(("127.0.0.1", port), servers.PATIENCE) as upstream:
            back = threading.Thread(target=pour, args=(upstream, connection), daemon=True)
            back.start()
            pour(connection, upstream)
            back.join(servers.PATIENCE)

    return behave


def pour(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65_536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one of the two has seen enough


@pytest.mark.parametrize(
    ("kind", "replies"),
    [("http", (b"HTTP/1.1 200 OK\r\n\r\n",)), ("socks5", (b"\x05\x02", b"\x01\x00", CONNECTED))],
)
@pytest.mark.parametrize("starttls", [False, True])
def test_through_a_proxy(tmp_path: Path, kind: str, replies: tuple[bytes, ...], starttls: bool) -> None:
    """The whole way: the proxy, what precedes TLS, and TLS; and no password anywhere in what is said about it."""
    root = pki.authority()
    anchors = pki.write(tmp_path / "ca.pem", root)
    (tmp_path / "secret").write_text("s3cret\n")
    smtp = servers.converses(b"220 x\r\n", b"250-x\r\n250 STARTTLS\r\n", b"220 go\r\n") if starttls else None
    extra = ("--starttls", "smtp", "-p", "25") if starttls else ()
    with servers.tls(pki.end_entity(root), preamble=smtp) as port, servers.serving(relaying(port, *replies)) as via:
        password = ("--proxy-password-file", tmp_path / "secret")
        url = f"{kind}://me@127.0.0.1:{via}"
        done = run("-H", "www.example.org", "--proxy", url, *password, "--ca-file", anchors, *AT, "-vvv", *extra)
    assert (done.code, done.err) == (0, "")
    assert "(not shown)" in done.out
    assert "s3cret" not in done.out
    assert "czNjcmV0" not in done.out


def test_password_from_the_environment(tmp_path: Path) -> None:
    seen: list[bytes] = []

    def behave(connection: socket.socket) -> None:
        seen.append(connection.recv(65_536))
        connection.sendall(b"HTTP/1.1 403 Forbidden\r\n\r\n")
        connection.recv(1)

    with servers.serving(behave) as via:
        environment = {"CHECK_TLS_CERT_PROXY_PASSWORD": "secret", "https_proxy": f"http://me:else@127.0.0.1:{via}"}
        done = run("-H", "www.example.org", "--proxy", f"http://me@127.0.0.1:{via}", environment=environment)
        assert done.code == 2
        done = run("-H", "www.example.org", "--proxy", "env", environment=environment)
        assert done.code == 2
    assert b"Basic bWU6c2VjcmV0\r\n" in seen[0]
    assert b"Basic bWU6ZWxzZQ==\r\n" in seen[1]
