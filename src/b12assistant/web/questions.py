"""Answer questions: first the safety check, then the search, each in its own lane.

A question that finds too many waiting is refused at once, and one that takes too long gets an error. In both cases,
and when a search fails, the warning of the safety check is still shown. An emergency never waits behind a search. A
question whose client has gone is dropped, and addresses take turns, so that none fills the queue for the others.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import partial
from threading import Condition, Thread
from types import SimpleNamespace
from typing import Any, TypeVar

from b12assistant.answers import Reason, Reply
from b12assistant.application.workspace import Workspace
from b12assistant.config import WebSettings
from b12assistant.errors import AssistantError
from b12assistant.web.problems import BusyError, LateError, PassingError, StoppingError, problem_of

T = TypeVar("T")
_Job = tuple[Future[Any], Callable[[], Any]]


CLIENT: ContextVar[str] = ContextVar("CLIENT", default="")  # the address whose request is being answered


@dataclass(eq=False)
class Lane:
    """A queue with ``at_once`` threads and room for ``most_waiting`` jobs, shared fairly between owners.

    Owners take turns; within one owner, first come, first served. In a full queue the owner with the most jobs gives up
    its newest one to an owner with fewer. Unlike those of ``ThreadPoolExecutor`` and AnyIO, its threads never keep the
    process from ending. A cancelled job that has not started frees its place; a running one keeps it until it ends, so
    that the limit holds.
    """

    name: str
    at_once: int
    most_waiting: int
    _jobs: OrderedDict[str, deque[_Job]] = field(default_factory=OrderedDict)  # by owner, the next one first
    _change: Condition = field(default_factory=Condition)
    _threads: int = 0
    _running: int = 0

    @property
    def waiting(self) -> int:
        return sum(map(len, self._jobs.values()))

    def submit(self, work: Callable[[], T], owner: str = "") -> Future[T]:
        """Return a future of ``work``, which never runs if it is cancelled in time. Raises ``BusyError``."""
        future: Future[T] = Future()
        given_up: Future[Any] | None = None
        with self._change:
            unfinished = self._running + self.waiting
            if unfinished >= self.at_once + self.most_waiting:
                given_up = self._newest_of_most(owner)
            elif self._threads <= unfinished and self._threads < self.at_once:
                Thread(target=self._run, name=self.name, daemon=True).start()  # counted only after it has started
                self._threads += 1
            self._jobs.setdefault(owner, deque()).append((future, work))
            self._change.notify()
        if given_up is not None and given_up.set_running_or_notify_cancel():
            given_up.set_exception(_busy())
        future.add_done_callback(partial(self._forget, owner))
        return future

    def _newest_of_most(self, owner: str) -> Future[Any]:
        """Take the newest job of the owner with the most, if ``owner`` has fewer. Raises ``BusyError``."""
        most = max(self._jobs, key=lambda name: len(self._jobs[name]), default=owner)
        if len(self._jobs.get(most, ())) <= len(self._jobs.get(owner, ())) + 1:
            raise _busy()
        return self._jobs[most].pop()[0]

    def _forget(self, owner: str, future: Future[Any]) -> None:
        """Drop a job that was cancelled before it started."""
        if not future.cancelled():
            return
        with self._change:
            if owner in self._jobs:
                self._jobs[owner] = deque(job for job in self._jobs[owner] if job[0] is not future)
                if not self._jobs[owner]:
                    del self._jobs[owner]

    def _next(self) -> _Job:
        """Wait for the next job of the owner whose turn it is; the owner goes to the end of the queue."""
        with self._change:
            while not self._jobs:
                self._change.wait()
            owner, jobs = self._jobs.popitem(last=False)
            job = jobs.popleft()
            if jobs:
                self._jobs[owner] = jobs
            self._running += 1
            return job

    def _run(self) -> None:
        while True:
            future, work = self._next()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # noqa: BLE001 - passed on through the future
                    future.set_exception(error)
            del future, work  # an idle thread must not hold a question
            with self._change:
                self._running -= 1


def _busy() -> BusyError:
    return BusyError("too many questions are waiting", hint="ask again in a few seconds")


_CHECKS = 16  # safety checks at once: most wait while the encoder is loading, and an emergency must get past them
_SEARCHES = 2  # searches at once: more would not be faster, and would delay the health routes
_WAITING = 128  # questions that may wait for each of the two; one more is refused
_LOG = logging.getLogger("b12assistant.questions")


@dataclass(eq=False)
class Questions:
    """The questions of one event loop.

    ``seconds``: the time limit of an answer.
    """

    seconds: float
    checks: Lane
    searches: Lane
    # While they are being made each waits for that, so they must not hold the searches.
    suggestions: Lane = field(default_factory=lambda: Lane("suggest", 1, _WAITING))
    _open: int = field(default=0, init=False)
    _closed: bool = field(default=False, init=False)

    @classmethod
    def of(cls, settings: WebSettings) -> Questions:
        return cls(settings.seconds, Lane("check", _CHECKS, _WAITING), Lane("search", _SEARCHES, _WAITING))

    @property
    def is_idle(self) -> bool:
        return self._open == 0

    @property
    def waiting(self) -> int:
        return self.checks.waiting + self.searches.waiting

    def close(self) -> None:
        """Refuse new questions from now on; those in progress are answered."""
        self._closed = True

    def check_open(self) -> None:
        """Raise ``StoppingError`` after ``close``."""
        if self._closed:
            raise StoppingError("the server is being stopped", hint="ask again in a few seconds")

    async def ask(
        self,
        space: Workspace,
        question: str,
        history: Sequence[str] = (),
        *,
        as_typed: bool = False,
        then: Callable[[Reply], T],
    ) -> T:
        """Answer a question; ``then`` turns the reply into the result, in the lane.

        Raises what asking raises, ``BusyError`` and ``LateError``.
        """

        def search() -> tuple[str, T]:
            reply = space.ask(question, history, as_typed=as_typed, triaged=read)
            return reply.answer.status, then(reply)

        def warned(warning: Reply) -> T:
            return then(replace(warning, history=tuple(history), as_typed=as_typed))

        deadline = time.monotonic() + self.seconds
        with self._watched() as ending:
            try:
                read = await self._done(self.checks, lambda: space.assistant.triaged(question, history), deadline)
            except (BusyError, LateError):
                warning = await self._warned_by_words(space, question, history)
                if warning is None:
                    raise
                ending.how = warning.answer.status
                return warned(warning)
            warning = space.assistant.warning(read)
            if warning is None or warning.answer.reason is not Reason.RED_FLAG:
                try:
                    ending.how, answer = await self._done(self.searches, search, deadline)
                except Exception as error:
                    if warning is None:
                        raise
                    problem_of(error)  # logs it if it is a fault
                else:
                    return answer
            ending.how = warning.answer.status
            return warned(warning)

    async def look_up(
        self, space: Workspace, text: str, work: Callable[[], T], otherwise: Callable[[Reply, PassingError], T]
    ) -> T:
        """Run ``work``, which checks ``text`` and searches for it.

        If that is refused or late, return ``otherwise`` of a red flag that the rules and words find. Raises what
        ``work`` raises, ``BusyError`` and ``LateError``.
        """
        with self._watched() as ending:
            try:
                result = await self._done(self.searches, work, time.monotonic() + self.seconds)
            except (BusyError, LateError) as error:
                warning = await self._warned_by_words(space, text)
                if warning is None:
                    raise
                ending.how = warning.answer.status
                return otherwise(warning, error)
            ending.how = "searched"
            return result

    async def _warned_by_words(self, space: Workspace, question: str, history: Sequence[str] = ()) -> Reply | None:
        """Return the red-flag warning that needs no encoder and no lane; ``None`` if there is none."""
        hasty = replace(space.assistant, triage=space.triage.without_encoder)
        warning = await asyncio.to_thread(lambda: hasty.warning(hasty.triaged(question, history)))
        if warning is None:
            return None
        return warning if warning.answer.reason is Reason.RED_FLAG or warning.answer.is_emergency else None

    async def run(self, work: Callable[[], T], lane: Lane | None = None) -> T:
        """Run other work that searches, within the same limits; in the lane of searches unless another is given."""
        with self._watched() as ending:
            result = await self._done(lane or self.searches, work, time.monotonic() + self.seconds)
            ending.how = "searched"
            return result

    @contextmanager
    def _watched(self) -> Iterator[SimpleNamespace]:
        """Count a question. Yields an object: set its ``how`` to the answer's status; an error sets it to its code."""
        self.check_open()
        ending, begun = SimpleNamespace(how="unexpected"), time.monotonic()
        self._open += 1
        try:
            yield ending
        except AssistantError as error:
            ending.how = error.code
            raise
        finally:
            self._open -= 1
            taken = round(1000 * (time.monotonic() - begun))
            _LOG.info("question", extra={"end": ending.how, "ms": taken})

    async def _done(self, lane: Lane, work: Callable[[], T], deadline: float) -> T:
        future = asyncio.wrap_future(lane.submit(work, CLIENT.get()))
        try:
            return await asyncio.wait_for(future, max(0.0, deadline - time.monotonic()))
        except TimeoutError as error:
            raise LateError(f"no answer within {self.seconds:g} seconds", hint="ask again in a few seconds") from error
