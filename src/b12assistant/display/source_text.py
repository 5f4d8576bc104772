"""The canonical text of a document as HTML, character for character: its blocks, pages and passages, what is marked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from b12assistant.display.addresses import HIT, Place
from b12assistant.display.labels import Labels
from b12assistant.display.markup import Layer, layered, plain
from b12assistant.index.documents import Entry
from b12assistant.types import Document, MarkKind, Passage, Range

DEEPEST = 6  # levels of headings that HTML knows
_PARAGRAPH = 2  # line ends between paragraphs


def text_html(
    entry: Entry, marked: Place | None, here: Passage | None, said: Labels, sheet: Callable[[int], str]
) -> str:
    """``marked``: the quote; ``here``: the passage the view is at; ``sheet``: the address of a printed page."""
    document = entry.document
    layers = [
        *_pages(document, said, sheet),
        *_structure(document),
        *_passages(entry, here),
        *_marks(document),
        *(_quote(marked) if marked else ()),
    ]
    return layered(document.text, layers)


def _pages(document: Document, said: Labels, sheet: Callable[[int], str]) -> Iterator[Layer]:
    """Where a page begins. Its number is drawn, not written: the text stays the text."""
    for number, start in enumerate(document.page_starts, start=1):
        if start < len(document.text):
            told, title = plain(said("source.page", number=number)), plain(said("source.printed_title", number=number))
            opening = (
                f'<a class="page" id="page{number}" data-page="{told}" aria-label="{title}" href="{sheet(number)}">'
            )
            yield Layer(start, start, opening, "</a>")


def _structure(document: Document) -> Iterator[Layer]:
    """Headings, blocks and the blanks between blocks: how the text is set, not what it says."""
    headings = {section.heading for section in document.sections}
    for number, section in enumerate(document.sections):
        level = min(max(section.level + 1, 2), DEEPEST)
        kind = f' class="heading h{level}" role="heading" aria-level="{level}"'
        yield _named(section.heading, f' id="s{number}"', kind)
    last = 0
    for block in document.blocks:
        if document.text[last : block.range.start].isspace():
            near = "near" if document.text.count("\n", last, block.range.start) < _PARAGRAPH else "far"
            yield Layer(last, block.range.start, f'<span class="gap {near}">')
        last = block.range.end
        if block.range not in headings:
            itself = "" if document.text[block.range.start].isalnum() else " itself"  # brings a bullet of its own
            yield Layer(block.range.start, block.range.end, f'<span class="{block.kind}{itself}">')


def _passages(entry: Entry, here: Passage | None) -> Iterator[Layer]:
    """Places that links lead to."""
    for passage in entry.passages:
        focus, kind = (' tabindex="-1"', "passage here") if passage is here else ("", "passage")
        yield _named(passage.span.range, f' id="p{passage.id}"{focus}', f' class="{kind}"')


def _marks(document: Document) -> Iterator[Layer]:
    for mark in document.marks:
        if mark.kind is MarkKind.NEVER:
            yield Layer(mark.range.start, mark.range.end, '<span class="never">')


def _quote(marked: Place) -> Iterator[Layer]:
    for number, span in enumerate(marked.spans):
        yield _named(span, "" if number else f' id="{HIT}" tabindex="-1"', "", "mark")
    if marked.best:
        yield Layer(marked.best.start, marked.best.end, '<span class="best">')


def _named(range_: Range, once: str, always: str, tag: str = "span") -> Layer:
    """A range; where it is cut, only the first piece carries the attributes ``once``: an id stands once in a page."""

    def opening(place: int) -> str:
        return f"<{tag}{once if place == range_.start else ''}{always}>"

    return Layer(range_.start, range_.end, opening, f"</{tag}>")
