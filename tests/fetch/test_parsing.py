"""From encoded certificates to a chain: which count when one of them cannot be read."""

from __future__ import annotations

from functools import partial

import pytest

from check_tls_cert.fetch.parsing import parse_chain
from check_tls_cert.x509.certificate import Certificate, CertificateError, parse
from tests.files import ISSUING, ISSUING_NAME, ROOT, ROOT_NAME, SITE, SITE_NAME

SITE_PARSER, ISSUING_PARSER, ROOT_PARSER = (partial(parse, one.der) for one in (SITE, ISSUING, ROOT))


def broken(reason: str = "cut short") -> Certificate:
    """Stand for a certificate that cannot be read."""
    raise CertificateError(reason)


@pytest.mark.parametrize(
    ("parsers", "names", "position"),
    [
        ((), [], ""),
        ((SITE_PARSER, ISSUING_PARSER), [SITE_NAME, ISSUING_NAME], ""),
        ((SITE_PARSER, broken, ROOT_PARSER), [SITE_NAME, ROOT_NAME], "2"),
        ((SITE_PARSER, broken, broken), [SITE_NAME], "2"),
        # The second must not pass for the end-entity certificate.
        ((broken, ISSUING_PARSER), [], "1"),
    ],
)
def test_chain(parsers: tuple[partial[Certificate], ...], names: list[str], position: str) -> None:
    """The others are of use without the broken one, unless that is the first."""
    chain, failure = parse_chain(parsers, "server")
    assert [certificate.name.strip('"') for certificate in chain] == names
    assert (failure.presented if failure is not None else "") == position


def test_what_is_said_about_it() -> None:
    """The first one's reason, and whose certificate it is."""
    _, failure = parse_chain((SITE_PARSER, partial(broken, "first"), partial(broken, "second")), "file")
    assert failure is not None
    assert (failure.id, failure.reason, failure.presenter) == ("certificate.unreadable", "first", "file")
