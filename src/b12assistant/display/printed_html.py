"""A page of a PDF as it is printed, the quote boxed where its place is exact; where it is not, that is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from b12assistant.display.addresses import of_document
from b12assistant.display.labels import Labels
from b12assistant.display.markup import plain
from b12assistant.display.printed_pages import Box, PrintedPage, boxes_on, pages_of
from b12assistant.types import Document, Range

PICTURES = "/pdf/"
_MARGIN = 3  # pixels around the words


@dataclass(frozen=True, slots=True)
class Printing:
    """Page ``number``, 1-based, as it is printed; ``page`` is ``None`` where it cannot be shown."""

    number: int
    page: PrintedPage | None
    is_same_file: bool  # the file is the one that was indexed


def figure(document: Document, printing: Printing, quoted: Sequence[Range], said: Labels) -> str:
    """The page, and a caption that says where it is and what the box means."""
    number, page = printing.number, printing.page
    if page is None:
        why = "source.page_failed" if printing.is_same_file else "source.not_printed"
        return f'<p class="warning">{plain(said(why))}</p>'
    boxes = boxes_on(page, document, quoted, number) if quoted else ()
    alt = said("source.boxed_alt" if boxes else "source.page_alt", number=number)
    rects = "".join(map(_rect, boxes))
    picture = (
        f'<svg class="sheet" role="img" aria-label="{plain(alt)}" viewBox="0 0 {page.width} {page.height}">'
        f'<image href="{_picture(document, number)}" width="{page.width}" height="{page.height}"/>{rects}</svg>'
    )
    caption = said("source.page_of", number=number, count=len(document.page_starts))
    told = _told(document, number, quoted, said, boxed=bool(boxes))
    return f'<figure class="printed">{picture}<figcaption>{plain(caption)}. {plain(told)}</figcaption></figure>'


def _told(document: Document, number: int, quoted: Sequence[Range], said: Labels, *, boxed: bool) -> str:
    pages = pages_of(document, quoted)
    if not pages:
        return ""
    if number not in pages:
        return said("source.on_page", number=pages[0])
    told = said("source.boxed" if boxed else "source.not_marked")
    return f"{told} {said('source.also_on', number=pages[-1])}" if number < pages[-1] else told


def _picture(document: Document, number: int) -> str:
    """Its digest in the address: a browser may keep the picture."""
    return f"{PICTURES}{of_document(document).removeprefix('/d/')}?page={number}&amp;is={document.digest[:16]}"


def _rect(box: Box) -> str:
    x, y = box.left - _MARGIN, box.top - _MARGIN
    width, height = box.right - box.left + 2 * _MARGIN, box.bottom - box.top + 2 * _MARGIN
    return f'<rect class="box" x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="3"/>'
