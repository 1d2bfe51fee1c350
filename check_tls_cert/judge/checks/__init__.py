"""The questions: one file each, with `measure(presented, judging) -> Iterator[Measurement]`. No I/O.

Most are asked of each chain that a target presents; those that concern all of them together get them all. To add one,
write its file, add a row to the metric table, and name it here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from check_tls_cert.deadline import Deadline
from check_tls_cert.judge.judging import Judging
from check_tls_cert.model.finding import Finding, Measurement
from check_tls_cert.model.findings import JUDGING_TIMEOUT
from check_tls_cert.model.presented import Presented

#: So many chains are judged even if the deadline passed while files were read.
_ALWAYS_JUDGED = 10


def measure_all(presented: Presented, every: Sequence[Presented], judging: Judging) -> Iterator[Measurement]:
    """Ask every question about ``presented``, one of ``every`` chain that the target presents."""
    from check_tls_cert.judge.checks import (
        addresses,
        chain,
        deployed,
        expiry,
        hostname,
        key,
        protocol,
        reachable,
        san,
        time,
    )

    for module in (expiry, chain, hostname, san, protocol, key, deployed):
        yield from module.measure(presented, judging)
    if judging.target.paths:
        return  # no addresses, and perhaps ten thousand chains
    for together in (reachable, time, addresses):
        yield from together.measure(every, judging)


def in_time(presented: Sequence[Presented], deadline: Deadline) -> Iterator[Presented]:
    """Yield those of ``presented`` that can be judged by the deadline, then what says how many cannot.

    Those without chain are no work.
    """
    left = 0
    for number, one in enumerate(presented):
        if one.chain and number >= _ALWAYS_JUDGED and (left or not deadline.remaining()):
            left += 1
        else:
            yield one
    if left:
        finding = Finding(JUDGING_TIMEOUT, presented=f"{left} of {len(presented)}", seconds=deadline.seconds)
        yield Presented(failure=finding, origin=f"{left} chains")
