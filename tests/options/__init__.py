"""Tests of check_tls_cert.options."""

from __future__ import annotations
