"""Draw a document as a page: the whole text with the quote marked, who speaks, and links through it.

It can be read without scripts. The text of ``#doc`` is the document's canonical text, character for character.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from b12assistant.display.addresses import HIT, ROOT, MarkedPlace, read_link
from b12assistant.display.labels import day, label, overdue, review
from b12assistant.display.markup import Layer, Markup, exact, laid_out, layered
from b12assistant.display.quoted import CITE, Basis, Quoted, Speaker, basis_of, joined, web_address
from b12assistant.index.cuts import cuts
from b12assistant.index.documents import Entry
from b12assistant.types import BlockKind, Document, DocumentId, MarkKind, Range, Source

THEMES = ("light", "dark")
_DEEPEST = 6  # heading levels in HTML
_PARAGRAPH = 2  # line ends between paragraphs


@dataclass(frozen=True)
class View:
    """A document as its page shows it. ``named``: the words that the address names."""

    entry: Entry
    named: MarkedPlace | None = None
    changed: bool = False  # the file changed since indexing
    theme: str = ""  # one of ``THEMES``, or "" for the system's
    framed: bool = False  # inside the page, which has its own <main>
    base: str = ""  # as in ``Quoted``

    @property
    def document(self) -> Document:
        return self.entry.document

    @property
    def source(self) -> Source:
        return self.document.source

    @property
    def speaker(self) -> Speaker:
        return Speaker(self.source)

    @property
    def address(self) -> str:
        """Return the web address of the source, "" if it has none."""
        return self.source.url or "" if web_address(self.source.url) else ""

    @property
    def publications(self) -> list[Basis]:
        return [*basis_of([self.document.span(0, len(self.document.text))])]

    @property
    def text(self) -> Markup:
        return Markup(layered(self.document.text, _layers(self)))

    @cached_property
    def quote(self) -> Quoted | None:
        """Return the words where they are now; ``None`` if they are gone or none are named."""
        if self.named is None or (found := self.named.found_in(self.document)) is None:
            return None
        spans, best = found
        return Quoted(spans, best, changed=self.changed, base=self.base)

    @property
    def citation(self) -> str:
        """Return the address of the words in view with their citation, as text; "" if none are in view."""
        return self.quote.link.replace(ROOT, CITE, 1).removesuffix(f"#{HIT}") if self.quote else ""

    @property
    def warnings(self) -> Iterator[str]:
        """Yield what a reader must know of the document or of the link."""
        named, now = self.named.spans if self.named else (), self.quote.spans if self.quote else ()
        warnings = {
            "lost": bool(named) and not now,
            "moved": bool(now) and named != tuple(span.range for span in now),
            "changed": self.changed,
            "withdrawn": self.source.withdrawn,
            "superseded": self.source.superseded_by is not None,
            "overdue": overdue(self.source),
        }
        shown = (name for name, applies in warnings.items() if applies)
        return (label(f"source.{name}", document=self.source.superseded_by) for name in shown)

    @property
    def facts(self) -> list[tuple[str, object]]:
        """Return what is known of the document, by label."""
        source = self.source
        return [
            ("based_on", source.based_on),
            ("publisher", source.publisher),
            ("published", source.published and day(source.published)),
            ("review", review(source)),
            ("review_by", source.review_by and day(source.review_by)),
            ("note", source.note),
            ("file", self.entry.document.id),
            ("extractor", self.entry.extractor),
        ]


def _layers(view: View) -> Iterator[Layer]:
    """Mark page starts, structure, what is never quoted, and the quote."""
    document = view.document
    yield from _page_starts(document)
    yield from _structure(document)
    for mark in document.marks:
        if mark.kind is MarkKind.NEVER:
            yield Layer(mark.range.start, mark.range.end, '<span class="never">')
    if view.quote:
        for number, span in enumerate(view.quote.spans):
            yield _named(span.range, "" if number else f' id="{HIT}" tabindex="-1"', "", "mark")
        if best := view.quote.best:
            yield Layer(best.start, best.end, '<span class="best">')


def _page_starts(document: Document) -> Iterator[Layer]:
    """Mark where each page begins; the style sheet draws its number, so that the text stays unchanged."""
    for number, start in enumerate(document.page_starts, start=1):
        if start < len(document.text):
            name = exact(label("source.page", number=number))
            opening = f'<a class="page" id="page{number}" data-page="{name}" aria-label="{name}" href="#page{number}">'
            yield Layer(start, start, opening, "</a>")


def _structure(document: Document) -> Iterator[Layer]:
    """Mark headings, blocks and the blanks between blocks."""
    headings = {section.heading for section in document.sections}
    for number, section in enumerate(document.sections):
        level = min(max(section.level + 1, 2), _DEEPEST)
        kind = f' class="heading h{level}" role="heading" aria-level="{level}"'
        yield _named(section.heading, f' id="s{number}"', kind)
    last = 0
    for block in document.blocks:
        if document.text[last : block.range.start].isspace():
            near = "near" if document.text.count("\n", last, block.range.start) < _PARAGRAPH else "far"
            yield Layer(last, block.range.start, f'<span class="gap {near}">')
        last = block.range.end
        if block.range not in headings:
            itself = "" if document.text[block.range.start].isalnum() else " itself"  # begins with its own bullet
            yield Layer(block.range.start, block.range.end, f'<span class="{block.kind}{itself}">')
        if block.kind is BlockKind.TABLE_ROW:
            start = block.range.start
            for cell in laid_out(document.slice(block.range)):
                yield cell._replace(start=start + cell.start, end=start + cell.end)


def _named(range_: Range, once: str, always: str, tag: str = "span") -> Layer:
    """Return a layer with the attributes ``once`` on its first piece only, since an id must be unique."""

    def opening(place: int) -> str:
        return f"<{tag}{once if place == range_.start else ''}{always}>"

    return Layer(range_.start, range_.end, opening, f"</{tag}>")


def read_address(address: str, entries: Mapping[DocumentId, Entry], base: str = "") -> Quoted | None:
    """Find the words of an address, even if they have moved; ``None`` if they are gone or are not quoted like that.

    Anyone can write an address, and part of a sentence may say the opposite of the whole. ``base``: where the page is
    served, so that links in a message lead back to it.
    """
    link = read_link(address)
    entry = entries.get(link[0]) if link else None
    found = link[1].found_in(entry.document) if link and entry else None
    if entry is None or found is None:
        return None
    spans, best = found
    at = (best or spans[0]).range
    passage = next((each for each in entry.passages if each.span.range.overlaps(at)), None)
    if passage is None:
        return None
    # What the program shows together, and no fewer.
    for together, bests in (*((cut.spans, cut.bests) for cut in cuts(passage)), (joined(passage), passage.sentences)):
        # The address of a whole passage has its begin.
        if together == spans and (best in bests or best in (None, spans[0])):
            return Quoted(spans, best if best in bests else None, passage.id, base=base)
    return None
