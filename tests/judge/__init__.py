"""Tests of check_tls_cert.judge."""

from __future__ import annotations
