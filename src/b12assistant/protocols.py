"""The seams: what the use cases need of their parts. Each is one or two methods, so that a fake is easy to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from b12assistant.types import Extract

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]


class Loader(Protocol):
    """Bytes of one file to canonical text with its maps.

    Raises ``SourceError`` with a reason when the file cannot be read as this type.
    """

    def __call__(self, data: bytes) -> Extract: ...


@dataclass(frozen=True, slots=True)
class Encoded:
    """One text through the encoder, once.

    ``vector``: (d,) float32 of unit length. ``tokens``: (n, d) float32, rows of unit length, special tokens left out.
    ``offsets``: (n, 2) int32, code points of the text each token was read from.
    """

    vector: Vectors
    tokens: Vectors
    offsets: NDArray[np.int32]
    pieces: NDArray[np.int32]  # (n,) word piece ids


class Encoder(Protocol):
    """Texts to vectors and token vectors, one pass for both."""

    @property
    def name(self) -> str: ...

    @property
    def digest(self) -> str:
        """sha256 of the weights."""

    @property
    def runtime(self) -> Mapping[str, str]:
        """What runs it, with versions: the same texts give the same bits on the same of these."""

    @property
    def dimension(self) -> int: ...

    @property
    def limit(self) -> int:
        """Word pieces a text may have, special tokens not counted."""

    @property
    def tokenizer(self) -> Path | None:
        """The file that another process counts word pieces with, as ``count`` does; ``None`` if there is none."""

    def encode(self, texts: Sequence[str]) -> Iterator[Encoded]:
        """In the order of ``texts``; a text longer than ``limit`` is an ``EncoderError``, never cut silently."""

    def count(self, text: str) -> int:
        """Word pieces of ``text``, special tokens not counted."""

    def tuned(self, changes: Mapping[str, Vectors]) -> Encoder:
        """The same encoder with each matrix of ``changes`` added to the weight of that name: (out, in) float32.

        Raises ``EncoderError`` if it has no such weight.
        """


class VectorIndex(Protocol):
    """Nearest rows by inner product."""

    def search(self, query: Vectors, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """``query``: (d,) float32 of unit length. At most ``k`` row numbers and cosines, best first, ties by row."""


class LexicalIndex(Protocol):
    """Rows that share words with a question."""

    def search(self, question: str, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """At most ``k`` row numbers with a score above zero, best first, ties by row."""

    def unknown_terms(self, question: str) -> frozenset[str]:
        """Index terms of ``question`` that stand in no row."""

    def unknown_share(self, question: str) -> float:
        """How much of what ``question`` asks about stands in no row, 0 to 1."""


@runtime_checkable
class EncodesEach(Protocol):
    """An encoder that can do better than one text after another."""

    def each(self, texts: Sequence[str]) -> Sequence[Encoded]:
        """In the order of ``texts``, bit for bit what ``encode`` gives for each of them by itself."""


def encode_each(encoder: Encoder, texts: Sequence[str]) -> Sequence[Encoded]:
    """In the order of ``texts``. Raises what ``encode`` raises."""
    if isinstance(encoder, EncodesEach):
        return encoder.each(texts)
    return [encoded for text in texts for encoded in encoder.encode([text])]
