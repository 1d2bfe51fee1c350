"""What all sources share: from encoded certificates to a presented chain."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Callable

from check_tls_cert.model.finding import Finding
from check_tls_cert.model.findings import CERTIFICATE_UNREADABLE
from check_tls_cert.x509.certificate import Certificate, CertificateError


def parse_chain(
    parsers: Iterable[Callable[[], Certificate]], presenter: str
) -> tuple[tuple[Certificate, ...], Finding | None]:
    """Return the certificates that ``parsers`` yield, end entity first, and a finding about the first that fails.

    Nothing is presented when the first one fails: another must not pass for the end-entity certificate.
    """
    chain: list[Certificate] = []
    failure: Finding | None = None
    for number, parser in enumerate(parsers, 1):
        try:
            chain.append(parser())
        except CertificateError as error:
            failure = failure or Finding(
                CERTIFICATE_UNREADABLE, presented=str(number), reason=str(error), presenter=presenter
            )
            if number == 1:
                return (), failure
    return tuple(chain), failure
