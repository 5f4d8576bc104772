"""What the last turn asks, given the earlier ones: the user's own words, put together, never rewritten.

A short or pronoun-led follow-up is read with the question before it. On a corpus about one topic that is what helps;
adding the quote that was shown drags the answer back to itself (`docs/decisions/`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

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


def interpret(turns: Sequence[Turn]) -> Interpretation:
    """The parts of the user's turns that are searched; the last turn is always the last part."""
    last = turns[-1]
    parts = [_whole(last)]
    place = len(turns) - 1
    while place > 0 and len(parts) < 3 and leans(turns[place].text):
        place -= 1
        if turns[place].text.strip():
            parts.insert(0, _whole(turns[place]))
    return Interpretation(tuple(parts))


def leans(text: str) -> bool:
    """Whether a turn needs the one before it."""
    content = len(terms(text))
    return content <= _FEW or (content <= _ALONE and bool(_LEANS.search(text)))


def _whole(turn: Turn) -> TurnSlice:
    inner = trim(turn.text, 0, len(turn.text))
    return TurnSlice(turn, inner.start, inner.end) if inner else TurnSlice(turn, 0, len(turn.text))
