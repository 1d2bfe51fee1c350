"""Until when a path validates, as far as its CA certificates go."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta, timezone
from typing import Callable

from check_tls_cert.judge.path.candidate import Path
from check_tls_cert.x509.certificate import Certificate

_NEVER = datetime.max.replace(tzinfo=timezone.utc)


def valid_until(
    valid: Path, paths: Callable[[], Iterable[Path]], sound: Callable[[Path], bool]
) -> tuple[datetime, Certificate]:
    """Return the last moment at which a path validates as far as CA certificates go, and which of them ends it.

    ``valid`` validates now. One of ``paths`` may take over before it ends, if it is ``sound`` apart from dates.
    """
    end, ended_by = _last_moment(valid)
    while True:
        longer = [path for path in paths() if _takes_over(path, end) and sound(path)]
        if not longer:
            return end, ended_by
        end, ended_by = max(map(_last_moment, longer), key=lambda last: last[0])


def _last_moment(path: Path) -> tuple[datetime, Certificate]:
    """Return the last moment at which a path's CA certificates are all in date, and the one that ends first."""
    first = min(path.certificates[1:], key=_not_after)
    return _not_after(first), first


def _takes_over(path: Path, moment: datetime) -> bool:
    """Tell whether a path ends in a trust anchor, and all its CA certificates are in date just after ``moment``."""
    authorities = path.certificates[1:]
    return path.anchored and bool(authorities) and all(_lasts_beyond(one, moment) for one in authorities)


def _lasts_beyond(authority: Certificate, moment: datetime) -> bool:
    """Tell whether a CA certificate is in date in the second after ``moment``: dates are in whole seconds."""
    begins = authority.not_before
    return begins is not None and begins - moment <= timedelta(seconds=1) and _not_after(authority) > moment


def _not_after(certificate: Certificate) -> datetime:
    return certificate.not_after or _NEVER
