"""Turn the lines of printed pages back into text: paragraphs, headings and list items.

Running headers, footers and page numbers are recognised by repetition. A hyphen at a line end is removed if it only
marks the line break.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median_low

from b12assistant.loaders.manuscript import CELL, Manuscript
from b12assistant.loaders.text import could_be_heading, ends_sentence, is_item, line_end, words_of
from b12assistant.types import BlockKind, Role

_EDGES = 2  # lines at the top and at the bottom that may be furniture
_REPEATS = 3  # a line on this many pages is a running one
_LEAST_PAGES = 2
_TURNED = 15  # degrees off the lines of a page, and off their right angle: a stamp across it
_GRID = 4  # points: running lines keep their height to within this
_PAGE_NUMBER = re.compile(
    r"[-–—|\s]*(?:p(?:age|\.)?\s*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:of|/)\s*\d{1,4})?[-–—|\s]*", re.I
)


@dataclass(frozen=True, slots=True)
class PrintedLine:
    """A line of a page. ``x`` of its left end and ``y`` of its base in points, the origin at the bottom left."""

    text: str
    page: int  # 0-based
    x: float
    y: float
    size: float  # of the letters, points
    bold: bool
    cells: tuple[str, ...] = ()  # the parts between wide gaps, if there are several
    turn: int = 0  # degrees


def furniture(pages: Sequence[Sequence[PrintedLine]]) -> dict[PrintedLine, Role]:
    """Find the lines at the edge of pages that repeat over pages, or are only a page number, with their roles.

    Stamps over the text are furniture too: lines across a page, and large ones in one place on many pages.
    """
    stamps = dict.fromkeys(_stamps(pages), Role.FOOTER)
    pages = [[line for line in lines if line not in stamps] for lines in pages]
    edges = [(line, role, depth) for lines in pages for line, role, depth in _edges(lines)]
    shown = {(_key(line), role, line.page) for line, role, _ in edges}
    counts = Counter((key, role) for key, role, _ in shown)
    running = [
        (line, role, depth)
        for line, role, depth in edges
        if counts[_key(line), role] >= _needed(pages) or (depth == 0 and _PAGE_NUMBER.fullmatch(line.text))
    ]
    # A line further in than one that does not repeat belongs to the text, even if it repeats.
    outermost = {(line.page, role) for line, role, depth in running if depth == 0}
    return stamps | {line: role for line, role, _ in running if (line.page, role) in outermost}


def _stamps(pages: Sequence[Sequence[PrintedLine]]) -> Iterator[PrintedLine]:
    sizes = _weights((line.size, line) for lines in pages for line in lines)
    large = _LARGER * max(sizes, key=sizes.__getitem__, default=0.0)
    places = {line: (line.text, round(line.x / _GRID), round(line.y / _GRID)) for lines in pages for line in lines}
    counts = Counter(place for lines in pages for place in {places[line] for line in lines})
    for lines in pages:
        turns = _weights((line.turn, line) for line in lines)
        level = max(turns, key=turns.__getitem__, default=0)
        yield from (
            line
            for line in lines
            if _TURNED <= (line.turn - level) % 90 <= 90 - _TURNED
            or (line.size >= large and counts[places[line]] >= _needed(pages))
        )


def _weights(lines: Iterable[tuple[float, PrintedLine]]) -> Counter[float]:
    """Count the letters of each kind of line."""
    letters: Counter[float] = Counter()
    for kind, line in lines:
        letters[kind] += len(line.text)
    return letters


def _needed(pages: Sequence[object]) -> int:
    """Return on how many pages a running line must be."""
    return min(_REPEATS, max(_LEAST_PAGES, len(pages)))


def _edges(lines: Sequence[PrintedLine]) -> Iterator[tuple[PrintedLine, Role, int]]:
    """Yield the outermost lines with their depth, 0 for the very first. Some lines of a page are never yielded."""
    heights = sorted({round(line.y) for line in lines}, reverse=True)
    if len(heights) < _EDGES:
        return
    reach = min(_EDGES, (len(heights) - 1) // 2) or 1
    ranks = {height: rank for rank, height in enumerate(heights)}
    # A row of a table that goes on inside the page is text.
    inner = {_key(line)[0] for line in lines if reach <= ranks[round(line.y)] < len(heights) - reach}
    for line in lines:
        rank = ranks[round(line.y)]
        if _key(line)[0] in inner:
            continue
        if rank < reach and len(heights) > _EDGES:
            yield line, Role.HEADER, rank
        if rank >= len(heights) - reach:
            yield line, Role.FOOTER, len(heights) - 1 - rank


def _key(line: PrintedLine) -> tuple[str, int]:
    """Return what stays the same on every page: the words without numbers, and the height on the page."""
    words = " ".join(re.sub(r"\d+", "#", line.text.casefold()).split())
    return words, round(line.y / _GRID)


_LARGER = 1.12  # times the size of the body: a heading
_GAP = 1.35  # times the usual distance of lines: a paragraph ends
_SHORT = 0.6  # of the usual length of full lines: a sentence that ends here ends the paragraph
_INDENT = 0.8  # times the size: an indented first line
_LEAST_CELLS = 3  # two may be two columns of prose
_SAME_SIZE = 0.8  # times: larger differences separate texts; code names are a little smaller


@dataclass(frozen=True, slots=True)
class Face:
    """The usual values of a document: letter size and line distance (points), length of full lines."""

    size: float
    lead: float
    length: int  # code points
    bold: bool


@dataclass(slots=True)
class _PrintedBlock:
    """Lines that are one paragraph, heading, item or row, in whatever part of the pages they are."""

    kind: BlockKind
    lines: list[PrintedLine]
    role: Role | None = None


def typeset(pages: Sequence[Sequence[PrintedLine]], manuscript: Manuscript) -> None:
    """Write pages into the manuscript: line ends become blanks, paragraphs continue over page ends.

    What interrupts a paragraph at the foot of a page or the head of the next comes before or after it.
    """
    roles = furniture(pages)
    body = [line for lines in pages for line in lines if line not in roles]
    face = _face(body)
    words = words_of(line.text for line in body)
    levels = _levels(body, face)
    page = -1
    for block in _blocks(pages, roles, face):
        manuscript.open(block.kind, level=levels.get(_style(block.lines[0]), 2))
        if block.role is not None:
            manuscript.enter(block.role)
        for line, following in zip(block.lines, (*block.lines[1:], None), strict=True):
            manuscript.pages(max(0, line.page - page))
            page = max(page, line.page)
            text, glue = line_end(line.text, following.text, words) if following is not None else (line.text, "")
            manuscript.write(text)
            manuscript.join(glue)
        if block.role is not None:
            manuscript.leave()
    manuscript.pages(len(pages) - 1 - page)


def _blocks(
    pages: Sequence[Sequence[PrintedLine]], roles: dict[PrintedLine, Role], face: Face
) -> Sequence[_PrintedBlock]:
    blocks: list[_PrintedBlock] = []
    last: _PrintedBlock | None = None  # that may continue
    for lines in pages:
        kept = [line for line in lines if line not in roles]
        following = dict(pairwise(kept))
        rows = _rows(kept)
        first = next((line for line in kept if line.size < _LARGER * face.size), None)
        for line in lines:
            if line in roles:
                blocks.append(_PrintedBlock(BlockKind.PARAGRAPH, [line], roles[line]))
                continue
            if line in rows:
                last = _PrintedBlock(BlockKind.TABLE_ROW, [replace(line, text=CELL.join(line.cells))])
                blocks.append(last)
                continue
            above = last.lines[-1] if last else None
            if _is_heading(line, above, following.get(line), face):
                kind = BlockKind.HEADING
            else:
                kind = BlockKind.LIST_ITEM if is_item(line.text) else BlockKind.PARAGRAPH
            torn = _torn(blocks, line) if line is first and kind is BlockKind.PARAGRAPH else None
            if last is not None and above is not None and _joins(above, line, last.kind, kind, face):
                last.lines.append(line)
            elif torn is not None:
                last = blocks.pop(torn)
                last.lines.append(line)
                # After what is below it on its own page, before what is above its end on this one.
                places = (i for i, block in enumerate(blocks) if i >= torn and block.lines[0].page == line.page)
                blocks.insert(next(places, len(blocks)), last)
            else:
                last = _PrintedBlock(kind, [line])
                blocks.append(last)
    return blocks


def _torn(blocks: Sequence[_PrintedBlock], line: PrintedLine) -> int | None:
    """Return the place of the paragraph that the first line of a page continues past a note, table or picture."""
    if not line.text[0].islower():
        return None
    for place in range(len(blocks) - 1, -1, -1):
        block, end = blocks[place], blocks[place].lines[-1]
        if end.page < line.page - 1:
            return None
        if block.kind is BlockKind.PARAGRAPH and block.role is None and _alike(end, line):
            return None if end.page == line.page or ends_sentence(end.text) else place
    return None


def _rows(lines: Sequence[PrintedLine]) -> frozenset[PrintedLine]:
    """Return the lines of tables: one under another with the same number of cells, at least three."""
    found: set[PrintedLine] = set()
    for line, below in pairwise(lines):
        if len(line.cells) == len(below.cells) >= _LEAST_CELLS and line.y > below.y:
            found |= {line, below}
    return frozenset(found)


def _is_heading(line: PrintedLine, above: PrintedLine | None, below: PrintedLine | None, face: Face) -> bool:
    if not could_be_heading(line.text):
        return False
    if line.size >= _LARGER * face.size:
        return True
    if below is None or face.bold or not line.bold:
        return False
    if is_item(line.text):  # "3. Results" over regular text, rather than an item of a bold list
        return not any(near is not None and near.bold and is_item(near.text) for near in (above, below))
    return above is None or above.page != line.page or not 0 < above.y - line.y <= _GAP * face.lead


def _joins(previous: PrintedLine, line: PrintedLine, kind: BlockKind, new: BlockKind, face: Face) -> bool:
    """Check if ``line``, by itself a ``new``, continues the ``kind`` that ``previous`` belongs to."""
    same_page = previous.page == line.page
    gap = previous.y - line.y
    if new is BlockKind.LIST_ITEM or kind is BlockKind.TABLE_ROW or not _alike(previous, line):
        return False
    if kind is BlockKind.HEADING or new is BlockKind.HEADING:
        return kind is new and same_page and 0 < gap <= _GAP * 1.2 * line.size and previous.bold == line.bold
    if same_page and gap > _GAP * face.lead:
        return False
    short = len(previous.text) < _SHORT * face.length
    if not ends_sentence(previous.text):
        is_cell = bool(previous.cells) != bool(line.cells) or (short and not same_page)
        return not (is_cell and line.text[0].isupper())
    indented = same_page and kind is BlockKind.PARAGRAPH and line.x > previous.x + _INDENT * line.size
    outdented = same_page and kind is BlockKind.LIST_ITEM and line.x <= previous.x - _INDENT * line.size
    return line.text[0].islower() or not (short or indented or outdented)


def _alike(line: PrintedLine, other: PrintedLine) -> bool:
    """Check if two lines have the same size and direction."""
    return abs(line.turn - other.turn) < _TURNED and _SAME_SIZE <= other.size / line.size <= 1 / _SAME_SIZE


def _face(lines: Sequence[PrintedLine]) -> Face:
    sizes = _weights((round(line.size, 1), line) for line in lines)
    size = sizes.most_common(1)[0][0] if sizes else 0.0
    usual = [line for line in lines if line.size < _LARGER * size]
    gaps = [a.y - b.y for a, b in pairwise(usual) if a.page == b.page and 0 < a.y - b.y < 3 * size]
    lengths = sorted(len(line.text) for line in lines)
    return Face(
        size=size,
        lead=median_low(gaps) if gaps else 1.2 * size,
        length=lengths[int(0.8 * (len(lengths) - 1))] if lengths else 0,
        bold=2 * sum(len(line.text) for line in lines if line.bold) > sum(sizes.values()),
    )


def _levels(lines: Sequence[PrintedLine], face: Face) -> dict[float, int]:
    """Map sizes of headings to levels: the largest has level 1, one no larger than the body at least level 2."""
    sizes = sorted({_style(line) for line in lines if could_be_heading(line.text)}, reverse=True)
    small = max(2, 1 + sum(size >= _LARGER * face.size for size in sizes))
    return {size: min(rank if size >= _LARGER * face.size else small, 6) for rank, size in enumerate(sizes, 1)}


def _style(line: PrintedLine) -> float:
    return round(2 * line.size) / 2
