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
    """How many tasks there may be at the same time."""

    #: Tasks at work side by side. Those that take longer than PATIENCE no longer count.
    jobs: int
    #: Tasks that are begun and not over, slow ones included: each holds file descriptors.
    most: int


class _Task(Generic[_T]):
    """One that is begun.

    ``descriptors`` are those that it waits for, and ``end`` is when the time of its wait is up. ``alarm`` belongs to
    `_Alarms`. It is ``slow`` once others may begin in its place, and ``over`` once it has returned.
    """

    __slots__ = ("alarm", "descriptors", "end", "number", "over", "slow", "steps")

    def __init__(self, number: int, steps: Waiting[_T]) -> None:
        self.number = number
        self.steps = steps
        self.descriptors: Sequence[int] = ()
        self.end = self.alarm = _NEVER
        self.slow = self.over = False


class _Alarms(Generic[_T]):
    """When to look whether the time of a task's wait is up: a heap, the next alarm first.

    Nearly all waits are over long before their time is up, and a heap is slow to remove from. So what it holds is
    corrected only when it comes up. Invariant, for each task that waits:

    - Of its alarms one counts, the one for the moment ``task.alarm``. Others are left over from earlier waits.
    - That one is never later than ``task.end``. It may be earlier: then it is set anew when it goes off.
    """

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, _Task[_T]]] = []
        self._counter = itertools.count()  # tells equal moments apart: tasks cannot be compared

    def watch(self, task: _Task[_T]) -> None:
        """See to it that an alarm goes off by the end of the task's wait."""
        if task.end < task.alarm:
            task.alarm = task.end
            heapq.heappush(self._heap, (task.alarm, next(self._counter), task))

    def next_moment(self) -> float:
        """Return when the next alarm goes off."""
        if not self._heap:
            return _NEVER
        return self._heap[0][0]

    def take_due(self, moment: float) -> list[_Task[_T]]:
        """Take out the alarms up to ``moment``; return the tasks whose time is up by then, each once."""
        due = []
        while self._heap and self._heap[0][0] <= moment:
            went_off, _, task = heapq.heappop(self._heap)
            if task.over or went_off != task.alarm:
                continue  # left over
            task.alarm = _NEVER
            if task.end <= moment:
                due.append(task)
            else:
                self.watch(task)  # too early: its wait began after this alarm was set
        return due


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
        self._alarms: _Alarms[_T] = _Alarms()
        #: Tasks begun and not over, and how many of them are not slow.
        self._begun = 0
        self._at_work = 0
        #: Tasks not known to be slow, each with the moment from which on it is, the longest begun first.
        self._young: deque[tuple[float, _Task[_T]]] = deque()

    def now(self) -> float:
        """Return monotonic seconds, less those that were ours."""
        return self._clock() - self._stood_still

    def run(self, tasks: Iterable[Waiting[_T]]) -> Iterator[tuple[int, _T]]:
        """Run ``tasks``, begun in their order; yield what each returns, with its number from 0, as soon as it does."""
        to_come = enumerate(tasks)
        with self._selector:
            while True:
                while self._has_room():
                    following = next(to_come, None)
                    if following is None:
                        break
                    yield from self._aside(self._begin(*following))
                if not self._begun:
                    return
                for task, ready in self._wait():
                    yield from self._aside(self._resume(task, ready))
                self._overtake()

    def _has_room(self) -> bool:
        return self._at_work < self._limits.jobs and self._begun < self._limits.most

    def _aside(self, ended: tuple[int, _T] | None) -> Iterator[tuple[int, _T]]:
        """Yield what a task has returned, if it has; the clock stands still meanwhile."""
        if ended is None:
            return
        begin = self._clock()
        yield ended
        self._stood_still += self._clock() - begin

    def _begin(self, number: int, steps: Waiting[_T]) -> tuple[int, _T] | None:
        """Begin a task and take it to its first wait; return its number and what it returned if there was none."""
        task = _Task(number, steps)
        self._begun += 1
        self._at_work += 1
        self._young.append((self.now() + PATIENCE, task))
        return self._resume(task, None)

    def _resume(self, task: _Task[_T], ready: Sequence[int] | None) -> tuple[int, _T] | None:
        """Take a task to its next wait, or to its end; ``ready`` is None at its beginning."""
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
        """Note what a task waits for, and until when."""
        for descriptor, events in wait.descriptors.items():
            self._selector.register(descriptor, _EVENTS[events], task)
        task.descriptors = tuple(wait.descriptors)
        task.end = self.now() + wait.seconds
        self._alarms.watch(task)

    def _wait(self) -> list[tuple[_Task[_T], Sequence[int]]]:
        """Wait for what comes first; return the tasks to take further, each with its descriptors that are ready."""
        seconds = min(max(0.0, self._next_moment() - self.now()), self._total.remaining())
        found: dict[_Task[_T], list[int]] = {}
        for key, _ in self._selector.select(seconds):
            found.setdefault(key.data, []).append(key.fd)
        late = [task for task in self._late() if task not in found]
        return [*found.items(), *((task, ()) for task in late)]

    def _next_moment(self) -> float:
        """Return when there is something to do even if no descriptor gets ready."""
        moment = self._alarms.next_moment()
        if self._young:
            moment = min(moment, self._young[0][0])
        return moment

    def _late(self) -> list[_Task[_T]]:
        """Return the tasks whose time is up: all that wait, once the deadline of all has passed."""
        if not self._total.remaining():
            return self._alarms.take_due(_NEVER)
        return self._alarms.take_due(self.now())

    def _overtake(self) -> None:
        """Let others begin beside those that take long."""
        moment = self.now()
        while self._young and (self._young[0][0] <= moment or self._young[0][1].over):
            _, task = self._young.popleft()
            if not task.over:
                task.slow = True
                self._at_work -= 1
