"""Read PDF: the text layer with its pages. What cannot be read is reported, page by page."""

from __future__ import annotations

import io
import logging
import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count, groupby, pairwise
from operator import sub
from typing import Any

import pypdf
from pypdf.generic import ArrayObject, DictionaryObject, NameObject, TextStringObject

from b12assistant.errors import SourceError
from b12assistant.loaders.drawing import LEVEL, LOWERED, RAISED, Printed, annotated, is_on_line, moved, written
from b12assistant.loaders.manuscript import Manuscript
from b12assistant.loaders.typesetting import PrintedLine, typeset
from b12assistant.loaders.visibility import SHOWING, VIEWER, Box, Shows, Text, blank, blank_in_part
from b12assistant.types import OBJECT, Extract

_MOST_PAGES = 5_000
_MOST_TEXT = 200_000  # code points per page; a full page of a newspaper has about 40,000
_MOST_NOTES = 3  # remarks of the parser that the report shows
_FARTHEST = 1e6  # points from the corner of a page
_LEAST_SIZE = 0.1  # points
_FILE_NAME = re.compile(r"\.(?:docx?|pdf|indd|tex|dvi|qxd|pptx?|odt|rtf|pub|pages|html?|txt)$|^Microsoft Word - ", re.I)
_OBJECT = re.compile(r"IndirectObject\((\d+), \d+, \d+\)")  # the last number is an address in memory
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.I)
_FIXED = re.compile(r"cour|mono|typewriter|consol|cmtt|sftt", re.I)
_NARROW = re.compile(r"[iljtfrI.,:;'’|!()\[\]{}/ -]")
_WIDE = re.compile(r"[A-HJ-Zmw%@—]")
_CLOSING = re.compile(r"[.,;:!?)\]}’”]")
_OPENING = re.compile(r"[(\[{‘“]$")
# In sizes of the letters: how far runs of one line may be apart, up and to the right.
_SAME_LINE = 0.3
_WIDEST = 1.0
_RISEN = 0.75  # of raised or lowered text
_OVERLAP = 0.5
_BLANK = 0.15
_GUTTER = 1.2  # between cells of a table
_ERROR = 0.08  # of an estimated width


def load(data: bytes) -> Extract:
    """Read what pypdf extracts, with lines joined into paragraphs (see ``typesetting``)."""
    notes = _Notes()
    with _listening(notes):
        reader = _open(data)
        VIEWER.open(data, partial(_rewritten, reader))
        pages = _read_pages(reader, notes)
        with suppress(SourceError), _damage_as_source_error():
            notes.has_form = "/XFA" in reader.root_object.get("/AcroForm", DictionaryObject()).get_object()
        title = _title(reader)
    if not any(pages):
        raise _no_text(notes)
    manuscript = Manuscript()
    typeset(pages, manuscript, doubtful=frozenset(number - 1 for number in notes.doubtful))
    return manuscript.extract(
        f"pypdf {pypdf.__version__}", title=title or manuscript.main_heading(alone=True), warnings=notes.warnings()
    )


@dataclass(slots=True)
class _Notes:
    """Problems for the report. Pages are 1-based."""

    empty: list[int] = field(default_factory=list)
    unreadable: list[int] = field(default_factory=list)
    cut: list[int] = field(default_factory=list)
    recognised: list[int] = field(default_factory=list)
    doubtful: list[int] = field(default_factory=list)
    hiding: list[int] = field(default_factory=list)
    hidden: int = 0  # letters that no reader sees, without blanks
    replaced: int = 0  # surrogates without their other half
    pages_left: int = 0
    has_form: bool = False  # whose own pages pypdf does not read
    remarks: list[str] = field(default_factory=list)  # of the parser

    def warnings(self) -> tuple[str, ...]:
        it = "it" if len(self.doubtful) == 1 else "them"
        warnings = [
            f"{_named(pages)} {what}"
            for pages, what in (
                (self.empty, "without text (scanned?)"),
                (self.unreadable, "could not be read"),
                (self.cut, f"cut after {_MOST_TEXT:,} characters"),
                (self.recognised, "with the text layer of a scan (OCR)"),
                (self.doubtful, f"not quoted: what a reader sees of {it} could not be drawn"),
            )
            if pages
        ]
        if self.hidden:
            warnings.append(f"{self.hidden:,} letter(s) that no reader sees left out ({_named(self.hiding)})")
        if self.has_form:
            warnings.append("an XFA form: only the page that stands in for it is read; print it to a PDF")
        if self.pages_left:
            warnings.append(f"{self.pages_left:,} pages after page {_MOST_PAGES:,} left out")
        if self.replaced:
            warnings.append(f"{self.replaced} character(s) that are not Unicode, shown as \N{REPLACEMENT CHARACTER}")
        return (*warnings, *(f"damage worked around: {remark}" for remark in self.remarks))


