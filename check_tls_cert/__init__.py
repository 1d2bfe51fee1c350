"""TLS certificate check for Icinga, Nagios and Zabbix."""

from __future__ import annotations

__version__ = "0.1.0"

#: What every status line begins with.
NAME = "TLS_CERT"

#: The exit code for "could not tell" (Monitoring Plugins guidelines).
EXIT_UNKNOWN = 3
