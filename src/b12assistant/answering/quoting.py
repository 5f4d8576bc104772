"""Choose the words to show: one to three whole sentences, scored by late interaction and charged for their length.

score(window) = sum over the query's tokens of weight x best cosine in the window - rate x (characters over 100) / 100
              + gain x how near the question is to what is asked of a sentence in the window (decision on quoting).
Without the charge the longest window wins, because a maximum only grows.

Then `order` chooses who speaks first: a source that sells nothing, if one is good enough to be shown; of two that
answer about equally well, the one of more weight. If only sellers speak of a dose, give an all-clear or call to start,
stop or hurry, the answer says so; the cues are data (`data/sellers/cues.toml`). `find_difference` finds the question on
which sources differ, among those that a curator wrote down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate, groupby, pairwise
from typing import NamedTuple

import numpy as np

from b12assistant.answering.signals import UNJUDGED, Signals
from b12assistant.corpus.disputes import Dispute
from b12assistant.data_files import chosen, read_data
from b12assistant.index.quotable import Quotable, QuoteSpan
from b12assistant.index.vectors import Vectors
from b12assistant.language.claims import hold
from b12assistant.language.words import bare
from b12assistant.types import Interest, Passage, SourceWeight, Span, Words

# Tried on three development sets: other numbers of passages, rates and shares are no better on all. The
# calibration and the ranker were fitted to quotes of this make.
SEARCHED = 20  # passages
# What each of these is stands in `data/chosen.toml`.
_QUOTING, _DIFFERENCES = chosen("quoting"), chosen("differences")
RATE, _ALIKE, _GAIN, ORDINARY = (_QUOTING[name] for name in ("rate", "alike", "gain", "ordinary"))
_LEVEL, _DETAIL, _UNKNOWN = (_QUOTING[name] for name in ("level", "level_of_general", "level_of_unknown"))
_AHEAD, _BEARS, _FAR = (_DIFFERENCES[name] for name in ("ahead", "bears", "far"))


@dataclass(frozen=True, slots=True)
class Window:
    """A candidate quote; ``score`` is the query's MaxSim in it, less the charge for length.

    ``likely``: how likely it answers, 0 to 1, by its ``signals``. ``quoted``: what is shown, if that is not all that is
    judged.
    """

    cut: QuoteSpan
    best: Span
    score: float
    signals: Signals = UNJUDGED
    likely: float = 0.0
    quoted: QuoteSpan | None = None

    @property
    def passage(self) -> Passage:
        return self.cut.passage

    @property
    def shown(self) -> QuoteSpan:
        return self.quoted or self.cut

    @property
    def spans(self) -> tuple[Span, ...]:
        return self.shown.spans

    @property
    def weight(self) -> SourceWeight:
        """Return the weight of the best publication that its best sentence rests on."""
        return self.best.document.weight_of([self.best.range])

    @property
    def is_detail(self) -> bool:
        """Return whether its best sentence is a detail: it comes first only where nothing general does."""
        return any(map(self.best.range.overlaps, self.best.document.details))

    def repeats_one_of(self, others: Iterable[Window]) -> bool:
        """Return whether its best sentence is marked as one that says nothing beside a sentence of ``others``."""
        sentences = {bare(best.text) for each in others for best in each.shown.bests}
        marked = (each for each in self.best.document.repeats if each.text in sentences)
        return any(each.range.overlaps(self.best.range) for each in marked)

    def shows(self, words: Span) -> bool:
        """Return whether some of these words are among those that it shows."""
        return words.document.id == self.best.document.id and any(
            map(words.range.overlaps, (s.range for s in self.spans))
        )

    def is_fuller(self, other: Window) -> bool:
        """Return whether it may speak instead of another: that one says nothing beside it, and its source no less."""
        whole = len(other.shown.bests) == 1 and len(other.best.text) < len(self.best.text)
        return (
            whole and other.repeats_one_of([self]) and all(a <= b for a, b in zip(self._rank, other._rank, strict=True))
        )

    @property
    def _rank(self) -> tuple[bool, bool, bool, int]:
        """Return what makes it speak later, the least first."""
        return self.sells, self.is_nameless, self.is_detail, self.weight.step

    @property
    def is_nameless(self) -> bool:
        """Return whether its best sentence rests on nothing but pages that nobody signs."""
        return self.weight is SourceWeight.UNVERIFIED and bool(self.best.document.attributed([self.best.range]))

    @property
    def sells(self) -> bool:
        """Return whether its source sells what it recommends, or may: unknown counts as selling."""
        return self.passage.document.source.interest is not Interest.NONE


def score(
    quotable: Quotable, rows: Sequence[int], cosines: Sequence[Vectors], weights: Vectors, asked: Sequence[Vectors]
) -> Iterator[Window]:
    """Yield what may be quoted of the passages in ``rows``, best first.

    ``cosines[i]``: (sentences, q), each query token's best cosine in each sentence of passage ``rows[i]``; ``weights``:
    (q,), adding up to 1 or less; ``asked[i]``: (sentences,), of each sentence how near the question is to what is asked
    of it, or NaN.
    """
    held = [slice(*quotable.starts[row : row + 2].tolist()) for row in rows]
    places = [(row, at) for row, each in zip(rows, held, strict=True) for at in range(each.stop - each.start)]
    if not places:
        return
    begin = np.repeat([0, *accumulate(map(len, cosines[:-1]))], [each.stop - each.start for each in held])
    ends = np.concatenate([quotable.rows[each] for each in held]) + begin[:, None]
    words = np.concatenate([*cosines, cosines[-1][-1:]])  # one row more, so that every end is a row
    gained = _GAIN * np.nan_to_num(np.concatenate([*asked, asked[-1][-1:]]) - ORDINARY)
    totals = np.maximum.reduceat(words, ends.ravel(), axis=0)[::2] @ weights
    totals -= RATE * np.maximum(0, np.concatenate([quotable.charged[each] for each in held]) - 100) / 100
    totals += np.maximum.reduceat(gained, ends.ravel())[::2]
    own = (words @ weights + gained).tolist()

    def window(i: int) -> Window:
        row, at = places[i]
        cut, first = quotable.cuts(row)[at], ends[i, 0]
        return Window(cut, cut.bests[max(cut.telling, key=lambda place: own[first + place])], float(totals[i]))

    for _, tied in groupby(np.argsort(-totals, kind="stable").tolist(), key=totals.__getitem__):
        yield from sorted(map(window, tied), key=best_first)


def choose(
    ranked: Iterable[Window], most: int, cuts_of: Callable[[Passage], Sequence[QuoteSpan]], *, paragraphs: bool = False
) -> tuple[Window, ...]:
    """Return the best windows; none overlaps another or says the same as another of its document.

    ``ranked``: best first, as `score` yields them, of which only as many are taken as are needed. ``cuts_of``: all that
    may be quoted of a passage. ``paragraphs``: whether other people's words are shown with what stands beside them.
    """
    chosen: list[Window] = []
    for best in ranked if most else ():
        if best.passage.document.source.words is Words.PROJECT_SUMMARY:
            shown = [_alone(best, cuts_of(best.passage))]
        else:
            shown = [_in_paragraph(best, cuts_of(best.passage)), best] if paragraphs else [best]
        if new := next((each for each in shown if not any(_same(each, other) for other in chosen)), None):
            chosen.append(new)
            if len(chosen) == most:
                break
    return tuple(chosen)


def _alone(window: Window, cuts: Sequence[QuoteSpan]) -> Window:
    """Show only the best sentence, with what it cannot be quoted without: each of ours has its own publications.

    A list stays whole.
    """
    rows = window.cut.rows
    if any(each.text.endswith(":") for each in window.cut.bests):
        return window
    row = rows.start + window.cut.bests.index(window.best)
    held = (cut for cut in cuts if rows.start <= cut.rows.start <= row < cut.rows.stop <= rows.stop)
    return replace(window, quoted=min(held, key=lambda cut: cut.length))


def _in_paragraph(window: Window, cuts: Sequence[QuoteSpan]) -> Window:
    """Show the window with as many sentences of its paragraph as a quote may have, those after it first."""
    passage, rows = window.passage, window.cut.rows
    text, sentences = passage.document.text, passage.sentences

    def is_one_line(cut: QuoteSpan) -> bool:
        return not any("\n" in text[one.end : next_.start] for one, next_ in pairwise(sentences[cut.rows]))

    wider = (cut for cut in cuts if cut.rows.start <= rows.start and rows.stop <= cut.rows.stop)
    fitting = filter(is_one_line, wider)
    grown = max(fitting, key=lambda cut: (cut.rows.stop - cut.rows.start, cut.rows.start), default=window.cut)
    return window if grown == window.cut else replace(window, quoted=grown)


def best_first(window: Window) -> tuple[float, int, str, tuple[Span, ...], Span, int, int, int]:
    """Return a sort key: best first, the shorter of two equally good windows; the rest breaks all ties.

    The same words may be quoted from two passages that share a torn sentence, for an item and for the sentence that
    opens its list, for a sentence and for the next that refers back to it: then the earlier passage, the later best
    sentence and the earlier rows come first.
    """
    cut = window.cut
    first = cut.passage.sentences[0]
    place = (-window.best.start, cut.rows.start, cut.rows.stop)
    return -window.score, cut.length, cut.passage.document.id, cut.spans, first, *place


def _same(one: Window, other: Window) -> bool:
    """Return whether two windows are of one document, and overlap, or the ``other`` says what the ``one`` does."""
    if one.best.document.id != other.best.document.id:
        return False
    if any(map(one.shows, other.spans)):
        return True
    a, b = one.shown.terms, other.shown.terms
    alike = bool(a and b) and len(a & b) >= _ALIKE * min(len(a), len(b))
    return alike and all(any(hold(said, each) for said in other.shown.claims) for each in one.shown.claims)


@cache
def _cues() -> Mapping[str, re.Pattern[str]]:
    """Read the lists of `data/sellers/cues.toml`, each as one pattern."""
    return {name: re.compile("|".join(cues), re.I | re.S) for name, cues in read_data("sellers", "cues.toml").items()}


def is_sensitive(text: str) -> bool:
    """Return whether a text gives a dose or an all-clear, or calls to start, stop or hurry."""
    return any(_cues()[name].search(text) for name in ("dose", "safe", "start_or_stop"))


def is_bare_dose(text: str) -> bool:
    """Return whether a dose is given without a caution in the same words."""
    return bool(_cues()["dose"].search(text)) and not _cues()["caution"].search(text)


@dataclass(frozen=True, slots=True)
class Order:
    """Indices of the candidates to show, best first; ``only_sellers``: no other source is near to support them."""

    shown: tuple[int, ...]
    only_sellers: bool


def order(said: Sequence[Window], most: int, *, strict: bool) -> Order:
    """Pick at most ``most`` of ``said``: candidates good enough to be shown, best first, more than are shown.

    ``strict``: every sentence of a seller is sensitive.
    """
    apart = _apart(said)
    shown = apart[:most]
    if disinterested := [i for i in apart if not said[i].sells]:
        first = _weightiest(said, disinterested)
        return Order((first, *[i for i in shown if i != first][: most - 1]), only_sellers=False)
    return Order(tuple(shown), only_sellers=any(strict or is_sensitive(said[i].shown.text) for i in shown))


def behind(first: Window, best: Window, others: Sequence[Window]) -> list[Window]:
    """Return which of ``others`` may be quoted behind ``first``. ``best``: the one that answers best.

    A page that nobody signs, and who sells, speak where they are asked about: where they come first, and answer best. A
    document that does not say what it is stays.
    """
    signed = others if first.is_nameless else [each for each in others if not each.is_nameless]
    return [each for each in signed if best.sells or each.passage.document.source.interest is not Interest.SELLS]


def _weightiest(said: Sequence[Window], rivals: Sequence[int]) -> int:
    """Return who comes first of some that sell nothing: the best one, or of those that answer about as well the one of
    most weight. A detail, and a page of nobody known, must be better than others by more."""
    weight, is_detail = {i: said[i].weight for i in rivals}, {i: said[i].is_detail for i in rivals}
    cost = {i: _DETAIL * is_detail[i] + _UNKNOWN * (weight[i] is SourceWeight.UNVERIFIED) for i in rivals}
    first = max(rivals, key=lambda i: said[i].score - cost[i])
    level = [i for i in rivals if said[first].score - said[i].score <= _LEVEL]
    return min(level, key=lambda i: (is_detail[i], weight[i].step, i != first, -said[i].score))


def _apart(said: Sequence[Window]) -> list[int]:
    """Return the indices of ``said`` without word-for-word repeats; of these, one that sells nothing is kept."""
    kept: dict[str, int] = {}
    for i, each in enumerate(said):
        words = " ".join(each.shown.text.split()).casefold()
        if words not in kept or (said[kept[words]].sells and not each.sells):
            kept[words] = i
    return sorted(kept.values())


class Difference(NamedTuple):
    """A dispute with the opposing words: a window for each side, each of its own document."""

    dispute: Dispute
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
            found.append((bears, Difference(dispute, sides)))
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
