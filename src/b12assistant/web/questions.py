"""Questions on their way to an answer: the safety check first, then the search, each in a lane of its own.

What comes when too many wait is refused at once; what takes too long is told so. What the safety check has seen by then
is told in either case, and where a search fails; an emergency never waits behind a search.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

from b12assistant.answers import Reason, Reply
from b12assistant.application.workspace import Workspace
from b12assistant.config import WebSettings
from b12assistant.errors import AssistantError
from b12assistant.web.problems import BusyError, LateError, PassingError, logged

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


_CHECKS = 16  # safety checks at once: while the encoder is loaded most wait for it, and an emergency must pass them
_SEARCHES = 2  # searches at once: more answer no sooner, and keep the health routes waiting
_LOG = logging.getLogger("b12assistant.questions")


@dataclass(slots=True)
class _Ending:
    """How a question ended: the status of its answer, or the code of what went wrong."""

    how: str = "unexpected"


@dataclass(eq=False)
class Questions:
    """Those of one event loop. ``seconds``: from a question to its answer at most; ``watch``: told how each ended, and
    after how many seconds."""

    seconds: float
    checks: Lane
    searches: Lane
    watch: Callable[[str, float], None] = lambda end, seconds: None
    _open: int = field(default=0, init=False)
    _closed: bool = field(default=False, init=False)

    @classmethod
    def of(cls, settings: WebSettings) -> Questions:
        most = settings.waiting
        return cls(settings.seconds, Lane("check", _CHECKS, most), Lane("search", _SEARCHES, most))

    @property
    def is_idle(self) -> bool:
        return self._open == 0

    @property
    def waiting(self) -> int:
        return self.checks.waiting + self.searches.waiting

    def close(self) -> None:
        """From now on every new question is refused; those that were begun are answered."""
        self._closed = True

    async def ask(
        self,
        space: Workspace,
        question: str,
        history: Sequence[str] = (),
        *,
        as_typed: bool = False,
        then: Callable[[Reply], T],
    ) -> T:
        """``then`` of the reply, made in the lane. Raises what asking raises, ``BusyError`` and ``LateError``."""

        def search() -> tuple[str, T]:
            reply = space.ask(question, history, as_typed=as_typed, triaged=read)
            return reply.answer.status, then(reply)

        deadline = time.monotonic() + self.seconds
        with self._watched() as ending:
            try:
                read = await self._done(self.checks, lambda: space.assistant.triaged(question, history), deadline)
            except (BusyError, LateError):
                warning = await self._heard_by_words(space, question, history)
                if warning is None:
                    raise
                ending.how = warning.answer.status
                return then(warning)
            warning = space.assistant.warning(read)
            if warning is None or warning.answer.reason is not Reason.RED_FLAG:
                try:
                    ending.how, answer = await self._done(self.searches, search, deadline)
                except Exception as error:
                    if warning is None:
                        raise
                    logged(error)
                else:
                    return answer
            ending.how = warning.answer.status
            return then(warning)

    async def look_up(
        self, space: Workspace, text: str, work: Callable[[], T], otherwise: Callable[[Reply, PassingError], T]
    ) -> T:
        """``work``, which checks ``text`` and searches for it; where it cannot be waited for, ``otherwise`` of an
        emergency that rules and words see. Raises what ``work`` raises, ``BusyError`` and ``LateError``."""
        with self._watched() as ending:
            try:
                result = await self._done(self.searches, work, time.monotonic() + self.seconds)
            except (BusyError, LateError) as error:
                warning = await self._heard_by_words(space, text)
                if warning is None:
                    raise
                ending.how = warning.answer.status
                return otherwise(warning, error)
            ending.how = "searched"
            return result

    async def _heard_by_words(self, space: Workspace, question: str, history: Sequence[str] = ()) -> Reply | None:
        """What rules and words say where the whole check cannot be waited for: they need no encoder, and no lane."""
        hasty = replace(space.assistant, triage=space.triage.without_encoder)
        warning = await asyncio.to_thread(lambda: hasty.warning(hasty.triaged(question, history)))
        return warning if warning is not None and warning.answer.reason is Reason.RED_FLAG else None

    async def run(self, work: Callable[[], T]) -> T:
        """Other work that searches, within the same bounds."""
        with self._watched() as ending:
            result = await self._done(self.searches, work, time.monotonic() + self.seconds)
            ending.how = "searched"
            return result

    @contextmanager
    def _watched(self) -> Iterator[_Ending]:
        if self._closed:
            raise BusyError("the server is being stopped", hint="ask again in a few seconds")
        ending, begun = _Ending(), time.monotonic()
        self._open += 1
        try:
            yield ending
        except AssistantError as error:
            ending.how = error.code
            raise
        finally:
            self._open -= 1
            seconds = time.monotonic() - begun
            self.watch(ending.how, seconds)
            _LOG.info("question", extra={"end": ending.how, "ms": round(1000 * seconds)})

    async def _done(self, lane: Lane, work: Callable[[], T], deadline: float) -> T:
        future = asyncio.wrap_future(lane.submit(work))
        try:
            return await asyncio.wait_for(future, max(0.0, deadline - time.monotonic()))
        except TimeoutError as error:
            raise LateError(f"no answer within {self.seconds:g} seconds", hint="ask again in a few seconds") from error
