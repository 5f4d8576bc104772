"""The words of a collection, with how often each is there and where first: typing slips are corrected towards them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from b12assistant.index.arrays import from_npz, to_npz
from b12assistant.index.store import Data
from b12assistant.types import Passage, Span

WORDS = "words.npz"
_WORD = re.compile(r"[A-Za-z]{4,}")


@dataclass(frozen=True, eq=False)
class SourceWords:
    """``names``: JSON of the words, in lower case. ``counts``: (w,). ``firsts``: (w, 2) row of the first passage that
    has it, and its place in the document."""

    names: NDArray[np.uint8]
    counts: NDArray[np.int64]
    firsts: NDArray[np.int64]

    @classmethod
    def of(cls, passages: Sequence[Passage]) -> SourceWords:
        counts: Counter[str] = Counter()
        firsts: dict[str, tuple[int, int]] = {}
        for row, passage in enumerate(passages):
            for word, start in _words_in(passage):
                counts[word] += 1
                firsts.setdefault(word, (row, start))
        names = np.frombuffer(json.dumps(list(firsts)).encode(), np.uint8)
        places = np.array(list(firsts.values()), np.int64).reshape(-1, 2)
        return cls(names, np.array([counts[word] for word in firsts], np.int64), places)

    @classmethod
    def from_bytes(cls, data: Data) -> SourceWords:
        """Read bytes that were already verified against their digest."""
        arrays = from_npz(data)
        return cls(arrays["names"], arrays["counts"], arrays["firsts"])

    def to_bytes(self) -> Data:
        return to_npz({"names": self.names, "counts": self.counts, "firsts": self.firsts})

    def without(self, off: Sequence[int], passages: Sequence[Passage]) -> WordPlaces:
        """Return the words of ``passages`` except those in the rows ``off``."""
        words = json.loads(self.names.tobytes())
        counts = Counter(dict(zip(words, self.counts.tolist(), strict=True)))
        for row in off:
            counts.subtract(word for word, _ in _words_in(passages[row]))
        firsts = dict(zip(words, self.firsts, strict=True))
        return WordPlaces(+counts, firsts, passages, frozenset(off))


@dataclass(frozen=True, eq=False)
class WordPlaces(Mapping[str, Span]):
    """A place in the sources for each word. ``counts``: how often each is there; ``firsts``: as in `SourceWords`."""

    counts: Mapping[str, int]
    firsts: Mapping[str, NDArray[np.int64]]
    passages: Sequence[Passage]
    off: frozenset[int]

    def __getitem__(self, word: str) -> Span:
        if word not in self.counts:
            raise KeyError(word)
        first, start = self.firsts[word].tolist()
        if first in self.off:  # then the next place counts, which nobody looked up before
            rows = (row for row in range(first + 1, len(self.passages)) if row not in self.off)
            places = ((row, at) for row in rows for other, at in _words_in(self.passages[row]) if other == word)
            first, start = next(places)
        return self.passages[int(first)].document.span(start, start + len(word))

    def __contains__(self, word: object) -> bool:
        return word in self.counts

    def __iter__(self) -> Iterator[str]:
        return iter(self.counts)

    def __len__(self) -> int:
        return len(self.counts)


def _words_in(passage: Passage) -> Iterator[tuple[str, int]]:
    """Yield the words of a passage, each with its place in the document."""
    for sentence in passage.sentences:
        for found in _WORD.finditer(sentence.text):
            yield found[0].lower(), sentence.start + found.start()
