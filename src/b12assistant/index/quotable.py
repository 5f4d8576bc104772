"""Keep what may be quoted of each passage, whatever is asked: arrays, made at indexing (`cuts`).

A question makes objects only of what it looks at, and reads no text but what it shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain

import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import REBUILD, IndexDamagedError
from b12assistant.index.store import Data
from b12assistant.index.vectors import read_arrays, save_arrays
from b12assistant.language.claims import Claims, claims_of
from b12assistant.language.words import terms
from b12assistant.threads import cached, once
from b12assistant.types import Passage, Span

QUOTABLE = "quotable.safetensors"
_KEPT = 4096  # passages of which the cuts are kept as objects
_ARRAYS = ("starts", "rows", "charged", "span_starts", "spans", "bests", "telling")

Offsets = NDArray[np.int64]
Pairs = NDArray[np.int32]


@dataclass(frozen=True)
class QuoteSpan:
    """A part of a passage that may be quoted, whatever is asked: its sentences ``rows``, with what they need.

    ``charged``: characters of the sentences alone.
    """

    passage: Passage
    spans: tuple[Span, ...]
    rows: slice
    bests: tuple[Span, ...]  # the sentences, without bullets
    charged: int
    telling: tuple[int, ...]  # which of `bests` can answer by themselves

    @once
    def length(self) -> int:
        return characters(self.spans)

    @once
    def terms(self) -> frozenset[str]:
        return frozenset(terms(self.text))

    @once
    def claims(self) -> tuple[Claims, ...]:
        """Return what each of its sentences claims, with the words that lead in to it."""
        text, first = self.passage.document.text, self.bests[0].start
        lead = " ".join(text[span.start : min(span.end, first)] for span in self.spans if span.start < first)
        return tuple(claims_of(f"{lead} {sentence.text}") for sentence in self.bests)

    @property
    def text(self) -> str:
        return " ".join(span.text for span in self.spans)


@dataclass(frozen=True)
class Quotable:
    """All that may be quoted of some passages, in arrays, so that a question makes objects only of what it shows.

    ``starts``: the first cut of each passage, (n + 1,). Of each cut ``rows``, (cuts, 2): its first sentence in the
    passage and the one after its last; ``charged``: characters of the sentences alone; ``span_starts``, (cuts + 1,):
    its first of ``spans``, (spans, 2), each a start and an end in the document. Of each sentence ``bests``, (sentences,
    2): its start and end without a bullet; ``telling``, (sentences,): whether it can answer by itself.
    """

    passages: Sequence[Passage]
    starts: Offsets
    rows: Pairs
    charged: NDArray[np.int32]
    span_starts: Offsets
    spans: Pairs
    bests: Pairs
    telling: NDArray[np.uint8]

    @classmethod
    def of(cls, passages: Sequence[Passage], found: Sequence[Sequence[QuoteSpan]]) -> Quotable:
        """Keep what was ``found`` in each of some passages."""
        bests = [list(passage.sentences) for passage in passages]
        telling = [[False] * len(each) for each in bests]
        for cut, place in ((cut, place) for place, each in enumerate(found) for cut in each):
            bests[place][cut.rows] = cut.bests
            telling[place][cut.rows] = [i in cut.telling for i in range(len(cut.bests))]
        flat = list(chain(*found))
        return cls(
            passages,
            _starts(map(len, found)),
            _pairs((cut.rows.start, cut.rows.stop) for cut in flat),
            np.array([cut.charged for cut in flat], np.int32),
            _starts(len(cut.spans) for cut in flat),
            _pairs((span.start, span.end) for cut in flat for span in cut.spans),
            _pairs((best.start, best.end) for best in chain(*bests)),
            np.array(list(chain(*telling)), np.uint8),
        )

    @classmethod
    def join(cls, parts: Sequence[Quotable]) -> Quotable:
        """Join what may be quoted of documents, at least one, in order."""
        return cls(
            list(chain(*(each.passages for each in parts))),
            _starts(chain(*(np.diff(each.starts) for each in parts))),
            np.concatenate([each.rows for each in parts]),
            np.concatenate([each.charged for each in parts]),
            _starts(chain(*(np.diff(each.span_starts) for each in parts))),
            np.concatenate([each.spans for each in parts]),
            np.concatenate([each.bests for each in parts]),
            np.concatenate([each.telling for each in parts]),
        )

    @once
    def sentence_starts(self) -> Offsets:
        """Return the place among all sentences at which each passage's begin, (n + 1,)."""
        return _starts(len(passage.sentences) for passage in self.passages)

    @cached(_KEPT)
    def cuts(self, row: int) -> tuple[QuoteSpan, ...]:
        """Return what may be quoted of the passage in a row. Cached: it does not depend on the question."""
        passage, sentence = self.passages[row], int(self.sentence_starts[row])
        document = passage.document
        first, last = self.starts[row : row + 2].tolist()
        bounds = self.span_starts[first : last + 1].tolist()
        found = []
        for at, (start, stop) in enumerate(self.rows[first:last].tolist()):
            held = slice(sentence + start, sentence + stop)
            found.append(
                QuoteSpan(
                    passage,
                    tuple(document.span(*each) for each in self.spans[bounds[at] : bounds[at + 1]].tolist()),
                    slice(start, stop),
                    tuple(document.span(*each) for each in self.bests[held].tolist()),
                    int(self.charged[first + at]),
                    tuple(np.flatnonzero(self.telling[held]).tolist()),
                )
            )
        return tuple(found)

    def to_bytes(self) -> Data:
        return save_arrays({name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def from_bytes(cls, data: Data, passages: Sequence[Passage]) -> Quotable:
        """Read verified bytes of a file; the arrays are views of them. Raises ``IndexDamagedError``."""
        arrays = read_arrays(data, QUOTABLE)
        read = cls(passages, *(arrays[name] for name in _ARRAYS))
        ends = (*read.starts[-1:], *read.span_starts[-1:], *read.sentence_starts[-1:])
        if (len(read.starts), *ends) != (len(passages) + 1, len(read.rows), len(read.spans), len(read.bests)):
            raise IndexDamagedError(f"{QUOTABLE} does not fit the documents", hint=REBUILD)
        return read


def characters(spans: Iterable[Span]) -> int:
    """Count the characters of some spans, without what is between them."""
    return sum(span.end - span.start for span in spans)


def _starts(sizes: Iterable[int]) -> Offsets:
    return np.array([0, *accumulate(sizes)], np.int64)


def _pairs(pairs: Iterable[tuple[int, int]]) -> Pairs:
    return np.array(list(pairs), np.int32).reshape(-1, 2)
