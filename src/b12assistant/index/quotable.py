"""List what may be quoted of a passage, whatever is asked: one to three whole sentences, a list, a row and its header.

A collection keeps it in arrays, made at indexing: a question needs no look at any text but what it shows.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, takewhile

import numpy as np
from numpy.typing import NDArray

from b12assistant.answers import MOST_GAPS
from b12assistant.errors import REBUILD, IndexDamagedError
from b12assistant.index.layout import JoinedSentence, Layout
from b12assistant.index.store import Data
from b12assistant.index.vectors import read_arrays, save_arrays
from b12assistant.language.claims import Claims, claims_of
from b12assistant.language.words import BULLET, terms
from b12assistant.threads import cached, once
from b12assistant.types import BlockKind, Passage, Span, Words

QUOTABLE = "quotable.safetensors"
_SHORT_ANSWER = re.compile(
    r"(?:yes|no|go ahead|it depends|maybe|not (?:really|quite|yet)|of course(?: not)?)[.!]", re.I
)
_CLOSING = " \n)\"'”’|"
_PLACE = r"section|chapter|page|part|table|figure|appendix|below|above|overleaf|guide|manual|documentation|\w\(\d\)"
_POINTER = re.compile(rf"\W*(?:please )?(?:see|refer to|cf\.?)(?: also)?(?=.*(?:{_PLACE}))(?: [^\s,;:]+){{1,7}}", re.I)
CHARACTERS = 520  # of a quote, at most
_SENTENCES = 3  # of a quote, at most
_WHOLE_LIST = 1.5  # times the characters of a quote: a list of up to this length is quoted whole
_KEPT = 4096  # passages of which the cuts are kept as objects
_ARRAYS = ("starts", "rows", "charged", "span_starts", "spans", "bests", "telling")

Offsets = NDArray[np.int64]
Pairs = NDArray[np.int32]


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


@dataclass(frozen=True)
class Quotable:
    """All that may be quoted of some passages, in arrays, so that a question makes objects only of what it shows.

    ``starts``: the first cut of each passage, (n + 1,). Of each cut ``rows``, (cuts, 2): its first sentence in the
    passage and the one after its last; ``charged``: characters of the sentences alone; ``span_starts``, (cuts + 1,):
    its first of ``spans``, (spans, 2), each a start and an end in the document. Of each sentence ``bests``, (sentences,
    2): its start and end without a bullet; ``telling``, (sentences,): whether it can answer by itself.
    """

    passages: Sequence[Passage]
    starts: Offsets
    rows: Pairs
    charged: NDArray[np.int32]
    span_starts: Offsets
    spans: Pairs
    bests: Pairs
    telling: NDArray[np.uint8]

    @classmethod
    def of(cls, passages: Sequence[Passage], most: int = CHARACTERS) -> Quotable:
        """List what may be quoted of ``passages``. ``most``: characters of a quote."""
        found = [cuts(passage, most) for passage in passages]
        bests = [list(passage.sentences) for passage in passages]
        telling = [[False] * len(each) for each in bests]
        for cut, place in ((cut, place) for place, each in enumerate(found) for cut in each):
            bests[place][cut.rows] = cut.bests
            telling[place][cut.rows] = [i in cut.telling for i in range(len(cut.bests))]
        flat = list(chain(*found))
        return cls(
            passages,
            _starts(map(len, found)),
            _pairs((cut.rows.start, cut.rows.stop) for cut in flat),
            np.array([cut.charged for cut in flat], np.int32),
            _starts(len(cut.spans) for cut in flat),
            _pairs((span.start, span.end) for cut in flat for span in cut.spans),
            _pairs((best.start, best.end) for best in chain(*bests)),
            np.array(list(chain(*telling)), np.uint8),
        )

    @classmethod
    def join(cls, parts: Sequence[Quotable]) -> Quotable:
        """Join what may be quoted of documents, at least one, in order."""
        return cls(
            list(chain(*(each.passages for each in parts))),
            _starts(chain(*(np.diff(each.starts) for each in parts))),
            np.concatenate([each.rows for each in parts]),
            np.concatenate([each.charged for each in parts]),
            _starts(chain(*(np.diff(each.span_starts) for each in parts))),
            np.concatenate([each.spans for each in parts]),
            np.concatenate([each.bests for each in parts]),
            np.concatenate([each.telling for each in parts]),
        )

    def part(self, rows: range) -> Quotable:
        """Return that of the passages in ``rows``."""
        begin, end = self.starts[[rows.start, rows.stop]].tolist()
        spans = slice(*self.span_starts[[begin, end]].tolist())
        sentences = slice(*self.sentences[[rows.start, rows.stop]].tolist())
        return Quotable(
            self.passages[rows.start : rows.stop],
            self.starts[rows.start : rows.stop + 1] - begin,
            self.rows[begin:end],
            self.charged[begin:end],
            self.span_starts[begin : end + 1] - self.span_starts[begin],
            self.spans[spans],
            self.bests[sentences],
            self.telling[sentences],
        )

    @once
    def sentences(self) -> Offsets:
        """Return the place among all sentences at which each passage's begin, (n + 1,)."""
        return _starts(len(passage.sentences) for passage in self.passages)

    @cached(_KEPT)
    def cuts(self, row: int) -> tuple[QuoteSpan, ...]:
        """Return what may be quoted of the passage in a row. Cached: it does not depend on the question."""
        passage, sentence = self.passages[row], int(self.sentences[row])
        document = passage.document
        first, last = self.starts[row : row + 2].tolist()
        bounds = self.span_starts[first : last + 1].tolist()
        found = []
        for at, (start, stop) in enumerate(self.rows[first:last].tolist()):
            held = slice(sentence + start, sentence + stop)
            found.append(
                QuoteSpan(
                    passage,
                    tuple(document.span(*each) for each in self.spans[bounds[at] : bounds[at + 1]].tolist()),
                    slice(start, stop),
                    tuple(document.span(*each) for each in self.bests[held].tolist()),
                    int(self.charged[first + at]),
                    tuple(np.flatnonzero(self.telling[held]).tolist()),
                )
            )
        return tuple(found)

    def to_bytes(self) -> Data:
        return save_arrays({name: getattr(self, name) for name in _ARRAYS})

    @classmethod
    def from_bytes(cls, data: Data, passages: Sequence[Passage]) -> Quotable:
        """Read verified bytes of a file; the arrays are views of them. Raises ``IndexDamagedError``."""
        arrays = read_arrays(data, QUOTABLE)
        read = cls(passages, *(arrays[name] for name in _ARRAYS))
        ends = (*read.starts[-1:], *read.span_starts[-1:], *read.sentences[-1:])
        if (len(read.starts), *ends) != (len(passages) + 1, len(read.rows), len(read.spans), len(read.bests)):
            raise IndexDamagedError(f"{QUOTABLE} does not fit the documents", hint=REBUILD)
        return read


def _starts(sizes: Iterable[int]) -> Offsets:
    return np.array([0, *accumulate(sizes)], np.int64)


def _pairs(pairs: Iterable[tuple[int, int]]) -> Pairs:
    return np.array(list(pairs), np.int32).reshape(-1, 2)
