"""Draw a document as a page: the whole text with the quote marked, who speaks, and links through it.

It can be read without scripts. The text of ``#doc`` is the document's canonical text, character for character.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from b12assistant.display.addresses import HIT, MarkedPlace, of_document, query_of
from b12assistant.display.answer_html import interest, said
from b12assistant.display.citation_formats import CITE, CitationForm, web_address
from b12assistant.display.labels import Labels, load_labels, overdue
from b12assistant.display.markup import Layer, laid_out, layered, plain, revealed
from b12assistant.display.quoted import Basis, Speaker
from b12assistant.index.documents import Entry
from b12assistant.types import BlockKind, Document, MarkKind, PassageId, Range, Words

_TITLE = "b12assistant"
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
    def of(cls, entry: Entry, view: View) -> Target:
        text = entry.document.text
        place = view.place.found_in(text) if view.place else None
        current = next((n for n, passage in enumerate(entry.passages) if passage.id == view.passage), None)
        if current is None and place is not None:
            at = place.best or place.spans[0]
            overlapping = (n for n, passage in enumerate(entry.passages) if passage.span.range.overlaps(at))
            current = next(overlapping, None)
        return cls(entry, place, current)


def source_page(entry: Entry, view: View) -> str:
    """Draw the page of a document."""
    document, labels = entry.document, view.labels
    target = Target.of(entry, view)
    speaker = Speaker.of(document.source, labels)
    is_ours = document.source.words is Words.PROJECT_SUMMARY
    kicker = plain(labels("source.kicker_summary" if is_ours else "source.kicker"))
    body = (
        f'<header class="facts"><p class="kicker">{kicker}</p><h1>{_own(document.title)}</h1>'
        f'<p class="who">{said(speaker)}{interest(speaker)}</p>'
        f"{_warnings(target, view)}</header>{_bar(target, view)}{_shown(target, view)}"
        f'<details class="facts"><summary>{plain(labels("source.facts"))}</summary>'
        f"<dl>{''.join(_facts(entry, labels))}</dl></details>"
    )
    if view.framed:
        framed = f'<section aria-label="{kicker}">{body}</section>'
        return _page(document.title, framed, view.theme, labels)
    home = f'<p class="home"><a href="/">{plain(labels("source.back"))}</a></p>'
    return _page(document.title, f"<main>{home}{body}</main>", view.theme, labels)


def _shown(target: Target, view: View) -> str:
    entry, labels = target.entry, view.labels
    grey, never = plain(labels("source.grey")), plain(labels("source.never"))
    legend = f'<p class="legend"><span class="never">{grey}</span> {never}</p>'
    if not any(mark.kind is MarkKind.NEVER for mark in entry.document.marks):
        legend = ""
    return f'{legend}<div id="doc" class="doc" dir="auto">{layered(entry.document.text, _layers(target, view))}</div>'


def missing_page(name: str, theme: str, labels: Labels) -> str:
    """Draw the page for a document that is not in the index."""
    heading = labels("source.missing")
    before, _, after = labels("source.missing_why", document="\0").partition("\0")
    body = (
        f"<main><h1>{plain(heading)}</h1><p>{plain(before)}{_own(name)}{plain(after)}</p>"
        f'<p><a href="/">{plain(labels("source.back"))}</a></p></main>'
    )
    return _page(heading, body, theme, labels)


def _page(title: str, body: str, theme: str, labels: Labels) -> str:
    chosen = f' class="{theme}"' if theme in ("light", "dark") else ""
    return (
        f'<!doctype html><html lang="{labels.language}"{chosen}><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{plain(title)} · {_TITLE}</title>'
        '<link rel="icon" href="/own/favicon.svg" type="image/svg+xml"><link rel="stylesheet" href="/own/tokens.css">'
        '<link rel="stylesheet" href="/own/unseen.css"><link rel="stylesheet" href="/own/view.css">'
        f'<script defer src="/own/view.js"></script></head><body>{body}</body></html>'
    )


def _own(text: str) -> str:
    return f'<span class="exact" dir="auto">{revealed(text)}</span>'


def _warnings(target: Target, view: View) -> str:
    labels, source = view.labels, target.entry.document.source
    known = any(passage.id == view.passage for passage in target.entry.passages)
    warnings = [
        (view.place is not None and target.place is None, labels("source.lost")),
        (target.place is not None and target.place != view.place, labels("source.moved")),
        (view.passage is not None and not known and view.place is None, labels("source.passage_gone")),
        (view.changed, labels("source.changed")),
        (source.withdrawn, labels("source.withdrawn")),
        (source.superseded_by is not None, labels("source.superseded", document=source.superseded_by)),
        (overdue(source, view.today), labels("source.overdue")),
    ]
    return "".join(f'<p class="warning">{revealed(text)}</p>' for applies, text in warnings if applies)


def _facts(entry: Entry, labels: Labels) -> Iterator[str]:
    source = entry.document.source
    facts = [
        ("based_on", source.based_on),
        ("publisher", source.publisher),
        ("published", source.published and labels.day(source.published)),
        ("review", labels.review(source)),
        ("review_by", source.review_by and labels.day(source.review_by)),
        ("note", source.note),
        ("file", entry.report.file),
        ("extractor", entry.extractor),
    ]
    yield from (_fact(labels(f"source.{name}"), _own(str(value))) for name, value in facts if value)
    if source.url:
        yield _fact(labels("source.address"), _link(source.url if web_address(source.url) else "", source.url))
    document = entry.document
    if publications := [Basis.of(found) for found in document.attributed([Range(0, len(document.text))])]:
        listed = "".join(f"<li>{_publication(each, labels)}</li>" for each in publications)
        yield _fact(labels("source.origins"), f"<ul>{listed}</ul>")
    if source.cites:
        listed = "".join(f"<li>{_own(cited)}</li>" for cited in source.cites)
        yield _fact(labels("source.cites"), f"<ul>{listed}</ul>")


def _publication(basis: Basis, labels: Labels) -> str:
    """Draw a publication with a link to its own address and, after it, to the copy that was read."""
    copy = f" ({_link(basis.read_at, labels('source.read_at'))})" if basis.read_at else ""
    return _link(basis.link, basis.words) + copy


def _fact(name: str, value: str) -> str:
    return f"<div><dt>{plain(name)}</dt><dd>{value}</dd></div>"


def _link(url: str, name: str) -> str:
    """Draw a link that loads nothing unless the reader clicks; only the name if ``url`` is ""."""
    return f'<a href="{plain(url)}" target="_blank" rel="noopener noreferrer">{_own(name)}</a>' if url else _own(name)


def _bar(target: Target, view: View) -> str:
    """Draw the bar of links."""
    document, to_quote = target.entry.document, _name(view.labels("source.to_quote"), view.labels("source.quote"))
    parts = (
        f'<a class="to-quote" href="#{HIT}">{to_quote}</a>' if target.place else "",
        _outline(document, view),
        _copies(target, view),
        f'<button type="button" id="print" hidden>{plain(view.labels("source.print"))}</button>',
    )
    return f'<nav class="bar" aria-label="{plain(view.labels("source.inside"))}">{"".join(parts)}</nav>'


def _name(whole: str, brief: str) -> str:
    """Draw a name with the brief one that the style sheet puts in its place on a phone."""
    return f'<span data-brief="{plain(brief)}">{plain(whole)}</span>'


def _outline(document: Document, view: View) -> str:
    if len(document.sections) < 2:
        return ""
    items = "".join(
        f'<li class="level{min(section.level, _DEEPEST)}">'
        f'<a href="#s{number}">{_own(document.slice(section.heading).strip())}</a></li>'
        for number, section in enumerate(document.sections)
    )
    heading = plain(view.labels("source.outline"))
    return f'<details class="outline"><summary>{heading}</summary><ul>{items}</ul></details>'


def _copies(target: Target, view: View) -> str:
    """Draw links to the words with their citation; a script turns them into copy buttons."""
    labels = view.labels
    if target.place is None and target.current is None:
        return ""
    summary = _name(labels("source.copy_quote" if target.place else "source.copy_passage"), labels("ask.copy"))
    outcomes = (("copied", "copied"), ("failed", "failed"), ("report", "copied_report"))
    data = " ".join(f'data-{name}="{plain(labels(f"cite.{label}"))}"' for name, label in outcomes)
    query = query_of(target.place) if target.place else f"passage={target.entry.passages[target.current or 0].id}"
    cited = plain(f"{CITE}{of_document(target.entry.document).removeprefix('/d/')}?{query}&form=")
    why = f' title="{plain(labels("cite.report_title"))}"'
    items = "".join(
        f'<li><a class="copy-as" target="_blank" rel="noopener" data-form="{form}" href="{cited}{form}"'
        f"{why if form is CitationForm.REPORT else ''}>{plain(labels(f'cite.{form}'))}</a></li>"
        for form in CitationForm
    )
    return (
        f'<details class="copying" {data}><summary>{summary}</summary><ul>{items}</ul></details>'
        '<span id="say" role="status"></span>'
    )


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
