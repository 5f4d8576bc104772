"""The words to show: runs of one to three whole sentences, scored by late interaction and charged for their length.

score(window) = sum over the query's tokens of weight x best cosine in the window - rate x (characters over 100) / 100.
Without the charge the longest window wins, because a maximum only grows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.answers import MOST_GAPS
from b12assistant.layout import Layout, Whole
from b12assistant.types import BlockKind, Document, Passage, Span
from b12assistant.words import terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

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
    """All windows of a passage. ``cosines``: (sentences, q), each query token's best cosine in each sentence.

    A sentence that opens a list is one window with as much of its list as fits, and no other window runs into the list.
    """
    own = cosines @ weights
    layout = Layout.of(passage.document)
    wholes = layout.wholes(passage)
    for place, first in enumerate(wholes):
        lead = layout.lead_in(first.spans[0])
        if lead is None:
            continue
        opens = layout.opens_list(first.spans[-1])
        run = _run(wholes[place:], layout, opens=opens, most=limits.sentences)
        found = _growing(lead, run, layout, limits)
        for spans, shown, rows in (found[-1:] if len(found) > 1 else ()) if opens else found:
            score = float(cosines[rows].max(axis=0) @ weights) - limits.rate * max(0, _length(shown) - 100) / 100
            best = passage.sentences[rows][int(np.argmax(own[rows]))]
            yield Window(passage, spans, _without_bullet(best, layout), score)


def _run(wholes: Sequence[Whole], layout: Layout, *, opens: bool, most: int) -> Sequence[Whole]:
    """The sentences that a window from the first on may reach."""
    if opens:
        return [wholes[0], *takewhile(lambda whole: layout.is_listed(whole.spans[0]), wholes[1:])]
    return [wholes[0], *takewhile(lambda whole: not layout.opens_list(whole.spans[-1]), wholes[1:most])]


def _growing(
    lead: tuple[Span, ...], run: Sequence[Whole], layout: Layout, limits: Windows
) -> list[tuple[tuple[Span, ...], tuple[Span, ...], slice]]:
    """For each length that fits: the spans to quote, those without the lead-in, and their rows in the passage."""
    found = []
    shown: tuple[Span, ...] = ()
    for last in run:
        shown += last.spans
        spans = _joined((*lead, *shown), layout)
        if len(spans) > MOST_GAPS + 1 or (last is not run[0] and _length(spans) > limits.characters):
            break
        found.append((spans, shown, slice(run[0].rows.start, last.rows.stop)))
    return found


def choose(candidates: Sequence[Window], most: int, limits: Windows) -> tuple[Window, ...]:
    """The best windows, best first, none overlapping another or saying the same as another of its document."""
    chosen: list[Window] = []
    for window in sorted(candidates, key=_best_first):
        if len(chosen) == most:
            break
        if not any(_same(window, other, limits.alike) for other in chosen):
            chosen.append(window)
    return tuple(chosen)


def _best_first(window: Window) -> tuple[float, int, str, tuple[Span, ...], Span, int]:
    """Of equally good windows the shorter comes first; the rest of the key leaves no tie.

    Two passages that share a torn sentence may quote the same spans, and an item is reached from itself and from the
    sentence that opens its list: then the earlier passage and the later best sentence come first.
    """
    first = window.passage.sentences[0]
    return -window.score, _length(window.spans), window.passage.document.id, window.spans, first, -window.best.start


def _same(one: Window, other: Window, alike: float) -> bool:
    """Whether two windows overlap, or say the same from one source: a document, or a page that both sum up."""
    first, second = one.best.document, other.best.document
    if first.id == second.id:
        if any(a.range.overlaps(b.range) for a in one.spans for b in other.spans):
            return True
    elif not _pages_of(first) & _pages_of(second):
        return False
    a, b = (set(terms(" ".join(span.text for span in window.spans))) for window in (one, other))
    return bool(a and b) and len(a & b) >= alike * min(len(a), len(b))


def _pages_of(document: Document) -> set[str]:
    """The pages that a summary is based on; of a source in its own words none."""
    return set((document.source.based_on or "").split("; ")) - {""}


def _length(spans: Sequence[Span]) -> int:
    """Characters that are quoted; what stands between the spans is not."""
    return sum(span.end - span.start for span in spans)


def _joined(parts: Sequence[Span], layout: Layout) -> tuple[Span, ...]:
    """Neighbours with nothing but blanks between them become one span; where a span begins, no bullet does."""
    joined: list[Span] = []
    for part in parts:
        if joined and not part.document.text[joined[-1].end : part.start].strip():
            joined[-1] = part.document.span(joined[-1].start, part.end)
        else:
            joined.append(_without_bullet(part, layout))
    return tuple(joined)


def _without_bullet(span: Span, layout: Layout) -> Span:
    """A quote is trimmed by moving its ends: past the bullet or number of a list item."""
    bullet = _BULLET.match(span.text)
    block = layout.block_that_begins(span.start) if bullet else None
    if bullet is None or bullet.end() == len(span.text) or block is None or block.kind is not BlockKind.LIST_ITEM:
        return span
    return span.document.span(span.start + bullet.end(), span.end)
