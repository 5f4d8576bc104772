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
from itertools import accumulate, chain, pairwise, takewhile

import numpy as np

from b12assistant.answering.claims import Claims, claims_of, hold
from b12assistant.answering.layout import JoinedSentence, Layout
from b12assistant.answering.signals import UNJUDGED, Signals
from b12assistant.answers import MOST_GAPS, Topic, TopicId
from b12assistant.corpus.disputes import Dispute
from b12assistant.data_files import chosen, read_data
from b12assistant.index.vectors import Vectors
from b12assistant.language.words import BULLET, bare, terms
from b12assistant.threads import once
from b12assistant.types import BlockKind, Interest, Passage, PassageId, SourceWeight, Span, Words

_SHORT_ANSWER = re.compile(
    r"(?:yes|no|go ahead|it depends|maybe|not (?:really|quite|yet)|of course(?: not)?)[.!]", re.I
)
_CLOSING = " \n)\"'”’|"
_PLACE = r"section|chapter|page|part|table|figure|appendix|below|above|overleaf|guide|manual|documentation|\w\(\d\)"
_POINTER = re.compile(rf"\W*(?:please )?(?:see|refer to|cf\.?)(?: also)?(?=.*(?:{_PLACE}))(?: [^\s,;:]+){{1,7}}", re.I)
# Tried on three development sets: other numbers of passages, rates and shares are no better on all. The
# calibration and the ranker were fitted to quotes of this make.
SEARCHED = 20  # passages
CHARACTERS = 520  # of a quote, at most
_SENTENCES = 3  # of a quote, at most
_WHOLE_LIST = 1.5  # times the characters of a quote: a list of up to this length is quoted whole
# What each of these is stands in `data/chosen.toml`.
_QUOTING, _DIFFERENCES = chosen("quoting"), chosen("differences")
RATE, _ALIKE, _GAIN, ORDINARY = (_QUOTING[name] for name in ("rate", "alike", "gain", "ordinary"))
_LEVEL, _DETAIL, _UNKNOWN = (_QUOTING[name] for name in ("level", "level_of_general", "level_of_unknown"))
_AHEAD, _BEARS, _FAR = (_DIFFERENCES[name] for name in ("ahead", "bears", "far"))
_SENSITIVE = ("dose", "safe", "start_or_stop")


@dataclass(frozen=True)
class QuoteSpan:
    """A part of a passage that may be quoted, whatever is asked: its sentences ``rows``, with what they need.

    ``charged``: characters of the sentences alone.
    """

    passage: Passage
    spans: tuple[Span, ...]
    rows: slice
    bests: tuple[Span, ...]  # the sentences, without bullets
    charged: int
    telling: tuple[int, ...]  # which of `bests` can answer by themselves

    @once
    def length(self) -> int:
        return _length(self.spans)

    @once
    def terms(self) -> frozenset[str]:
        return frozenset(terms(self.text))

    @once
    def claims(self) -> tuple[Claims, ...]:
        """Return what each of its sentences claims, with the words that lead in to it."""
        text, first = self.passage.document.text, self.bests[0].start
        lead = " ".join(text[span.start : min(span.end, first)] for span in self.spans if span.start < first)
        return tuple(claims_of(f"{lead} {sentence.text}") for sentence in self.bests)

    @property
    def text(self) -> str:
        return " ".join(span.text for span in self.spans)


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


def cuts(passage: Passage, most: int = CHARACTERS) -> tuple[QuoteSpan, ...]:
    """Return all that may be quoted from a passage. ``most``: characters of a quote.

    A sentence that opens a list is one cut with its list, and no other cut runs into the list. A question, as on a page
    of questions and answers, is quoted with what follows it; so is a sentence that only points elsewhere. A row of a
    table in a summary is shown in its document only, since the summary also says it in a sentence.
    """
    layout = Layout.of(passage.document)
    wholes = layout.wholes(passage)
    found: list[QuoteSpan] = []
    for place, first in enumerate(wholes):
        lead = layout.lead_in(first.spans[0])
        if lead is None:
            continue
        if layout.opens_list(first.spans[-1]):
            found.extend(_list(passage, wholes[place:], lead, layout, most))
            continue
        run = [first, *takewhile(lambda whole: not _begins_anew(whole, layout), wholes[place + 1 :])]
        shown: tuple[Span, ...] = ()
        for last in run[:_SENTENCES]:
            shown += last.spans
            spans = _joined((*lead, *shown), layout)
            if len(spans) > MOST_GAPS + 1 or (last is not first and _length(spans) > most):
                break
            if not _leads_on(last.spans[-1], layout):
                found.append(_cut(passage, spans, slice(first.rows.start, last.rows.stop), _length(shown), layout))
    if passage.document.source.words is Words.PROJECT_SUMMARY:
        found = [cut for cut in found if not any(layout.kind_at(best) is BlockKind.TABLE_ROW for best in cut.bests)]
    return tuple(cut for cut in found if cut.telling)


