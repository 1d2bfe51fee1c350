"""Certification paths (RFC 5280, section 6): finding them, and all reasons against one. No I/O; time is an argument."""

from __future__ import annotations
