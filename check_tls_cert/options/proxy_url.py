"""From a URL, or the environment, to a proxy."""

from __future__ import annotations

import re
from collections.abc import Mapping

from check_tls_cert.model.target import HTTP, SOCKS5, Proxy

#: The ports that proxies usually have.
_PORTS = {HTTP: 3128, SOCKS5: 1080}


_URL = re.compile(
    r"(?P<kind>http|socks5|socks5h)://(?:(?P<user>[^@/]*)@)?(?P<host>\[[^\]]+\]|[^:/@\[\]]+)(?::(?P<port>\d{1,5}))?/?"
)


def parse_proxy(url: str) -> Proxy:
    """Return the proxy that ``url`` names. Raises ValueError with the reason, which does not quote a password."""
    match = _URL.fullmatch(url)
    if match is None:
        raise ValueError("not a proxy URL; use http://[user@]host:port or socks5://[user@]host:port")
    user = match["user"] or ""
    if ":" in user:
        raise ValueError("a URL with a password, which every user could read; use --proxy-password-file")
    kind = HTTP if match["kind"] == HTTP else SOCKS5
    port = int(match["port"] or _PORTS[kind])
    if not 1 <= port <= 65535:
        raise ValueError("not a proxy URL: its port must be a number from 1 to 65535")
    return Proxy(kind, match["host"], port, user)


def proxy_from_environment(host: str, environment: Mapping[str, str]) -> Proxy | None:
    """Return the proxy that https_proxy names for ``host``; None for none, and where no_proxy applies.

    Raises ValueError if https_proxy is not a proxy's URL.
    """
    url = environment.get("https_proxy") or environment.get("HTTPS_PROXY") or ""
    excepted = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    if not url or any(_covers(pattern.strip().lower(), host.lower()) for pattern in excepted.split(",")):
        return None
    if "://" not in url:
        url = f"http://{url}"
    # Here, unlike on the command line, a password is where nobody else can read it.
    credentials = re.match(r"([a-z0-9]+://[^:@/]*):([^@/]*)@", url)
    if credentials is None:
        return parse_proxy(url)
    bare = parse_proxy(f"{credentials[1]}@{url[credentials.end() :]}")
    return bare._replace(password=credentials[2].encode())


def _covers(pattern: str, host: str) -> bool:
    """Tell whether an entry of no_proxy is for ``host``: the host itself, a domain above it, or * for all."""
    suffix = pattern.lstrip("*").lstrip(".")
    return pattern == "*" or (bool(suffix) and (host == suffix or host.endswith(f".{suffix}")))
