"""What lets many threads share one set of parts: load a part once, let one text at a time into the model, and end."""

from __future__ import annotations

import atexit
import functools
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from b12assistant.protocols import Encoded, Encoder

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    once = functools.cached_property
else:

    class once(functools.cached_property):  # noqa: N801 - used like the decorator it is
        """A ``cached_property`` that is computed once, however many threads ask; Python 3.12 took that from its own.

        A failure is not kept: the next to ask tries again.
        """

        def __init__(self, compute: Any) -> None:
            super().__init__(compute)
            self._computing = threading.RLock()

        def __get__(self, instance: Any, owner: Any = None) -> Any:
            if instance is None:
                return self
            with self._computing:
                return super().__get__(instance, owner)


class Foreign:
    """Code that is not Python's, and computes beside other threads: ``with FOREIGN:`` around each call.

    A background thread that comes back from there while Python ends takes the process down ("terminate called without
    an active exception", exit status 134; https://github.com/python/cpython/issues/87135). So the end waits for who is
    inside, and afterwards nobody but the thread that ends gets in.
    """

    _MOST = 10.0  # seconds that the end waits

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    def __enter__(self) -> None:
        with self._changed:
            if threading.current_thread() is not threading.main_thread():
                self._changed.wait_for(lambda: not self._closed)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: not self._inside, self._MOST)


FOREIGN = Foreign()
atexit.register(FOREIGN.close)


@dataclass(frozen=True)
class OneAtATime:
    """An encoder for many threads: two calls would share the tokenizer's padding, and would load the model twice.

    Nothing is lost by it: on two cores one text at a time answered more questions a second than twenty at once.
    """

    encoder: Encoder
    _turn: threading.RLock = field(default_factory=threading.RLock, repr=False, compare=False)

    @property
    def name(self) -> str:
        return self.encoder.name

    @property
    def digest(self) -> str:
        return self.encoder.digest

    @property
    def runtime(self) -> Mapping[str, str]:
        return self.encoder.runtime

    @property
    def dimension(self) -> int:
        with self._turn:
            return self.encoder.dimension

    @property
    def limit(self) -> int:
        with self._turn:
            return self.encoder.limit

    @property
    def tokenizer(self) -> Path | None:
        return self.encoder.tokenizer

    def count(self, text: str) -> int:
        with self._turn:
            return self.encoder.count(text)

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        with self._turn:
            done = tuple(self.encoder.encode(texts))
        yield from done

    def tuned(self, changes: Mapping[str, NDArray[np.float32]]) -> Encoder:
        with self._turn:
            return OneAtATime(self.encoder.tuned(changes))
