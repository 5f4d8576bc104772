"""The parts of a question that asks several things: "What are the early signs, and how is it tested?"

Each part is a range of the question, and looks for its answer with its own tokens alone. They were read within the
whole question, so that "it" is still what the first part names (`docs/decisions/0008-choosing-the-quote.md`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.answering.retrieval import Query
from b12assistant.language.sentences import split_sentences
from b12assistant.language.words import terms
from b12assistant.types import Range

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

_WHICH = (
    r"(?:(?:to|for|in|of|at|by|from|with|on|after|until|since|about) )?"
    r"(?:what|which|who|whom|whose|why|how|when|where)(?:['’]s)?\b"
)
_DOES = r"(?:is|are|was|were|am|do|does|did|can|could|should|would|will|may|might|must|has|have|had)(?:n['’]t)? "
_ASKS = re.compile(rf"\b{_WHICH}|^\W*{_DOES}", re.I)
# Where one question ends and the next begins.
_NEXT = re.compile(
    rf"\b(?:and|but|plus),? (?:(?:also|then) )?(?={_WHICH}|{_DOES})|\bor (?={_WHICH})|"
    rf"[?;]\s+(?:(?:and|or|but|also|then),? )?(?={_WHICH}|{_DOES})",
    re.I,
)


def parts_of(text: str) -> tuple[Range, ...]:
    """What a question asks, one thing after another; none if it asks one thing. What is told around it is no part."""
    sentences = split_sentences(text)
    asking = [each for each in sentences if text[: each.end].endswith("?")] or sentences[-1:]
    found = tuple(part for sentence in asking for part in _asked(text, sentence))
    return found if len(found) > 1 else ()


def _asked(text: str, sentence: Range) -> Iterator[Range]:
    """The questions of one sentence. What asks nothing goes with the next: "I read of rats; what became of them?"

    A question without a word of its own is none: of "can it be cured, and when?" there is one.
    """
    begins = [found.end() for found in _NEXT.finditer(text, sentence.start, sentence.end)]
    begins = [begin for begin in begins if terms(text[begin : sentence.end])]
    begin = sentence.start
    for end in begins:
        if _ASKS.search(text[begin:end]) and terms(text[begin:end]):
            yield Range(begin, end)
            begin = end
    yield Range(begin, sentence.end)


def weights_of(query: Query) -> tuple[Vectors, ...]:
    """For each part of a question the weights of its tokens, ``(q,)``, adding up to 1; what it leans on, or tells
    around its parts, counts with each of them."""
    own = parts_of(query.read[query.lead :])
    begins, ends = query.places.T
    inside = [(begins >= query.lead + part.start) & (begins < query.lead + part.end) & (begins < ends) for part in own]
    others = ~np.any(inside, axis=0) if inside else np.empty(0, dtype=bool)
    before = len(query.tokens) - len(query.places)
    return tuple(_shares(np.where(mask | others, query.informative[before:], 0), before) for mask in inside)


def _shares(weights: Vectors, before: int) -> Vectors:
    """Of the last tokens; those ``before`` them are the same question in other words."""
    shares = weights / max(float(weights.sum()), 1e-6)
    return np.concatenate([np.zeros(before), shares]).astype(np.float32)
