"""A turn as the fitted models read it, each part with the cues that stand in it; a part is a range of folded words.

A short turn decides as a whole, for a denial or a "years ago" may stand beside the sign; its clauses only show where it
says so. In a long one a sign drowns: it is read sentence by sentence, and in stretches as wide as the encoder reads.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Final, NamedTuple

from b12assistant.answers import Turn, TurnSlice
from b12assistant.language.folding import Folded, fold
from b12assistant.safety.assertion import Cues
from b12assistant.safety.opinion import Role

MOST: Final = 24  # parts of a turn that the encoder reads
WHOLE: Final = 40  # words and marks of a turn that is still read as one
WIDE: Final = 160  # of a stretch of a longer one
LONGEST: Final = 32  # of a sentence: a longer one is read in windows that overlap by half
SHORTEST: Final = 3  # of a clause: a shorter one is read with the clause before
SENTENCE_END: Final = frozenset(".?")
MARKS: Final = frozenset(".?,")
CUES: Final = tuple(kind.name for kind in fields(Cues) if kind.name != "clause")


class Part(NamedTuple):
    """Words ``[start, end)`` of a folded turn."""

    start: int
    end: int


@dataclass(frozen=True)
class Clauses:
    """A turn with its parts but for the stretches, in the order in which they begin.

    ``cued``: at which words the cues of a kind begin.
    """

    turn: Turn
    folded: Folded
    parts: tuple[Part, ...]
    cued: Mapping[str, Sequence[int]]

    @property
    def whole(self) -> Part:
        return Part(0, len(self.folded.words))

    @property
    def stretches(self) -> tuple[Part, ...]:
        """Of a turn that is too long to be read as one; they overlap by half."""
        if self.whole in self.parts:
            return ()
        return tuple(_windows(self.folded, *self.whole, WIDE))

    def role(self, part: Part) -> Role:
        if self.whole in self.parts:
            return Role.WHOLE if part == self.whole else Role.EVIDENCE
        return Role.SENTENCE if part in self.parts else Role.STRETCH

    def words(self, part: Part) -> tuple[str, ...]:
        return tuple(word.text for word in self.folded.words[part.start : part.end])

    def cues(self, part: Part) -> Iterator[str]:
        """The kinds of cues that begin in ``part``."""
        for kind, at in self.cued.items():
            position = bisect_left(at, part.start)
            if position < len(at) and at[position] < part.end:
                yield kind

    def place(self, part: Part) -> TurnSlice:
        """The part as it was typed."""
        return TurnSlice(self.turn, self.folded.words[part.start].start, self.folded.words[part.end - 1].end)


def read_clauses(turn: Turn, correct: Callable[[str], str], cues: Cues) -> Clauses:
    """``correct``: gives the usual spelling of a word."""
    folded = fold(turn.text, correct)
    cued = {kind: [_word_at(folded, start) for start, _ in getattr(cues, kind).spans(folded.text)] for kind in CUES}
    begins = frozenset(_word_at(folded, start) for start, _ in cues.clause.spans(folded.text))
    return Clauses(turn, folded, _parts(folded, begins), cued)


def chosen(parts: Sequence[Part], weight: Callable[[Part], float], most: int = MOST) -> tuple[Part, ...]:
    """At most ``most`` of ``parts``, in their order: the first, the last, and those of most ``weight``."""
    if len(parts) <= most:
        return tuple(parts)
    inner = sorted(range(1, len(parts) - 1), key=lambda i: (-weight(parts[i]), i))
    return tuple(parts[i] for i in sorted({0, len(parts) - 1, *inner[: most - 2]}))


def _word_at(folded: Folded, offset: int) -> int:
    return bisect_left(folded.offsets, offset)


def _parts(folded: Folded, begins: frozenset[int]) -> tuple[Part, ...]:
    """The sentences; of a short turn also the whole and the clauses. ``begins``: words with which a clause begins."""
    found = set(_sentences(folded))
    if found and len(folded.words) <= WHOLE:
        for sentence in tuple(found):
            found.update(_clauses(folded, sentence, begins))
        found.add(Part(0, len(folded.words)))
    return tuple(sorted(found, key=lambda part: (part.start, -part.end)))


def _sentences(folded: Folded) -> Iterator[Part]:
    start = 0
    for position, word in enumerate(folded.words):
        if word.text in SENTENCE_END:
            yield from _windows(folded, start, position + 1, LONGEST)
            start = position + 1
    yield from _windows(folded, start, len(folded.words), LONGEST)


def _windows(folded: Folded, start: int, end: int, longest: int) -> Iterator[Part]:
    """``[start, end)``, or windows of it that overlap by half; nothing if it holds no word."""
    if all(word.text in MARKS for word in folded.words[start:end]):
        return
    while end - start > longest:
        yield Part(start, start + longest)
        start += longest // 2
    yield Part(start, end)


def _clauses(folded: Folded, sentence: Part, begins: frozenset[int]) -> Iterator[Part]:
    cuts = [sentence.start]
    for position in range(sentence.start + 1, sentence.end):
        opens = folded.words[position - 1].text == "," or position in begins
        if opens and position - cuts[-1] >= SHORTEST:
            cuts.append(position)
    if len(cuts) > 1 and sentence.end - cuts[-1] < SHORTEST:
        cuts.pop()
    for start, end in pairwise((*cuts, sentence.end)):
        yield Part(start, end)
