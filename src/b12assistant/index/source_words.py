"""Find the words of a collection, with how often each occurs and where first: typing slips are corrected to them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from b12assistant.types import Passage, Span

_WORD = re.compile(r"[A-Za-z]{4,}")


class SourceWords(Mapping[str, Span]):
    """The first place of each word, in lower case. ``counts``: how often each occurs."""

    def __init__(self, passages: Iterable[Passage]) -> None:
        self.counts: Counter[str] = Counter()
        self._firsts: dict[str, tuple[Passage, int]] = {}
        for passage in passages:
            for sentence in passage.sentences:
                for found in _WORD.finditer(sentence.text):
                    word = found[0].lower()
                    self.counts[word] += 1
                    self._firsts.setdefault(word, (passage, sentence.start + found.start()))

    def __getitem__(self, word: str) -> Span:
        passage, start = self._firsts[word]
        return passage.document.span(start, start + len(word))

    def __iter__(self) -> Iterator[str]:
        return iter(self._firsts)

    def __len__(self) -> int:
        return len(self._firsts)
