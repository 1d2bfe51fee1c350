"""All finding ids, for --accept and the documentation. Each is declared in the module that can report it."""

from __future__ import annotations

from check_tls_cert import tls, webpki
from check_tls_cert.checks import chain, expiry, hostname, reachable, san, time
from check_tls_cert.model import FindingKind
from check_tls_cert.sources import chain as source_chain
from check_tls_cert.sources import endpoint, file


def all_findings() -> dict[str, FindingKind]:
    """Return every kind of finding by its id."""
    modules = (expiry, chain, hostname, san, reachable, time, endpoint, tls, file, source_chain, webpki)
    return {kind.id: kind for module in modules for kind in module.FINDINGS}
