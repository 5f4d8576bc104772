"""Draw a document as a page: the whole text with the quote marked, who speaks, and links through it.

It can be read without scripts. The text of ``#doc`` is the document's canonical text, character for character.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from b12assistant.answering.quoting import cuts
from b12assistant.display.addresses import HIT, MarkedPlace, of_document, query_of, read_link
from b12assistant.display.citation_formats import CITE, web_address
from b12assistant.display.labels import day, label, overdue, review
from b12assistant.display.markup import Layer, Markup, laid_out, layered, plain
from b12assistant.display.quoted import Basis, Quoted, Speaker, joined
from b12assistant.index.documents import Entry
from b12assistant.types import BlockKind, Document, DocumentId, MarkKind, Range, Source

THEMES = ("light", "dark")
_DEEPEST = 6  # heading levels in HTML
_PARAGRAPH = 2  # line ends between paragraphs


@dataclass(frozen=True)
class View:
    """A document as its page shows it. ``named``: the words that the address names."""

    entry: Entry
    today: date
    named: MarkedPlace | None = None
    changed: bool = False  # the file changed since indexing
    theme: str = ""  # one of ``THEMES``, or "" for the system's
    framed: bool = False  # inside the page, which has its own <main>

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
        return [Basis.of(found) for found in self.document.attributed([Range(0, len(self.document.text))])]

    @property
    def text(self) -> Markup:
        return Markup(layered(self.document.text, _layers(self), lambda text: plain(text).replace("\n", "&#10;")))

    @cached_property
    def place(self) -> MarkedPlace | None:
        """Return where the words are now; ``None`` if they are gone or none are named."""
        return self.named.found_in(self.document.text) if self.named else None

    def quoted(self, base: str) -> Quoted | None:
        """Return the words to cite; ``None`` if they are gone or the address names none."""
        if self.place is None:
            return None
        best = self.place.best
        spans = tuple(self.document.span(range_.start, range_.end) for range_ in self.place.spans)
        answering = self.document.span(best.start, best.end) if best else None
        return Quoted(spans, self.today, answering, changed=self.changed, base=base)

    @property
    def citation(self) -> str:
        """Return the address of the words in view with their citation, as text; "" if none are in view."""
        if self.place is None:
            return ""
        return f"{CITE}{of_document(self.document).removeprefix('/d/')}?{query_of(self.place)}"

    @property
    def warnings(self) -> Iterator[str]:
        """Yield what a reader must know of the document or of the link."""
        warnings = {
            "lost": self.named is not None and self.place is None,
            "moved": self.place is not None and self.place != self.named,
            "changed": self.changed,
            "withdrawn": self.source.withdrawn,
            "superseded": self.source.superseded_by is not None,
            "overdue": overdue(self.source, self.today),
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
    if view.place:
        for number, span in enumerate(view.place.spans):
            yield _named(span, "" if number else f' id="{HIT}" tabindex="-1"', "", "mark")
        if best := view.place.best:
            yield Layer(best.start, best.end, '<span class="best">')


def _page_starts(document: Document) -> Iterator[Layer]:
    """Mark where each page begins; the style sheet draws its number, so that the text stays unchanged."""
    for number, start in enumerate(document.page_starts, start=1):
        if start < len(document.text):
            name = plain(label("source.page", number=number))
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


def read_address(address: str, entries: Mapping[DocumentId, Entry], today: date, base: str = "") -> Quoted | None:
    """Find the words of an address, even if they have moved; ``None`` if they are gone or are not quoted like that.

    Anyone can write an address, and part of a sentence may say the opposite of the whole. ``base``: where the page is
    served, so that links in a message lead back to it.
    """
    link = read_link(address)
    entry = entries.get(link[0]) if link else None
    place = link[1].found_in(entry.document.text) if link and entry else None
    if entry is None or place is None:
        return None
    best = place.best
    at = best or place.spans[0]
    passage = next((each for each in entry.passages if each.span.range.overlaps(at)), None)
    if passage is None:
        return None
    # What the program shows together, and no fewer.
    for spans, bests in (*((each.spans, each.bests) for each in cuts(passage)), (joined(passage), passage.sentences)):
        if tuple(span.range for span in spans) == place.spans:
            sentence = next((each for each in bests if each.range == best), None)
            if sentence is not None or best in (None, place.spans[0]):  # the address of a whole passage has its begin
                return Quoted(spans, today, sentence, passage.id, base=base)
    return None
