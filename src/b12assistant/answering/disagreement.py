"""Where sources differ: on topics that a curator wrote down, or by comparing what they say on one question.

Compared sentences are never said to disagree; they are only set side by side. Thresholds: docs/decisions/0011.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations

from b12assistant.answering.quoting import Window
from b12assistant.answering.stance import Conflict, Cues
from b12assistant.answers import COMPARE, FIGURES, Disagreement, TopicId
from b12assistant.corpus.disputes import Dispute
from b12assistant.types import Document, Span

_ASKED = 0.55  # cosine of the question to a way to ask: from here on a topic may be meant, if a best quote is a side
_CLEARLY = 0.8  # from here on also if none is
_SURELY = 0.9  # and from here on it is, however its sides stand
_NEAR_SIDE = 0.15  # how far behind the best quote the nearer side may stand
_FAR_SIDE = 0.3  # and the other


@dataclass(frozen=True, slots=True)
class Difference:
    """Windows that stand against each other, one for each side."""

    topic: TopicId
    curated: bool
    sides: tuple[Window, ...]


def curated(
    disputes: Sequence[Dispute],
    asked: Sequence[float],
    found: Sequence[Window],
    most: int,
    window_of: Callable[[Span], Window | None],
) -> Difference | None:
    """The topic that the question is about, if any; ``found``: best first, of which ``most`` would be quoted.

    ``asked``: for each dispute how near the question is to the nearest way to ask; ``window_of``: the words that show
    a side, if they may be quoted now.
    """
    best = found[0].score if found else 0.0
    near: list[tuple[float, Difference]] = []
    for dispute, closeness in zip(disputes, asked, strict=True):
        if closeness < _ASKED:
            continue
        sides = [_nearest(side, found, window_of) for side in dispute.sides]
        shown = tuple(side for side in sides if side is not None)
        if len(shown) < 2 or len({side.spans for side in shown}) < len(shown):
            continue
        first, second = sorted(best - side.score for side in shown)[:2]
        meant = closeness >= _CLEARLY or any(side in found[:most] for side in shown)
        if closeness >= _SURELY or (meant and first <= _NEAR_SIDE and second <= _FAR_SIDE):
            near.append((closeness - first - second / 2, Difference(dispute.topic, curated=True, sides=shown)))
    return max(near, key=lambda each: each[0])[1] if near else None


def compared(
    found: Sequence[Window], most: int, closeness: Callable[[Window, Window], float], margin: float, cues: Cues
) -> Difference | None:
    """The two windows of different sources, the best together, that say different things.

    ``found``: best first, of which ``most`` would be quoted; one of the two is among these. ``closeness``: cosine of
    the sentences that answer best; ``margin``: how far behind the best a side may stand.
    """
    if not found:
        return None
    enough = [window for window in found if found[0].score - window.score <= margin]
    stances = {window.spans: cues.stance(window.best.text) for window in enough}
    pairs = [(one, other) for one, other in combinations(enough, 2) if one in found[:most]]
    pairs.sort(key=lambda pair: -(pair[0].score + pair[1].score))
    for one, other in pairs:
        if _one_source(one.best.document, other.best.document):
            continue
        a, b = one.cut.terms, other.cut.terms
        shared = len(a & b) / max(1, min(len(a), len(b)))
        conflict = cues.conflict(stances[one.spans], stances[other.spans], closeness(one, other), shared)
        if conflict is not None:
            topic = FIGURES if conflict is Conflict.FIGURES else COMPARE
            return Difference(topic, curated=False, sides=(one, other))
    return None


def with_sides(found: Sequence[Window], difference: Difference | None, most: int) -> tuple[Window, ...]:
    """The candidates with the sides of a difference in front; the best stays first if there is room for it."""
    if difference is None:
        return tuple(found)
    sides = sorted(difference.sides, key=lambda side: -side.score)
    apart = [window for window in found if not any(_overlap(window, side) for side in sides)]
    if found and found[0] in apart and len(sides) < most:
        return (found[0], *sides, *apart[1:])
    return (*sides, *apart)


def numbered(difference: Difference | None, quoted: Sequence[tuple[Span, ...]]) -> tuple[Disagreement, ...]:
    """The difference by the numbers of its quotes, from 1; nothing if fewer than two sides were quoted."""
    if difference is None:
        return ()
    sides = sorted(quoted.index(side.spans) + 1 for side in difference.sides if side.spans in quoted)
    if len(sides) < 2:
        return ()
    return (Disagreement(difference.topic, difference.curated, tuple((number,) for number in sides)),)


def _overlap(one: Window, other: Window) -> bool:
    if one.best.document.id != other.best.document.id:
        return False
    return any(a.range.overlaps(b.range) for a in one.spans for b in other.spans)


def _nearest(
    side: Sequence[Span], found: Sequence[Window], window_of: Callable[[Span], Window | None]
) -> Window | None:
    """The best window of a side: a candidate that holds one of its sentences, or else the sentence itself."""
    for window in found:
        if any(_holds(window, span) for span in side):
            return window
    windows = [window for window in map(window_of, side) if window is not None]
    return max(windows, key=lambda window: window.score, default=None)


def _holds(window: Window, span: Span) -> bool:
    return span.document.id == window.best.document.id and any(part.range.contains(span.range) for part in window.spans)


def _one_source(one: Document, other: Document) -> bool:
    """Whether two documents speak for one source: they are one, or sum up a page in common."""
    return one.id == other.id or bool(one.source.pages_summarised & other.source.pages_summarised)
