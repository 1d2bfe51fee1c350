"""What holds for all tests."""

from __future__ import annotations

_LONGEST = 60


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name a parameter that is a whole file or key by its argument: its octets differ from one process to the next."""
    return argname if isinstance(val, (bytes, str)) and len(val) > _LONGEST else None
