"""Tests of check_tls_cert.report."""

from __future__ import annotations