def _begins_anew(whole: JoinedSentence, layout: Layout) -> bool:
    """Return whether no quote of what stands before runs into a sentence: it opens a list, or names something else."""
    return layout.opens_list(whole.spans[-1]) or layout.kind_at(whole.spans[0]) is BlockKind.TERM


def _leads_on(sentence: Span, layout: Layout) -> bool:
    """Return whether a sentence asks, names or announces what the next one says ("Yes."): no quote ends with it."""
    asks = sentence.text.rstrip(_CLOSING).endswith("?")
    is_short = _SHORT_ANSWER.fullmatch(sentence.text) is not None and not layout.ends_block(sentence)
    return asks or is_short or layout.leads_on(sentence)


def _tells_nothing(sentence: Span, layout: Layout) -> bool:
    """Return whether a sentence by itself answers nothing: it leads on, but to no list, or only points elsewhere."""
    leads_on = _leads_on(sentence, layout) and not layout.opens_list(sentence)
    return leads_on or bool(_POINTER.fullmatch(sentence.text.rstrip(_CLOSING)))


def _list(
    passage: Passage, wholes: Sequence[JoinedSentence], lead: tuple[Span, ...], layout: Layout, most: int
) -> Iterator[QuoteSpan]:
    """Yield the sentence that opens a list with all of it; if that is too long, with what fits, a gap, and its end."""
    opener, *listed = [wholes[0], *takewhile(lambda whole: layout.is_listed(whole.spans[0]), wholes[1:])]
    items = [whole.spans for whole in listed]
    if len(wholes) == 1 + len(listed):  # the next passage may go on with the list
        items += layout.items_after((*opener.spans, *chain(*items))[-1])
    sizes = accumulate(map(_length, items))
    for kept in range(sum(size <= _WHOLE_LIST * most for size in sizes), 0, -1):
        shown = (*opener.spans, *chain(*items[:kept]), *(items[-1] if kept < len(items) else ()))
        spans = _joined((*lead, *shown), layout)
        longest = most * (1 if kept < len(items) else _WHOLE_LIST)
        if len(spans) <= MOST_GAPS + 1 and _length(spans) <= longest:
            rows = slice(opener.rows.start, [opener, *listed[:kept]][-1].rows.stop)
            yield _cut(passage, spans, rows, _length(shown), layout)
            return


def _cut(passage: Passage, spans: tuple[Span, ...], rows: slice, charged: int, layout: Layout) -> QuoteSpan:
    bests = tuple(_without_bullet(sentence, layout) for sentence in passage.sentences[rows])
    telling = tuple(place for place, best in enumerate(bests) if not _tells_nothing(best, layout))
    return QuoteSpan(passage, spans, rows, bests, charged, telling)


def score(
    found: Sequence[Sequence[QuoteSpan]], cosines: Sequence[Vectors], weights: Vectors, asked: Sequence[Vectors]
) -> list[Window]:
    """Return each cut of each passage as a window. ``cosines[i]``: (sentences, q), each query token's best cosine in
    each sentence of passage ``i``; ``weights``: (q,), adding up to 1 or less; ``asked[i]``: (sentences,), of each
    sentence how near the question is to what is asked of it, or NaN."""
    starts = accumulate((len(each) for each in cosines), initial=0)
    flat = [(cut, start) for each, start in zip(found, starts, strict=False) for cut in each]
    if not flat:
        return []
    rows = np.concatenate([*cosines, cosines[-1][-1:]])  # one row more, so that every end is a row
    ends = np.array([(start + cut.rows.start, start + cut.rows.stop) for cut, start in flat])
    charged = np.array([cut.charged for cut, _ in flat])
    totals = np.maximum.reduceat(rows, ends.ravel(), axis=0)[::2] @ weights
    totals -= RATE * np.maximum(0, charged - 100) / 100
    scores = rows @ weights
    gained = _GAIN * np.nan_to_num(np.concatenate([*asked, asked[-1][-1:]]) - ORDINARY)
    totals += np.maximum.reduceat(gained, ends.ravel())[::2]
    scores += gained
    own = scores.tolist()
    return [
        Window(cut, cut.bests[max(cut.telling, key=own[first:last].__getitem__)], total)
        for (cut, _), (first, last), total in zip(flat, ends.tolist(), totals.tolist(), strict=True)
    ]


