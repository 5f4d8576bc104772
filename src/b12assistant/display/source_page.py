"""Draw a document as a page: the whole text with the quote marked, who speaks, and links through it.

It can be read without scripts. The text of ``#doc`` is the document's canonical text, character for character.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from b12assistant.display.addresses import HIT, MarkedPlace, of_document, query_of
from b12assistant.display.citation_formats import CITE, CitationForm, web_address
from b12assistant.display.labels import Labels, load_labels, overdue
from b12assistant.display.markup import Layer, Markup, draw, laid_out, layered, plain
from b12assistant.display.quoted import Basis, Cited, Speaker
from b12assistant.index.documents import Entry
from b12assistant.types import BlockKind, Document, GenerationId, MarkKind, PassageId, Range, Words

THEMES = ("light", "dark")
_DEEPEST = 6  # heading levels in HTML
_PARAGRAPH = 2  # line ends between paragraphs


@dataclass(frozen=True, slots=True)
class View:
    """How a document is shown. ``place`` and ``passage``: as named in the address."""

    place: MarkedPlace | None
    changed: bool  # the file changed since indexing
    today: date
    theme: str = ""  # "light", "dark", or "" for the system's
    framed: bool = False  # inside the page, which has its own <main>
    labels: Labels = field(default_factory=load_labels)
    passage: PassageId | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """The quote or passage of an address, found in the current document."""

    entry: Entry
    place: MarkedPlace | None  # where the words are now
    current: int | None  # index of the passage in view: that of the address, else that of the quote

    @classmethod
    def of(cls, entry: Entry, named: MarkedPlace | None, id_: PassageId | None) -> Target:
        """Find the words ``named`` in an address, or the passage with an id."""
        text = entry.document.text
        place = named.found_in(text) if named else None
        current = next((n for n, passage in enumerate(entry.passages) if passage.id == id_), None)
        if current is None and place is not None:
            at = place.best or place.spans[0]
            overlapping = (n for n, passage in enumerate(entry.passages) if passage.span.range.overlaps(at))
            current = next(overlapping, None)
        return cls(entry, place, current)

    def cited(self, generation: GenerationId, base: str) -> Cited | None:
        """Return the words to cite; ``None`` if the address names none."""
        passage = None if self.current is None else self.entry.passages[self.current]
        if self.place is None:
            return Cited.of_passage(passage, generation, base) if passage else None
        document, best = self.entry.document, self.place.best
        spans = tuple(document.span(range_.start, range_.end) for range_ in self.place.spans)
        answering = document.span(best.start, best.end) if best else None
        return Cited(spans, answering, passage.id if passage else None, generation, base)


def source_page(entry: Entry, view: View) -> str:
    """Draw the page of a document."""
    document, labels, source = entry.document, view.labels, entry.document.source
    target = Target.of(entry, view.place, view.passage)
    shown = {
        "document": document,
        "source": source,
        "speaker": Speaker.of(source, labels),
        "is_ours": source.words is Words.PROJECT_SUMMARY,
        "text": Markup(layered(document.text, _layers(target, view), _on_one_line)),
        "has_grey": any(mark.kind is MarkKind.NEVER for mark in document.marks),
        "warnings": list(_warnings(target, view)),
        "place": target.place,
        "cited": _cited(target),
        "forms": list(CitationForm),
        "facts": _facts(entry, labels),
        "address": source.url if web_address(source.url) else "",
        "publications": [Basis.of(found) for found in document.attributed([Range(0, len(document.text))])],
        "framed": view.framed,
        "theme": view.theme if view.theme in THEMES else "",
    }
    return draw("source.html", "document", shown, labels)


def missing_page(name: str, theme: str, labels: Labels) -> str:
    """Draw the page for a document that is not in the index."""
    return draw("source.html", "missing", name, theme, labels)


def _on_one_line(text: str) -> str:
    return plain(text).replace("\n", "&#10;")


def _warnings(target: Target, view: View) -> Iterator[str]:
    labels, source = view.labels, target.entry.document.source
    known = any(passage.id == view.passage for passage in target.entry.passages)
    warnings = {
        "lost": view.place is not None and target.place is None,
        "moved": target.place is not None and target.place != view.place,
        "passage_gone": view.passage is not None and not known and view.place is None,
        "changed": view.changed,
        "withdrawn": source.withdrawn,
        "superseded": source.superseded_by is not None,
        "overdue": overdue(source, view.today),
    }
    return (labels(f"source.{name}", document=source.superseded_by) for name, applies in warnings.items() if applies)


def _facts(entry: Entry, labels: Labels) -> list[tuple[str, object]]:
    source = entry.document.source
    return [
        ("based_on", source.based_on),
        ("publisher", source.publisher),
        ("published", source.published and labels.day(source.published)),
        ("review", labels.review(source)),
        ("review_by", source.review_by and labels.day(source.review_by)),
        ("note", source.note),
        ("file", entry.report.file),
        ("extractor", entry.extractor),
    ]


def _cited(target: Target) -> str:
    """Return the address that gives the words in the form that is added to it; "" if none are in view."""
    if target.place is None and target.current is None:
        return ""
    query = query_of(target.place) if target.place else f"passage={target.entry.passages[target.current or 0].id}"
    return f"{CITE}{of_document(target.entry.document).removeprefix('/d/')}?{query}&form="


def _layers(target: Target, view: View) -> Iterator[Layer]:
    """Mark page starts, structure, passages as targets of links, what is never quoted, and the quote."""
    document = target.entry.document
    yield from _page_starts(document, view)
    yield from _structure(document)
    for number, passage in enumerate(target.entry.passages):
        is_here = bool(view.passage) and number == target.current
        focus, kind = (' tabindex="-1"', "passage here") if is_here else ("", "passage")
        yield _named(passage.span.range, f' id="p{passage.id}"{focus}', f' class="{kind}"')
    for mark in document.marks:
        if mark.kind is MarkKind.NEVER:
            yield Layer(mark.range.start, mark.range.end, '<span class="never">')
    if target.place:
        for number, span in enumerate(target.place.spans):
            yield _named(span, "" if number else f' id="{HIT}" tabindex="-1"', "", "mark")
        if best := target.place.best:
            yield Layer(best.start, best.end, '<span class="best">')


def _page_starts(document: Document, view: View) -> Iterator[Layer]:
    """Mark where each page begins; the style sheet draws its number, so that the text stays unchanged."""
    for number, start in enumerate(document.page_starts, start=1):
        if start < len(document.text):
            name = plain(view.labels("source.page", number=number))
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
