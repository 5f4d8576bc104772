"""Find the question on which sources differ, among those that a curator wrote down. Thresholds: docs/lab/0011."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from b12assistant.answering.quoting import Window
from b12assistant.answers import Topic, TopicId
from b12assistant.corpus.disputes import Dispute
from b12assistant.types import Span

_MARGIN = 0.1  # how much nearer to the question the nearest way to ask must be than the nearest counter-example
_BEARS = 0.6  # least closeness to a way to ask, less how far the sides are behind the best quote
_FAR = 0.5  # no side may be further behind the best quote


@dataclass(frozen=True, slots=True)
class Difference:
    """A curator's question with the opposing words, one window for each side, each from its own document."""

    id: TopicId
    topic: Topic
    sides: tuple[Window, ...]


def find_difference(
    disputes: Sequence[Dispute],
    closeness: Sequence[tuple[float, float]],
    best: float,
    window_of: Callable[[Span], Window | None],
) -> Difference | None:
    """Return the dispute that the question is about and whose sides all fit it; the best if there are several.

    ``closeness``: for each dispute, cosines of the question to the nearest way to ask about it, and to its nearest
    counter-example. ``best``: the score of the best quote. ``window_of``: the shortest words that show a sentence;
    ``None`` if it may not be quoted now.
    """
    found: list[tuple[float, Difference]] = []
    for dispute, (asked, not_asked) in zip(disputes, closeness, strict=True):
        if asked - not_asked < _MARGIN or asked < _BEARS:
            continue
        sides = _sides(dispute, window_of)
        if len(sides) < max(2, len(dispute.sides)):
            continue
        behind = sorted(best - side.score for side in sides)
        bears = asked - behind[0] - behind[-1] / 2
        if bears >= _BEARS and behind[-1] <= _FAR:
            found.append((bears, Difference(dispute.topic, dispute.question, sides)))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _sides(dispute: Dispute, window_of: Callable[[Span], Window | None]) -> tuple[Window, ...]:
    """Return the best window of each side that can be quoted from a document no earlier side uses."""
    sides: list[Window] = []
    for side in dispute.sides:
        taken = {window.passage.document.id for window in sides}
        windows = [window for window in map(window_of, side) if window and window.passage.document.id not in taken]
        if windows:
            sides.append(max(windows, key=lambda window: window.score))
    return tuple(sides)
