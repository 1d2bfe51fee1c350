"""Tests of check_tls_cert.judge.checks."""

from __future__ import annotations
