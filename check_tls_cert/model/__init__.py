"""The values that flow between the rooms, and the tables: metrics, findings, services, settings. No behaviour."""

from __future__ import annotations
