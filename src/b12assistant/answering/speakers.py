"""Choose who speaks first: a source that sells nothing, unless a seller is far ahead; of two that answer about equally
well, the one of more weight. And find the question on which sources differ, among those that a curator wrote down.

A seller's dose, all-clear or call to start, stop or hurry is never first and never alone if such a source is near.

Cues are data (`data/sellers/cues.toml`); this module holds only what follows from them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from b12assistant.answering.quoting import Window
from b12assistant.answers import Topic, TopicId
from b12assistant.corpus.disputes import Dispute
from b12assistant.data_files import read_data
from b12assistant.types import Span

# How far behind a seller a source that sells nothing may be and still come first: of 48 first quotes from a seller with
# another source this near, none was the one to show first (docs/decisions/03-sellers.md).
_LEAD = 0.12
# How far behind a source of more weight may be and still come first (docs/decisions/03-sellers.md).
_LEVEL = 0.01
_AHEAD = 0.1  # how much nearer to the question the nearest way to ask must be than the nearest counter-example
_BEARS = 0.6  # least closeness to a way to ask, less how far the sides are behind the best quote
_FAR = 0.5  # no side may be further behind the best quote  # these three: docs/lab/0011
_SENSITIVE = ("dose", "safe", "start_or_stop")


@dataclass(frozen=True, slots=True)
class Cues:
    """Compiled cue lists."""

    sensitive: tuple[re.Pattern[str], ...]
    dose: tuple[re.Pattern[str], ...]
    caution: tuple[re.Pattern[str], ...]

    def is_sensitive(self, text: str) -> bool:
        return any(cue.search(text) for cue in self.sensitive)

    def bare_dose(self, text: str) -> bool:
        """Return whether a dose is given without a caution in the same words."""
        return any(cue.search(text) for cue in self.dose) and not any(cue.search(text) for cue in self.caution)


@cache
def load_cues() -> Cues:
    table = read_data("sellers", "cues.toml")
    compiled = {name: [re.compile(cue, re.I | re.S) for cue in cues] for name, cues in table.items()}
    sensitive = tuple(cue for name in _SENSITIVE for cue in compiled[name])
    return Cues(sensitive, tuple(compiled["dose"]), tuple(compiled["caution"]))


@dataclass(frozen=True, slots=True)
class Order:
    """Indices of the candidates to show, best first; ``only_sellers``: no other source is near to support them."""

    shown: tuple[int, ...]
    only_sellers: bool


def order(said: Sequence[Window], most: int, *, strict: bool, cues: Cues) -> Order:
    """Pick at most ``most`` of ``said``: candidates good enough to be shown, best first, more than are shown.

    ``strict``: every sentence of a seller is sensitive.
    """
    once = _once(said)
    shown = once[:most]
    sensitive = [i for i in shown if said[i].sells and (strict or cues.is_sensitive(said[i].cut.text))]
    disinterested = [i for i in once if not said[i].sells]
    near = next((i for i in disinterested if said[shown[0]].score - said[i].score <= _LEAD), None)
    if sensitive and near is None:
        return Order(tuple(i for i in shown if said[i].sells), only_sellers=True)
    if near is not None:
        first = _weightiest(said, near, disinterested)
        shown = [first, *[i for i in shown if i != first][: most - 1]]
    return Order(tuple(shown), only_sellers=False)


def _weightiest(said: Sequence[Window], first: int, rivals: Sequence[int]) -> int:
    """Return the one of most weight among ``first`` and the ``rivals`` that answer about as well."""
    level = [i for i in rivals if said[first].score - said[i].score <= _LEVEL]
    return min((first, *level), key=lambda i: (said[i].weight.step, i != first, -said[i].score))


def _once(said: Sequence[Window]) -> list[int]:
    """Return the indices of ``said`` without word-for-word repeats; of these, one that sells nothing is kept."""
    kept: dict[str, int] = {}
    for i, each in enumerate(said):
        words = " ".join(each.cut.text.split()).casefold()
        if words not in kept or (said[kept[words]].sells and not each.sells):
            kept[words] = i
    return sorted(kept.values())


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
        if asked - not_asked < _AHEAD or asked < _BEARS:
            continue
        sides = _sides_of(dispute, window_of)
        if len(sides) < max(2, len(dispute.sides)):
            continue
        behind = sorted(best - side.score for side in sides)
        bears = asked - behind[0] - behind[-1] / 2
        if bears >= _BEARS and behind[-1] <= _FAR:
            found.append((bears, Difference(dispute.topic, dispute.question, sides)))
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _sides_of(dispute: Dispute, window_of: Callable[[Span], Window | None]) -> tuple[Window, ...]:
    """Return the best window of each side that can be quoted from a document no earlier side uses."""
    sides: list[Window] = []
    for side in dispute.sides:
        taken = {window.passage.document.id for window in sides}
        windows = [window for window in map(window_of, side) if window and window.passage.document.id not in taken]
        if windows:
            sides.append(max(windows, key=lambda window: window.score))
    return tuple(sides)
