"""Tests of check_tls_cert.fetch.tls."""

from __future__ import annotations
