"""All finding ids, for --accept and the documentation. Each is declared in the module that can report it."""

from __future__ import annotations

from check_tls_cert import checks, credentials, fleet, plugin, proxy, targets, tls, webpki
from check_tls_cert.checks import addresses, chain, deployed, expiry, hostname, key, protocol, reachable, san, time
from check_tls_cert.model import FindingKind
from check_tls_cert.sources import chain as source_chain
from check_tls_cert.sources import endpoint, file
from check_tls_cert.starttls import wire


def all_findings() -> dict[str, FindingKind]:
    """Return every kind of finding by its id."""
    questions = (expiry, chain, hostname, san, reachable, time, protocol, key, addresses, deployed)
    modules = (
        *questions,
        checks,
        endpoint,
        wire,
        proxy,
        tls,
        credentials,
        file,
        source_chain,
        webpki,
        plugin,
        targets,
        fleet,
    )
    return {kind.id: kind for module in modules for kind in module.FINDINGS}
