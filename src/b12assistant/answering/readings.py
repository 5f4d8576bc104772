"""Put a question as the sources would: a second reading, searched with the user's own words, never instead of them.

People write "jab", "shortage" and "nervs" where pages write "injection", "deficiency" and "nerves". The words are the
reviewed vocabulary (`vocabulary`); a misspelt word is corrected only to a word of the collection. Every change is an
address in what the user wrote with the word that was read, so that it can be shown and undone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.answering.retrieval import Query
from b12assistant.answers import Interpretation, Replacement, TermId, TurnSlice
from b12assistant.index.source_words import SourceWords
from b12assistant.language.vocabulary import Levels, Slips, Vocabulary, load_levels, load_vocabulary, results_in
from b12assistant.types import Span

if TYPE_CHECKING:
    from b12assistant.protocols import Vectors

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_LONG_NAME = 9  # letters


@dataclass(frozen=True)
class Rewriter:
    """``vocabulary``: terms that the sources have. ``words``: of the sources, in lower case, with a place for each.

    ``slips``: corrects to these words. ``is_word``: whether a word that no source has is a real word, not misspelt.
    ``levels``: results that are read as a range, if the sources name the ranges.
    """

    vocabulary: Vocabulary
    words: Mapping[str, Span]
    slips: Slips
    is_word: Callable[[str], bool]
    levels: Levels | None = None

    def replaced(self, read_as: Interpretation) -> Interpretation:
        """Add a replacement for every word of the parts that the sources put differently."""
        kept = [
            change
            for part in read_as.parts
            for change in self._changes(part)
            if not any(_overlap(change.written, other.written) for other in read_as.replaced)
        ]
        return replace(read_as, replaced=(*read_as.replaced, *kept))

    def _changes(self, part: TurnSlice) -> Iterator[Replacement]:
        """Yield the changes in order; no two overlap."""
        found: list[tuple[int, int, TermId | Span]] = list(self.vocabulary.find(part.text))
        found += results_in(part.text, self.levels) if self.levels else ()
        taken = [range(start, end) for start, end, _ in found]
        for word in _WORD.finditer(part.text):
            is_name = _is_name(part.text, word) or any(word.start() in each for each in taken)
            usual = None if is_name else self._corrected(word[0])
            if usual is not None:
                found.append((word.start(), word.end(), usual))
        for start, end, read in sorted(found, key=lambda change: change[0]):
            yield Replacement(TurnSlice(part.turn, part.start + start, part.start + end), read)

    def _corrected(self, written: str) -> Span | None:
        """Return the word of the sources that was meant; ``None`` if the word is correct, or like none of them."""
        word = written.lower()
        if word in self.slips.counts or word in self.vocabulary.words or not word.isalpha() or self.is_word(word):
            return None
        meant = self.slips.meant(word)
        return None if meant is None else self.words[meant]


def _is_name(text: str, word: re.Match[str]) -> bool:
    """Return whether a word is a name by its capital inside a sentence: "Helan". A long one may be "Metfromin"."""
    before = text[: word.start()].rstrip()
    inside = bool(before) and before[-1] not in ".!?:\n"
    return inside and word[0].istitle() and len(word[0]) < _LONG_NAME


def readings(
    words: SourceWords,
    *,
    is_known: Callable[[str], bool],
    is_word: Callable[[str], bool],
    vocabulary: Vocabulary | None = None,
) -> Rewriter:
    """Make the readings for sources with these ``words``; ``is_known``: whether they have all words of a term.

    ``vocabulary``: the corpus's own; without one, the one that ships with the package.
    """
    levels = load_levels() if vocabulary is None else None
    vocabulary = load_vocabulary() if vocabulary is None else vocabulary
    known = vocabulary.only([term.id for term in vocabulary.terms if is_known(term.id)])
    return Rewriter(known, words, Slips(words.counts), is_word, levels)


def _overlap(one: TurnSlice, other: TurnSlice) -> bool:
    return one.turn is other.turn and one.start < other.end and other.start < one.end


def reading(read_as: Interpretation) -> tuple[str, int]:
    """Return the interpretation's text in the words of the sources, and how much of it is only leant on."""
    texts = []
    for part in read_as.parts:
        text, at = "", part.start
        for change in read_as.replaced:
            if part.holds(change.written):
                text += part.turn.text[at : change.written.start] + change.words
                at = change.written.end
        texts.append(text + part.turn.text[at : part.end])
    whole = " ".join(texts)
    return whole, len(whole) - len(texts[-1])


def beside(query: Query, reading: Query, words: Iterable[str]) -> Query:
    """Return both readings as one query, each with half the weight; ``words`` that were read are searched for too."""
    return replace(together([query, reading]), text=" ".join([query.text, *words]), asks=query.asks, parts=())


def together(queries: Sequence[Query]) -> Query:
    """Return several readings of one question as one query, each with the same weight; the last counts as read."""
    share = 1 / len(queries)
    vector = np.sum([share * query.vector for query in queries], axis=0)
    return replace(
        queries[-1],
        text=" ".join(query.text for query in queries),
        vector=np.asarray(vector / max(float(np.linalg.norm(vector)), 1e-12), dtype=np.float32),
        tokens=np.concatenate([query.tokens for query in queries]),
        plain=_weighed([query.plain for query in queries], share),
        informative=_weighed([query.informative for query in queries], share),
        parts=tuple(queries),
    )


def _weighed(parts: Sequence[Vectors], share: float) -> Vectors:
    return np.concatenate([share * part for part in parts], dtype=np.float32)
