"""What the Web-PKI verifier of `cryptography` says of a chain."""

from __future__ import annotations

import ipaddress
import re
from datetime import datetime
from typing import TYPE_CHECKING

from check_tls_cert.judge.path.candidate import Path
from check_tls_cert.x509.certificate import OID_SUBJECT_ALT_NAME, Certificate
from check_tls_cert.x509.general_names import address_text, presented_names
from check_tls_cert.x509.identity import IP_ID, Identifier, reference_identifier

if TYPE_CHECKING:
    from cryptography import x509

#: Presented certificates that the second opinion gets beside the path: as many as a path may have.
_MAX_CANDIDATES = 100


def own_name(certificate: Certificate) -> Identifier | None:
    """Return a name that the certificate is for, or None if it is for none that anybody could ask for."""
    names = presented_names(certificate.extension(OID_SUBJECT_ALT_NAME) or b"\x30\x00")
    for name in (*names.dns, *map(address_text, names.ip)):
        try:
            return reference_identifier(name.replace("*.", "a.", 1))
        except ValueError:
            continue
    return None


def second_opinion(path: Path, presented: tuple[Certificate, ...], reference: Identifier, at: datetime) -> str | None:
    """Return why `cryptography`'s Web-PKI verifier refuses the chain, in its words; None if it accepts."""
    from cryptography import x509
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

    try:
        candidates = (*presented[:_MAX_CANDIDATES], *path.certificates)
        loaded = [x509.load_der_x509_certificate(certificate.der) for certificate in candidates]
        store = Store([loaded[-1]])
        verifier = PolicyBuilder().store(store).time(at.replace(tzinfo=None)).build_server_verifier(_subject(reference))
        verifier.verify(loaded[0], loaded[1:-1])
    except VerificationError as error:
        return _core(str(error))
    except (ValueError, UnsupportedAlgorithm, x509.InvalidVersion, x509.UnsupportedGeneralNameType) as error:
        return str(error)
    return None


def _core(message: str) -> str:
    """Return a VerificationError's reason without the frame around it, which differs from version to version."""
    wrapped = re.search(r"""Other\(['"](.*?)['"]\)""", message)
    return wrapped[1] if wrapped else message.partition(" (encountered")[0].rpartition("validation failed: ")[2]


def _subject(reference: Identifier) -> x509.DNSName | x509.IPAddress:
    from cryptography import x509

    if reference.kind == IP_ID:
        return x509.IPAddress(ipaddress.ip_address(bytes.fromhex(reference.value)))
    return x509.DNSName(reference.value)
