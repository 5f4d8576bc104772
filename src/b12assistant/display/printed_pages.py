"""Show printed pages of PDFs, rendered in a separate process, with a box around a quote whose place is exact."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from collections import OrderedDict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from threading import Lock

from b12assistant.display.addresses import of_document
from b12assistant.display.labels import Labels
from b12assistant.display.markup import plain
from b12assistant.errors import SourceError
from b12assistant.types import Document, Range

PICTURES = "/pdf/"  # the route of the pictures
_MARGIN = 3  # pixels around the words
_KEPT = 24  # pages
_FAILED = 1_000  # pages that could not be shown, remembered
_SECONDS = 10.0  # for one page
_SAME_LINE = 0.5  # share of the smaller box's height that two boxes on one line have in common


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a printed page, in pixels from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def beside(self, other: Box) -> bool:
        """Check whether the other box is on the same line."""
        shared = min(self.bottom, other.bottom) - max(self.top, other.top)
        return shared > _SAME_LINE * min(self.bottom - self.top, other.bottom - other.top)

    def with_(self, other: Box) -> Box:
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )


@dataclass(frozen=True, slots=True)
class PrintedPage:
    """A PNG with the letters on it, in the order of the file; ``boxes[i]`` belongs to ``letters[i]``."""

    width: int
    height: int
    letters: str
    boxes: tuple[Box, ...]
    png: bytes

    def box(self, words: str) -> tuple[Box, ...]:
        """Return the boxes of ``words``, one per line; none unless their letters occur once, within the page."""
        wanted, _ = _folded(words)
        letters, origins = _folded(self.letters)
        start = letters.find(wanted)
        if not wanted or start < 0 or letters.find(wanted, start + 1) >= 0:
            return ()
        first, last = origins[start], origins[start + len(wanted) - 1]
        first -= self._signs(reversed(self.letters[:first]), words)
        last += self._signs(self.letters[last + 1 :], reversed(words))
        chosen = self.boxes[first : last + 1]
        is_visible = all(
            box.left < self.width and box.top < self.height and box.right > 0 and box.bottom > 0 for box in chosen
        )
        return tuple(_lines(chosen)) if is_visible else ()

    @staticmethod
    def _signs(beside: Iterable[str], words: Iterable[str]) -> int:
        """Count the punctuation marks at the edge of the words that are on the page too."""
        edge = takewhile(lambda sign: not sign.isalnum(), words)
        signs = [sign for sign in edge if not sign.isspace()]
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(beside, reversed(signs), strict=False)))


class PrintedPages:
    """A cache of rendered pages, by the digest of their file; renders one at a time. Safe for many threads.

    What could not be shown is not tried again.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], PrintedPage] = OrderedDict()
        self._failed: OrderedDict[tuple[str, int], str] = OrderedDict()
        self._lock = Lock()

    def page(self, data: bytes, digest: str, number: int) -> PrintedPage:
        """Return page ``number``, 1-based, of the PDF ``digest``. Raises ``SourceError`` if it cannot be shown."""
        with self._lock:
            key = digest, number
            if key in self._failed:
                raise SourceError(self._failed[key])
            try:
                page = self._kept.pop(key, None) or _rendered(data, number - 1)
            except SourceError as error:
                self._failed[key] = error.message
                if len(self._failed) > _FAILED:
                    self._failed.popitem(last=False)
                raise
            self._kept[key] = page
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return page


def pages_of(document: Document, ranges: Sequence[Range]) -> tuple[int, ...]:
    """Return the pages, 1-based, that the ranges are on."""
    extents = (document.span(range_.start, range_.end).pages for range_ in ranges)
    return tuple(dict.fromkeys(n for pages in extents if pages for n in range(pages[0], pages[1] + 1)))


def boxes_on(page: PrintedPage, document: Document, ranges: Sequence[Range], number: int) -> tuple[Box, ...]:
    """Return the boxes of the ranges on page ``number``, 1-based; none unless the place of every part is exact."""
    begin, end = (*document.page_starts, len(document.text))[number - 1 : number + 1]
    texts = (document.text[max(range_.start, begin) : min(range_.end, end)] for range_ in ranges)
    parts = [page.box(text) for text in texts if text.strip()]
    return tuple(box for boxes in parts for box in boxes) if all(parts) else ()


