"""Compare our verdicts on the cases made by others with plain OpenSSL's and cryptography's: `python -m tools.corpora`.

Prints a Markdown table: per part of a corpus how many cases everybody has to get right (bucket "core"), and for each
checker how many it accepts or refuses against expectation. OpenSSL, asked through pyOpenSSL without flags, judges paths
alone; names are compared for it as for us. cryptography's verifier is not asked about cases that expect no name.
"""

from __future__ import annotations

import ipaddress
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from typing import Callable, NamedTuple

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError
from OpenSSL import crypto

from check_tls_cert.x509.certificate import CertificateError
from check_tls_cert.x509.general_names import names_of
from check_tls_cert.x509.identity import covered, reference_identifier
from check_tls_cert.x509.pem import blocks, certificate_in
from tests import corpora
from tests.corpora import Case, deliberate


def ours(case: Case) -> bool:
    """Tell whether we accept a case."""
    return corpora.state(case) == "OK"


def ours_strictly(case: Case) -> bool:
    """Tell whether we accept a case with --profile webpki."""
    return corpora.strict_state(case) == "OK"


def plain_openssl(case: Case) -> bool:
    """Tell whether OpenSSL accepts a case, asked as most programs do: no flags, one call."""
    try:
        store = crypto.X509Store()
        for anchor in case.anchors:
            store.add_cert(crypto.load_certificate(crypto.FILETYPE_PEM, anchor.encode()))
        store.set_time(case.at)
        site, *above = (crypto.load_certificate(crypto.FILETYPE_PEM, pem.encode()) for pem in case.chain)
        crypto.X509StoreContext(store, site, above).verify_certificate()
        presented = certificate_in(next(blocks(case.chain[0].encode())))
        return not case.name or covered(reference_identifier(case.name), names_of(presented))
    except (crypto.Error, crypto.X509StoreContextError, CertificateError, ValueError):
        return False


def pyca(case: Case) -> bool | None:
    """Tell whether cryptography's verifier accepts a case; None where it cannot be asked."""
    if not case.name:
        return None
    try:
        anchors = [x509.load_pem_x509_certificate(pem.encode()) for pem in case.anchors]
        site, *above = (x509.load_pem_x509_certificate(pem.encode()) for pem in case.chain)
        try:
            subject: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(case.name))
        except ValueError:
            subject = x509.DNSName(case.name)
        policy = PolicyBuilder().store(Store(anchors)).time(case.at.replace(tzinfo=None))
        policy.build_server_verifier(subject).verify(site, above)  # type: ignore[arg-type]  # one of the two it takes
    except (VerificationError, ValueError, UnsupportedAlgorithm, x509.UnsupportedGeneralNameType):
        return False
    return True


class Checker(NamedTuple):
    """One column: what it is called, and how it is asked."""

    name: str
    accepts: Callable[[Case], bool | None]


CHECKERS = (
    Checker("check_tls_cert", ours),
    Checker("--profile webpki", ours_strictly),
    Checker("OpenSSL", plain_openssl),
    Checker("cryptography", pyca),
)


def compare(cases: list[Case]) -> Iterator[str]:
    """Yield the cells of one row."""
    yield str(len(cases))
    for checker in CHECKERS:
        told = Counter(
            "n/a"
            if verdict is None
            else "right"
            if verdict == case.accepted
            else "false OK"
            if verdict
            else "false alarm"
            for case, verdict in ((case, checker.accepts(case)) for case in cases)
        )
        asked = len(cases) - told["n/a"]
        yield f"{told['right']} / {told['false OK']} / {told['false alarm']}" if asked else "n/a"
    yield str(sum(any(case.id in listed for listed in deliberate()) for case in cases))


def main() -> int:
    """Print the table."""
    warnings.simplefilter("ignore")  # about odd serial numbers and the like, which are the point
    print("| corpus | part | cases |", " | ".join(checker.name for checker in CHECKERS), "| deliberate |")
    print("|---|---|---|", "---|" * (len(CHECKERS) + 1), sep="")
    for corpus in corpora.CORPORA[:-1]:
        parts: dict[str, list[Case]] = {}
        for case in corpora.load(corpus):
            if case.bucket == "core":
                parts.setdefault(case.space, []).append(case)
        for space, cases in sorted(parts.items()):
            print(f"| {corpus} | {space} |", " | ".join(compare(cases)), "|")
    print("\nA cell is: right / false OK / false alarm.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