def _named(pages: Sequence[int]) -> str:
    """Return page numbers as people write them: "pages 1-3, 7"."""
    # A place in the list minus its page number is the same within a run.
    runs = [[page for _, page in run] for _, run in groupby(enumerate(pages), key=lambda numbered: sub(*numbered))]
    parts = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return f"page{'s' if len(pages) > 1 else ''} {', '.join(parts)}"


def _no_text(notes: _Notes) -> SourceError:
    if notes.hidden:
        return SourceError(f"no text that a reader sees ({notes.hidden:,} hidden letters)")
    if notes.unreadable:
        return SourceError(f"damaged PDF: {_named(notes.unreadable)} could not be read, and no other has text")
    return SourceError("no text layer (scanned?)", hint="run it through text recognition first")


@contextmanager
def _listening(notes: _Notes) -> Iterator[None]:
    """Collect the parser's log: it repairs what it can and reports it only there."""

    def note(record: logging.LogRecord) -> bool:
        remark = " ".join(_OBJECT.sub(r"object \1", record.getMessage()).split())[:120]
        if remark not in notes.remarks and len(notes.remarks) < _MOST_NOTES:
            notes.remarks.append(remark)
        return False  # it is written nowhere

    logger, handler = logging.getLogger("pypdf"), logging.Handler(logging.WARNING)
    handler.addFilter(note)
    logger.addHandler(handler)
    try:
        yield
    finally:
        logger.removeHandler(handler)


def _open(data: bytes) -> pypdf.PdfReader:
    with _damage_as_source_error():
        reader = pypdf.PdfReader(io.BytesIO(data))
        locked = reader.is_encrypted and not reader.decrypt("")
    if locked:
        raise SourceError("needs a password", hint="save a copy without one")
    return reader


def _rewritten(reader: pypdf.PdfReader) -> bytes:
    """Return a copy of a damaged file, as pypdf reads it."""
    out = io.BytesIO()
    with _damage_as_source_error():
        pypdf.PdfWriter(clone_from=reader).write(out)
    return out.getvalue()


@contextmanager
def _damage_as_source_error() -> Iterator[None]:
    try:
        yield
    except MemoryError:
        raise  # not a fault of the file: the caller set the limit
    except Exception as error:  # damaged files raise anything, even RecursionError and KeyError
        said = " ".join(str(error).split())[:120]
        raise SourceError(f"damaged PDF: {said or type(error).__name__}") from error


def _read_pages(reader: pypdf.PdfReader, notes: _Notes) -> list[list[PrintedLine]]:
    with _damage_as_source_error():
        pages = len(reader.pages)
    if pages == 0:
        raise SourceError("damaged PDF: no pages")
    notes.pages_left = max(0, pages - _MOST_PAGES)
    return [_read_page(reader, number, notes) for number in range(min(pages, _MOST_PAGES))]


def _read_page(reader: pypdf.PdfReader, number: int, notes: _Notes) -> list[PrintedLine]:
    """Return the visible lines of page ``number``, 0-based, in the order of the content stream."""
    page = _Page(number)
    try:
        with _damage_as_source_error():
            source = reader.pages[number]
            shows = Shows()
            source.extract_text(visitor_text=page.take, visitor_operand_before=shows.before)
            sight = VIEWER.look(number, unit=float(source.user_unit)) if page.letters else None
            texts = None if sight is None else shows.matched(sight.texts)
            if texts is None:
                is_doubtful = page.letters > 0
            else:
                is_doubtful = False
                seen = {number: text for number, text in texts.items() if shows.is_seen(number, text)}
                parts = {number: text for number, text in seen.items() if not shows.is_whole(text)}
                shifts = moved([Printed(n, t.x, t.y, t.size, shows.lengths[n]) for n, t in seen.items() if t.upright])
                if len(seen) < len(texts) or parts or shifts:
                    every, page = page.letters, _Page(number)
                    _as_lists(source)
                    visit = _changing(texts.keys() - seen.keys(), parts, shifts)
                    source.extract_text(visitor_text=page.take, visitor_operand_before=visit)
                    if every > page.letters:
                        notes.hiding.append(number + 1)
                        notes.hidden += every - page.letters
                if any(text.is_recognised for text in seen.values()):
                    notes.recognised.append(number + 1)
            page.drawn = (*(sight.drawn if sight else ()), *annotated(source))
    except SourceError:
        notes.unreadable.append(number + 1)
        return []
    lines = page.lines()
    if page.is_cut:
        notes.cut.append(number + 1)
    if not lines:
        notes.empty.append(number + 1)
    elif is_doubtful:
        notes.doubtful.append(number + 1)
    notes.replaced += page.replaced
    return lines


