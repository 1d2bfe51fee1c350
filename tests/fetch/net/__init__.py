"""Tests of check_tls_cert.fetch.net."""

from __future__ import annotations
