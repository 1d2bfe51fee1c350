"""Tests of check_tls_cert.fetch."""

from __future__ import annotations
