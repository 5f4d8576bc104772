"""BM25F over two fields: the passage, and its titles (document title and heading path).

Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields" (CIKM 2004): length-normalised,
weighted term frequencies of the fields are added, then saturated once. As in bm25s (Lù, 2024), every term's scores
are computed when the index is built, so that a query only adds columns.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.language.words import terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int32]
    Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class BM25F:
    """Parameters. ``k1``: saturation; ``b_…``: length normalisation; ``title_weight``: of a term in the titles."""

    k1: float = 1.2
    b_body: float = 0.75
    b_title: float = 0.75
    title_weight: float = 3.0


@dataclass(frozen=True)
class TermCounts:
    """Term counts by row: row ``i`` holds terms ``numbers[starts[i]:starts[i + 1]]`` of the sorted ``names``.

    ``body`` and ``title``: how often each is in the row's passage and in its titles; at least one is above zero.
    """

    names: tuple[str, ...]
    starts: NDArray[np.int64]
    numbers: Numbers
    body: Numbers
    title: Numbers

    @classmethod
    def of(cls, bodies: Sequence[str], titles: Sequence[str]) -> TermCounts:
        """Count terms; ``bodies[i]`` and ``titles[i]`` are the two fields of row ``i``."""
        rows = [(Counter(terms(body)), Counter(terms(title))) for body, title in zip(bodies, titles, strict=True)]
        held = [sorted(body.keys() | title.keys()) for body, title in rows]
        names = tuple(sorted({name for row in held for name in row}))
        number = {name: place for place, name in enumerate(names)}
        return cls(
            names,
            np.cumsum([0, *map(len, held)], dtype=np.int64),
            np.array([number[name] for row in held for name in row], np.int32),
            np.array([body[name] for (body, _), row in zip(rows, held, strict=True) for name in row], np.int32),
            np.array([title[name] for (_, title), row in zip(rows, held, strict=True) for name in row], np.int32),
        )

    def __len__(self) -> int:
        return len(self.starts) - 1


class BM25FIndex:
    """Columns of term scores: term ``t`` is in ``rows[starts[t]:starts[t + 1]]``, with the same part of ``weights``."""

    def __init__(
        self,
        vocabulary: dict[str, int],
        starts: NDArray[np.int64],
        rows: NDArray[np.int32],
        weights: Vectors,
        idf: Vectors,
        count: int | None = None,
    ) -> None:
        self._vocabulary, self._starts, self._rows, self._weights, self._idf = vocabulary, starts, rows, weights, idf
        self._count = count if count is not None else int(rows.max()) + 1 if len(rows) else 0

    @classmethod
    def build(cls, bodies: Sequence[str], titles: Sequence[str], parameters: BM25F = BM25F()) -> BM25FIndex:
        """Index rows; ``bodies[i]`` and ``titles[i]`` are the two fields of row ``i``."""
        counts = TermCounts.of(bodies, titles)
        frequencies = _saturating_frequencies(counts, parameters)
        order = np.argsort(counts.numbers, kind="stable")  # by term, and in a term by row
        sizes = np.bincount(counts.numbers, minlength=len(counts.names)).astype(np.int64)
        idf = np.log(1 + (len(counts) - sizes + 0.5) / (sizes + 0.5)).astype(np.float32)
        weights = (frequencies / (parameters.k1 + frequencies)).astype(np.float32)[order]
        vocabulary = {term: number for number, term in enumerate(counts.names)}
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        rows = _rows(counts).astype(np.int32)[order]
        return cls(vocabulary, starts, rows, weights * np.repeat(idf, sizes), idf)

    def search(self, question: str, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Return at most ``k`` rows that share a term with ``question``, and their scores, best first, ties by row."""
        scores = np.zeros(self._count, dtype=np.float32)
        for number, times in self.asked(question).items():
            column = slice(self._starts[number], self._starts[number + 1])
            scores[self._rows[column]] += times * self._weights[column]
        rows = np.flatnonzero(scores > 0)
        if 0 < k < len(rows):  # sort only rows that can be among the first
            rows = rows[scores[rows] >= np.partition(scores[rows], -k)[-k]]
        order = np.lexsort((rows, -scores[rows]))[: max(k, 0)]
        return rows[order].astype(np.int64), scores[rows[order]]

    def asked(self, question: str) -> dict[int, int]:
        """Return the numbers of the question's known terms, and how often each is in it."""
        numbers = ((self._vocabulary.get(term), times) for term, times in Counter(terms(question)).items())
        return {number: times for number, times in numbers if number is not None}

    def by_row(self, rows: int) -> Iterator[Mapping[int, float]]:
        """Yield, for each of the first ``rows`` rows, the weights above zero of its terms, by term number."""
        terms_of = np.repeat(np.arange(len(self._vocabulary)), np.diff(self._starts))
        kept = np.flatnonzero(self._weights > 0)
        order = kept[np.argsort(self._rows[kept], kind="stable")]
        ends = np.searchsorted(self._rows[order], np.arange(rows + 1))
        for start, end in pairwise(ends.tolist()):
            places = order[start:end]
            yield dict(zip(terms_of[places].tolist(), self._weights[places].tolist(), strict=True))

    def without_rows(self) -> BM25FIndex:
        """Return an index with the vocabulary and idf of this one, but no rows."""
        none = np.zeros(len(self._vocabulary) + 1, np.int64)
        return BM25FIndex(
            self._vocabulary, none, self._rows[:0].copy(), self._weights[:0].copy(), self._idf, self._count
        )

    def unknown_terms(self, question: str) -> frozenset[str]:
        """Return the index terms of ``question`` that are in no row."""
        return frozenset(term for term in terms(question) if term not in self._vocabulary)

    def unknown_share(self, question: str) -> float:
        """Return how much of ``question`` is unknown here: the idf share of its unknown terms, 0 to 1."""
        asked = dict.fromkeys(terms(question))
        if not asked:
            return 1.0
        unseen = float(np.log(1 + (self._count + 0.5) / 0.5))
        weights = {
            term: float(self._idf[self._vocabulary[term]]) if term in self._vocabulary else unseen for term in asked
        }
        return sum(weights[term] for term in asked if term not in self._vocabulary) / max(sum(weights.values()), 1e-9)

    def to_bytes(self) -> bytes:
        names = json.dumps(list(self._vocabulary), ensure_ascii=False).encode()
        buffer = io.BytesIO()
        np.savez(
            buffer,
            vocabulary=np.frombuffer(names, dtype=np.uint8),
            starts=self._starts,
            rows=self._rows,
            weights=self._weights,
            idf=self._idf,
        )
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> BM25FIndex:
        """Read bytes that were already verified against their digest."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            names = json.loads(arrays["vocabulary"].tobytes())
            vocabulary = {term: number for number, term in enumerate(names)}
            return cls(vocabulary, arrays["starts"], arrays["rows"], arrays["weights"], arrays["idf"])


def _rows(counts: TermCounts) -> NDArray[np.int64]:
    """Return the row of each count."""
    return np.repeat(np.arange(len(counts)), np.diff(counts.starts))


def _saturating_frequencies(counts: TermCounts, parameters: BM25F) -> NDArray[np.float64]:
    """Return, for each count, the term's weighted and length-normalised frequency over both fields."""
    rows = _rows(counts)
    total = np.zeros(len(rows))
    for field, b, weight in (
        (counts.body, parameters.b_body, 1.0),
        (counts.title, parameters.b_title, parameters.title_weight),
    ):
        lengths = np.bincount(rows, weights=field, minlength=len(counts))
        average = lengths.mean() if lengths.any() else 1.0
        norms = 1 - b + b * lengths / average
        present = field > 0  # elsewhere the norm may be zero
        total[present] += weight * field[present] / norms[rows[present]]
    return total
