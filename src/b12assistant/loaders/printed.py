"""Lines as they stand on printed pages, and which of them are running headers, footers and page numbers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from b12assistant.types import Role

_EDGES = 2  # base lines at the top and at the bottom that can be furniture
_REPEATS = 3  # pages that show the same line, from which it is a running one
_LEAST_PAGES = 2
_GRID = 4  # points: running lines keep their height to within this
_PAGE_NUMBER = re.compile(
    r"[-–—|\s]*(?:p(?:age|\.)?\s*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:of|/)\s*\d{1,4})?[-–—|\s]*", re.I
)
_OUTER_NUMBER = re.compile(r"^[1-9]\d{0,3}(?=\s)|(?<=\s)[1-9]\d{0,3}$|^[1-9]\d{0,3}$", re.ASCII)


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """One line of a page. ``x`` of its left end and ``y`` of its base in points, the origin at the bottom left."""

    text: str
    page: int  # 0-based
    x: float
    y: float
    size: float  # of the letters, points
    bold: bool


def furniture(pages: Sequence[Sequence[PrintedLine]]) -> dict[PrintedLine, Role]:
    """Lines at the edge of their pages that repeat over pages, or are nothing but a page number."""
    edges = [(line, role, depth) for lines in pages for line, role, depth in _edges(lines)]
    shown = {(_key(line), role, line.page) for line, role, _ in edges}
    counts = Counter((key, role) for key, role, _ in shown)
    needed = min(_REPEATS, max(_LEAST_PAGES, len(pages)))
    folios = Counter(_folio(line) for line, _, depth in edges if depth == 0)
    running = [
        (line, role, depth)
        for line, role, depth in edges
        if counts[_key(line), role] >= needed
        or (depth == 0 and (_PAGE_NUMBER.fullmatch(line.text) or _is_folio(line, folios)))
    ]
    # What stands inside of a line that does not run is the text's own, even if it repeats.
    outermost = {(line.page, role) for line, role, depth in running if depth == 0}
    return {line: role for line, role, _ in running if (line.page, role) in outermost}


def _edges(lines: Sequence[PrintedLine]) -> Iterator[tuple[PrintedLine, Role, int]]:
    """The lines on the outermost base lines, with 0 for the very first. A page keeps some text in any case."""
    heights = sorted({round(line.y) for line in lines}, reverse=True)
    if len(heights) < _EDGES:
        return
    reach = min(_EDGES, (len(heights) - 1) // 2) or 1
    ranks = {height: rank for rank, height in enumerate(heights)}
    for line in lines:
        rank = ranks[round(line.y)]
        if rank < reach and len(heights) > _EDGES:
            yield line, Role.HEADER, rank
        if rank >= len(heights) - reach:
            yield line, Role.FOOTER, len(heights) - 1 - rank


def _is_folio(line: PrintedLine, folios: Counter[int | None]) -> bool:
    """Whether the number in a line counts the pages: chapters of a page or two repeat their title too seldom."""
    folio = _folio(line)
    return folio is not None and folios[folio] >= _REPEATS


def _folio(line: PrintedLine) -> int | None:
    """How far the number that begins or ends a line is ahead of the page, 0-based; ``None`` without a number."""
    number = _OUTER_NUMBER.search(line.text)
    return None if number is None else int(number[0]) - line.page


def _key(line: PrintedLine) -> tuple[str, int]:
    """What stays the same from page to page: the words without their numbers, and the height on the page."""
    words = " ".join(re.sub(r"\d+", "#", line.text.casefold()).split())
    return words, round(line.y / _GRID)
