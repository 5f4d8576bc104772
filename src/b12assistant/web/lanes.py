"""Work in threads of its own: so much at once, so much waiting, and the rest refused at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from b12assistant.web.problems import BusyError

T = TypeVar("T")


@dataclass(eq=False)
class Lane:
    """First come, first served. ``at_once``: threads at most; ``most_waiting``: how many wait for one at most.

    The threads never keep a process from ending, as those of ``ThreadPoolExecutor`` and AnyIO do; and work that its
    asker gave up keeps its place until it ends, so there is never more at once.
    """

    name: str
    at_once: int
    most_waiting: int
    _jobs: SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = field(default_factory=SimpleQueue)
    _lock: Lock = field(default_factory=Lock)
    _threads: int = 0
    _unfinished: int = 0

    @property
    def waiting(self) -> int:
        return self._jobs.qsize()

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Return the result to come of ``work``; cancelled before its turn, it never runs. Raises ``BusyError``."""
        future: Future[T] = Future()
        with self._lock:
            if self._unfinished >= self.at_once + self.most_waiting:
                raise BusyError("too many questions are waiting", hint="ask again in a few seconds")
            if self._threads <= self._unfinished and self._threads < self.at_once:
                Thread(target=self._run, name=self.name, daemon=True).start()  # may fail: counted after it
                self._threads += 1
            self._unfinished += 1
        self._jobs.put((future, work))
        return future

    def _run(self) -> None:
        while True:
            future, work = self._jobs.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # noqa: BLE001 - handed to the one who waits for it
                    future.set_exception(error)
            del future, work  # an idle thread holds on to no question
            with self._lock:
                self._unfinished -= 1
