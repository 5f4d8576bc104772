"""What lets many threads share one set of parts: load a part once, let one text at a time into the model."""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
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
    def dimension(self) -> int:
        with self._turn:
            return self.encoder.dimension

    @property
    def limit(self) -> int:
        with self._turn:
            return self.encoder.limit

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
