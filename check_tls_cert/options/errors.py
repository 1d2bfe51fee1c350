"""What ends the reading of a command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass


class UsageError(Exception):
    """The command line makes no sense; the message says why, for the user."""


class Printed(Exception):
    """Help or version was asked for; the message is the text to print."""
