"""Find what is wrong with a summary, for its curator; each finding names its line in the file, or its page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from b12assistant.corpus.provenance import without_origin
from b12assistant.types import BlockKind, Document, Passage, Span

_FIGURE: Final = re.compile(r"(?<![\w.])\d[\d.,]*(?:\s*(?:to|-|–|or|and)\s*\d[\d.,]*)*")
_UNIT: Final = re.compile(r"[%°]|[^\W\d_]")
_UNIT_OF_COLUMN: Final = re.compile(r"\(.+\)|/|year|age", re.I)
_WORD: Final = re.compile(r"[^\W_]+")
_BETWEEN: Final = r"(?:<[^<>]*>|&#?\w+;|[\W_])++"  # between two words of a file with markup
_ENOUGH: Final = (8, 4, 2, 1)  # numbers of words to search by, until a search succeeds


def findings(document: Document, passages: Iterable[Passage], data: bytes) -> Iterator[str]:
    """Yield the sentences of a summary that name no origin, and figures in its tables without a unit.

    ``data``: the file as it was read.
    """
    for sentence in without_origin(passages, document.attributions):
        yield f"{place(sentence, data)}: no origin is named for: {sentence.text}"
    for row, cell, title in _without_unit(document):
        yield f"{place(row, data)}: a table has a figure without a unit: {cell} ({title})"


def place(span: Span, data: bytes) -> str:
    """Name the page of a span, or the line of the file on which its words begin."""
    if span.pages:
        return f"page {span.pages[0]}"
    return f"line {line_of(span.text, data.decode('utf-8', 'replace'), after=span.document.text[span.end :])}"


def line_of(words: str, text: str, *, after: str | None = None) -> int:
    """Return the line of ``text`` on which ``words`` begin, as ``offset_of`` finds them."""
    return text.count("\n", 0, offset_of(words, text, after=after)) + 1


def offset_of(words: str, text: str, *, after: str | None = None) -> int:
    """Return where ``words`` begin in ``text``, ignoring markup between them; 0 if they are not there.

    ``after``: what follows them, to choose among repeats; without it, the first is taken.
    """
    sought = _WORD.findall(words)
    for most in _ENOUGH:
        pattern = re.compile(_BETWEEN.join(map(re.escape, sought[:most])), re.I)
        if starts := [found.start() for found in pattern.finditer(text)]:
            return starts[0 if after is None else max(0, len(starts) - 1 - len(pattern.findall(after)))]
    return 0


def _without_unit(document: Document) -> Iterator[tuple[Span, str, str]]:
    """Yield rows of tables with a cell that has a figure, but no unit with it or in its column heading."""
    head: list[str] = []
    end = -1
    for block in document.blocks:
        if block.kind is not BlockKind.TABLE_ROW:
            head = []
            continue
        cells = document.slice(block.range).split(" | ")
        if not head or block.range.start > end + 2:
            head = cells
        elif len(cells) == len(head):
            for cell, title in zip(cells, head, strict=True):
                if _FIGURE.search(cell) and not _UNIT.search(cell) and not _UNIT_OF_COLUMN.search(title):
                    yield document.span(block.range.start, block.range.end), cell, title
        end = block.range.end
