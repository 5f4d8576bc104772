"""Printed pages of PDFs, and where on them a quote stands; made in a process of their own, a few of them kept."""

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

from b12assistant.errors import SourceError
from b12assistant.types import Document, Range

_KEPT = 24  # pages
_SECONDS = 20.0  # for one page
_SAME_LINE = 0.5  # of the lower box: how much two boxes of one line share in height


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on a printed page, in pixels from its upper left corner."""

    left: float
    top: float
    right: float
    bottom: float

    def beside(self, other: Box) -> bool:
        """Whether the other stands on the same line."""
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
    """A picture (PNG) with the letters on it, in the order of the file; ``boxes[i]`` is that of ``letters[i]``."""

    width: int
    height: int
    letters: str
    boxes: tuple[Box, ...]
    png: bytes

    def box(self, words: str) -> tuple[Box, ...]:
        """The boxes of ``words``, one a line; none unless letter by letter they stand there exactly once, in sight."""
        wanted, _ = _folded(words)
        letters, origins = _folded(self.letters)
        start = letters.find(wanted)
        if not wanted or start < 0 or letters.find(wanted, start + 1) >= 0:
            return ()
        first, last = origins[start], origins[start + len(wanted) - 1]
        first -= self._signs(reversed(self.letters[:first]), words)
        last += self._signs(self.letters[last + 1 :], reversed(words))
        chosen = self.boxes[first : last + 1]
        seen = all(
            box.left < self.width and box.top < self.height and box.right > 0 and box.bottom > 0 for box in chosen
        )
        return tuple(_lines(chosen)) if seen else ()

    @staticmethod
    def _signs(beside: Iterable[str], words: Iterable[str]) -> int:
        """How many signs at the edge of the words (a quotation mark, a full stop) stand on the page too."""
        edge = list(takewhile(lambda each: not each.isalnum(), words))
        signs = [each for each in edge if not each.isspace()]
        return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(beside, reversed(signs), strict=False)))


class PrintedPages:
    """Pages by the bytes of their file; one is made at a time, the latest are kept. For use by many threads."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, int], PrintedPage] = OrderedDict()
        self._lock = Lock()

    def page(self, data: bytes, digest: str, number: int) -> PrintedPage:
        """Page ``number``, 1-based, of a PDF; ``digest`` names its bytes. Raises ``SourceError`` if there is none."""
        with self._lock:
            key = digest, number
            found = self._kept.pop(key, None) or _made(data, number - 1)
            self._kept[key] = found
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
            return found


def pages_of(document: Document, ranges: Sequence[Range]) -> tuple[int, ...]:
    """The pages, 1-based, that the ranges stand on."""
    spans = (document.span(range_.start, range_.end) for range_ in ranges)
    found = (span.pages for span in spans)
    return tuple(dict.fromkeys(n for pages in found if pages for n in range(pages[0], pages[1] + 1)))


def parts_on(document: Document, ranges: Sequence[Range], number: int) -> Iterator[str]:
    """What of the ranges stands on page ``number``, 1-based."""
    starts = document.page_starts
    begin, end = starts[number - 1], starts[number] if number < len(starts) else len(document.text)
    for range_ in ranges:
        part = document.text[max(range_.start, begin) : min(range_.end, end)]
        if part.strip():
            yield part


def boxes_on(page: PrintedPage, document: Document, ranges: Sequence[Range], number: int) -> tuple[Box, ...]:
    """Where the ranges stand on page ``number``; none unless the place of every part is exact."""
    found = [page.box(part) for part in parts_on(document, ranges, number)]
    return tuple(box for boxes in found for box in boxes) if all(found) else ()


def _made(data: bytes, number: int) -> PrintedPage:
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
    """Letters and digits alone, without case, accents and ligatures, each with the index it comes from."""
    folded: list[str] = []
    origins: list[int] = []
    for i, each in enumerate(text):
        kept = [sign for sign in unicodedata.normalize("NFKD", each).casefold() if sign.isalnum()]
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
