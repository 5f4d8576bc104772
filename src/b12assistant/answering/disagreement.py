"""Find the topic on which sources differ, among those that a curator wrote down. Thresholds: docs/decisions/0011."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from b12assistant.answering.quoting import Window
from b12assistant.answers import Disagreement, TopicId
from b12assistant.corpus.disputes import Dispute
from b12assistant.types import Span

_ASKED = 0.7  # cosine of the question to a way to ask: from here on a topic may be meant, if a best quote is a side
_CLEARLY = 0.8  # from here on also if none is
_SURELY = 0.9  # and from here on it is, however its sides stand
_NEAR_SIDE = 0.15  # how far behind the best quote the nearer side may stand
_FAR_SIDE = 0.3  # and the other


@dataclass(frozen=True, slots=True)
class Difference:
    """Windows that stand against each other, one for each side."""

    topic: TopicId
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
            near.append((closeness - first - second / 2, Difference(dispute.topic, sides=shown)))
    return max(near, key=lambda each: each[0])[1] if near else None


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
    return (Disagreement(difference.topic, curated=True, sides=tuple((number,) for number in sides)),)


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
