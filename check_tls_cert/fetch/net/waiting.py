"""Waiting as a value: whoever talks to a peer is a generator that yields what it waits for, and somebody runs it.

One thread thus serves one peer or thousands, and no module that speaks a protocol knows how many there are.
"""

from __future__ import annotations

import select
from collections.abc import Generator, Iterable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

from check_tls_cert.deadline import Clock

_T = TypeVar("_T")


class Wait(NamedTuple):
    """What somebody waits for: the first of these to come."""

    #: File descriptors, each with the events of `select.poll` that are waited for; one that is ready is enough.
    descriptors: Mapping[int, int]
    #: Seconds after which the wait is over in any case.
    seconds: float


#: Yields what it waits for, and is sent the descriptors that are ready: none if the time is up.
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
    """Block until ``wait`` is over; return the descriptors that are ready."""
    poll = select.poll()
    for descriptor, events in wait.descriptors.items():
        poll.register(descriptor, events)
    return [descriptor for descriptor, _ in poll.poll(wait.seconds * 1000)]


def together(every: Iterable[Waiting[_T]], at_once: int, clock: Clock) -> Waiting[list[_T]]:
    """Run all of ``every`` side by side, ``at_once`` at a time, and return what they return, in their order.

    ``clock`` must be the one of their deadlines, so that a wait and the deadline behind it end at the same moment.
    """
    return (yield from _SideBySide(every, at_once, clock).take_turns())


class _Paused(Generic[_T]):
    """One of several that run side by side, while it waits.

    ``number`` says where it stands among them, ``steps`` is what to take further. ``wait`` is what it waits for, and
    ``end`` when the time of that is up, by the clock.
    """

    __slots__ = ("end", "number", "steps", "wait")

    def __init__(self, number: int, steps: Waiting[_T], wait: Wait, end: float) -> None:
        self.number = number
        self.steps = steps
        self.wait = wait
        self.end = end


class _SideBySide(Generic[_T]):
    """Several that wait, run as if they were one: two phases take turns until all of them are over.

    First `_begin_more` fills the places that are free. Then one wait, for whatever any of them waits for, is over, and
    `_continue` takes those further whose own wait is over, too.
    """

    def __init__(self, every: Iterable[Waiting[_T]], at_once: int, clock: Clock) -> None:
        self._to_come = enumerate(every)
        self._at_once = at_once
        self._clock = clock
        self._paused: list[_Paused[_T]] = []
        self._returned: dict[int, _T] = {}

    def take_turns(self) -> Waiting[list[_T]]:
        """Run all of them; the two phases in turn."""
        self._begin_more()
        while self._paused:
            ready = yield self._first_of_all()
            self._continue(ready)
            self._begin_more()
        return [self._returned[number] for number in sorted(self._returned)]

    def _begin_more(self) -> None:
        """Begin as many as there is room for. One that need not wait takes no room."""
        while len(self._paused) < self._at_once:
            following = next(self._to_come, None)
            if following is None:
                return
            number, steps = following
            self._resume(number, steps, None)

    def _first_of_all(self) -> Wait:
        """Return the wait that is over as soon as that of any one is."""
        descriptors = {key: events for paused in self._paused for key, events in paused.wait.descriptors.items()}
        return Wait(descriptors, max(0.0, self._first_end() - self._clock()))

    def _first_end(self) -> float:
        return min(paused.end for paused in self._paused)

    def _continue(self, ready: Sequence[int]) -> None:
        """Resume those with a descriptor that is ready, and those whose time is up."""
        moment = self._clock()
        if not ready:
            # Whoever runs us says that time is up, whatever our clock shows: without progress this would be endless.
            moment = max(moment, self._first_end())
        before, self._paused = self._paused, []
        for paused in before:
            own = [descriptor for descriptor in ready if descriptor in paused.wait.descriptors]
            if own or paused.end <= moment:
                self._resume(paused.number, paused.steps, own)
            else:
                self._paused.append(paused)

    def _resume(self, number: int, steps: Waiting[_T], ready: Sequence[int] | None) -> None:
        """Take one to its next wait, or to its end; ``ready`` is None at its beginning."""
        try:
            wait = next(steps) if ready is None else steps.send(ready)
        except StopIteration as done:
            self._returned[number] = done.value
        else:
            self._paused.append(_Paused(number, steps, wait, self._clock() + wait.seconds))
