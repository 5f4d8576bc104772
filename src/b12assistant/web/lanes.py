"""Work in threads of its own: so much at once, so much waiting, and the rest refused at once."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, TypeVar

from b12assistant.web.problems import BusyError

T = TypeVar("T")
_IDLE = 5.0  # seconds that a thread without work stays: to start one for each question costs more than to keep it


@dataclass(eq=False)
class Lane:
    """First come, first served. ``at_once``: threads at most; ``most_waiting``: how many wait for one at most.

    The threads never keep a process from ending: whoever waits for work has a deadline of their own.
    """

    name: str
    at_once: int
    most_waiting: int
    _ready: threading.Condition = field(default_factory=threading.Condition)
    _jobs: deque[tuple[Future[Any], Callable[[], Any]]] = field(default_factory=deque)
    _threads: int = 0
    _idle: int = 0
    _unfinished: int = 0

    @property
    def waiting(self) -> int:
        return len(self._jobs)

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """``work``'s result to come; cancelled before its turn, it is passed over. Raises ``BusyError``."""
        future: Future[T] = Future()
        with self._ready:
            if self._unfinished >= self.at_once + self.most_waiting:
                raise BusyError("too many questions are waiting", hint="ask again in a few seconds")
            if self._idle <= len(self._jobs) and self._threads < self.at_once:
                threading.Thread(target=self._run, name=self.name, daemon=True).start()  # may fail: counted after it
                self._threads += 1
            self._unfinished += 1
            self._jobs.append((future, work))
            self._ready.notify()
        return future

    def _run(self) -> None:
        while (job := self._next()) is not None:
            future, work = job
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # noqa: BLE001 - handed to whoever waits for it
                    future.set_exception(error)
            del job, future, work  # an idle thread holds on to no question
            with self._ready:
                self._unfinished -= 1

    def _next(self) -> tuple[Future[Any], Callable[[], Any]] | None:
        """The next job; ``None`` if there is none for long, and then this thread is no longer counted."""
        with self._ready:
            self._idle += 1
            self._ready.wait_for(lambda: self._jobs, _IDLE)
            self._idle -= 1
            if self._jobs:
                return self._jobs.popleft()
            self._threads -= 1
            return None
