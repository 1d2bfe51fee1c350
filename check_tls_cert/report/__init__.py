"""How verdicts are shown: one file per format, all from the same verdict and what was presented.

Each has `render(verdict, presented, options)` for a verdict and `render_error(message)` for a run that did not get so
far; both return the whole output without a final newline. For a run with several targets, `keep` makes of each verdict
what `render_fleet` needs of it in the end, so that thousands do not stay in memory whole.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Protocol

from check_tls_cert.model.settings import JSON, OPENMETRICS, TEXT

if TYPE_CHECKING:
    from check_tls_cert.model.plan import Fleet
    from check_tls_cert.model.presented import Presented
    from check_tls_cert.model.target import Options
    from check_tls_cert.model.verdict import Verdict


#: The module of this package that writes each.
_MODULES = {TEXT: "plain", JSON: "json", OPENMETRICS: "openmetrics"}


class Format(Protocol):
    """What the module of a format has."""

    def render(self, verdict: Verdict, presented: Sequence[Presented], options: Options) -> str:
        """Return the output for a verdict."""

    def keep(self, verdict: Verdict, presented: Sequence[Presented], options: Options) -> object:
        """Return what to keep of the verdict on one of several targets."""

    def render_fleet(self, fleet: Fleet) -> Iterable[str]:
        """Return the lines of the output for several targets."""

    def render_error(self, message: str) -> str:
        """Return the output for a run without verdict."""


def load_format(name: str) -> Format:
    """Return the module of a format, one of FORMATS."""
    module: Format = import_module(f"{__name__}.{_MODULES[name]}")
    return module
