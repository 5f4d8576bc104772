"""Where sources differ: on topics that a curator wrote down, or by comparing what they say on one question.

Compared sentences are never said to disagree; they are only set side by side. Thresholds: docs/decisions/0011.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files
from itertools import combinations

from b12assistant.answering.quoting import Window
from b12assistant.answers import COMPARE, FIGURES, Disagreement, TopicId
from b12assistant.corpus.disputes import Dispute
from b12assistant.language.quantities import Quantity, Units
from b12assistant.types import Document, Span

_SAME_QUANTITY = 0.5  # cosine of two sentences whose figures are about one thing
_SAME_THING = 0.5  # of the words of the shorter sentence: above, both may well name the same thing
_WORD = re.compile(r"n['’]t\b|[^\W_]+(?:['’-][^\W_]+)*")


class Conflict(StrEnum):
    """How two sentences differ."""

    FIGURES = "figures"
    CUES = "cues"


@dataclass(frozen=True, slots=True)
class Axis:
    """Wordings that say yes, and no, to one thing."""

    name: str
    yes: re.Pattern[str]
    no: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Stance:
    """What a sentence says: its figures, and for each axis whether yes, no or both."""

    quantities: tuple[Quantity, ...]
    says: frozenset[tuple[str, bool]]
    ranks: bool  # calls something the best

    def other_figures(self, other: Stance) -> bool:
        """Whether both give figures of one dimension and none of them meet."""
        shared = [(a, b) for a in self.quantities for b in other.quantities if _comparable(a, b)]
        return bool(shared) and not any(a.overlaps(b) for a, b in shared)

    def opposes(self, other: Stance) -> frozenset[str]:
        """Axes to which one says only yes and the other only no."""
        return frozenset(
            name
            for name, yes in self.says
            if (name, not yes) in other.says and (name, not yes) not in self.says and (name, yes) not in other.says
        )


@dataclass(frozen=True, slots=True, eq=False)
class Cues:
    """Compiled cue lists."""

    units: Units
    axes: tuple[Axis, ...]
    rivals: re.Pattern[str]
    negations: frozenset[str]
    reach: int
    near: float
    shared: float

    @lru_cache(maxsize=4096)  # noqa: B019 - there is one of them, and sentences are compared again and again
    def stance(self, text: str) -> Stance:
        says = {
            (axis.name, self._turned(text, found.start()) != yes)
            for axis in self.axes
            for yes, pattern in ((True, axis.yes), (False, axis.no))
            for found in pattern.finditer(text)
        }
        return Stance(tuple(self.units.quantities(text)), frozenset(says), bool(self.rivals.search(text)))

    def conflict(self, one: Stance, other: Stance, closeness: float, shared: float) -> Conflict | None:
        """``closeness``: cosine of the two sentences; ``shared``: of the words of the shorter, in the other too."""
        if one.other_figures(other) and closeness >= _SAME_QUANTITY:
            return Conflict.FIGURES
        if closeness < self.near or shared < self.shared:
            return None
        rivals = one.ranks and other.ranks and shared < _SAME_THING
        return Conflict.CUES if rivals or one.opposes(other) else None

    def _turned(self, text: str, start: int) -> bool:
        """Whether a negation stands within reach before ``start``; a second one turns it back."""
        words = _WORD.findall(re.split(r"[.;:]", text[max(0, start - 60) : start])[-1].casefold())[-self.reach :]
        return bool(sum(word in self.negations or word.endswith(("n't", "n’t")) for word in words) % 2)


def _comparable(one: Quantity, other: Quantity) -> bool:
    return (one.dimension, one.per) == (other.dimension, other.per)


@lru_cache(maxsize=1)
def load_cues() -> Cues:
    table = tomllib.loads(files("b12assistant").joinpath("data/differences/cues.toml").read_text("utf-8"))
    of = {unit: (name, float(size)) for name, units in table["units"].items() for unit, size in units.items()}
    return Cues(
        Units(of, {word: float(days) for word, days in table["per"].items()}),
        tuple(Axis(axis["name"], _any(axis["yes"]), _any(axis["no"])) for axis in table["axis"]),
        _any(table["rivals"]),
        frozenset(table["negations"]),
        table["reach"],
        table["near"],
        table["shared"],
    )


def _any(wordings: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{wording})" for wording in wordings), re.I)


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
