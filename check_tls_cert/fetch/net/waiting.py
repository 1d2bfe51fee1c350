"""Waiting as a value: whoever talks to a peer is a generator that yields what it waits for, and somebody runs it.

One thread thus serves one peer or thousands, and no module that speaks a protocol knows how many there are.
"""

from __future__ import annotations

import select
import time
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

from check_tls_cert.deadline import Clock

_T = TypeVar("_T")


class Wait(NamedTuple):
    """What is waited for: one of ``descriptors``, with the events of `select.poll`, or that ``seconds`` have passed."""

    descriptors: Mapping[int, int]
    seconds: float


#: Yields what it waits for, and is sent the descriptors that are ready, none if time is up.
Waiting = Generator[Wait, Sequence[int], _T]


def run_alone(steps: Waiting[_T]) -> _T:
    """Run ``steps`` to their end and return what they return."""
    try:
        wait = next(steps)
        while True:
            wait = steps.send(_poll(wait))
    except StopIteration as done:
        result: _T = done.value
        return result


def _poll(wait: Wait) -> Sequence[int]:
    poll = select.poll()
    for descriptor, events in wait.descriptors.items():
        poll.register(descriptor, events)
    return [descriptor for descriptor, _ in poll.poll(wait.seconds * 1000)]


def together(every: Iterable[Waiting[_T]], at_once: int, clock: Clock = time.monotonic) -> Waiting[list[_T]]:
    """Run all of ``every`` side by side, so many at a time, and return what they return, in their order."""
    to_come = enumerate(every)
    found: dict[int, _T] = {}
    running: dict[int, tuple[Waiting[_T], Wait, float]] = {}

    def resume(number: int, steps: Waiting[_T], ready: Sequence[int] | None) -> None:
        try:
            wait = next(steps) if ready is None else steps.send(ready)
        except StopIteration as done:
            found[number] = done.value
        else:
            running[number] = steps, wait, clock() + wait.seconds

    while True:
        while len(running) < at_once and (following := next(to_come, None)) is not None:
            resume(*following, None)
        if not running:
            return [found[number] for number in sorted(found)]
        descriptors = {key: events for _, wait, _ in running.values() for key, events in wait.descriptors.items()}
        ready = yield Wait(descriptors, max(0.0, min(end for _, _, end in running.values()) - clock()))
        moment = clock()
        for number, (steps, wait, end) in list(running.items()):
            own = [descriptor for descriptor in ready if descriptor in wait.descriptors]
            if own or end <= moment:
                del running[number]
                resume(number, steps, own)
