"""All finding ids, for --accept and the documentation. Each is declared in the module that can report it."""

from __future__ import annotations

from check_tls_cert import fleet
from check_tls_cert.fetch import credentials, endpoint, files, proxy
from check_tls_cert.fetch import parsing as source_chain
from check_tls_cert.fetch.starttls import wire
from check_tls_cert.fetch.tls import handshake
from check_tls_cert.judge import checks, plugin
from check_tls_cert.judge.checks import (
    addresses,
    chain,
    deployed,
    expiry,
    hostname,
    key,
    protocol,
    reachable,
    san,
    time,
)
from check_tls_cert.judge.path import webpki
from check_tls_cert.model.finding import FindingKind
from check_tls_cert.options import lines as targets


def all_findings() -> dict[str, FindingKind]:
    """Return every kind of finding by its id."""
    questions = (expiry, chain, hostname, san, reachable, time, protocol, key, addresses, deployed)
    modules = (
        *questions,
        checks,
        endpoint,
        wire,
        proxy,
        handshake,
        credentials,
        files,
        source_chain,
        webpki,
        plugin,
        targets,
        fleet,
    )
    return {kind.id: kind for module in modules for kind in module.FINDINGS}
