"""Questions that sentences answer, as vectors: a question near one of them is probably answered there.

The idea is doc2query's (Nogueira and others, 2019, arXiv 1904.08375), with questions written by people instead of a
model. They come with the sentences of a corpus (`corpus/sentences/`) and are never quoted. A corpus may also list
questions that nothing in it answers (`not_answered.toml`): something near one of them is probably not answered either.
"""

from __future__ import annotations

import hashlib
import io
import json
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import IndexDamagedError
from b12assistant.types import Passage

Vectors = NDArray[np.float32]
Codes = NDArray[np.int8]

ASKED = "asked_questions.npz"
_SCALE = 127
_NAMES = ("vectors", "sentences", "keys", "counts")


@dataclass(frozen=True, slots=True)
class Group:
    """The questions of one document; ``sentences``: which of its sentences each is asked of."""

    questions: tuple[str, ...]
    sentences: tuple[int, ...]


def group_of(passages: Sequence[Passage], asked: Iterable[tuple[int, int, Sequence[str]]]) -> Group:
    """Find the sentence of each question. ``asked``: start and end of the words that answer questions, and those."""
    spans = [span for passage in passages for span in passage.sentences]
    starts = [span.start for span in spans]
    found: list[tuple[int, str]] = []
    for start, end, questions in asked:
        place = bisect_right(starts, start) - 1
        if place < 0 or spans[place].end <= start:
            place += 1  # the words begin before the sentence, with a bullet or a cell
        if place < len(spans) and spans[place].start < end:
            found += [(place, question) for question in questions]
    found.sort(key=lambda each: each[0])
    return Group(tuple(question for _, question in found), tuple(place for place, _ in found))


def key_of(made_in: str, group: Group) -> bytes:
    """Return what the vectors of a group depend on, as a digest."""
    return hashlib.sha256(json.dumps([made_in, group.questions]).encode()).hexdigest().encode()


def digest_of(groups: Iterable[Group]) -> str:
    """Return a digest of all questions and their places; empty if there is none."""
    told = [[group.questions, group.sentences] for group in groups]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest() if any(row[0] for row in told) else ""


def as_codes(vectors: Vectors) -> Codes:
    """Quantise rows of unit length, (n, d)."""
    return np.clip(np.rint(vectors * _SCALE), -_SCALE, _SCALE).astype(np.int8)


@dataclass(frozen=True, eq=False)
class AskedQuestions:
    """``vectors``: (n, d); ``sentences``: (n,) the sentence of each, counted over all passages, in rising order.

    Questions that no sentence answers come last, with the total number of sentences as their place.
    ``keys`` and ``counts``: of each document the digest and the number of its questions.
    """

    vectors: Codes
    sentences: NDArray[np.int64]
    keys: NDArray[np.bytes_]
    counts: NDArray[np.int64]

    @classmethod
    def join(
        cls, groups: Sequence[Group], sizes: Sequence[int], keys: Sequence[bytes], codes: Sequence[Codes]
    ) -> AskedQuestions:
        """Join the groups of all documents; ``sizes``: sentences of each."""
        begins = np.cumsum([0, *sizes[:-1]])
        rows = [np.array(group.sentences, np.int64) + begin for group, begin in zip(groups, begins, strict=True)]
        counts = np.array([len(group.questions) for group in groups], np.int64)
        return cls(np.concatenate(list(codes)), np.concatenate(rows), np.array(keys, "S64"), counts)

    @classmethod
    def from_bytes(cls, data: bytes, sentences: int, dimension: int) -> AskedQuestions:
        """Read the file. Raises ``IndexDamagedError`` if it does not fit the index."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            read = cls(*(arrays[name] for name in _NAMES))
        rows = len(read.sentences)
        of_none = int(np.count_nonzero(read.sentences == sentences))
        fits = (
            read.vectors.shape == (rows, dimension)
            and read.counts.sum() == rows
            and len(read.keys) == len(read.counts)
            and (not rows or 0 <= int(read.sentences.min()) <= int(read.sentences.max()) <= sentences)
            and of_none in (0, *read.counts[-1:].tolist())
        )
        if not fits:
            raise IndexDamagedError(f"{ASKED} does not fit documents.jsonl", hint="run `b12assistant index`")
        return read

    def to_bytes(self) -> bytes:
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **{name: getattr(self, name) for name in _NAMES})
        return buffer.getvalue()

    def by_key(self) -> Mapping[bytes, Codes]:
        """Return the vectors of each document's questions."""
        parts = np.split(self.vectors, np.cumsum(self.counts)[:-1])
        return dict(zip(self.keys.tolist(), parts, strict=True))

    def best(self, query: Vectors, first: int, last: int) -> Vectors:
        """Return the best cosine of ``query``, (d,), and a question asked of each sentence from ``first`` to ``last``.

        (last - first,); NaN for a sentence of which nothing is asked.
        """
        begin, end = np.searchsorted(self.sentences, (first, last))
        found = np.full(last - first, np.nan, np.float32)
        cosines = self.vectors[begin:end].astype(np.float32) @ query / _SCALE
        np.fmax.at(found, self.sentences[begin:end] - first, cosines)
        return found

    def of_none(self, sentences: int) -> Vectors:
        """Return the questions that none of all ``sentences`` answers, (m, d) rows of about unit length."""
        found = self.vectors[np.searchsorted(self.sentences, sentences) :]
        return np.asarray(found / np.float32(_SCALE), np.float32)
