"""BM25F over two fields: the passage, and its titles (document title and heading path).

Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields" (CIKM 2004): length-normalised,
weighted term frequencies of the fields are added, then saturated once. As in bm25s (Lù, 2024), every term's scores
are computed when the index is built, so that a query only adds columns.
"""

from __future__ import annotations

import json
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from b12assistant.index.store import Data
from b12assistant.index.vectors import Vectors, best_first, read_arrays, save_arrays
from b12assistant.language.words import terms
from b12assistant.types import Passage

LEXICAL = "lexical.safetensors"


# The parameters of BM25F. The title field holds the document's title and the headings above a passage. ``k1``: how soon
# a repeated term stops counting; both ``b``: how much a long field is marked down, 0 to 1; ``title_weight``: of a term
# in the title field against one in the passage. The title field took medquad from .859 to .896.
FIELDS = {"k1": 1.2, "b_body": 0.75, "b_title": 0.75, "title_weight": 3.0}


class BM25FIndex:
    """Columns of term scores: term ``t`` is in ``rows[starts[t]:starts[t + 1]]``, with the same part of ``weights``."""

    def __init__(
        self,
        vocabulary: dict[str, int],
        starts: NDArray[np.int64],
        rows: NDArray[np.int32],
        weights: Vectors,
        idf: Vectors,
    ) -> None:
        self._vocabulary, self._starts, self._rows, self._weights, self._idf = vocabulary, starts, rows, weights, idf
        self._count = int(rows.max()) + 1 if len(rows) else 0

    @classmethod
    def build(cls, bodies: Iterable[str], titles: Iterable[str]) -> BM25FIndex:
        """Index rows; ``bodies[i]`` and ``titles[i]`` are the two fields of row ``i``."""
        # Numbers only, not a dictionary for each row, which would take 20 KB.
        met: dict[str, int] = {}
        held_in, met_numbers, in_bodies, in_titles = (array("i") for _ in range(4))
        for body, title in zip(bodies, titles, strict=True):
            of_body, of_title = Counter(terms(body)), Counter(terms(title))
            held = sorted(of_body.keys() | of_title.keys())
            held_in.append(len(held))
            met_numbers.extend(met.setdefault(term, len(met)) for term in held)
            in_bodies.extend(of_body[term] for term in held)
            in_titles.extend(of_title[term] for term in held)
        vocabulary = {term: number for number, term in enumerate(sorted(met))}
        renumbered = np.array([vocabulary[term] for term in met], np.int32)
        numbers = renumbered[np.frombuffer(met_numbers, np.int32)] if met else renumbered
        row_of = np.repeat(np.arange(len(held_in)), np.array(held_in, np.int64))
        frequencies = np.zeros(len(numbers))
        for counted, name, weight in ((in_bodies, "b_body", 1.0), (in_titles, "b_title", FIELDS["title_weight"])):
            counts, b = np.array(counted, np.int32), FIELDS[name]
            lengths = np.bincount(row_of, weights=counts, minlength=len(held_in))
            norms = 1 - b + b * lengths / (lengths.mean() if lengths.any() else 1.0)
            present = counts > 0  # elsewhere the norm may be zero
            frequencies[present] += weight * counts[present] / norms[row_of[present]]
        order = np.argsort(numbers, kind="stable")  # by term, and in a term by row
        sizes = np.bincount(numbers, minlength=len(vocabulary)).astype(np.int64)
        idf = np.log(1 + (len(held_in) - sizes + 0.5) / (sizes + 0.5)).astype(np.float32)
        weights = (frequencies / (FIELDS["k1"] + frequencies)).astype(np.float32)[order]
        starts = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes)])
        return cls(vocabulary, starts, row_of.astype(np.int32)[order], weights * np.repeat(idf, sizes), idf)

    def search(self, question: str, k: int) -> tuple[NDArray[np.int64], Vectors]:
        """Return at most ``k`` rows that share a term with ``question``, and their scores, best first, ties by row."""
        scores = np.zeros(self._count, dtype=np.float32)
        for number, times in self.asked(question).items():
            column = slice(self._starts[number], self._starts[number + 1])
            scores[self._rows[column]] += times * self._weights[column]
        rows = np.flatnonzero(scores > 0)
        return best_first(rows, scores[rows], k)

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

    def unknown_terms(self, question: str) -> list[str]:
        """Return the index terms of ``question`` that are in no row, each once."""
        return [term for term in dict.fromkeys(terms(question)) if term not in self._vocabulary]

    def unknown_share(self, question: str) -> float:
        """Return how much of ``question`` is unknown here: the idf share of its unknown terms, 0 to 1."""
        known, unknown = list(self.asked(question)), self.unknown_terms(question)
        unseen = len(unknown) * float(np.log(1 + (self._count + 0.5) / 0.5))
        seen = float(self._idf[known].sum(dtype=np.float64))
        return unseen / max(unseen + seen, 1e-9) if known or unknown else 1.0

    def to_bytes(self) -> Data:
        names = json.dumps(list(self._vocabulary), ensure_ascii=False).encode()
        columns: dict[str, NDArray[Any]] = {"vocabulary": np.frombuffer(names, np.uint8), "starts": self._starts}
        return save_arrays({**columns, "rows": self._rows, "weights": self._weights, "idf": self._idf})

    @classmethod
    def from_bytes(cls, data: Data) -> BM25FIndex:
        """Read verified bytes; only the vocabulary is copied. Raises ``IndexDamagedError``."""
        arrays = read_arrays(data, LEXICAL)
        names = json.loads(arrays["vocabulary"].tobytes())
        vocabulary = {term: number for number, term in enumerate(names)}
        return cls(vocabulary, arrays["starts"], arrays["rows"], arrays["weights"], arrays["idf"])


def index_words(passages: Sequence[Passage]) -> BM25FIndex:
    """Index the words of passages and of the titles above them."""
    bodies = (" ".join(span.text for span in passage.sentences) for passage in passages)
    titles = ([each.document.title, *(each.document.slice(s.heading) for s in each.section)] for each in passages)
    return BM25FIndex.build(bodies, (" ".join(dict.fromkeys(each)) for each in titles))
