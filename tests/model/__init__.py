"""Tests of check_tls_cert.model."""

from __future__ import annotations