def _as_lists(page: pypdf.PageObject) -> None:
    """Write each text of a page as a list of texts, so that marks can be put around it."""
    content = page.get_contents()
    if content is not None:
        content.operations = [
            ([ArrayObject(operands[:1])], b"TJ") if operator == b"Tj" else (operands, operator)
            for operands, operator in content.operations
        ]
        page[NameObject("/Contents")] = content


def _changing(unseen: Set[int], parts: Mapping[int, Text], shifts: Mapping[int, bool]) -> Callable[..., None]:
    """Return a visitor that takes out texts that are unseen, as a whole or in part, and marks raised and lowered ones.

    In a form, where texts are no lists, the sign of something drawn is written instead.
    """
    shown = count()

    def visit(operator: bytes, operands: list[Any], *_: object) -> None:
        number = next(shown) if operator in SHOWING else -1
        if number in unseen:
            blank(operator, operands)
        elif number in parts:
            blank_in_part(operator, operands, parts[number].signs)
        elif number in shifts and operator == b"TJ":
            operands[0].insert(0, TextStringObject(RAISED if shifts[number] else LOWERED))
            operands[0].append(TextStringObject(LEVEL))
        elif number in shifts:
            operands[-1] = TextStringObject(OBJECT)

    return visit


_Matrix = Sequence[float]


@dataclass(frozen=True, slots=True)
class _Run:
    """Text shown with one font: the left end of its base line, the size of its letters and its width, in points."""

    text: str
    x: float
    y: float
    size: float
    bold: bool
    width: float  # estimated: pypdf does not say it
    fixed: bool = False  # in a typewriter face

    @property
    def is_shifted(self) -> bool:
        """Check if it is, or begins with, raised or lowered text."""
        return self.text.lstrip()[:1] in (RAISED, LOWERED)

    @property
    def right(self) -> float:
        return self.x + self.width


