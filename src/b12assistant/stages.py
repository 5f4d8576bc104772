"""Measure how long each stage of answering takes, but only inside ``measured``."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import wraps
from typing import Final, ParamSpec, TypeVar

Given = ParamSpec("Given")
Made = TypeVar("Made")


@dataclass
class Stages:
    """Milliseconds by stage, in the order in which they began. Time in an inner stage counts for that stage only.

    ``clock``: returns seconds.
    """

    clock: Callable[[], float] = time.perf_counter
    milliseconds: dict[str, float] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _since: float = field(init=False)

    def __post_init__(self) -> None:
        self._since = self.clock()

    @contextmanager
    def within(self, name: str) -> Iterator[None]:
        self._count()
        self.milliseconds.setdefault(name, 0.0)
        self._open.append(name)
        try:
            yield
        finally:
            self._count()
            self._open.pop()

    def _count(self) -> None:
        """Add the time since the last change to the innermost stage."""
        now = self.clock()
        if self._open:
            self.milliseconds[self._open[-1]] += 1000 * (now - self._since)
        self._since = now


_MEASURED: Final[ContextVar[Stages | None]] = ContextVar("stages", default=None)


@contextmanager
def measured(clock: Callable[[], float] = time.perf_counter) -> Iterator[Stages]:
    """Measure the stages that this thread runs inside the block, by a ``clock`` of seconds."""
    stages = Stages(clock)
    token = _MEASURED.set(stages)
    try:
        yield stages
    finally:
        _MEASURED.reset(token)


def stage(name: str) -> Callable[[Callable[Given, Made]], Callable[Given, Made]]:
    """Mark a function as a stage of answering."""

    def named(function: Callable[Given, Made]) -> Callable[Given, Made]:
        @wraps(function)
        def called(*args: Given.args, **kwargs: Given.kwargs) -> Made:
            stages = _MEASURED.get()
            if stages is None:
                return function(*args, **kwargs)
            with stages.within(name):
                return function(*args, **kwargs)

        return called

    return named
