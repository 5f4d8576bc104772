"""Nearest passages and shared words, found by Milvus: what FAISS and BM25F find in this process, over many machines.

The weights of terms are those of ``BM25FIndex``, a sparse vector each passage, and a question is one too: their inner
product is its BM25F score, whatever shards and segments the rows lie in. Milvus' own BM25 counts words by segment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.milvus import MOST_FOUND, Server
from b12assistant.index.vector_index import best_first

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Listed = tuple[NDArray[np.int64], Vectors]


@dataclass(frozen=True)
class Place:
    """A collection of ``rows`` rows on a server; ``only``: the condition its rows must meet, in Milvus' language."""

    server: Server
    collection: str
    rows: int
    only: str = ""

    def search(self, field: str, query: object, k: int) -> Listed:
        """At most ``k`` rows, and never more than ``MOST_FOUND``, best first, ties by row."""

        def fetch(wide: int) -> Listed:
            return self.server.search(self.collection, field, query, wide, rows=self.rows, only=self.only)

        return _with_ties(fetch, min(k, self.rows, MOST_FOUND))


@dataclass(frozen=True)
class MilvusVectors:
    """``VectorIndex``: inner product over rows of unit length."""

    place: Place

    def search(self, query: Vectors, k: int) -> Listed:
        """At most ``k`` row numbers and cosines, best first, ties by row."""
        return self.place.search("vector", np.ascontiguousarray(query, dtype=np.float32), k)


@dataclass(frozen=True)
class MilvusTerms:
    """``LexicalIndex``: BM25F by term weights; ``words`` knows the vocabulary, and needs no rows for it."""

    place: Place
    words: BM25FIndex

    def search(self, question: str, k: int) -> Listed:
        """At most ``k`` rows that share a term with ``question``, best first, ties by row."""
        asked = {number: float(times) for number, times in sorted(self.words.asked(question).items())}
        if not asked:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rows, scores = self.place.search("terms", asked, k)
        return rows[scores > 0], scores[scores > 0]

    def unknown_terms(self, question: str) -> frozenset[str]:
        """Index terms of ``question`` that stand in no row."""
        return self.words.unknown_terms(question)

    def unknown_share(self, question: str) -> float:
        """How much of what ``question`` asks about stands in no row, 0 to 1."""
        return self.words.unknown_share(question)


def _with_ties(fetch: Callable[[int], Listed], k: int) -> Listed:
    """The ``k`` best, ties by row: of rows that stand level at the cut, which ones a server gives is chance."""
    if k < 1:
        return np.empty(0, np.int64), np.empty(0, np.float32)
    wide = k
    while True:
        wide = min(4 * wide, MOST_FOUND) if wide > k else min(k + 1, MOST_FOUND)
        rows, scores = fetch(wide)
        if len(rows) < wide or wide == MOST_FOUND or scores[k - 1] > scores[-1]:
            return best_first(rows, scores, k)