class _Page:
    """The runs of text that pypdf finds on a page, in lines."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._lines: list[list[_Run]] = [[]]
        self._length = 0
        self.drawn: tuple[Box, ...] = ()  # pictures, fields and strokes
        self.is_cut = False
        self.replaced = 0

    def take(self, text: str, cm: _Matrix, tm: _Matrix, font: Mapping[str, object] | None, size: float) -> None:
        if self._length + len(text) > _MOST_TEXT:
            self.is_cut = True
            text = text[: _MOST_TEXT - self._length]
        self._length += len(text)
        name = str(font.get("/BaseFont", "")) if font else ""
        x = _sane(tm[4] * cm[0] + tm[5] * cm[2] + cm[4])
        y = _sane(tm[4] * cm[1] + tm[5] * cm[3] + cm[5])
        points = abs(_sane(size * _scale(tm) * _scale(cm)))
        is_fixed = _FIXED.search(name) is not None
        runs = [
            _Run(
                part,
                x,
                y,
                points,
                bool(_BOLD.search(name)),
                points * _ems(written(part), fixed=is_fixed),
                is_fixed,
            )
            for part in text.split("\n")
        ]
        self._lines[-1].append(runs[0])
        self._lines += [[run] for run in runs[1:]]

    @property
    def letters(self) -> int:
        """Count the characters taken so far, without blanks."""
        return sum(len("".join(written(run.text).split())) for runs in self._lines for run in runs)

    def lines(self) -> list[PrintedLine]:
        """Return the lines. Runs on one base line are one line, however many text objects it has."""
        lines: list[list[_Run]] = []
        for raw in self._lines:
            runs = [run for run in raw if run.text]
            if not runs:
                continue
            if lines and not any(run.text.strip() for run in runs):
                lines[-1] += [replace(run, text=" ") for run in runs[:1] if _follows(lines[-1], run)]
            elif lines and _follows(lines[-1], runs[0]):
                lines[-1] += [replace(runs[0], text=_glue(lines[-1], runs[0]) + runs[0].text), *runs[1:]]
            else:
                lines.append(runs)
        _draw(lines, self.drawn)
        return [line for runs in lines if (line := self._line(runs)) is not None]

    def _line(self, runs: Sequence[_Run]) -> PrintedLine | None:
        text, broken = _SURROGATE.subn("\N{REPLACEMENT CHARACTER}", _joined(runs))
        if not text.strip():
            return None
        self.replaced += broken
        shown = [run for run in runs if run.text.strip()]
        sizes: Counter[float] = Counter()  # a bullet or a code name may begin a line in another size
        for run in shown:
            sizes[run.size] += len(run.text)
        bold = sum(len(run.text) for run in shown if run.bold)
        return PrintedLine(
            text=text.strip(),
            page=self._number,
            x=shown[0].x,
            y=next((run for run in shown if not run.is_shifted), shown[0]).y,
            size=sizes.most_common(1)[0][0] or _LEAST_SIZE,
            bold=2 * bold > len(text),
            cells=_cells(shown),
            fixed=all(run.fixed for run in shown),
        )


def _cells(runs: Sequence[_Run]) -> tuple[str, ...]:
    """Return the texts between wide gaps of a line; none if it has no such gap."""
    cells = [runs[0].text]
    for last, run in pairwise(runs):
        if run.x - last.right > _GUTTER * last.size + _ERROR * last.width:
            cells.append("")
        cells[-1] += run.text
    return tuple(" ".join(written(cell).split()) for cell in cells) if len(cells) > 1 else ()


def _joined(runs: Sequence[_Run]) -> str:
    """Return the text of a line, with a blank where a gap follows raised or lowered text."""
    parts = [runs[0].text]
    for last, run in pairwise(runs):
        parts += [_glue([last], run) if last.is_shifted else "", run.text]
    return written("".join(parts))


def _draw(lines: list[list[_Run]], boxes: Sequence[Box]) -> None:
    """Put the sign of something drawn into the line in which a box or stroke is, at its place."""
    levels = [next((run for run in runs if run.text.strip() and not run.is_shifted), runs[0]) for runs in lines]
    order = sorted(range(len(lines)), key=lambda i: levels[i].y)
    heights = [levels[i].y for i in order]
    tallest = max((level.size for level in levels), default=0.0)
    for box in boxes:
        middle = (box[0] + box[2]) / 2
        near = order[bisect_left(heights, box[1] - tallest) : bisect_right(heights, box[3])]
        for i in near:
            start, right = lines[i][0].x, max(run.right for run in lines[i])
            slack = _WIDEST * levels[i].size + _ERROR * (right - start)
            if is_on_line(box, levels[i].y, levels[i].size) and start - slack < middle < right + slack:
                _draw_in(lines[i], middle)
                break


def _draw_in(runs: list[_Run], x: float) -> None:
    at = next((i for i, run in enumerate(runs) if x < run.right), len(runs) - 1)
    run = runs[at]
    share = min(max((x - run.x) / run.width, 0.0), 1.0) if run.width else 0.0
    cut = round(share * len(run.text))
    if OBJECT not in run.text[max(0, cut - 1) : cut + 2]:
        runs[at] = replace(run, text=run.text[:cut] + OBJECT + run.text[cut:])


def _follows(line: Sequence[_Run], run: _Run) -> bool:
    """Check if a run goes on where a line ends: on its base line, not further to the right than a wide blank."""
    last = next((run for run in reversed(line) if run.text.strip()), line[-1])
    level = next((run for run in reversed(line) if run.text.strip() and not run.is_shifted), last)
    farthest = _RISEN if run.is_shifted else _SAME_LINE
    if abs(run.y - level.y) > farthest * max(level.size, run.size if last.is_shifted else 0.0) or run.x <= last.x:
        return False
    return (
        -_OVERLAP * last.size <= run.x - last.right + _ERROR * last.width and run.x <= last.right + _WIDEST * last.size
    )


def _glue(line: Sequence[_Run], run: _Run) -> str:
    """Return the blank between a line and the run that goes on with it, if neither has one."""
    last = line[-1]
    if last.text[-1:].isspace() or run.text[:1].isspace() or _CLOSING.match(run.text) or _OPENING.search(last.text):
        return ""
    return " " if run.x - last.right > _BLANK * last.size - _ERROR * last.width else ""


def _ems(text: str, *, fixed: bool) -> float:
    """Estimate the width of text as a multiple of its size, with letters as wide as in Helvetica."""
    if fixed:
        return 0.6 * len(text)
    narrow, wide = len(_NARROW.findall(text)), len(_WIDE.findall(text))
    return 0.27 * narrow + 0.72 * wide + 0.54 * (len(text) - narrow - wide)


def _sane(points: float) -> float:
    """Limit a coordinate: a file may hold any number, even infinity."""
    return min(max(float(points), -_FARTHEST), _FARTHEST) if math.isfinite(points) else 0.0


def _scale(matrix: _Matrix) -> float:
    """Return the factor by which the matrix enlarges."""
    return math.sqrt(abs(matrix[0] * matrix[3] - matrix[1] * matrix[2]))


def _title(reader: pypdf.PdfReader) -> str | None:
    """Return the title in the document information, unless it is a file name, as it often is."""
    raw: str | None = None
    with suppress(SourceError), _damage_as_source_error():
        raw = reader.metadata.title if reader.metadata is not None else None
    title = _SURROGATE.sub("", " ".join(str(raw or "").split()))
    is_name = _FILE_NAME.search(title) or title.lower() in ("untitled", "title")
    return None if is_name else title or None