def choose(candidates: Sequence[Window], most: int, *, paragraphs: bool = False) -> tuple[Window, ...]:
    """Return the best windows, best first; none overlaps another or says the same as another of its document.

    ``paragraphs``: whether other people's words are shown with what stands beside them.
    """
    ranked = sorted(candidates, key=_best_first)
    cuts_of = {(each.passage.id, each.cut.rows.start, each.cut.rows.stop): each.cut for each in ranked}
    chosen: list[Window] = []
    for best in ranked:
        if len(chosen) == most:
            break
        if best.passage.document.source.words is Words.PROJECT_SUMMARY:
            shown = [_alone(best, cuts_of)]
        else:
            shown = [_in_paragraph(best, cuts_of), best] if paragraphs else [best]
        if new := next((each for each in shown if not any(_same(each, other) for other in chosen)), None):
            chosen.append(new)
    return tuple(chosen)


def _alone(window: Window, cuts_of: Mapping[tuple[PassageId, int, int], QuoteSpan]) -> Window:
    """Show only the best sentence, with what it cannot be quoted without: each of ours has its own publications.

    A list stays whole.
    """
    rows = window.cut.rows
    if any(each.text.endswith(":") for each in window.cut.bests):
        return window
    row = rows.start + window.cut.bests.index(window.best)
    held = ((i, j) for i in range(rows.start, row + 1) for j in range(row + 1, rows.stop + 1))
    found = (cuts_of.get((window.passage.id, i, j)) for i, j in held)
    least = min((cut for cut in found if cut), key=lambda cut: cut.length, default=window.cut)
    return replace(window, quoted=least)


def _in_paragraph(window: Window, cuts_of: Mapping[tuple[PassageId, int, int], QuoteSpan]) -> Window:
    """Show the window with as many sentences of its paragraph as a quote may have, those after it first."""
    passage, rows = window.passage, window.cut.rows
    text, sentences = passage.document.text, passage.sentences

    def is_one_line(cut: QuoteSpan) -> bool:
        return not any("\n" in text[one.end : next_.start] for one, next_ in pairwise(sentences[cut.rows]))

    places = [(passage.id, i, j) for i in range(rows.start + 1) for j in range(rows.stop, len(sentences) + 1)]
    fitting = [cut for cut in map(cuts_of.get, places) if cut is not None and is_one_line(cut)]
    grown = max(fitting, key=lambda cut: (cut.rows.stop - cut.rows.start, cut.rows.start), default=window.cut)
    return window if grown is window.cut else replace(window, quoted=grown)


def _best_first(window: Window) -> tuple[float, int, str, tuple[Span, ...], Span, int, int, int]:
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
    """Return whether two windows overlap, or the ``other`` says what the ``one`` does, from one source: a document, or
    a page that both sum up."""
    first, second = one.best.document, other.best.document
    if first.id == second.id:
        if any(map(one.shows, other.spans)):
            return True
    elif not first.source.pages_summarised & second.source.pages_summarised:
        return False
    a, b = one.shown.terms, other.shown.terms
    alike = bool(a and b) and len(a & b) >= _ALIKE * min(len(a), len(b))
    return alike and all(any(hold(said, each) for said in other.shown.claims) for each in one.shown.claims)


def _length(spans: Sequence[Span]) -> int:
    """Count the characters quoted, without what is between the spans."""
    return sum(span.end - span.start for span in spans)


def _joined(parts: Sequence[Span], layout: Layout) -> tuple[Span, ...]:
    """Join neighbours with only blanks between them into one span; no span begins with a bullet."""
    joined: list[Span] = []
    for part in parts:
        if joined and not part.document.text[joined[-1].end : part.start].strip():
            joined[-1] = part.document.span(joined[-1].start, part.end)
        else:
            joined.append(_without_bullet(part, layout))
    return tuple(joined)


def _without_bullet(span: Span, layout: Layout) -> Span:
    """Move the start of a quote past the bullet of a list item; the number of a step stays."""
    bullet = BULLET.match(span.text)
    block = layout.block_that_begins(span.start) if bullet else None
    if bullet is None or bullet.end() == len(span.text) or block is None or block.kind is not BlockKind.LIST_ITEM:
        return span
    return span.document.span(span.start + bullet.end(), span.end)


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
    apart = _apart(said)
    shown = apart[:most]
    if disinterested := [i for i in apart if not said[i].sells]:
        first = _weightiest(said, disinterested)
        return Order((first, *[i for i in shown if i != first][: most - 1]), only_sellers=False)
    return Order(tuple(shown), only_sellers=any(strict or cues.is_sensitive(said[i].shown.text) for i in shown))


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
