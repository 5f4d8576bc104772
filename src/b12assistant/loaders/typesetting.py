"""Turn the lines of printed pages back into text: paragraphs, headings and list items.

Running headers, footers and page numbers are recognised by repetition. A hyphen at a line end is removed if it only
marks the line break.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest
from statistics import median_low

from b12assistant.loaders.manuscript import CELL, Manuscript
from b12assistant.loaders.text import (
    could_be_heading,
    ends_sentence,
    is_item,
    is_numbered,
    is_title,
    numbered_level,
)
from b12assistant.loaders.wrapping import line_end, words_of
from b12assistant.types import BlockKind, Role

_EDGES = 2  # lines at the top and at the bottom that may be furniture
_REPEATS = 3  # a line on this many pages is a running one
_LEAST_PAGES = 2
_GRID = 4  # points: running lines keep their height to within this
_PAGE_NUMBER = re.compile(
    r"[-–—|\s]*(?:p(?:age|\.)?\s*)?(?:\d{1,4}|[ivxl]{1,6})(?:\s*(?:of|/)\s*\d{1,4})?[-–—|\s]*", re.I
)
_OUTER_NUMBER = re.compile(r"^[1-9]\d{0,3}(?=\s)|(?<=\s)[1-9]\d{0,3}$|^[1-9]\d{0,3}$", re.ASCII)


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
    fixed: bool = False  # all in a typewriter face


def furniture(pages: Sequence[Sequence[PrintedLine]]) -> dict[PrintedLine, Role]:
    """Find the lines at the edge of pages that repeat over pages, or are only a page number, with their roles."""
    edges = [(line, role, depth) for lines in pages for line, role, depth in _edges(lines)]
    shown = {(_key(line), role, line.page) for line, role, _ in edges}
    counts = Counter((key, role) for key, role, _ in shown)
    needed = min(_REPEATS, max(_LEAST_PAGES, len(pages)))
    outer = (_folio(line) for line, _, depth in edges if depth == 0)
    folios: Counter[int | None] = Counter(folio for folio in outer if folio is not None)
    running = [
        (line, role, depth)
        for line, role, depth in edges
        if counts[_key(line), role] >= needed
        # Numbers that count pages: the running titles of short chapters do not repeat often enough.
        or (depth == 0 and (_PAGE_NUMBER.fullmatch(line.text) or folios[_folio(line)] >= _REPEATS))
    ]
    # A line further in than one that does not repeat belongs to the text, even if it repeats.
    outermost = {(line.page, role) for line, role, depth in running if depth == 0}
    return {line: role for line, role, _ in running if (line.page, role) in outermost}


def _edges(lines: Sequence[PrintedLine]) -> Iterator[tuple[PrintedLine, Role, int]]:
    """Yield the outermost lines with their depth, 0 for the very first. Some lines of a page are never yielded."""
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


def _folio(line: PrintedLine) -> int | None:
    """Return a line's first or last number minus its 0-based page; ``None`` without a number."""
    number = _OUTER_NUMBER.search(line.text)
    return None if number is None else int(number[0]) - line.page


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
    fixed: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line with its part in the text; ``kind`` is ``None`` if it continues the previous piece."""

    line: PrintedLine
    kind: BlockKind | None
    role: Role | None = None


def typeset(
    pages: Sequence[Sequence[PrintedLine]], manuscript: Manuscript, *, doubtful: Set[int] = frozenset()
) -> None:
    """Write pages into the manuscript: line ends become blanks, paragraphs continue over page ends.

    ``doubtful``: the pages, 0-based, of which it is not known what a reader sees.
    """
    roles = furniture(pages)
    body = [line for lines in pages for line in lines if line not in roles]
    face = _face(body)
    words = words_of(line.text for line in body)
    levels = _levels(body, face)
    pieces = list(_pieces(pages, roles, face))
    page = -1
    glue = ""  # the white space before a line that goes on with the one before
    interrupted = False  # furniture is between this line and the text it continues
    for piece, following in zip_longest(pieces, pieces[1:]):
        manuscript.pages(piece.line.page - page)
        if page in doubtful and piece.line.page not in doubtful:
            manuscript.leave()
        if page not in doubtful and piece.line.page in doubtful:
            manuscript.enter(Role.DOUBTFUL)
        page = piece.line.page
        if piece.kind is not None:
            manuscript.open(piece.kind, level=levels.get(_style(piece.line), 2))
        elif piece.role is not None or interrupted:
            manuscript.open(BlockKind.PARAGRAPH, tight=True)  # one line end: the sentence goes on
        else:
            manuscript.join(glue)
        text, glue = piece.line.text, " "
        interrupted = piece.role is not None
        if piece.role is not None:
            manuscript.enter(piece.role)
            manuscript.write(text)
            manuscript.leave()
            continue
        if following is not None and following.role is None and following.kind is None:
            if _is_code(piece.line, face) and _is_code(following.line, face):
                glue = "\n"  # the lines of code are its author's
                manuscript.write(text)
                continue
            text, glue = line_end(text, following.line.text, words)
        manuscript.write(text)
    if page in doubtful:
        manuscript.leave()
    manuscript.pages(len(pages) - 1 - page)


def _pieces(pages: Sequence[Sequence[PrintedLine]], roles: dict[PrintedLine, Role], face: Face) -> Iterator[_Piece]:
    previous: PrintedLine | None = None
    kind: BlockKind | None = None
    for lines in pages:
        kept = [line for line in lines if line not in roles]
        following = dict(pairwise(kept))
        rows = _rows(kept)
        for line in lines:
            if line in roles:
                yield _Piece(line, None, roles[line])
                continue
            if line in rows:
                yield _Piece(replace(line, text=CELL.join(line.cells)), BlockKind.TABLE_ROW)
                previous, kind = line, BlockKind.TABLE_ROW
                continue
            is_code = _is_code(line, face)
            if not is_code and _is_heading(line, previous, following.get(line), face):
                new = BlockKind.HEADING
            else:
                new = BlockKind.LIST_ITEM if is_item(line.text) and not is_code else BlockKind.PARAGRAPH
            goes_on = previous is not None and kind is not None and _joins(previous, line, kind, new, face)
            yield _Piece(line, None if goes_on else new)
            kind = kind if goes_on else new
            previous = line


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
    clear_above = above is None or above.page != line.page or not 0 < above.y - line.y <= _GAP * face.lead
    if line.bold and not face.bold:
        if below is None or (is_item(line.text) and not _numbers_a_section(line, above, below)):
            return False
        return clear_above or _stands_out(line, above, below, face)
    clear_below = below is not None and below.page == line.page and line.y - below.y > _GAP * face.lead
    return clear_above and clear_below and is_title(line.text) and not is_item(line.text)


def _numbers_a_section(line: PrintedLine, above: PrintedLine | None, below: PrintedLine) -> bool:
    """Check if a bold line such as "3. Results" is over regular text, rather than an item of a bold list."""
    in_list = any(near is not None and near.bold and is_item(near.text) for near in (above, below))
    return numbered_level(line.text) is not None and not below.bold and not in_list


def _stands_out(line: PrintedLine, above: PrintedLine | None, below: PrintedLine, face: Face) -> bool:
    """Check if a bold line directly under a paragraph is a heading: the paragraph is over, and regular text follows."""
    return (
        above is not None
        and (above.bold or ends_sentence(above.text))
        and not below.bold
        and len(line.text) < _SHORT * face.length
        and (line.text[0].isupper() or is_numbered(line.text))
    )


def _joins(previous: PrintedLine, line: PrintedLine, kind: BlockKind, new: BlockKind, face: Face) -> bool:
    """Check if ``line``, by itself a ``new``, continues the ``kind`` that ``previous`` belongs to."""
    same_page = previous.page == line.page
    gap = previous.y - line.y
    if _is_code(previous, face) or _is_code(line, face):
        return _is_code(previous, face) == _is_code(line, face) and (not same_page or gap <= 1.2 * _GAP * line.size)
    same_size = _SAME_SIZE <= line.size / previous.size <= 1 / _SAME_SIZE
    if new is BlockKind.LIST_ITEM or kind is BlockKind.TABLE_ROW or not same_size:
        return False
    if kind is BlockKind.HEADING or new is BlockKind.HEADING:
        return kind is new and same_page and 0 < gap <= _GAP * 1.2 * line.size and previous.bold == line.bold
    if same_page and gap > _GAP * face.lead:
        return False
    if not ends_sentence(previous.text):
        return True
    short = len(previous.text) < _SHORT * face.length
    indented = same_page and kind is BlockKind.PARAGRAPH and line.x > previous.x + _INDENT * line.size
    outdented = same_page and kind is BlockKind.LIST_ITEM and line.x <= previous.x - _INDENT * line.size
    return line.text[0].islower() or not (short or indented or outdented)


def _is_code(line: PrintedLine, face: Face) -> bool:
    """Check for a line in a typewriter face, in a document that is not all in one."""
    return line.fixed and not face.fixed


def _face(lines: Sequence[PrintedLine]) -> Face:
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    size = sizes.most_common(1)[0][0] if sizes else 0.0
    usual = [line for line in lines if line.size < _LARGER * size]
    gaps = [a.y - b.y for a, b in pairwise(usual) if a.page == b.page and 0 < a.y - b.y < 3 * size]
    lengths = sorted(len(line.text) for line in lines)
    return Face(
        size=size,
        lead=median_low(gaps) if gaps else 1.2 * size,
        length=lengths[int(0.8 * (len(lengths) - 1))] if lengths else 0,
        bold=2 * sum(len(line.text) for line in lines if line.bold) > sum(sizes.values()),
        fixed=2 * sum(len(line.text) for line in lines if line.fixed) > sum(sizes.values()),
    )


def _levels(lines: Sequence[PrintedLine], face: Face) -> dict[float, int]:
    """Map sizes of headings to levels: the largest has level 1, one no larger than the body at least level 2."""
    sizes = sorted({_style(line) for line in lines if could_be_heading(line.text)}, reverse=True)
    small = max(2, 1 + sum(size >= _LARGER * face.size for size in sizes))
    return {size: min(rank if size >= _LARGER * face.size else small, 6) for rank, size in enumerate(sizes, 1)}


def _style(line: PrintedLine) -> float:
    return round(2 * line.size) / 2
