"""Printed lines back to the text that was set in them: paragraphs, headings and list items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median_low

from b12assistant.loaders import wording
from b12assistant.loaders.hyphens import Vocabulary
from b12assistant.loaders.manuscript import Manuscript
from b12assistant.loaders.printed import PrintedLine, furniture
from b12assistant.types import BlockKind, Role

_LARGER = 1.12  # times the size of the body: a heading
_GAP = 1.35  # times the usual distance of lines: a paragraph ends
_SHORT = 0.6  # of the usual length of full lines: a sentence that ends here ends the paragraph
_INDENT = 0.8  # times the size: a first line that is set in
_SAME_SIZE = 0.8  # times: letters of another size are another text; names in code are a little smaller


@dataclass(frozen=True, slots=True)
class Face:
    """What is usual in a document: the size of its letters, the distance of its lines (both points), its full lines."""

    size: float
    lead: float
    length: int  # code points
    bold: bool


@dataclass(frozen=True, slots=True)
class _Piece:
    """A line with its part in the text; ``kind`` is ``None`` where it goes on with the piece before."""

    line: PrintedLine
    kind: BlockKind | None
    role: Role | None = None


def typeset(pages: Sequence[Sequence[PrintedLine]], manuscript: Manuscript) -> None:
    """Write pages into the manuscript: line ends become blanks, paragraphs run on over page ends."""
    roles = furniture(pages)
    body = [line for lines in pages for line in lines if line not in roles]
    face = _face(body)
    words = Vocabulary.of(line.text for line in body)
    levels = _levels(body, face)
    pieces = _mended(list(_pieces(pages, roles, face)), words)
    page = -1
    interrupted = False  # furniture stands between this line and the text it goes on with
    for piece, glue in pieces:
        for _ in range(piece.line.page - page):
            manuscript.page()
        page = piece.line.page
        _write(manuscript, piece, glue=glue, level=levels.get(_style(piece.line), 2), interrupted=interrupted)
        interrupted = piece.role is not None
    for _ in range(len(pages) - 1 - page):
        manuscript.page()


def _write(manuscript: Manuscript, piece: _Piece, *, glue: str, level: int, interrupted: bool) -> None:
    if piece.role is not None:
        manuscript.open(BlockKind.PARAGRAPH, gap="\n")
        manuscript.enter(piece.role)
        manuscript.write(piece.line.text)
        manuscript.leave()
        return
    if piece.kind is not None:
        manuscript.open(piece.kind, level=level)
    elif interrupted:
        manuscript.open(BlockKind.PARAGRAPH, gap="\n")  # one line end: the sentence goes on
    else:
        manuscript.join(glue)
    manuscript.write(piece.line.text)


def _pieces(pages: Sequence[Sequence[PrintedLine]], roles: dict[PrintedLine, Role], face: Face) -> Iterator[_Piece]:
    previous: PrintedLine | None = None
    kind: BlockKind | None = None
    for lines in pages:
        kept = [line for line in lines if line not in roles]
        following = dict(pairwise(kept))
        for line in lines:
            if line in roles:
                yield _Piece(line, None, roles[line])
                continue
            new = _kind(line, previous, following.get(line), face)
            goes_on = previous is not None and kind is not None and _joins(previous, line, kind, new, face)
            yield _Piece(line, None if goes_on else new)
            kind = kind if goes_on else new
            previous = line


def _kind(line: PrintedLine, above: PrintedLine | None, below: PrintedLine | None, face: Face) -> BlockKind:
    if _is_heading(line, above, below, face):
        return BlockKind.HEADING
    return BlockKind.LIST_ITEM if wording.is_item(line.text) else BlockKind.PARAGRAPH


def _is_heading(line: PrintedLine, above: PrintedLine | None, below: PrintedLine | None, face: Face) -> bool:
    if not wording.could_be_heading(line.text):
        return False
    if line.size >= _LARGER * face.size:
        return True
    clear_above = above is None or above.page != line.page or not 0 < above.y - line.y <= _GAP * face.lead
    if line.bold and not face.bold:
        return clear_above and below is not None and not wording.is_item(line.text)
    clear_below = below is not None and below.page == line.page and line.y - below.y > _GAP * face.lead
    return clear_above and clear_below and wording.is_title(line.text) and not wording.is_item(line.text)


def _joins(previous: PrintedLine, line: PrintedLine, kind: BlockKind, new: BlockKind, face: Face) -> bool:
    """Whether ``line``, taken alone a ``new``, goes on with the ``kind`` that ``previous`` belongs to."""
    same_page = previous.page == line.page
    gap = previous.y - line.y
    if new is BlockKind.LIST_ITEM or not _SAME_SIZE <= line.size / previous.size <= 1 / _SAME_SIZE:
        return False
    if kind is BlockKind.HEADING or new is BlockKind.HEADING:
        return kind is new and same_page and 0 < gap <= _GAP * 1.2 * line.size and previous.bold == line.bold
    if same_page and gap > _GAP * face.lead:
        return False
    if not wording.ends_sentence(previous.text):
        return True
    short = len(previous.text) < _SHORT * face.length
    indented = same_page and kind is BlockKind.PARAGRAPH and line.x > previous.x + _INDENT * line.size
    outdented = same_page and kind is BlockKind.LIST_ITEM and line.x <= previous.x - _INDENT * line.size
    return line.text[0].islower() or not (short or indented or outdented)


def _mended(pieces: list[_Piece], words: Vocabulary) -> Iterator[tuple[_Piece, str]]:
    """Each piece with the white space before it, hyphens at line ends mended."""
    glue = ""
    for i, piece in enumerate(pieces):
        following = pieces[i + 1] if i + 1 < len(pieces) else None
        before = glue
        glue = " "
        text = piece.line.text
        if following is not None and following.role is None and following.kind is None and piece.role is None:
            head = words.joined(text, following.line.text)[: -len(following.line.text)]
            text, glue = head.rstrip(" "), " " if head.endswith(" ") else ""
        yield replace(piece, line=replace(piece.line, text=text)), before


def _face(lines: Sequence[PrintedLine]) -> Face:
    sizes: Counter[float] = Counter()
    bold = 0
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
        bold += len(line.text) * line.bold
    size = sizes.most_common(1)[0][0] if sizes else 0.0
    usual = [line for line in lines if line.size < _LARGER * size]
    gaps = [a.y - b.y for a, b in pairwise(usual) if a.page == b.page and 0 < a.y - b.y < 3 * size]
    lengths = sorted(len(line.text) for line in lines)
    return Face(
        size=size,
        lead=median_low(gaps) if gaps else 1.2 * size,
        length=lengths[int(0.8 * (len(lengths) - 1))] if lengths else 0,
        bold=2 * bold > sum(sizes.values()),
    )


def _levels(lines: Sequence[PrintedLine], face: Face) -> dict[float, int]:
    """Sizes of headings to levels: the largest has level 1, one no larger than the body at least level 2."""
    sizes = sorted({_style(line) for line in lines if wording.could_be_heading(line.text)}, reverse=True)
    large = [size for size in sizes if size >= _LARGER * face.size]
    return {size: min(rank, 6) for rank, size in enumerate([*large], 1)} | {
        size: min(max(2, len(large) + 1), 6) for size in sizes if size < _LARGER * face.size
    }


def _style(line: PrintedLine) -> float:
    return round(2 * line.size) / 2
