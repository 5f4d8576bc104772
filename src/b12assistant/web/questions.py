"""Answer questions: first the safety check, then the search, each in its own lane.

A question that finds too many waiting is refused at once, and one that takes too long gets an error. In both cases,
and when a search fails, the warning of the safety check is still shown. An emergency never waits behind a search. How
much one address may ask is limited by a reverse proxy.
"""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from queue import SimpleQueue
from types import SimpleNamespace
from typing import Any, TypeVar

from b12assistant.answers import Reason, Reply
from b12assistant.application.live import prepare
from b12assistant.application.workspace import Workspace
from b12assistant.errors import AssistantError
from b12assistant.threads import spare_memory
from b12assistant.web.problems import BusyError, LateError, LoadingError, PassingError, StoppingError, problem_of

T = TypeVar("T")
_Job = tuple[Future[Any], Callable[[], Any]]


@dataclass(eq=False)
class Lane:
    """A queue with ``at_once`` threads and room for ``most_waiting`` jobs, first come, first served.

    Unlike those of ``ThreadPoolExecutor`` and AnyIO, its threads never keep the process from ending. A cancelled job
    that has not started frees its place; a running one keeps it until it ends, so that the limit holds.
    """

    name: str
    at_once: int
    most_waiting: int
    _jobs: SimpleQueue[_Job] = field(default_factory=SimpleQueue)
    _lock: Any = field(default_factory=threading.Lock)
    _threads: int = 0
    _unfinished: int = 0

    def submit(self, work: Callable[[], T]) -> Future[T]:
        """Return a future of ``work``, which never runs if it is cancelled in time. Raises ``BusyError``."""
        future: Future[T] = Future()
        with self._lock:
            if self._unfinished >= self.at_once + self.most_waiting:
                raise BusyError("too many questions are waiting", hint="ask again in a few seconds")
            if self._threads <= self._unfinished and self._threads < self.at_once:
                threading.Thread(target=self._run, name=self.name, daemon=True).start()
                self._threads += 1  # only after it has started
            self._unfinished += 1
        future.add_done_callback(self._leave)
        self._jobs.put((future, work))
        return future

    def _leave(self, _: Future[Any]) -> None:
        with self._lock:
            self._unfinished -= 1

    def _run(self) -> None:
        while True:
            future, work = self._jobs.get()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # noqa: BLE001 - passed on through the future
                    future.set_exception(error)
            del future, work  # an idle thread must not hold a question


_CHECKS = 16  # safety checks at once: most wait while the encoder is loading, and an emergency must get past them
_SEARCHES = 2  # searches at once: more would not be faster, and would delay the health routes
_WAITING = 128  # questions that may wait for each of the two; one more is refused
_LOG = logging.getLogger("b12assistant.questions")


@dataclass(eq=False)
class Questions:
    """The questions of one event loop. ``seconds``: the time limit of an answer."""

    seconds: float
    checks: Lane = field(default_factory=lambda: Lane("check", _CHECKS, _WAITING))
    searches: Lane = field(default_factory=lambda: Lane("search", _SEARCHES, _WAITING))
    readiness: Lane = field(default_factory=lambda: Lane("readiness", 1, _WAITING))
    _open: int = field(default=0, init=False)
    _closed: bool = field(default=False, init=False)

    @property
    def is_idle(self) -> bool:
        return self._open == 0

    def close(self) -> None:
        """Refuse new questions from now on; those in progress are answered."""
        self._closed = True

    def check_open(self) -> None:
        """Raise ``StoppingError`` after ``close``."""
        if self._closed:
            raise StoppingError("the server is being stopped", hint="ask again in a few seconds")

    async def check_ready(self, space: Workspace, patience: float = 1.0) -> None:
        """Return when ``space`` can answer. Raises what prevents it, or ``LoadingError`` after some seconds."""
        self.check_open()
        try:
            await self._done(self.readiness, lambda: space.engine.query("ready"), time.monotonic() + patience)
        except (BusyError, LateError) as error:
            raise LoadingError("still loading", hint="ask again in a few seconds") from error

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
                return await self._done(self.searches, work, time.monotonic() + self.seconds)
            except (BusyError, LateError) as error:
                warning = await self._warned_by_words(space, text)
                if warning is None:
                    raise
                ending.how = warning.answer.status
                return otherwise(warning, error)

    async def run(self, work: Callable[[], T]) -> T:
        """Run other work that searches, in the lane of searches and within the same limits."""
        with self._watched():
            return await self._done(self.searches, work, time.monotonic() + self.seconds)

    async def _warned_by_words(self, space: Workspace, question: str, history: Sequence[str] = ()) -> Reply | None:
        """Return the red-flag warning that needs no encoder and no lane; ``None`` if there is none."""
        hasty = replace(space.assistant, triage=space.triage.without_encoder)
        warning = await asyncio.to_thread(lambda: hasty.warning(hasty.triaged(question, history)))
        if warning is None:
            return None
        return warning if warning.answer.reason is Reason.RED_FLAG or warning.answer.is_emergency else None

    @contextmanager
    def _watched(self) -> Iterator[SimpleNamespace]:
        """Count a question. Yields an object: set its ``how`` to the answer's status; an error sets it to its code."""
        self.check_open()
        ending, begun = SimpleNamespace(how="searched"), time.monotonic()
        self._open += 1
        try:
            yield ending
        except BaseException as error:
            ending.how = error.code if isinstance(error, AssistantError) else "unexpected"
            raise
        finally:
            self._open -= 1
            taken = round(1000 * (time.monotonic() - begun))
            _LOG.info("question", extra={"end": ending.how, "ms": taken})

    async def _done(self, lane: Lane, work: Callable[[], T], deadline: float) -> T:
        future = asyncio.wrap_future(lane.submit(work))
        try:
            return await asyncio.wait_for(future, max(0.0, deadline - time.monotonic()))
        except TimeoutError as error:
            raise LateError(f"no answer within {self.seconds:g} seconds", hint="ask again in a few seconds") from error


class Warmup:
    """One attempt to load. An emergency is answered without it; other questions wait for the same parts."""

    def __init__(self, space: Workspace) -> None:
        self._problem: Future[str | None] = Future()
        # Only the thread holds the workspace: it must be freed when a newer index replaces it.
        self._thread = threading.Thread(target=self._run, args=(space,), name="warmup", daemon=True)

    def start(self) -> None:
        spare_memory()
        self._thread.start()

    @property
    def ended(self) -> bool:
        return self._problem.done()

    def problem(self, seconds: float | None = None) -> str | None:
        """Wait for the end; return what went wrong, as a sentence, or ``None``. Raises ``TimeoutError``."""
        return self._problem.result(seconds)

    def _run(self, space: Workspace) -> None:
        try:
            space.opened  # noqa: B018 - opens the index or raises
            space.ask("ready")
            self._problem.set_result(None)
        except Exception as error:  # noqa: BLE001 - reported by `problem`
            self._problem.set_result(problem_of(error).sentence)
        else:
            prepare(space)
