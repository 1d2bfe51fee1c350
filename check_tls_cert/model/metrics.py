"""The metric table, and thresholds: ranges of the Monitoring Plugins guidelines with units.

One row here drives the options, their help, the performance data, the README's table and the monitor templates. Knows
no certificate: a threshold in percent is resolved with the validity period handed in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

#: The unit of a metric that is 1 for yes and 0 for no.
YES_OR_NO = "0/1"


class MetricKind(NamedTuple):
    """One row: a property that every check can report as a number."""

    #: In performance data, JSON and, with dashes, options.
    name: str
    #: For people; performance data have the few that monitors know (`uom`).
    unit: str
    #: What is measured, for the help and the documentation.
    meaning: str
    #: The default warning range: "" for none, DERIVED for that of another metric.
    warning: str
    #: The default critical range, likewise.
    critical: str
    #: The least that the number can be.
    low: float = -math.inf
    #: The most that it can be.
    high: float = math.inf
    #: Ranges take the units d, h and w.
    days: bool = False
    #: A lone ``N`` means ``N:`` (but ``@N`` the usual ``@0:N``), and alternatives and % are allowed.
    time_left: bool = False
    #: What the default critical range becomes when it contradicts a given warning range.
    yields_to: str = ""
    #: Of several values the largest is the worst.
    less_is_better: bool = False
    #: A number of things: % in ranges is of all there are.
    counted: bool = False

    @property
    def uom(self) -> str:
        """The unit of measure in performance data; monitors know only these."""
        return self.unit if self.unit in ("d", "%", "s") else ""


EXPIRY, LIFETIME_USED, CHAIN_VALID, CHAIN_EXPIRY = "expiry", "lifetime_used", "chain_valid", "chain_expiry"
HOSTNAME_MATCH, SAN_COVERAGE, REACHABLE, TIME = "hostname_match", "san_coverage", "reachable", "time"
TLS_VERSION, KEY_STRENGTH, VALIDITY_PERIOD = "tls_version", "key_strength", "validity_period"
ADDRESSES_DIFFER, DEPLOYED = "addresses_differ", "deployed"

DERIVED = "derived"

_ROWS = (
    MetricKind(
        EXPIRY,
        "d",
        "days to the end-entity certificate's notAfter (negative once past)",
        "30,25%",
        "15,10%",
        days=True,
        time_left=True,
        yields_to="0:",
    ),
    MetricKind(
        LIFETIME_USED, "%", "share of the validity period used up", DERIVED, DERIVED, low=0, less_is_better=True
    ),
    MetricKind(
        CHAIN_VALID,
        YES_OR_NO,
        "a certification path from the presented chain to a trust anchor validates",
        "",
        "1:",
        low=0,
        high=1,
    ),
    MetricKind(
        CHAIN_EXPIRY,
        "d",
        "days until no such path validates any more, judging CA certificates only",
        DERIVED,
        DERIVED,
        days=True,
        time_left=True,
        yields_to="0:",
    ),
    MetricKind(
        HOSTNAME_MATCH,
        YES_OR_NO,
        "the certificate matches the reference identifier (RFC 9525)",
        "",
        "1:",
        low=0,
        high=1,
    ),
    MetricKind(
        SAN_COVERAGE,
        "%",
        "share of the required names (--san, default: the reference identifier) that the SANs cover",
        "",
        "100:",
        low=0,
        high=100,
    ),
    MetricKind(
        REACHABLE,
        "%",
        "share of the addresses tried with which a TLS handshake completed",
        "",
        "100:",
        low=0,
        high=100,
    ),
    MetricKind(TIME, "s", "seconds for connect, preamble and handshake", "", "", low=0, less_is_better=True),
    MetricKind(TLS_VERSION, "", "version of TLS negotiated, such as 1.3", "", "", low=0),
    MetricKind(
        KEY_STRENGTH, "bits", "security strength of the end-entity certificate's key (NIST SP 800-57)", "", "", low=0
    ),
    MetricKind(
        VALIDITY_PERIOD,
        "d",
        "length of the end-entity certificate's validity period",
        "",
        "",
        low=0,
        days=True,
        less_is_better=True,
    ),
    MetricKind(
        ADDRESSES_DIFFER,
        "addresses",
        "with --all-addresses, how many present another end-entity certificate than most do",
        "0",
        "",
        low=0,
        less_is_better=True,
    ),
    MetricKind(
        DEPLOYED,
        YES_OR_NO,
        "the endpoint presents the end-entity certificate in the file that --deployed names",
        "",
        "1:",
        low=0,
        high=1,
    ),
)

METRICS = {row.name: row for row in _ROWS}

#: Of a run with several targets, not of any of them.
TARGETS_BAD = MetricKind(
    "targets_bad", "", "how many of several targets are not OK", "", "", low=0, less_is_better=True, counted=True
)


def all_metrics() -> Iterator[MetricKind]:
    """Yield the rows in the order of performance data."""
    return iter(_ROWS)
