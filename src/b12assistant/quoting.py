"""The words to show: runs of one to three whole sentences, scored by late interaction and charged for their length.

score(window) = sum over the query's tokens of weight x best cosine in the window - rate x (characters over 100) / 100.
Without the charge the longest window wins, because a maximum only grows. A list item is never shown without the
sentence that leads to it: "Never give:" changes what "salt" means.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.sentences import split_sentences
from b12assistant.types import Block, BlockKind, Document, MarkKind, Passage, Range, Span
from b12assistant.words import terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

_ENDS = re.compile(r"[.?!:…][\"'”’)\]]*$")
_BULLET = re.compile(r"(?:[•*–‣◦▪·-]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s+")


@dataclass(frozen=True, slots=True)
class Windows:
    """What a quote may be. ``rate``: score taken off for each 100 characters over 100."""

    sentences: int = 3
    characters: int = 520
    rate: float = 0.02
    alike: float = 0.6  # two quotes of one document that share so much of their terms say the same


@dataclass(frozen=True, slots=True)
class Window:
    """A candidate quote; ``score`` is the query's MaxSim in it, less the charge for length."""

    passage: Passage
    spans: tuple[Span, ...]
    best: Span
    score: float


def windows(passage: Passage, cosines: Vectors, weights: Vectors, limits: Windows) -> Iterator[Window]:
    """All windows of a passage. ``cosines``: (sentences, q), each query token's best cosine in each sentence."""
    own = cosines @ weights
    for first in range(len(passage.sentences)):
        reached = np.full(cosines.shape[1], -1.0, dtype=np.float32)
        for last in range(first, min(first + limits.sentences, len(passage.sentences))):
            reached = np.maximum(reached, cosines[last])
            sentences = passage.sentences[first : last + 1]
            length = sentences[-1].end - sentences[0].start
            if length > limits.characters and last > first:
                break
            if _torn(passage, first) or _torn(passage, last + 1):
                continue
            score = float(reached @ weights) - limits.rate * max(0, length - 100) / 100
            best = sentences[int(np.argmax(own[first : last + 1]))]
            yield Window(passage, _spans(sentences), _unbulleted(best), score)


def choose(candidates: Sequence[Window], most: int, limits: Windows) -> tuple[Window, ...]:
    """The best windows, best first, none overlapping another or saying the same as another of its document."""
    chosen: list[Window] = []
    for window in sorted(candidates, key=lambda w: (-w.score, w.passage.document.id, w.spans[0].start)):
        if len(chosen) == most:
            break
        if not any(_same(window, other, limits.alike) for other in chosen):
            chosen.append(window)
    return tuple(chosen)


def with_lead_in(window: Window) -> Window:
    """A window that begins inside a list, with the sentence that leads to the list in front of it."""
    lead = _lead_in(window.best.document, window.spans[0].start)
    if lead is None or lead.end > window.spans[0].start:
        return window
    return Window(window.passage, _joined((lead, *window.spans)), window.best, window.score)


def _same(one: Window, other: Window, alike: float) -> bool:
    if one.best.document.id != other.best.document.id:
        return False
    if any(a.range.overlaps(b.range) for a in one.spans for b in other.spans):
        return True
    a, b = (set(terms(" ".join(span.text for span in window.spans))) for window in (one, other))
    return bool(a and b) and len(a & b) >= alike * min(len(a), len(b))


def _torn(passage: Passage, place: int) -> bool:
    """Whether a sentence goes on across ``place``, interrupted by a running header or footer and nothing else."""
    if not 0 < place < len(passage.sentences):
        return False
    before, after = passage.sentences[place - 1], passage.sentences[place]
    between = passage.document.text[before.end : after.start]
    return bool(between.strip()) and "\n\n" not in between and not _ENDS.search(before.text) and after.text[0].islower()


def _spans(sentences: Sequence[Span]) -> tuple[Span, ...]:
    return _joined((_unbulleted(sentences[0]), *sentences[1:]))


def _joined(parts: Sequence[Span]) -> tuple[Span, ...]:
    """Neighbours with nothing but blanks between them become one span."""
    joined: list[Span] = []
    for part in parts:
        if joined and not part.document.text[joined[-1].end : part.start].strip():
            joined[-1] = part.document.span(joined[-1].start, part.end)
        else:
            joined.append(part)
    return tuple(joined)


def _unbulleted(span: Span) -> Span:
    """A quote is trimmed by moving its ends: past the bullet or number of a list item."""
    bullet = _BULLET.match(span.text)
    item = bullet and bullet.end() < len(span.text) and _block_at(span.document, span.start, BlockKind.LIST_ITEM)
    return span.document.span(span.start + bullet.end(), span.end) if bullet and item else span


def _block_at(document: Document, offset: int, kind: BlockKind) -> Block | None:
    return next((block for block in document.blocks if block.kind is kind and block.range.start == offset), None)


def _lead_in(document: Document, offset: int) -> Span | None:
    """The sentence ending in a colon before the list that ``offset`` lies in."""
    place = next((i for i, block in enumerate(document.blocks) if block.range.start <= offset < block.range.end), None)
    if place is None or document.blocks[place].kind is not BlockKind.LIST_ITEM:
        return None
    before = place
    while before >= 0 and document.blocks[before].kind is BlockKind.LIST_ITEM:
        before -= 1
    if before < 0 or document.blocks[before].kind is not BlockKind.PARAGRAPH:
        return None
    block = document.blocks[before].range
    sentence = split_sentences(document.slice(block))[-1]
    lead = Range(block.start + sentence.start, block.start + sentence.end)
    never = any(mark.kind is MarkKind.NEVER and mark.range.overlaps(lead) for mark in document.marks)
    return document.span(lead.start, lead.end) if document.slice(lead).endswith(":") and not never else None
