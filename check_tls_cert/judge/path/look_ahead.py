"""Until when a path validates, as far as its CA certificates go."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from check_tls_cert.judge.path.candidate import Path
from check_tls_cert.x509.certificate import Certificate

_NEVER = datetime.max.replace(tzinfo=timezone.utc)


def last_moment(path: Path) -> tuple[datetime, Certificate]:
    """Return the last moment at which a path's CA certificates are all in date, and the one that ends first."""
    first = min(path.certificates[1:], key=_not_after)
    return _not_after(first), first


def _not_after(certificate: Certificate) -> datetime:
    return certificate.not_after or _NEVER


def lasts_beyond(path: Path, moment: datetime) -> bool:
    """Tell whether all CA certificates of ``path`` are in date in the second after ``moment``."""
    return all(
        authority.not_before is not None
        and authority.not_before - moment <= timedelta(seconds=1)
        and _not_after(authority) > moment
        for authority in path.certificates[1:]
    )
