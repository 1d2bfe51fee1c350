"""The metric table."""

from __future__ import annotations

import re

import pytest

from check_tls_cert.model import metrics
from check_tls_cert.model.metrics import METRICS, MetricKind, all_metrics
from check_tls_cert.model.ranges import parse_threshold


def test_the_table() -> None:
    assert [(kind.name, kind.unit, kind.uom, kind.warning, kind.critical) for kind in all_metrics()] == [
        ("expiry", "d", "d", "30,25%", "15,10%"),
        ("lifetime_used", "%", "%", "derived", "derived"),
        ("chain_valid", "0/1", "", "", "1:"),
        ("chain_expiry", "d", "d", "derived", "derived"),
        ("hostname_match", "0/1", "", "", "1:"),
        ("san_coverage", "%", "%", "", "100:"),
        ("reachable", "%", "%", "", "100:"),
        ("time", "s", "s", "", ""),
        ("tls_version", "", "", "", ""),
        ("key_strength", "bits", "", "", ""),
        ("validity_period", "d", "d", "", ""),
        ("addresses_differ", "addresses", "", "0", ""),
        ("deployed", "0/1", "", "", "1:"),
    ]
    assert list(METRICS.values()) == list(all_metrics())


@pytest.mark.parametrize("kind", list(all_metrics()), ids=lambda kind: kind.name)
def test_labels_are_fit_for_performance_data_and_defaults_for_their_metric(kind: MetricKind) -> None:
    assert re.fullmatch("[a-z_]+", kind.name)
    for text in {kind.warning, kind.critical, kind.yields_to} - {"", metrics.DERIVED}:
        assert parse_threshold(kind, text).text == text