def _rendered(data: bytes, number: int) -> PrintedPage:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(part or str(Path.cwd()) for part in sys.path)}
    command = [sys.executable, "-P", "-m", "b12assistant.display.pdf_page", str(number)]
    try:
        ended = subprocess.run(  # noqa: S603 - our own module, in this interpreter
            command,
            input=data,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            timeout=_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SourceError(f"the page took longer than {_SECONDS:g} s") from error
    line, _, picture = ended.stdout.partition(b"\n")
    if ended.returncode or not picture:
        raise SourceError("the page cannot be shown")
    head = json.loads(line)
    letters = head["letters"]
    return PrintedPage(
        head["width"],
        head["height"],
        "".join(letter for letter, *_ in letters),
        tuple(Box(*place) for _, *place in letters),
        picture,
    )


def _folded(text: str) -> tuple[str, list[int]]:
    """Return letters and digits only, without case, accents and ligatures, each with the index it comes from."""
    folded: list[str] = []
    origins: list[int] = []
    for i, character in enumerate(text):
        kept = [sign for sign in unicodedata.normalize("NFKD", character).casefold() if sign.isalnum()]
        folded += kept
        origins += [i] * len(kept)
    return "".join(folded), origins


def _lines(boxes: Sequence[Box]) -> Iterator[Box]:
    line = boxes[0]
    for box in boxes[1:]:
        if line.beside(box):
            line = line.with_(box)
        else:
            yield line
            line = box
    yield line


@dataclass(frozen=True, slots=True)
class Printing:
    """Page ``number``, 1-based, as printed; ``page`` is ``None`` if it cannot be shown."""

    number: int
    page: PrintedPage | None
    is_same_file: bool  # the file is the one that was indexed


def figure(document: Document, printing: Printing, quoted: Sequence[Range], labels: Labels) -> str:
    """Draw the page with a caption that says which one it is and what the box means."""
    number, page = printing.number, printing.page
    if page is None:
        why = "source.page_failed" if printing.is_same_file else "source.not_printed"
        return f'<p class="warning">{plain(labels(why))}</p>'
    boxes = boxes_on(page, document, quoted, number) if quoted else ()
    alt = labels("source.boxed_alt" if boxes else "source.page_alt", number=number)
    rects = "".join(map(_rect, boxes))
    # The address holds the digest, so that a browser may cache the picture.
    href = f"{PICTURES}{of_document(document).removeprefix('/d/')}?page={number}&amp;is={document.digest[:16]}"
    picture = (
        f'<svg class="sheet" role="img" aria-label="{plain(alt)}" viewBox="0 0 {page.width} {page.height}">'
        f'<image href="{href}" width="{page.width}" height="{page.height}"/>{rects}</svg>'
    )
    caption = labels("source.page_of", number=number, count=len(document.page_starts))
    note = _box_note(document, number, quoted, labels, boxed=bool(boxes))
    return f'<figure class="printed">{picture}<figcaption>{plain(caption)}. {plain(note)}</figcaption></figure>'


def _box_note(document: Document, number: int, quoted: Sequence[Range], labels: Labels, *, boxed: bool) -> str:
    pages = pages_of(document, quoted)
    if not pages:
        return ""
    if number not in pages:
        return labels("source.on_page", number=pages[0])
    note = labels("source.boxed" if boxed else "source.not_marked")
    return f"{note} {labels('source.also_on', number=pages[-1])}" if number < pages[-1] else note


def _rect(box: Box) -> str:
    x, y = box.left - _MARGIN, box.top - _MARGIN
    width, height = box.right - box.left + 2 * _MARGIN, box.bottom - box.top + 2 * _MARGIN
    return f'<rect class="box" x="{x:.0f}" y="{y:.0f}" width="{width:.0f}" height="{height:.0f}" rx="3"/>'
