"""Tests of check_tls_cert.judge.path."""

from __future__ import annotations
