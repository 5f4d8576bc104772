"""The interfaces between parts. Each has few methods, so that a fake is easy to read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

Progress = Callable[[str, int, int], None]  # stage, done, of


@dataclass(frozen=True, slots=True)
class Encoded:
    """The result of encoding one text.

    ``vector``: (d,) float32 of unit length. ``tokens``: (n, d) float32, rows of unit length, special tokens left out.
    ``offsets``: (n, 2) int32, code points of the text each token was read from.
    """

    vector: Vectors
    tokens: Vectors
    offsets: NDArray[np.int32]
    pieces: NDArray[np.int32]  # (n,) word piece ids


class PartReader(Protocol):
    """Reads a part of a message beside what stands around it."""

    def scores(self, part: str, beside: str, /) -> Sequence[float]:
        """Return two logits: somebody is in danger now, and somebody may mean to harm themselves."""


class Encoder(Protocol):
    """Turns texts into vectors and token vectors in one pass."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str:
        """Return sha256 of the weights; of a tuned encoder, of the weights and the changes, or of its own graph."""

    @property
    def runtime(self) -> Mapping[str, str]:
        """Return the libraries that run it, with versions; equal ones give equal bits for equal texts."""

    @property
    def dimension(self) -> int: ...

    @property
    def limit(self) -> int:
        """Return the most word pieces of a text, special tokens not counted."""

    @property
    def tokenizer(self) -> Path | None:
        """Return the tokenizer's file; ``None`` if it has none."""

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """Encode the texts in order. Raises ``EncoderError`` for a text longer than ``limit``; none is cut."""

    def count(self, text: str) -> int:
        """Count the word pieces of ``text``, special tokens not counted."""

    def each(self, texts: Sequence[str]) -> Sequence[Encoded]:
        """Encode the texts in order, bit for bit as ``encode`` does each alone. Raises what ``encode`` raises."""


class VectorIndex(Protocol):
    """Finds the nearest rows by inner product."""

    def search(self, query: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Return at most ``k`` row numbers and cosines, best first; ``query``: (d,) float32, unit length."""


class LexicalIndex(Protocol):
    """Finds rows that share words with a question."""

    def search(self, question: str, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Return at most ``k`` row numbers with their scores, all above zero, best first, ties by row."""
