"""A document as a page of its own: the whole text, what a quote took from it marked, who speaks, and ways through it.

No script is needed to read it. The text of ``#doc`` is the document's canonical text, character for character.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode, urlsplit

from b12assistant.display import labels
from b12assistant.display.addresses import HIT, Place, of_document, query_of
from b12assistant.display.answer_html import interest, who
from b12assistant.display.citation_formats import CITE, Form
from b12assistant.display.labels import Labels, load_labels
from b12assistant.display.markup import Layer, layered, plain, revealed
from b12assistant.display.printed_pages import Printing, figure, pages_of
from b12assistant.display.speaker import Speaker
from b12assistant.index.documents import Entry
from b12assistant.types import Document, MarkKind, Passage, PassageId, Range

_TITLE = "b12assistant"
_DEEPEST = 6  # levels of headings that HTML knows
_PARAGRAPH = 2  # line ends between paragraphs


@dataclass(frozen=True, slots=True)
class View:
    """``place`` and ``passage``: as the address names them."""

    place: Place | None
    changed: bool  # the file is no longer the one that was indexed
    today: date
    theme: str = ""  # "light", "dark", or as the system has it
    framed: bool = False  # inside the page, which has a main part of its own
    said: Labels = field(default_factory=load_labels)
    passage: PassageId | None = None
    off: str = ""  # why its curator switched it off, or the passage that is named

    def link(self, document: Document, *, passage: Passage | None = None, number: int | None = None) -> str:
        """The same view of another passage, or of printed page ``number``; of neither: the text, at the quote."""
        parts = [query_of(self.place)] if self.place else []
        named = {
            "passage": passage.id if passage else self.passage,
            "view": "printed" if number else None,
            "page": number,
            "theme": self.theme,
            "framed": "1" if self.framed else None,
        }
        parts.append(urlencode({key: value for key, value in named.items() if value}))
        anchor = f"#p{passage.id}" if passage else "" if number else self.anchor
        return f"{of_document(document)}?{'&'.join(part for part in parts if part)}{anchor}"

    @property
    def anchor(self) -> str:
        return f"#{HIT}" if self.place else f"#p{self.passage}" if self.passage else ""


@dataclass(frozen=True, slots=True)
class Found:
    """What the address names, in the document of today."""

    entry: Entry
    place: Place | None  # where the words stand now
    is_moved: bool
    current: int | None  # which passage the view is at: that of the address, else that of the quote

    @classmethod
    def of(cls, entry: Entry, view: View) -> Found:
        text = entry.document.text
        place = view.place.found_in(text) if view.place else None
        current = next((n for n, each in enumerate(entry.passages) if each.id == view.passage), None)
        if current is None and place is not None:
            at = place.best or place.spans[0]
            current = next((n for n, each in enumerate(entry.passages) if each.span.range.overlaps(at)), None)
        return cls(entry, place, place is not None and place != view.place, current)

    @property
    def ranges(self) -> tuple[Range, ...]:
        """The words of the quote, else of the passage."""
        if self.place is not None:
            return self.place.spans
        return () if self.current is None else (self.entry.passages[self.current].span.range,)


def source_page(entry: Entry, view: View, printing: Printing | None = None) -> str:
    """The page of a document; ``printing``: one of its pages as it is printed, in place of its text."""
    document, said = entry.document, view.said
    found = Found.of(entry, view)
    number = printing.number if printing else None
    speaker = Speaker.of(document.source, said)
    body = (
        f'<header class="facts"><p class="kicker">{plain(said("source.kicker"))}</p><h1>{_own(document.title)}</h1>'
        f'<p class="who">{who(speaker)}{interest(speaker)}</p>'
        f"{_warnings(found, view)}<dl>{''.join(_facts(entry, said))}</dl></header>"
        f"{_bar(found, view, number)}{_shown(found, view, printing)}"
    )
    opening, closing = (
        (f'<section aria-label="{plain(said("source.kicker"))}">', "</section>")
        if view.framed
        else ("<main>", "</main>")
    )
    return _page(document.title, opening + body + closing, view.theme, said)


def _shown(found: Found, view: View, printing: Printing | None) -> str:
    entry, said = found.entry, view.said
    if printing is not None:
        return figure(entry.document, printing, found.ranges, said)
    here = entry.passages[found.current] if found.current is not None and view.passage else None
    text = _text(entry, found.place, here, said, lambda page: plain(view.link(entry.document, number=page)))
    return f'{_legend(entry.document, said)}<div id="doc" class="doc" dir="auto">{text}</div>'


def _legend(document: Document, said: Labels) -> str:
    if not any(mark.kind is MarkKind.NEVER for mark in document.marks):
        return ""
    grey, never = plain(said("source.grey")), plain(said("source.never"))
    return f'<p class="legend"><span class="never">{grey}</span> {never}</p>'


def missing_page(name: str, theme: str, said: Labels) -> str:
    """In place of a document that is not in the index."""
    heading = said("source.missing")
    before, _, after = said("source.missing_why", document="\0").partition("\0")
    body = (
        f"<main><h1>{plain(heading)}</h1><p>{plain(before)}{_own(name)}{plain(after)}</p>"
        f'<p><a href="/">{plain(said("source.back"))}</a></p></main>'
    )
    return _page(heading, body, theme, said)


def _page(title: str, body: str, theme: str, said: Labels) -> str:
    chosen = f' class="{theme}"' if theme in ("light", "dark") else ""
    return (
        f'<!doctype html><html lang="{said.language}"{chosen}><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{plain(title)} · {_TITLE}</title>'
        '<link rel="icon" href="/own/favicon.svg" type="image/svg+xml"><link rel="stylesheet" href="/own/tokens.css">'
        '<link rel="stylesheet" href="/own/unseen.css"><link rel="stylesheet" href="/own/view.css">'
        f'<script defer src="/own/view.js"></script></head><body>{body}</body></html>'
    )


def _own(text: str) -> str:
    return f'<span class="exact" dir="auto">{revealed(text)}</span>'


def _warnings(found: Found, view: View) -> str:
    said, source = view.said, found.entry.document.source
    known = any(passage.id == view.passage for passage in found.entry.passages)
    told = [
        (view.place is not None and found.place is None, said("source.lost")),
        (found.is_moved, said("source.moved")),
        (view.passage is not None and not known and view.place is None, said("source.passage_gone")),
        (view.changed, said("source.changed")),
        (source.withdrawn, said("source.withdrawn")),
        (bool(view.off), said("source.off", why=view.off)),
        (source.superseded_by is not None, said("source.superseded", document=source.superseded_by)),
        (labels.overdue(source, view.today), said("source.overdue")),
    ]
    return "".join(f'<p class="warning">{revealed(text)}</p>' for holds, text in told if holds)


def _facts(entry: Entry, said: Labels) -> Iterator[str]:
    source = entry.document.source
    facts = [
        ("based_on", source.based_on),
        ("publisher", source.publisher),
        ("published", source.published and said.day(source.published)),
        ("review", source.review),
        ("review_by", source.review_by and said.day(source.review_by)),
        ("note", source.note),
        ("file", entry.report.file),
        ("extractor", entry.extractor),
    ]
    yield from (_fact(said(f"source.{name}"), _own(str(value))) for name, value in facts if value)
    if source.url:
        yield _fact(said("source.address"), _link(source.url))
    if source.cites:
        listed = "".join(f"<li>{_own(cited)}</li>" for cited in source.cites)
        yield _fact(said("source.cites"), f"<ul>{listed}</ul>")


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


def _bar(found: Found, view: View, number: int | None) -> str:
    """``number``: of the printed page that is shown, 1-based; ``None``: the text is."""
    document = found.entry.document
    parts = (
        _page_steps(document, view, number) if number else _passage_steps(found, view),
        _to_quote(found, view) if number is None else "",
        _views(found, view, number),
        _outline(document, view) if number is None else "",
        _copies(found, view),
        f'<button type="button" id="print" hidden>{plain(view.said("source.print"))}</button>',
    )
    return f'<nav class="bar" aria-label="{plain(view.said("source.inside"))}">{"".join(parts)}</nav>'


def first_page(found: Found) -> int:
    """The printed page to begin with, 1-based: that of the quote or passage."""
    return next(iter(pages_of(found.entry.document, found.ranges)), 1)


def _passage_steps(found: Found, view: View) -> str:
    passages, current, said = found.entry.passages, found.current, view.said
    if len(passages) < 2:
        return ""
    before = passages[current - 1] if current else None
    after = passages[0] if current is None else passages[current + 1] if current + 1 < len(passages) else None
    told = (
        said("source.passages", count=len(passages))
        if current is None
        else said("source.passage_of", number=current + 1, count=len(passages))
    )
    steps = (
        ("prev", "source.previous_passage", view.link(found.entry.document, passage=before) if before else None),
        ("next", "source.next_passage", view.link(found.entry.document, passage=after) if after else None),
    )
    return _steps(view, told, steps)


def _page_steps(document: Document, view: View, number: int) -> str:
    count = len(document.page_starts)
    steps = (
        ("prev", "source.previous_page", view.link(document, number=number - 1) if number > 1 else None),
        ("next", "source.next_page", view.link(document, number=number + 1) if number < count else None),
    )
    return _steps(view, view.said("source.page_of", number=number, count=count), steps)


def _steps(view: View, told: str, steps: tuple[tuple[str, str, str | None], ...]) -> str:
    """Back and on around what is told; where it ends, there is nothing to press."""
    back, on = (
        f'<a class="step" rel="{rel}" href="{plain(href)}" title="{plain(view.said(key))}" '
        f'aria-label="{plain(view.said(key))}">{sign}</a>'
        if href
        else f'<span class="step" aria-hidden="true">{sign}</span>'
        for sign, (rel, key, href) in zip("‹›", steps, strict=True)
    )
    return f'<span class="steps">{back}<span class="told">{plain(told)}</span>{on}</span>'


def _to_quote(found: Found, view: View) -> str:
    return f'<a class="to-quote" href="#{HIT}">{plain(view.said("source.to_quote"))}</a>' if found.place else ""


def _views(found: Found, view: View, number: int | None) -> str:
    document, said = found.entry.document, view.said
    if not document.page_starts:
        return ""
    views = (
        (said("source.text"), view.link(document), number is None),
        (said("source.printed"), view.link(document, number=number or first_page(found)), number is not None),
    )
    links = "".join(
        f'<a href="{plain(href)}" aria-current="{str(current).lower()}">{plain(name)}</a>'
        for name, href, current in views
    )
    return f'<span class="views">{links}</span>'


def _outline(document: Document, view: View) -> str:
    if len(document.sections) < 2:
        return ""
    items = "".join(
        f'<li class="level{min(section.level, _DEEPEST)}"><a href="#s{number}">'
        f'<span class="exact" dir="auto">{revealed(document.slice(section.heading).strip())}</span></a></li>'
        for number, section in enumerate(document.sections)
    )
    return f'<details class="outline"><summary>{plain(view.said("source.outline"))}</summary><ul>{items}</ul></details>'


def _copies(found: Found, view: View) -> str:
    """Links to the words with their citation; a script makes them copies."""
    said = view.said
    if found.place is None and found.current is None:
        return ""
    summary = said("source.copy_quote" if found.place else "source.copy_passage")
    told = " ".join(f'data-{name}="{plain(said(f"cite.{name}"))}"' for name in ("copied", "failed"))
    items = "".join(f"<li>{link}</li>" for link in _copy_links(found, view))
    return (
        f'<details class="copying" {told} data-report="{plain(said("cite.copied_report"))}"><summary>{plain(summary)}'
        f'</summary><ul>{items}</ul></details><span id="say" role="status"></span>'
    )


def _copy_links(found: Found, view: View) -> Iterator[str]:
    document = found.entry.document
    named = query_of(found.place) if found.place else f"passage={found.entry.passages[found.current or 0].id}"
    for form in Form:
        href = f"{CITE}{of_document(document).removeprefix('/d/')}?{named}&form={form}"
        title = f' title="{plain(view.said("cite.report_title"))}"' if form is Form.REPORT else ""
        yield (
            f'<a class="copy-as" target="_blank" rel="noopener" data-form="{form}" href="{plain(href)}"{title}>'
            f"{plain(view.said(f'cite.{form}'))}</a>"
        )


def _text(entry: Entry, marked: Place | None, here: Passage | None, said: Labels, sheet: Callable[[int], str]) -> str:
    """``marked``: the quote; ``here``: the passage the view is at; ``sheet``: the address of a printed page."""
    document = entry.document
    layers = [
        *_page_starts(document, said, sheet),
        *_structure(document),
        *_passages(entry, here),
        *_marks(document),
        *(_quoted(marked) if marked else ()),
    ]
    return layered(document.text, layers)


def _page_starts(document: Document, said: Labels, sheet: Callable[[int], str]) -> Iterator[Layer]:
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


def _quoted(marked: Place) -> Iterator[Layer]:
    for number, span in enumerate(marked.spans):
        yield _named(span, "" if number else f' id="{HIT}" tabindex="-1"', "", "mark")
    if marked.best:
        yield Layer(marked.best.start, marked.best.end, '<span class="best">')


def _named(range_: Range, once: str, always: str, tag: str = "span") -> Layer:
    """A range; where it is cut, only the first piece carries the attributes ``once``: an id stands once in a page."""

    def opening(place: int) -> str:
        return f"<{tag}{once if place == range_.start else ''}{always}>"

    return Layer(range_.start, range_.end, opening, f"</{tag}>")
