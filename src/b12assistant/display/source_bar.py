"""What leads through a document: passage by passage, page by page, text or printed page, outline, copies."""

from __future__ import annotations

from collections.abc import Iterator

from b12assistant.display.addresses import HIT, of_document, query_of
from b12assistant.display.citation_formats import CITE, Form
from b12assistant.display.markup import plain, revealed
from b12assistant.display.printed_pages import pages_of
from b12assistant.display.source_text import DEEPEST
from b12assistant.display.source_view import Found, View
from b12assistant.types import Document


def bar(found: Found, view: View, number: int | None) -> str:
    """``number``: of the printed page that is shown, 1-based; ``None``: the text is."""
    document = found.entry.document
    parts = (
        _pages(document, view, number) if number else _passages(found, view),
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


def _passages(found: Found, view: View) -> str:
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


def _pages(document: Document, view: View, number: int) -> str:
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
        f'<li class="level{min(section.level, DEEPEST)}"><a href="#s{number}">'
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
