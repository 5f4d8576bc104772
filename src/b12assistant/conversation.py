"""What the last turn asks, given the earlier ones: the user's own words, put together, never rewritten.

A short or pronoun-led follow-up is read with the question before it. On a corpus about one topic that is what helps;
adding the quote that was shown drags the answer back to itself (`docs/decisions/`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from b12assistant.answers import Interpretation, Turn, TurnSlice
from b12assistant.sentences import trim
from b12assistant.words import terms

_LEANS = re.compile(
    r"^\W*(?:and|but|or|so|then|also|what about|how about|what if|why|why not|really|which one|the same)\b|"
    r"\b(?:it|its|that|this|these|those|them|they|their|he|she|him|her|one|ones|there|then|instead|else|other|another)\b",
    re.I,
)
_ALONE = 5  # content words from which a turn without a pronoun stands by itself
_FEW = 2
_TOGETHER = 3  # turns


def interpret(turns: Sequence[Turn], most: int) -> Interpretation:
    """The parts of the user's turns that are searched, at most ``most`` characters, blanks between them included.

    The last turn is always the last part; a turn before it gets what room that leaves.
    """
    parts: list[TurnSlice] = []
    room = most
    for turn in _read_together(turns):
        part = _shortened(turn, room)
        if part is not None:
            parts.insert(0, part)
            room -= part.end - part.start + 1
    return Interpretation(tuple(parts))


def _read_together(turns: Sequence[Turn]) -> Iterator[Turn]:
    """The last turn, then the one before for as long as a turn leans on it: at most three."""
    for turn in turns[: -_TOGETHER - 1 : -1]:
        yield turn
        if not leans(turn.text):
            return


def leans(text: str) -> bool:
    """Whether a turn needs the one before it."""
    content = len(terms(text))
    return content <= _FEW or (content <= _ALONE and bool(_LEANS.search(text)))


def _shortened(turn: Turn, room: int) -> TurnSlice | None:
    """The first ``room`` characters of what a turn says; ``None``: it says nothing, or there is no room."""
    inner = trim(turn.text, 0, len(turn.text))
    if inner is None or room <= 0:
        return None
    return TurnSlice(turn, inner.start, min(inner.end, inner.start + room))
