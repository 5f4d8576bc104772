"""A document as a page of its own: the whole text, what a quote took from it marked, and who speaks.

No script is needed to read it. The text of ``#doc`` is the document's canonical text, character for character.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from b12assistant import labels
from b12assistant.addresses import Place
from b12assistant.answer_html import day, interest, who
from b12assistant.markup import Layer, layered, plain
from b12assistant.records import Entry
from b12assistant.types import Document, MarkKind, Range, Source

_TITLE = "b12assistant"
_DEEPEST = 6  # levels of headings that HTML knows
_PARAGRAPH = 2  # line ends between paragraphs


@dataclass(frozen=True, slots=True)
class View:
    """How a document is to be shown."""

    place: Place | None
    changed: bool  # the file is no longer the one that was indexed
    today: date
    theme: str = ""  # "light", "dark", or as the system has it
    framed: bool = False  # inside the page, which has a main part of its own


def source_page(entry: Entry, view: View) -> str:
    """The page of a document."""
    document = entry.document
    marked = view.place if view.place and view.place.stands_in(document) else None
    lost = view.place is not None and marked is None
    body = (
        f'<header class="facts"><p class="kicker">Source</p><h1>{_own(document.title)}</h1>'
        f'<p class="who">{who(document.source)}{interest(document.source)}</p>'
        f"{_warnings(document.source, view, lost=lost)}<dl>{''.join(_facts(entry))}</dl></header>"
        f"{_outline(document)}{_legend(document, marked)}"
        f'<div id="doc" class="doc" dir="auto">{_text(entry, marked)}</div>'
    )
    opening, closing = ('<section aria-label="Source">', "</section>") if view.framed else ("<main>", "</main>")
    return _page(document.title, opening + body + closing, view.theme)


def missing_page(name: str, theme: str = "") -> str:
    """In place of a document that is not in the index."""
    body = (
        f"<main><h1>No such document</h1><p>The index holds no document called {_own(name)}. "
        'It may have been renamed or taken out since the link was made.</p><p><a href="/">Back to the questions</a></p>'
        "</main>"
    )
    return _page("No such document", body, theme)


def _page(title: str, body: str, theme: str) -> str:
    chosen = f' class="{theme}"' if theme in ("light", "dark") else ""
    return (
        f'<!doctype html><html lang="en"{chosen}><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{plain(title)} · {_TITLE}</title>'
        '<link rel="icon" href="/own/favicon.svg" type="image/svg+xml"><link rel="stylesheet" href="/own/tokens.css">'
        '<link rel="stylesheet" href="/own/view.css">'
        f'<script defer src="/own/view.js"></script></head><body>{body}</body></html>'
    )


def _own(text: str) -> str:
    return f'<span class="exact" dir="auto">{plain(text)}</span>'


def _warnings(source: Source, view: View, *, lost: bool) -> str:
    told = [
        (lost, "The words that were quoted no longer stand at this place. The document is shown from its beginning."),
        (view.changed, "The file has changed since it was indexed. What follows is the text as it was indexed."),
        (source.withdrawn, "This source was withdrawn. It is never quoted."),
        (source.superseded_by is not None, f"Superseded by {source.superseded_by}. It is never quoted as current."),
        (labels.overdue(source, view.today), "Its date of review has passed."),
    ]
    return "".join(f'<p class="warning">{plain(text)}</p>' for holds, text in told if holds)


def _facts(entry: Entry) -> Iterator[str]:
    source = entry.document.source
    facts = [
        ("Based on", source.based_on),
        ("Publisher", source.publisher),
        ("Published", source.published and day(source.published)),
        ("Review", source.review),
        ("Review by", source.review_by and day(source.review_by)),
        ("Note", source.note),
        ("File", entry.report.file),
        ("Text from", entry.extractor),
    ]
    yield from (_fact(name, _own(str(value))) for name, value in facts if value)
    if source.url:
        yield _fact("Address", _link(source.url))
    if source.cites:
        listed = "".join(f"<li>{_own(cited)}</li>" for cited in source.cites)
        yield _fact("Publications this source lists; not checked against its sentences", f"<ul>{listed}</ul>")


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{plain(name)}</dt><dd>{value}</dd></div>"


def _link(url: str) -> str:
    """A link only where it is one to the web; nothing is fetched unless the reader clicks."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return _own(url)
    if parts.scheme not in ("https", "http") or not parts.netloc:
        return _own(url)
    return f'<a href="{plain(url)}" target="_blank" rel="noopener noreferrer">{_own(url)}</a>'


