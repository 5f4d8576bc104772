"""Find where a quote may begin and end, and what a sentence cannot be quoted without.

"Never give:" changes what "salt" means, a row of figures means nothing without its header, nor does "this is safe"
without the sentence before, and half of a sentence that a running footer interrupts may say the opposite of the whole.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from b12assistant.language.words import ENGLISH, language, split_sentences, trim
from b12assistant.threads import cached
from b12assistant.types import Block, BlockKind, Document, MarkKind, Passage, Range, Span

_ENDS = re.compile(r"[.?!:…][\"'”’)\]]*$")
_END = 8  # last characters in which a sentence's end is looked for
_ROW = 800  # characters of a row of a table that is quoted whole
_FOLLOWS = re.compile(
    r"\b(?:following|these|below|folgende[nrs]?|suivante?s?|siguientes?)\b", re.I
)  # "Do not take any of these."
_LISTED = (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)
# A sentence that begins like this refers to the one before.
_DANGLES = {
    ENGLISH: re.compile(
        r"(?:this|these|those|that|it|they|he|she|its|their|such|and|or|so|thus|hence|therefore|consequently|otherwise|"
        r"instead(?! of)|as a result|for (?:this|that) reason|the (?:former|latter|same))\b",
        re.I,
    ),
    "de": re.compile(
        r"(?:dies(?:e[nmrs]?)?|solche[nmrs]?|er|es|und|oder|also|folglich|daher|darum|deshalb|deswegen|da(?:durch|bei|mit"
        r"|nach|für|gegen)|sonst|andernfalls|stattdessen)\b",
        re.I,
    ),
    "fr": re.compile(
        r"(?:cela|ça|ce(?:ci|t|tte|s)?|c['’]est|cel(?:ui|le)-ci|ce(?:ux|lles)-ci|ils?(?! faut| y a)|elles?|et|ou|donc"
        r"|ainsi|sinon|par conséquent|pour cette raison)\b",
        re.I,
    ),
    "es": re.compile(
        r"(?:est[aeo]s?|es[aeo]s?|ello|él|ellos|ellas?|y|o|así|entonces|si no|de lo contrario|por (?:eso|esto|ello"
        r"|lo tanto|est[ae] (?:motivo|razón)))\b",
        re.I,
    ),
}
# A sentence that begins like this qualifies the one before.
_QUALIFIES = {
    ENGLISH: re.compile(
        r"(?:but|however|yet|still,|unless|except|only (?:if|when)|that said|even so|nevertheless|nonetheless|"
        r"on the other hand|when taken as recommended)\b",
        re.I,
    ),
    "de": re.compile(
        r"(?:aber|jedoch|doch|allerdings|außer|es sei denn|nur (?:wenn|falls)|trotzdem|dennoch|andererseits)\b", re.I
    ),
    "fr": re.compile(
        r"(?:mais|cependant|toutefois|pourtant|néanmoins|sauf|excepté|à moins|(?:seul|unique)ment (?:si|quand)"
        r"|d['’]autre part)\b",
        re.I,
    ),
    "es": re.compile(
        r"(?:pero|sin embargo|no obstante|salvo|excepto|a menos|s[oó]lo (?:si|cuando)|aun así|por otro lado)\b", re.I
    ),
}
_split = lru_cache(maxsize=16)(split_sentences)  # the same block is asked for again and again
_ANTECEDENTS = 2  # most sentences added before one that refers back


@dataclass(frozen=True, slots=True)
class JoinedSentence:
    """A sentence with all its parts. ``rows``: those in the passage; a neighbouring passage may hold others."""

    rows: slice
    spans: tuple[Span, ...]


@dataclass(frozen=True)
class Layout:
    """A document with its ranges that are never quoted, and the items of its reference lists."""

    document: Document
    never: tuple[Range, ...]
    references: tuple[Range, ...] = ()

    @classmethod
    def of(cls, document: Document) -> Layout:
        kinds = (MarkKind.NEVER, MarkKind.REFERENCE)
        return cls(document, *(tuple(mark.range for mark in document.marks if mark.kind is kind) for kind in kinds))

    def wholes(self, passage: Passage) -> list[JoinedSentence]:
        """Return the sentences of a passage; a torn one with its parts in neighbouring passages.

        The parts of a torn sentence stay together, and so do a sentence and the next if it qualifies the first.
        """
        sentences = passage.sentences
        cuts = [i for i in range(1, len(sentences)) if not self._belong(sentences[i - 1], sentences[i])]
        wholes = [JoinedSentence(slice(i, j), sentences[i:j]) for i, j in pairwise((0, *cuts, len(sentences)))]
        wholes[0] = JoinedSentence(wholes[0].rows, (*self._parts_before(sentences[0]), *wholes[0].spans))
        wholes[-1] = JoinedSentence(wholes[-1].rows, (*wholes[-1].spans, *self._parts_after(sentences[-1])))
        return wholes

    def items_after(self, span: Span) -> Iterator[tuple[Span, ...]]:
        """Yield the sentences of the items or rows right after ``span``, whichever passage they are in."""
        following = self._after(span)
        while following is not None and self.is_listed(following):
            parts = (following, *self._parts_after(following))
            yield parts
            following = self._after(parts[-1])

    def lead_in(self, begin: Span) -> tuple[Span, ...] | None:
        """Return what must come before a window that begins with ``begin``; ``None``: nothing may begin there.

        For a list item: the sentence that introduces the list. What follows an item that ends in a colon is shown with
        everything in between, because nothing says where a nested list ends.
        """
        place = self._place(begin.start)
        block = self.document.blocks[place]
        if block.kind not in _LISTED:
            whole = (*self._antecedents(begin), begin)
            top = self._top_of_list(self._place(whole[0].start))
            begins = self.block_that_begins(whole[0].start) is not None
            return (*(self._leading_sentence(top - 1, to_list=False) if top and begins else ()), *whole[:-1])
        top = self._top_of_list(place)
        lead = self._leading_sentence(top - 1, to_list=True) if top else ()
        items = self.document.blocks[top:place]
        openers = [item for item in items if self.document.slice(item.range).rstrip().endswith(":")]
        opener = openers[-1] if openers else None
        if opener is None:
            lead += self._header(items)
        start = self._first_word(opener or block) if opener or lead else None
        if start is None or start == begin.start:
            return lead
        between = self.document.span(start, begin.start)
        return None if any(mark.overlaps(between.range) for mark in self.never) else (*lead, between)

    def opens_list(self, span: Span) -> bool:
        """Return whether a sentence only introduces the list or table after it, or is the header of that table."""
        place = self._place(span.end - 1)
        following = self.document.blocks[place + 1 :]
        after = next((block for block in following if self._first_word(block) is not None), None)
        if after is None or after.kind not in _LISTED:
            return False
        above = self.document.blocks[self._top_of_list(place) : place]
        is_first_row = self._is_row(self.document.blocks[place]) and not any(map(self._is_row, above))
        return span.text.endswith(":") or (is_first_row and self._is_row(after))

    def leads_on(self, span: Span) -> bool:
        """Return whether a sentence only names or announces what the next one says."""
        return span.text.endswith(":") or self.kind_at(span) is BlockKind.TERM

    def is_listed(self, span: Span) -> bool:
        """Return whether a sentence is in a list item or a table row."""
        return self.kind_at(span) in _LISTED

    def ends_block(self, span: Span) -> bool:
        """Return whether nothing stands after a sentence in its block."""
        return not self.document.text[span.end : self._block_at(span.start).range.end].strip()

    def kind_at(self, span: Span) -> BlockKind:
        return self._block_at(span.start).kind

    def block_that_begins(self, offset: int) -> Block | None:
        """Return the block whose first quotable character is at ``offset``."""
        block = self._block_at(offset)
        return block if self._first_word(block) == offset else None

    def _belong(self, before: Span, after: Span) -> bool:
        """Return whether neither of two neighbouring sentences may be quoted without the other."""
        if self._is_torn(before.end, after.start):
            return True
        return _QUALIFIES[language()].match(after.text) is not None and self._runs_on(before, after)

    def _runs_on(self, before: Span, after: Span) -> bool:
        """Return whether two sentences follow each other directly in the running text of one section."""
        if any(self.kind_at(each) is not BlockKind.PARAGRAPH for each in (before, after)):
            return False
        document, path = self.document, self.document.heading_path
        return path(before.start) == path(after.start) and not document.text[before.end : after.start].strip()

    def _antecedents(self, begin: Span) -> tuple[Span, ...]:
        """Return the sentences of running text that one beginning with "this" or "it" refers to."""
        found: list[Span] = []
        while _DANGLES[language()].match(begin.text) and len(found) < _ANTECEDENTS:
            end = self._end_before(begin)
            before = None if end is None else self._sentence_at(end - 1)
            if before is None or not self._runs_on(before, begin):
                break
            found.insert(0, before)
            begin = before
        return tuple(found)

    def _after(self, span: Span) -> Span | None:
        """Return the sentence after one, skipping marked text; none beyond a heading or in another reference."""
        start, path = self._start_after(span), self.document.heading_path
        if start is None or path(span.start) != path(start):
            return None
        is_other = any(span.start < each.start <= start < each.end for each in self.references)
        return None if is_other else self._sentence_at(start)

    def _end_before(self, span: Span) -> int | None:
        """Return where the sentence or heading before one ends, skipping marked text."""
        free = list(self._quotable(Range(0, span.start))) if span.start else []
        return free[-1].end if free else None

    def _start_after(self, span: Span) -> int | None:
        end = len(self.document.text)
        free = next(self._quotable(Range(span.end, end)), None) if span.end < end else None
        return free.start if free is not None else None

    def _parts_before(self, span: Span) -> tuple[Span, ...]:
        parts: list[Span] = []
        while (end := self._end_before(span)) is not None and self._may_belong(end, span.start):
            part = self._sentence_at(end - 1)
            if not self._belong(part, span):
                break
            parts.insert(0, part)
            span = part
        return tuple(parts)

    def _parts_after(self, span: Span) -> Iterator[Span]:
        while (start := self._start_after(span)) is not None and self._may_belong(span.end, start):
            part = self._after(span)
            if part is None or not self._belong(span, part):
                break
            yield part
            span = part

    def _may_belong(self, end: int, start: int) -> bool:
        """Return whether it is worth looking for the sentences that end and begin here."""
        return self._is_torn(end, start) or _QUALIFIES[language()].match(self.document.text, start) is not None

    def _is_torn(self, end: int, start: int) -> bool:
        """Return whether a sentence that breaks off at ``end`` continues at ``start``.

        Only marked text may be in between, on separate lines, as with a running header and footer. Nor is a row of a
        table divided, unless it is long or something in it is marked: of half a row nobody could tell which column it
        is of.
        """
        text = self.document.text
        between = text[end:start]
        before, after = self._block_at(end - 1), self._block_at(start)
        if before is after and before.kind is BlockKind.TABLE_ROW:
            row = before.range
            if row.end - row.start <= _ROW and not any(row.overlaps(mark) for mark in self.never):
                return True
        if not between.strip() or "\n\n" in between or _ENDS.search(text[max(0, end - _END) : end]):
            return False
        if before is after:
            return True
        path = self.document.heading_path
        if after.kind is not BlockKind.PARAGRAPH or path(end - 1) != path(start):
            return False
        return before.kind is BlockKind.PARAGRAPH or (before.kind is BlockKind.LIST_ITEM and text[start].islower())

    def _top_of_list(self, place: int) -> int:
        """Return where the list of block ``place`` begins, or another block with the marked blocks above it."""
        kind = self.document.blocks[place].kind
        while place:
            above = self.document.blocks[place - 1]
            passed_over = self._first_word(above) is None and above.kind is not BlockKind.HEADING
            if not passed_over and not (above.kind is kind and kind in _LISTED):
                break
            place -= 1
        return place

    def _header(self, above: Sequence[Block]) -> tuple[Span, ...]:
        """Return the first row among the blocks ``above``, unless something in it is marked."""
        row = next((block for block in above if self._is_row(block)), None)
        parts = list(self._quotable(row.range)) if row is not None else []
        return tuple(self.document.span(part.start, part.end) for part in parts if len(parts) == 1)

    def _is_row(self, block: Block) -> bool:
        return block.kind is BlockKind.TABLE_ROW and self._first_word(block) is not None

    def _leading_sentence(self, place: int, *, to_list: bool) -> tuple[Span, ...]:
        """Return the last sentence of a paragraph if it introduces what follows, before a list even without an end."""
        block = self.document.blocks[place]
        if block.kind not in (BlockKind.PARAGRAPH, BlockKind.TERM):
            return ()
        sentence = self._sentence_at(list(self._quotable(block.range))[-1].end - 1)
        text = sentence.text
        leads = self.leads_on(sentence) or (to_list and (not _ENDS.search(text) or _FOLLOWS.search(text)))
        return (sentence,) if leads else ()

    def _sentence_at(self, offset: int) -> Span:
        """Return the sentence at ``offset``, which must be quotable."""
        block = self._block_at(offset)
        part = next(free for free in self._quotable(block.range) if free.start <= offset < free.end)
        sentences = _split(self.document.slice(part))
        found = next(each for each in sentences if part.start + each.start <= offset < part.start + each.end)
        return self.document.span(part.start + found.start, part.start + found.end)

    def _place(self, offset: int) -> int:
        """Return the place of the block at ``offset``, or of the last one before it."""
        return max(0, bisect_right(self.document.blocks, offset, key=lambda block: block.range.start) - 1)

    def _block_at(self, offset: int) -> Block:
        """Return the block at ``offset``, which must not be a blank between two."""
        return self.document.blocks[self._place(offset)]

    @cached(None)
    def _first_word(self, block: Block) -> int | None:
        """Return where the quotable text of a block begins; ``None`` if it has none.

        Cached: every sentence near a block asks for its first word.
        """
        return next((free.start for free in self._quotable(block.range)), None)

    def _quotable(self, range_: Range) -> Iterator[Range]:
        """Yield the parts of ``range_`` that may be quoted, without blanks at their ends."""
        for part in range_.without(self.never):
            inner = trim(self.document.text, part.start, part.end)
            if inner is not None:
                yield inner
