"""Connections: names to addresses to streams, and waiting for many of them in one thread. Knows no TLS."""

from __future__ import annotations
