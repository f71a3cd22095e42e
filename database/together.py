"""Work that is done together: whoever comes first leads, the others' work goes along, and each owner is woken by its own.

One commit costs a write to the disk, however much is in it. A leader takes what waits, does it in one go, wakes the owners and
hands the lead to the one who has waited longest; a finished owner needs no lock to learn that it is finished.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

import sqlalchemy as sa

from ground.errors import Unavailable

T = TypeVar("T")


class Task(Generic[T]):
    """One piece of work that waits for its turn. ``done``: it came to ``value`` or to ``error``."""

    __slots__ = ("done", "error", "leads", "value", "wake", "work")

    def __init__(self, work: Callable[[sa.Connection], T]) -> None:
        self.work = work
        self.value: T | None = None
        self.error: BaseException | None = None
        self.done = False
        self.leads = False
        self.wake: threading.Lock | None = None  # released once: when it is done, or is to lead

    def result(self) -> T:
        """What it came to; raises what it raised."""
        if self.error is not None:
            raise self.error
        if not self.done:
            raise AssertionError("left the queue before its work was over")
        return self.value  # type: ignore[return-value]


class Together:
    """The queue of one process.

    ``turn`` gives the lock under which a batch is done, and raises :class:`errors.Unavailable` when it was not got within the
    seconds it is given. ``perform`` does a batch of at most ``most`` tasks, and leaves a value or an error with each.
    """

    def __init__(
        self,
        turn: Callable[[float], AbstractContextManager[None]],
        perform: Callable[[list[Task[Any]]], None],
        most: int,
    ) -> None:
        self._turn = turn
        self._perform = perform
        self._most = most
        self._guard = threading.Lock()
        self._waiting: deque[Task[Any]] = (
            deque()
        )  # the leader, while there is one that has not begun, is its head
        self._led = False

    def do(self, work: Callable[[sa.Connection], T], patience_s: float) -> T:
        """Have ``work`` done, by this thread or by another; what it returned, or raises what it raised.

        Raises :class:`errors.Unavailable` when its turn has not come within ``patience_s``: then it is never done. Once begun it
        is waited for to its end.
        """
        task: Task[T] = Task(work)
        deadline = time.monotonic() + patience_s
        with self._guard:
            self._waiting.append(task)
            if self._led:
                task.wake = threading.Lock()
                task.wake.acquire()
            else:
                self._led = task.leads = True
        try:
            if task.wake is not None:
                self._wait(task, task.wake, deadline)
            if task.leads:
                self._lead(task, deadline)
        except BaseException:
            self._withdraw(task)
            raise
        return task.result()

    def _wait(self, task: Task[Any], wake: threading.Lock, deadline: float) -> None:
        if wake.acquire(timeout=max(0.0, deadline - time.monotonic())):
            return
        with self._guard:
            if not task.leads and task in self._waiting:
                self._waiting.remove(task)
                raise Unavailable("系统正忙，请稍后再试")
        wake.acquire()  # somebody is at work on it, or it leads: its wake is on the way

    def _lead(self, task: Task[Any], deadline: float) -> None:
        batch: list[Task[Any]] = []
        try:
            with self._turn(max(0.0, deadline - time.monotonic())):
                with self._guard:
                    while self._waiting and len(batch) < self._most:
                        batch.append(self._waiting.popleft())
                self._perform(batch)
        except BaseException as error:
            if not batch:
                raise
            for one in batch:
                one.error = one.error or error
        finally:
            if batch:
                self._hand_on(task)
                for one in batch:
                    one.done = True
                    if one is not task and one.wake is not None:
                        one.wake.release()

    def _withdraw(self, task: Task[Any]) -> None:
        """Take back a task whose turn did not come."""
        with self._guard:
            if task in self._waiting:
                self._waiting.remove(task)
        if task.leads:
            self._hand_on(task)

    def _hand_on(self, task: Task[Any]) -> None:
        """The lead goes to the one who has waited longest."""
        task.leads = False
        with self._guard:
            heir = self._waiting[0] if self._waiting else None
            if heir is None:
                self._led = False
                return
            heir.leads = True
        assert heir.wake is not None
        heir.wake.release()
