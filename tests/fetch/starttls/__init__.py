"""Tests of check_tls_cert.fetch.starttls."""

from __future__ import annotations