def _outline(document: Document) -> str:
    if len(document.sections) < 2:
        return ""
    items = "".join(
        f'<li class="level{min(section.level, _DEEPEST)}"><a href="#s{number}">'
        f"{_own(document.slice(section.heading).strip())}</a></li>"
        for number, section in enumerate(document.sections)
    )
    return f'<nav aria-label="Outline"><details><summary>Outline</summary><ul>{items}</ul></details></nav>'


def _legend(document: Document, marked: Place | None) -> str:
    keys = []
    if marked:
        keys.append('<a class="key to-quote" href="#hit">To the quote</a>')
    if any(mark.kind is MarkKind.NEVER for mark in document.marks):
        keys.append('<span class="key"><span class="never">Grey</span> is never quoted</span>')
    return f'<p class="legend">{" ".join(keys)}</p>' if keys else ""


def _text(entry: Entry, marked: Place | None) -> str:
    document = entry.document
    layers = [*_structure(document), *_passages(entry), *_marks(document), *(_quote(marked) if marked else ())]
    return layered(document.text, layers)


def _structure(document: Document) -> Iterator[Layer]:
    """Pages, headings, blocks and the blanks between blocks: how the text is set, not what it says."""
    for number, start in enumerate(document.page_starts, start=1):
        if start < len(document.text):
            yield Layer(start, start, f'<span class="page" id="page{number}" data-page="Page {number}">')
    headings = {section.heading for section in document.sections}
    for number, section in enumerate(document.sections):
        level = min(max(section.level + 1, 2), _DEEPEST)
        yield _named(section.heading, f"s{number}", f'class="heading h{level}" role="heading" aria-level="{level}"')
    last = 0
    for block in document.blocks:
        if document.text[last : block.range.start].isspace():
            near = "near" if document.text.count("\n", last, block.range.start) < _PARAGRAPH else "far"
            yield Layer(last, block.range.start, f'<span class="gap {near}">')
        last = block.range.end
        if block.range not in headings:
            itself = "" if document.text[block.range.start].isalnum() else " itself"  # brings a bullet of its own
            yield Layer(block.range.start, block.range.end, f'<span class="{block.kind}{itself}">')


def _passages(entry: Entry) -> Iterator[Layer]:
    """Places that links lead to."""
    return (_named(passage.span.range, f"p{passage.id}", 'class="passage"') for passage in entry.passages)


def _marks(document: Document) -> Iterator[Layer]:
    for mark in document.marks:
        if mark.kind is MarkKind.NEVER:
            yield Layer(mark.range.start, mark.range.end, '<span class="never">')


def _quote(marked: Place) -> Iterator[Layer]:
    for number, span in enumerate(marked.spans):
        yield _named(span, "" if number else "hit", "" if number else 'tabindex="-1"', "mark")
    if marked.best:
        yield Layer(marked.best.start, marked.best.end, '<span class="best">')


def _named(range_: Range, id_: str, attributes: str, tag: str = "span") -> Layer:
    """A range with an id: where it is cut, only the first piece carries it, for an id stands once in a page."""
    opening = f'<{tag} id="{id_}" {attributes}>' if id_ else f"<{tag} {attributes}>"
    again = f"<{tag}>" if tag == "mark" else f"<{tag} {attributes}>"
    return Layer(range_.start, range_.end, lambda place: opening if place == range_.start else again, f"</{tag}>")
