"""Thousands of waits in one thread: some work side by side, and whoever is slow is waited for beside them.

Knows neither targets nor TLS; see `waiting` for what it runs.
"""

from __future__ import annotations

import heapq
import itertools
import select
import selectors
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, NamedTuple, TypeVar

from check_tls_cert.deadline import Clock, Deadline
from check_tls_cert.fetch.net.waiting import Wait, Waiting

_T = TypeVar("_T")

#: Seconds after which a task that has not ended no longer keeps others from beginning: its peer is slow or silent.
PATIENCE = 0.5

_EVENTS = {select.POLLIN: selectors.EVENT_READ, select.POLLOUT: selectors.EVENT_WRITE}
_NEVER = float("inf")


class Limits(NamedTuple):
    """How many tasks are at work side by side, and ``most`` that are begun and not over, slow ones included."""

    jobs: int
    most: int


class _Task(Generic[_T]):
    """One that is begun. ``end`` is when its wait is over, ``alarm`` when we look next whether it is."""

    __slots__ = ("alarm", "descriptors", "end", "number", "over", "slow", "steps")

    def __init__(self, number: int, steps: Waiting[_T]) -> None:
        self.number = number
        self.steps = steps
        self.descriptors: Sequence[int] = ()
        self.end = self.alarm = _NEVER
        self.slow = self.over = False


class Scheduler(Generic[_T]):
    """Runs tasks to their ends; ``total`` is the deadline of all of them.

    Its clock stands still while whoever takes what a task has returned is busy with it, so that nobody's peer is
    charged with our own work; deadlines of tasks should use `now`.
    """

    def __init__(self, limits: Limits, total: Deadline, clock: Clock = time.monotonic) -> None:
        self._limits = limits
        self._total = total
        self._clock = clock
        self._stood_still = 0.0
        self._selector = selectors.DefaultSelector()
        self._begun = 0
        self._at_work = 0
        self._young: deque[tuple[float, _Task[_T]]] = deque()
        self._alarms: list[tuple[float, int, _Task[_T]]] = []
        self._counter = itertools.count()  # tells equal alarms apart

    def now(self) -> float:
        """Return monotonic seconds, less those that were ours."""
        return self._clock() - self._stood_still

    def run(self, tasks: Iterable[Waiting[_T]]) -> Iterator[tuple[int, _T]]:
        """Run ``tasks``, begun in their order; yield what each returns, with its number from 0, as soon as it does."""
        to_come = enumerate(tasks)
        while True:
            while self._at_work < self._limits.jobs and self._begun < self._limits.most:
                following = next(to_come, None)
                if following is None:
                    break
                yield from self._aside(self._begin(*following))
            if not self._begun:
                self._selector.close()
                return
            for task, ready in self._wait():
                yield from self._aside(self._resume(task, ready))
            self._overtake()

    def _aside(self, ended: tuple[int, _T] | None) -> Iterator[tuple[int, _T]]:
        if ended is None:
            return
        begin = self._clock()
        yield ended
        self._stood_still += self._clock() - begin

    def _begin(self, number: int, steps: Waiting[_T]) -> tuple[int, _T] | None:
        task = _Task(number, steps)
        self._begun += 1
        self._at_work += 1
        self._young.append((self.now() + PATIENCE, task))
        return self._resume(task, None)

    def _resume(self, task: _Task[_T], ready: Sequence[int] | None) -> tuple[int, _T] | None:
        """Take a task to its next wait, or to its end."""
        for descriptor in task.descriptors:
            self._selector.unregister(descriptor)
        task.descriptors = ()
        try:
            wait = next(task.steps) if ready is None else task.steps.send(ready)
        except StopIteration as done:
            task.over = True
            self._begun -= 1
            self._at_work -= not task.slow
            return task.number, done.value
        self._await(task, wait)
        return None

    def _await(self, task: _Task[_T], wait: Wait) -> None:
        for descriptor, events in wait.descriptors.items():
            self._selector.register(descriptor, _EVENTS[events], task)
        task.descriptors = tuple(wait.descriptors)
        task.end = self.now() + wait.seconds
        if task.end < task.alarm:
            self._set_alarm(task)

    def _set_alarm(self, task: _Task[_T]) -> None:
        task.alarm = task.end
        heapq.heappush(self._alarms, (task.alarm, next(self._counter), task))

    def _wait(self) -> list[tuple[_Task[_T], Sequence[int]]]:
        """Wait for what comes first; return the tasks to take further, each with its descriptors that are ready."""
        moment = min(self._alarms[0][0] if self._alarms else _NEVER, self._young[0][0] if self._young else _NEVER)
        seconds = min(max(0.0, moment - self.now()), self._total.remaining())
        found: dict[_Task[_T], list[int]] = {}
        for key, _ in self._selector.select(seconds):
            found.setdefault(key.data, []).append(key.fd)
        return [*found.items(), *((task, ()) for task in self._late() if task not in found)]

    def _late(self) -> Iterator[_Task[_T]]:
        """Yield the tasks whose time is up; all that there are once the deadline of all has passed."""
        moment = self.now() if self._total.remaining() else _NEVER
        while self._alarms and self._alarms[0][0] <= moment:
            alarm, _, task = heapq.heappop(self._alarms)
            if task.over or alarm != task.alarm:  # an earlier one has taken its place
                continue
            task.alarm = _NEVER
            if task.end <= moment:
                yield task
            else:
                self._set_alarm(task)

    def _overtake(self) -> None:
        """Let others begin beside those that take long."""
        moment = self.now()
        while self._young and (self._young[0][0] <= moment or self._young[0][1].over):
            _, task = self._young.popleft()
            if not task.over:
                task.slow = True
                self._at_work -= 1
