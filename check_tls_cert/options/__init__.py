"""The command line: from argv to `Options`. Judges nothing."""

from __future__ import annotations
