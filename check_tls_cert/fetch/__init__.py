"""Where certificates come from: one file per kind of source, each with `acquire(options, deadline)`.

A source brings home what is there, one `Presented` for each chain and at least one, and judges nothing; what it could
not get is a finding in what it returns. One that waits for a peer is a generator (see `waiting`).
"""

from __future__ import annotations

from check_tls_cert.deadline import Deadline
from check_tls_cert.fetch.net.waiting import run_alone
from check_tls_cert.model.presented import Presented
from check_tls_cert.model.target import Options


def acquire(options: Options, deadline: Deadline) -> tuple[Presented, ...]:
    """Return what the target presents, from the source that fits it."""
    if options.target.paths:
        from check_tls_cert.fetch import files

        return files.acquire(options, deadline)
    from check_tls_cert.fetch import endpoint

    return run_alone(endpoint.acquire(options, deadline))
