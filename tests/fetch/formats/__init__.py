"""Tests of check_tls_cert.fetch.formats."""

from __future__ import annotations
