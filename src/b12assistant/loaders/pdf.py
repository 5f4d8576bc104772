"""Read PDF: the text layer with its pages. What cannot be read is reported, page by page."""

from __future__ import annotations

import io
import logging
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pypdf

from b12assistant.errors import SourceError
from b12assistant.loaders.manuscript import Manuscript
from b12assistant.loaders.typesetting import PrintedLine, typeset
from b12assistant.types import Extract

_MOST_PAGES = 5_000
_MOST_TEXT = 200_000  # code points a page; a full page of a newspaper has about 40,000
_MOST_NOTES = 3  # remarks of the parser that the report shows
_FARTHEST = 1e6  # points from the corner of a page
_LEAST_SIZE = 0.1  # points
_FILE_NAME = re.compile(r"\.(?:docx?|pdf|indd|tex|dvi|qxd|pptx?|odt|rtf|pub|pages|html?|txt)$|^Microsoft Word - ", re.I)
_OBJECT = re.compile(r"IndirectObject\((\d+), \d+, \d+\)")  # the last number is an address in memory
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.I)


def load(data: bytes) -> Extract:
    """Read what pypdf extracts, with lines joined into paragraphs (see ``typesetting``)."""
    notes = _Notes()
    with _listening(notes):
        reader = _open(data)
        pages = _read_pages(reader, notes)
        title = _title(reader)
    if not any(pages):
        raise _no_text(notes)
    manuscript = Manuscript()
    typeset(pages, manuscript)
    return manuscript.extract(
        f"pypdf {pypdf.__version__}", title=title or manuscript.main_heading(), warnings=notes.warnings()
    )


@dataclass(slots=True)
class _Notes:
    """Problems for the report. Pages are 1-based."""

    empty: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    replaced: int = 0  # surrogates without their other half
    pages_left: int = 0
    remarks: list[str] = field(default_factory=list)  # of the parser

    def warnings(self) -> tuple[str, ...]:
        warnings = [
            f"{_named(pages)} {what}"
            for pages, what in (
                (self.empty, "without text (scanned?)"),
                (self.unreadable, "could not be read"),
                (self.cut, f"cut after {_MOST_TEXT:,} characters"),
            )
            if pages
        ]
        if self.pages_left:
            warnings.append(f"{self.pages_left:,} pages after page {_MOST_PAGES:,} left out")
        if self.replaced:
            warnings.append(f"{self.replaced} character(s) that are not Unicode, shown as \N{REPLACEMENT CHARACTER}")
        return (*warnings, *(f"damage worked around: {remark}" for remark in self.remarks[:_MOST_NOTES]))


def _named(pages: Sequence[int]) -> str:
    """Return page numbers as people write them: "pages 1-3, 7"."""
    runs: list[list[int]] = []
    for page in pages:
        if runs and runs[-1][-1] == page - 1:
            runs[-1].append(page)
        else:
            runs.append([page])
    parts = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return f"page{'s' if len(pages) > 1 else ''} {', '.join(parts)}"


def _no_text(notes: _Notes) -> SourceError:
    if notes.unreadable:
        return SourceError(f"damaged PDF: {_named(notes.unreadable)} could not be read, and no other has text")
    return SourceError("no text layer (scanned?)", hint="run it through text recognition first")


@contextmanager
def _listening(notes: _Notes) -> Iterator[None]:
    """Collect the parser's log: it repairs what it can and reports it only there."""
    logger = logging.getLogger("pypdf")
    handler = _Remarks(notes.remarks)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


class _Remarks(logging.Handler):
    def __init__(self, remarks: list[str]) -> None:
        super().__init__(logging.WARNING)
        self._remarks = remarks

    def emit(self, record: logging.LogRecord) -> None:
        remark = " ".join(_OBJECT.sub(r"object \1", record.getMessage()).split())[:120]
        if remark not in self._remarks and len(self._remarks) < _MOST_NOTES:
            self._remarks.append(remark)


def _open(data: bytes) -> pypdf.PdfReader:
    with _damage_as_source_error():
        reader = pypdf.PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted and not reader.decrypt("")
    if locked:
        raise SourceError("needs a password", hint="save a copy without one")
    return reader


