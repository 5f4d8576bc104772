"""A document as a page of its own: the whole text, what a quote took from it marked, and who speaks.

No script is needed to read it. The text of ``#doc`` is the document's canonical text, character for character.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from b12assistant.display import labels
from b12assistant.display.answer_html import interest, who
from b12assistant.display.labels import Labels
from b12assistant.display.markup import plain, revealed
from b12assistant.display.presentation import Speaker
from b12assistant.display.printed_html import Printing, figure
from b12assistant.display.source_bar import bar
from b12assistant.display.source_text import text_html
from b12assistant.display.source_view import Found, View
from b12assistant.index.documents import Entry
from b12assistant.types import Document, MarkKind

_TITLE = "b12assistant"


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
        f"{bar(found, view, number)}{_shown(found, view, printing)}"
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
    text = text_html(entry, found.place, here, said, lambda page: plain(view.link(entry.document, number=page)))
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
