"""Cut what may be quoted out of passages: one to three whole sentences, a list, a row of a table with its header."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, takewhile

from b12assistant.answers import MOST_GAPS
from b12assistant.index.layout import JoinedSentence, Layout
from b12assistant.index.quotable import Quotable, QuoteSpan, characters
from b12assistant.language.words import BULLET
from b12assistant.types import BlockKind, Passage, Span, Words

_SHORT_ANSWER = re.compile(
    r"(?:yes|no|go ahead|it depends|maybe|not (?:really|quite|yet)|of course(?: not)?)[.!]", re.I
)
_CLOSING = " \n)\"'”’|"
_PLACE = r"section|chapter|page|part|table|figure|appendix|below|above|overleaf|guide|manual|documentation|\w\(\d\)"
_POINTER = re.compile(rf"\W*(?:please )?(?:see|refer to|cf\.?)(?: also)?(?=.*(?:{_PLACE}))(?: [^\s,;:]+){{1,7}}", re.I)
CHARACTERS = 520  # of a quote, at most
_SENTENCES = 3  # of a quote, at most
_WHOLE_LIST = 1.5  # times the characters of a quote: a list of up to this length is quoted whole


def quotable_of(passages: Sequence[Passage], most: int = CHARACTERS) -> Quotable:
    """Return what may be quoted of passages. ``most``: characters of a quote."""
    return Quotable.of(passages, [cuts(passage, most) for passage in passages])


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
            if len(spans) > MOST_GAPS + 1 or (last is not first and characters(spans) > most):
                break
            if not _leads_on(last.spans[-1], layout):
                found.append(_cut(passage, spans, slice(first.rows.start, last.rows.stop), characters(shown), layout))
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
    sizes = accumulate(map(characters, items))
    for kept in range(sum(size <= _WHOLE_LIST * most for size in sizes), 0, -1):
        shown = (*opener.spans, *chain(*items[:kept]), *(items[-1] if kept < len(items) else ()))
        spans = _joined((*lead, *shown), layout)
        longest = most * (1 if kept < len(items) else _WHOLE_LIST)
        if len(spans) <= MOST_GAPS + 1 and characters(spans) <= longest:
            rows = slice(opener.rows.start, [opener, *listed[:kept]][-1].rows.stop)
            yield _cut(passage, spans, rows, characters(shown), layout)
            return


def _cut(passage: Passage, spans: tuple[Span, ...], rows: slice, charged: int, layout: Layout) -> QuoteSpan:
    bests = tuple(_without_bullet(sentence, layout) for sentence in passage.sentences[rows])
    telling = tuple(place for place, best in enumerate(bests) if not _tells_nothing(best, layout))
    return QuoteSpan(passage, spans, rows, bests, charged, telling)


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
