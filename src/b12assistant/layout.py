"""Where a quote may begin and end: a sentence stays whole, and an item of a list keeps the words that lead to it.

"Never give:" changes what "salt" means, and half of a sentence that a running footer interrupts may say the opposite
of the whole.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from b12assistant.sentences import split_sentences, trim
from b12assistant.types import Block, BlockKind, Document, MarkKind, Passage, Range, Span

_ENDS = re.compile(r"[.?!:…][\"'”’)\]]*$")
_END = 8  # characters in which a sentence's end is looked for
_FOLLOWS = re.compile(r"\b(?:following|these|below)\b", re.I)  # "Do not take any of these."
_LISTED = (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)


@dataclass(frozen=True, slots=True)
class Whole:
    """A sentence with all its parts: its ``rows`` in the passage; the next passage may hold another part."""

    rows: slice
    spans: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """A document with the ranges of it that are never quoted."""

    document: Document
    never: tuple[Range, ...]

    @classmethod
    def of(cls, document: Document) -> Layout:
        return cls(document, tuple(mark.range for mark in document.marks if mark.kind is MarkKind.NEVER))

    def wholes(self, passage: Passage) -> list[Whole]:
        """The sentences of a passage, the parts of a torn one together, those in the passages beside it too."""
        sentences = passage.sentences
        cuts = [i for i in range(1, len(sentences)) if not self._is_torn(sentences[i - 1].end, sentences[i].start)]
        wholes = [Whole(slice(i, j), sentences[i:j]) for i, j in pairwise((0, *cuts, len(sentences)))]
        wholes[0] = Whole(wholes[0].rows, (*self._parts_before(sentences[0]), *wholes[0].spans))
        wholes[-1] = Whole(wholes[-1].rows, (*wholes[-1].spans, *self._parts_after(sentences[-1])))
        return wholes

    def lead_in(self, begin: Span) -> tuple[Span, ...] | None:
        """What must stand in front of a window that begins with ``begin``; ``None``: nothing may begin there.

        For an item of a list: the sentence that leads to the list. What follows an item that ends in a colon is shown
        with all that stands between, because no text says where a list within a list ends.
        """
        place = self._place(begin.start)
        block = self.document.blocks[place]
        top = self._top_of_list(place)
        lead = self._leading_sentence(top - 1, to_list=block.kind in _LISTED) if top else ()
        if block.kind not in _LISTED:
            return lead if self._first_word(block) == begin.start else ()
        items = self.document.blocks[top:place]
        opener = next(
            (item for item in reversed(items) if self.document.slice(item.range).rstrip().endswith(":")), None
        )
        start = self._first_word(opener or block) if opener or lead else None
        if start is None or start == begin.start:
            return lead
        between = Range(start, begin.start)
        if any(mark.overlaps(between) for mark in self.never):
            return None
        return (*lead, self.document.span(between.start, between.end))

    def opens_list(self, span: Span) -> bool:
        """Whether a sentence only leads to the list or table that follows it, and says nothing without it."""
        following = self.document.blocks[self._place(span.end - 1) + 1 :]
        after = next((block for block in following if self._first_word(block) is not None), None)
        return span.text.endswith(":") and after is not None and after.kind in _LISTED

    def is_listed(self, span: Span) -> bool:
        """Whether a sentence stands in an item of a list or a row of a table."""
        block = self._block_at(span.start)
        return block is not None and block.kind in _LISTED

    def block_that_begins(self, offset: int) -> Block | None:
        """The block whose first quotable character stands at ``offset``."""
        block = self._block_at(offset)
        return block if block is not None and self._first_word(block) == offset else None

    def _parts_before(self, span: Span) -> tuple[Span, ...]:
        free = list(self._quotable(Range(0, span.start))) if span.start else []
        if not free or not self._is_torn(free[-1].end, span.start):
            return ()
        part = self._sentence_at(free[-1].end - 1)
        return (*self._parts_before(part), part)

    def _parts_after(self, span: Span) -> tuple[Span, ...]:
        end = len(self.document.text)
        free = next(self._quotable(Range(span.end, end)), None) if span.end < end else None
        if free is None or not self._is_torn(span.end, free.start):
            return ()
        part = self._sentence_at(free.start)
        return (part, *self._parts_after(part))

    def _is_torn(self, end: int, start: int) -> bool:
        """Whether a sentence that breaks off at ``end`` goes on at ``start``.

        Only marked text stands between, on lines of its own, as a running header and footer do.
        """
        text = self.document.text
        between = text[end:start]
        if not between.strip() or "\n\n" in between or _ENDS.search(text[max(0, end - _END) : end]):
            return False
        before, after = self._block_at(end - 1), self._block_at(start)
        if before is None or after is None or before is after:
            return before is after is not None
        if after.kind is not BlockKind.PARAGRAPH or self.document.heading_path(end - 1) != self.document.heading_path(
            start
        ):
            return False
        return before.kind is BlockKind.PARAGRAPH or (before.kind is BlockKind.LIST_ITEM and text[start].islower())

    def _top_of_list(self, place: int) -> int:
        """The place of the first item of the list that block ``place`` is in; of another block its own."""
        kind = self.document.blocks[place].kind
        while place:
            above = self.document.blocks[place - 1]
            passed_over = self._first_word(above) is None and above.kind is not BlockKind.HEADING
            if not passed_over and not (above.kind is kind and kind in _LISTED):
                break
            place -= 1
        return place

    def _leading_sentence(self, place: int, *, to_list: bool) -> tuple[Span, ...]:
        """The last sentence of a paragraph, if it leads to what follows; to a list, so does one without an end."""
        block = self.document.blocks[place]
        if block.kind is not BlockKind.PARAGRAPH:
            return ()
        sentence = self._sentence_at(list(self._quotable(block.range))[-1].end - 1)
        text = sentence.text
        leads = text.endswith(":") or (to_list and (not _ENDS.search(text) or _FOLLOWS.search(text)))
        return (sentence,) if leads else ()

    def _sentence_at(self, offset: int) -> Span:
        """The sentence that quotable ``offset`` lies in."""
        block = self.document.blocks[self._place(offset)]
        part = next(free for free in self._quotable(block.range) if free.start <= offset < free.end)
        sentences = split_sentences(self.document.slice(part))
        found = next(each for each in sentences if part.start + each.start <= offset < part.start + each.end)
        return self.document.span(part.start + found.start, part.start + found.end)

    def _place(self, offset: int) -> int:
        """Of the block that ``offset`` lies in, or of the last one before it."""
        return max(0, bisect_right(self.document.blocks, offset, key=lambda block: block.range.start) - 1)

    def _block_at(self, offset: int) -> Block | None:
        block = self.document.blocks[self._place(offset)]
        return block if block.range.start <= offset < block.range.end else None

    def _first_word(self, block: Block) -> int | None:
        """Where the quotable text of a block begins; ``None`` if there is none."""
        return next((free.start for free in self._quotable(block.range)), None)

    def _quotable(self, range_: Range) -> Iterator[Range]:
        """The parts of ``range_`` that may be quoted, without blanks at their ends."""
        for part in range_.without(self.never):
            inner = trim(self.document.text, part.start, part.end)
            if inner is not None:
                yield inner
