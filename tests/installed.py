"""Programs written by others that tests need."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest

#: Where daemons are, beyond the PATH of users who do not run any.
_SYSTEM = "/usr/sbin:/usr/local/sbin"


def installed(program: str) -> str:
    """Return the path of ``program``, a name or a path; skip the test if it is absent, which CI must not do."""
    path = shutil.which(program, path=f"{os.environ.get('PATH', '')}:{_SYSTEM}")
    if path is None:
        lacking(f"{program} is not installed")
    return path


def lacking(what: str) -> NoReturn:
    """Skip the test, because of ``what``; fail it in CI, where everything it needs has to be."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI relies on it")
    pytest.skip(what)
