"""A question read while the safety check reads it too: the encoder computes beside it, on a core that is free.

Only reading is done ahead, never a search, and nothing of it is used unless the check lets the question pass. One
thread does it for the whole process: where many ask at once most find it taken, and read their question themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import Generic, TypeVar

from b12assistant.stages import stage

Engine = TypeVar("Engine")
Read = TypeVar("Read")


@lru_cache(maxsize=1)
def _beside() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(1, thread_name_prefix="reading")


@dataclass(frozen=True)
class Early(Generic[Engine, Read]):
    """What is read of a question with an engine; ``begun``: ahead, with the engine ``opened``."""

    read: Callable[[Engine], Read]
    opened: Engine | None = None
    begun: Future[Read] | None = None

    @stage("waiting")
    def done(self, engine: Engine) -> Read:
        """What was read ahead, or what is read now; raises what reading raises."""
        if self.begun is None or engine is not self.opened or self.begun.cancel():
            return self.read(engine)
        return self.begun.result()


class Ahead(Generic[Engine]):
    """Knows the engine that answered last: none is opened for the sake of what may not be needed."""

    def __init__(self) -> None:
        self.opened: Engine | None = None

    @contextmanager
    def begun(self, read: Callable[[Engine], Read]) -> Iterator[Early[Engine, Read]]:
        """``read`` begun, if there is an engine; what was not begun at the end never will be."""
        opened = self.opened
        future = None if opened is None else _beside().submit(read, opened)
        try:
            yield Early(read, opened, future)
        finally:
            if future is not None:
                future.cancel()
