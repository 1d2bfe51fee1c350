"""What tells the performance data of several targets apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from check_tls_cert.text import printable

#: What a label says of a name beside its A-labels.
_U_LABELS = re.compile(r" \([^)]*\)")


def perfdata_prefixes(labels: Sequence[str]) -> list[str]:
    """Return what is set before the performance data of each target: HOST:PORT, and more where that is not enough.

    An IPv6 address is written with dashes, since monitors take colons for what they are not.
    """
    endpoints = Counter(_endpoint(label) for label in labels)
    return [_spelled(label if endpoints[_endpoint(label)] > 1 else _endpoint(label)) for label in labels]


def _endpoint(label: str) -> str:
    """Return host and port of a label, without what else tells targets apart."""
    return label.partition(" at ")[0].partition(" #")[0]


def _spelled(label: str) -> str:
    host, at, address = _U_LABELS.sub("", label).partition(" at ")
    name, colon, port = host.rpartition(":")
    spelled = name.strip("[]").replace(":", "-") + colon + port + at + address.replace(":", "-")
    return re.sub("[^A-Za-z0-9._:@# -]", "_", printable(spelled, 300))
