"""Certificates as values (RFC 5280): DER, names, extensions, keys, PEM. Judges nothing and does no I/O."""

from __future__ import annotations
