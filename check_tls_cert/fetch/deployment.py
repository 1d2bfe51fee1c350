"""The certificate that is deployed on disk, for --deployed."""

from __future__ import annotations

from check_tls_cert.deadline import Deadline
from check_tls_cert.model.finding import Finding
from check_tls_cert.model.target import Options
from check_tls_cert.x509.certificate import Certificate


def load_deployed(options: Options, deadline: Deadline) -> tuple[Certificate, ...] | Finding:
    """Return the end-entity certificates in the file of --deployed, or the finding that says why there are none."""
    if not options.target.deployed:
        return ()
    from check_tls_cert.fetch import files

    found = files.read_files((options.target.deployed,), "", deadline)
    chains = tuple(one.chain[0] for one in found if one.chain)
    reasons = (one.failure for one in found if one.failure is not None)
    return chains or next(reasons, ())