@contextmanager
def _damage_as_source_error() -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise  # not a fault of the file: the caller set the limit
    except Exception as error:  # damaged files raise anything, even RecursionError and KeyError
        raise SourceError(f"damaged PDF: {_short(error)}") from error


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:120] or type(error).__name__


def _read_pages(reader: pypdf.PdfReader, notes: _Notes) -> list[list[PrintedLine]]:
    with _damage_as_source_error():
        count = len(reader.pages)
    if count == 0:
        raise SourceError("damaged PDF: no pages")
    notes.pages_left = max(0, count - _MOST_PAGES)
    return [_read_page(reader, number, notes) for number in range(min(count, _MOST_PAGES))]


def _read_page(reader: pypdf.PdfReader, number: int, notes: _Notes) -> list[PrintedLine]:
    """Return the lines of page ``number``, 0-based, in the order of the content stream."""
    page = _Page(number)
    try:
        with _damage_as_source_error():
            reader.pages[number].extract_text(visitor_text=page.take)
    except SourceError:
        notes.unreadable.append(number + 1)
        return []
    lines = page.lines()
    if page.is_cut:
        notes.cut.append(number + 1)
    if not lines:
        notes.empty.append(number + 1)
    notes.replaced += page.replaced
    return lines


_Matrix = Sequence[float]


class _Page:
    """The pieces of text that pypdf finds on a page, with the matrices and the font they are shown with."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._lines: list[list[tuple[str, _Matrix, _Matrix, bool, float]]] = [[]]
        self._length = 0
        self.is_cut = False
        self.replaced = 0

    def take(self, text: str, cm: _Matrix, tm: _Matrix, font: Mapping[str, object] | None, size: float) -> None:
        if self._length + len(text) > _MOST_TEXT:
            self.is_cut = True
            text = text[: _MOST_TEXT - self._length]
        self._length += len(text)
        bold = bool(font and _BOLD.search(str(font.get("/BaseFont", ""))))
        first, *others = text.split("\n")
        self._lines[-1].append((first, cm, tm, bold, size))
        self._lines += [[(other, cm, tm, bold, size)] for other in others]

    def lines(self) -> list[PrintedLine]:
        return [line for pieces in self._lines if (line := self._line(pieces)) is not None]

    def _line(self, pieces: Sequence[tuple[str, _Matrix, _Matrix, bool, float]]) -> PrintedLine | None:
        text, broken = _SURROGATE.subn("\N{REPLACEMENT CHARACTER}", "".join(piece[0] for piece in pieces))
        if not text.strip():
            return None
        self.replaced += broken
        shown = [piece for piece in pieces if piece[0].strip()]
        _, cm, tm, _, _ = shown[0]
        sizes: Counter[float] = Counter()  # a bullet or a code name may begin a line in another size
        for piece, piece_cm, piece_tm, _, size in shown:
            sizes[size * _scale(piece_tm) * _scale(piece_cm)] += len(piece)
        bold = sum(len(piece[0]) for piece in shown if piece[3])
        return PrintedLine(
            text=text.strip(),
            page=self._number,
            x=_sane(tm[4] * cm[0] + tm[5] * cm[2] + cm[4]),
            y=_sane(tm[4] * cm[1] + tm[5] * cm[3] + cm[5]),
            size=abs(_sane(sizes.most_common(1)[0][0])) or _LEAST_SIZE,
            bold=2 * bold > len(text),
        )


def _sane(points: float) -> float:
    """Limit a coordinate: a file may hold any number, even infinity."""
    return min(max(float(points), -_FARTHEST), _FARTHEST) if math.isfinite(points) else 0.0


def _scale(matrix: _Matrix) -> float:
    """Return the factor by which the matrix enlarges."""
    return math.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]))


def _title(reader: pypdf.PdfReader) -> str | None:
    """Return the title in the document information, unless it is a file name, as it often is."""
    try:
        with _damage_as_source_error():
            raw = reader.metadata.title if reader.metadata is not None else None
    except SourceError:
        return None
    title = _SURROGATE.sub("", " ".join(str(raw or "").split()))
    is_name = _FILE_NAME.search(title) or title.lower() in ("untitled", "title")
    return None if is_name else title or None
