"""Names and numbers that several rooms agree on: defaults, formats, environment variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass

DEFAULT_PORT = 443


DEFAULT_TIMEOUT = 10.0


MAX_TIMEOUT = 86_400.0


#: How many targets are at work side by side: enough for a network's delays to overlap, too few to wait for two cores.
DEFAULT_JOBS = 64


MAX_JOBS = 10_000


#: Seconds for a run with several targets: Icinga, Nagios and systems like them give a check 60.
DEFAULT_TOTAL_TIMEOUT = 50.0


#: Stands for a range that is not given, where a monitor's template gives every option.
DEFAULT_RANGE = "default"


#: With a range for CRITICAL alone, one bad target is worth a warning.
DEFAULT_FLEET_WARNING = "0"


#: Performance data of every target, or of all of them together; of so many, each has its own unless the user says so.
ALL, AGGREGATE = PERFDATA = ("all", "aggregate")


FEW_TARGETS = 5


#: Environment variables for secrets, which have no place on a command line that every user can read.
PASSWORD_VARIABLE = "CHECK_TLS_CERT_PASSWORD"  # noqa: S105  # nosec B105  # the name of a variable


PROXY_PASSWORD_VARIABLE = "CHECK_TLS_CERT_PROXY_PASSWORD"  # noqa: S105  # nosec B105  # the name of a variable


TEXT, JSON, OPENMETRICS = FORMATS = ("text", "json", "openmetrics")
