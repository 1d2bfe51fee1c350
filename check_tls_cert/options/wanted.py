"""Which output format a command line asks for, without parsing it: for a run that ends before it is parsed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    pass
from check_tls_cert.model.settings import FORMATS, TEXT


def wanted_format(arguments: Sequence[str]) -> str:
    """Return the format that a command line asks for, which may be one that cannot be parsed."""
    chosen = TEXT
    for argument, following in zip(arguments, (*arguments[1:], "")):
        name, _, value = argument.partition("=")
        if name == "--output":
            chosen = value or following
    return chosen if chosen in FORMATS else TEXT
