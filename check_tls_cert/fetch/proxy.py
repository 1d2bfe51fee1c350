"""Proxies: HTTP CONNECT (RFC 9110, 9.3.6) and SOCKS 5 (RFC 1928), as preambles that precede all others.

What --proxy names, and what the environment does if it is asked. Knows no socket.
"""

from __future__ import annotations

import re
from functools import partial

from check_tls_cert.fetch.starttls.wire import Protocol, Steps, Wire
from check_tls_cert.model.target import HTTP, Proxy
from check_tls_cert.x509.identity import parse_address

# RFC 1928, section 6.
_SOCKS_REPLIES = {
    1: "general failure",
    2: "connection not allowed by its rules",
    3: "network unreachable",
    4: "host unreachable",
    5: "connection refused",
    6: "TTL expired",
    7: "command not supported",
    8: "address type not supported",
}


def protocol(proxy: Proxy, host: str, port: int) -> Protocol:
    """Return the preamble that has ``proxy`` connect us to ``host``, which it resolves itself."""
    if proxy.kind == HTTP:
        preamble = partial(_connect, proxy, host, port)
        return Protocol("HTTP proxy", preamble, secret=True, transparent=True)
    return Protocol("SOCKS proxy", partial(_socks, proxy, host, port), secret=True, transparent=True)


def _connect(proxy: Proxy, host: str, port: int, wire: Wire, _server_name: str) -> Steps[None]:
    """Speak HTTP CONNECT (RFC 9110, 9.3.6), with Basic authentication if there is a user (RFC 7617)."""
    authority = f"[{host.strip('[]')}]:{port}" if ":" in host else f"{host}:{port}"
    request = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n".encode("ascii")
    if proxy.user:
        import base64

        credentials = base64.b64encode(proxy.user.encode() + b":" + proxy.password)
        request += b"Proxy-Authorization: Basic " + credentials + b"\r\n"
    wire.send(request + b"\r\n", "its reply to CONNECT")
    status = yield from wire.line()
    reply = re.match(rb"HTTP/1\.[01] ([0-9]{3})", status)
    if reply is None:
        raise wire.unexpected(status)
    if not reply[1].startswith(b"2"):
        remedy = "give it a user and password" if reply[1] == b"407" else "check the proxy's log"
        raise wire.refused(f"CONNECT to {authority}", status, remedy)
    while (yield from wire.line()):
        pass  # headers, which say nothing to us (RFC 9110, 9.3.6)


def _socks(proxy: Proxy, host: str, port: int, wire: Wire, _server_name: str) -> Steps[None]:
    """Speak SOCKS 5 (RFC 1928): agree on a method, log in if need be, ask for the connection."""
    wire.send(b"\x05\x02\x00\x02" if proxy.user else b"\x05\x01\x00", "its choice of a method")
    version, method = yield from wire.exactly(2)
    if version != 5:
        raise wire.unexpected(bytes((version, method)), to_the_end=True)
    if method == 2 and proxy.user:
        yield from _log_in(proxy.user.encode(), proxy.password, wire)
    elif method != 0:
        raise wire.refused("us without a user and password", f"method {method}", "give it a user and password")
    wire.send(b"\x05\x01\x00" + _socks_address(host) + port.to_bytes(2, "big"), "its reply to CONNECT")
    version, reply, _, kind = yield from wire.exactly(4)
    if version != 5 or kind not in (1, 3, 4):
        raise wire.unexpected(bytes((version, reply, 0, kind)), to_the_end=True)
    size = {1: 4, 4: 16}.get(kind) or (yield from wire.exactly(1))[0]
    yield from wire.exactly(size + 2)
    if reply:
        words = _SOCKS_REPLIES.get(reply, f"reply {reply}")
        raise wire.refused(f"the connection to {host}:{port}", words, "check the proxy's log")


def _log_in(user: bytes, password: bytes, wire: Wire) -> Steps[None]:
    """RFC 1929."""
    for secret in (user, password):
        if len(secret) > 255:
            raise wire.refused("the user and password unheard", "longer than SOCKS allows", "shorten them")
    login = b"\x01" + bytes((len(user),)) + user + bytes((len(password),)) + password
    wire.send(login, "its reply to user and password")
    _, status = yield from wire.exactly(2)
    if status:
        raise wire.refused("the user and password", f"status {status}", "check the user and password")


def _socks_address(host: str) -> bytes:
    """Return ATYP and DST.ADDR (RFC 1928, 5): an address as such, a name for the proxy to resolve."""
    address = parse_address(host)
    if address is None:
        return bytes((3, len(host))) + host.encode("ascii")
    return bytes((1 if address.version == 4 else 4,)) + address.packed
