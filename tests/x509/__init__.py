"""Tests of check_tls_cert.x509."""

from __future__ import annotations
