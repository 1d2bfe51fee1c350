"""TLS certificate check for Icinga, Nagios and Zabbix."""

from __future__ import annotations

__version__ = "0.1.0"
