"""Read PDF: the text layer with its pages. What cannot be read is reported, page by page."""

from __future__ import annotations

import io
import logging
import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from itertools import groupby, pairwise
from operator import sub
from typing import Any, NamedTuple

import pypdf

from b12assistant.errors import SourceError
from b12assistant.loaders.decoding import REPLACEMENT
from b12assistant.loaders.manuscript import Manuscript, shifted
from b12assistant.loaders.typesetting import PrintedLine, typeset
from b12assistant.types import OBJECT, Extract

_MOST_TEXT = 200_000  # code points per page; a full page of a newspaper has about 40,000
_MOST_FIELDS = 2_000  # of a page, that are looked for in its lines
_MOST_NOTES = 3  # remarks of the parser that the report shows
_FARTHEST = 1e6  # points from the corner of a page
_LEAST_SIZE = 0.1  # points
_FILE_NAME = re.compile(r"\.(?:docx?|pdf|indd|tex|dvi|qxd|pptx?|odt|rtf|pub|pages|html?|txt)$|^Microsoft Word - ", re.I)
_OBJECT = re.compile(r"IndirectObject\((\d+), \d+, \d+\)")  # the last number is an address in memory
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_BOLD = re.compile(r"bold|black|heavy|semibold|demi", re.I)
_NARROW = re.compile(r"[iljtfrI.,:;'’|!()\[\]{}/ -]")
_WIDE = re.compile(r"[A-HJ-Zmw%@—]")
_CLOSING = re.compile(r"[.,;:!?)\]}’”]")
_OPENING = re.compile(r"[(\[{‘“]$")
# In sizes of the letters: how far runs of one line may be apart, up and to the right.
_SAME_LINE = 0.3
_WIDEST = 1.0
_SHOWING = (b"Tj", b"TJ", b"'", b'"')  # the operators that show text
# In sizes of the letters beside it: how far text is raised or lowered, less would be chance, more another line.
_LEAST_RISE, _LEAST_RISE_OF_SAME, _RISEN = 0.1, 0.15, 0.75
_SMALLER = 0.87  # times: a different size
_LONGEST_SHIFT = 24  # letters: references to several notes
_WIDEST_LETTER = 0.65  # times the size, on average
_MOST_LINES = 2.5  # times the size: a higher field is not on a line of text
_NEAR = 4.0  # times the size: between a field and the text beside it
_OVERLAP = 0.5
_BLANK = 0.15
_GUTTER = 1.2  # between cells of a table
_ERROR = 0.08  # of an estimated width


def load(data: bytes) -> Extract:
    """Read what pypdf extracts, with lines joined into paragraphs (see ``typesetting``)."""
    notes = _Notes()
    with _listening(notes.remarks):
        reader = _open(data)
        pages = _read_pages(reader, notes)
        with suppress(SourceError), _damage_as_source_error():
            root: Any = reader.root_object
            notes.has_form = "/XFA" in root["/AcroForm"]
        title = _title(reader)
    if not any(pages):
        if unreadable := notes.pages[_UNREADABLE]:
            raise SourceError(f"damaged PDF: {_named(unreadable)} could not be read, and no other has text")
        raise SourceError("no text layer (scanned?)", hint="run it through text recognition first")
    manuscript = Manuscript()
    typeset(pages, manuscript)
    return manuscript.extract(
        f"pypdf {pypdf.__version__}", title=title or manuscript.main_heading(alone=True), warnings=notes.warnings()
    )


_EMPTY, _UNREADABLE = "without text (scanned?)", "could not be read"


@dataclass(slots=True)
class _Notes:
    """Problems for the report. ``pages``: the 1-based pages of each."""

    pages: defaultdict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    fields: int = 0  # of forms
    has_form: bool = False  # whose own pages pypdf does not read
    remarks: list[str] = field(default_factory=list)  # of the parser

    def warnings(self) -> tuple[str, ...]:
        warnings = [f"{_named(pages)} {what}" for what, pages in self.pages.items() if pages]
        if self.fields:
            unread = "neither their values nor the sentences beside them are quoted; print it to a PDF"
            warnings.append(f"{self.fields} field(s) of a form: {unread}")
        if self.has_form:
            warnings.append("an XFA form: only the page that stands in for it is read; print it to a PDF")
        return (*warnings, *(f"damage worked around: {remark}" for remark in self.remarks))


def _named(pages: Sequence[int]) -> str:
    """Return page numbers as people write them: "pages 1-3, 7"."""
    # A place in the list minus its page number is the same within a run.
    runs = [[page for _, page in run] for _, run in groupby(enumerate(pages), key=lambda numbered: sub(*numbered))]
    parts = [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
    return f"page{'s' if len(pages) > 1 else ''} {', '.join(parts)}"


@contextmanager
def _listening(remarks: list[str]) -> Iterator[None]:
    """Collect the parser's log: it repairs what it can and reports it only there."""

    def note(record: logging.LogRecord) -> bool:
        remark = " ".join(_OBJECT.sub(r"object \1", record.getMessage()).split())[:120]
        if remark not in remarks and len(remarks) < _MOST_NOTES:
            remarks.append(remark)
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
    return [_read_page(reader, number, notes) for number in range(pages)]


def _read_page(reader: pypdf.PdfReader, number: int, notes: _Notes) -> list[PrintedLine]:
    """Return the lines of page ``number``, 0-based, in the order of the content stream."""
    page = _Page(number)
    try:
        with _damage_as_source_error():
            source = reader.pages[number]
            source.extract_text(visitor_text=page.take, visitor_operand_before=page.see)
            boxes = _boxes(source)
    except SourceError:
        notes.pages[_UNREADABLE].append(number + 1)
        return []
    lines = page.lines(boxes)
    notes.fields += len(boxes)
    if page.is_cut:
        notes.pages[f"cut after {_MOST_TEXT:,} characters"].append(number + 1)
    if not lines:
        notes.pages[_EMPTY].append(number + 1)
    return lines


_Matrix = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class _Run:
    """Text shown with one font: the left end of its base line, the size of its letters and its width, in points.

    ``x`` is along the line and ``y`` across it, in whatever direction the line is written.
    """

    text: str
    x: float
    y: float
    size: float
    bold: bool
    width: float  # estimated: pypdf does not say it
    turn: int = 0  # degrees
    raised: bool | None = None  # beside the text before or after; ``False``: lowered

    @property
    def right(self) -> float:
        return self.x + self.width

    def reaches(self, other: _Run) -> bool:
        """Check if ``other`` begins where this may end."""
        return 0 <= other.x - self.x <= _WIDEST_LETTER * len(self.text) * self.size + max(self.size, other.size)


class _Page:
    """The runs of text that pypdf finds on a page, in lines."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._lines: list[list[_Run]] = [[]]
        self._length = 0
        self._rises = [0.0]  # text rise, of which pypdf takes no notice; those of saved states before it
        self._rise: float | None = None  # of the first text that was shown since text was taken
        self.is_cut = False

    def see(self, operator: bytes, operands: Sequence[Any], _cm: _Matrix, _tm: _Matrix) -> None:
        """Take notice of an operator before pypdf reads it."""
        if operator == b"Ts" and operands and isinstance(operands[0], (int, float)):
            self._rises[-1] = float(operands[0])
        elif operator == b"q":
            self._rises.append(self._rises[-1])
        elif operator == b"Q" and len(self._rises) > 1:
            self._rises.pop()
        elif operator in _SHOWING:
            self._rise = self._rises[-1] if self._rise is None else self._rise

    def take(self, text: str, cm: _Matrix, tm: _Matrix, font: Mapping[str, object] | None, size: float) -> None:
        """Take text from pypdf, which gives the letters of another size by themselves."""
        if self._length + len(text) > _MOST_TEXT:
            self.is_cut = True
            text = text[: _MOST_TEXT - self._length]
        self._length += len(text)
        rise, self._rise = self._rise or 0.0, None
        runs = [_run(part, tm, cm, rise, font, size) for part in text.split("\n")]
        self._lines[-1].append(runs[0])
        self._lines += [[run] for run in runs[1:]]

    def lines(self, boxes: Sequence[_Box]) -> list[PrintedLine]:
        """Return the lines, each with the sign of something drawn where a box is on it.

        Runs on one base line are one line, however many text objects it has.
        """
        lines: list[list[_Run]] = []
        for raw in _levelled(self._lines):
            runs = [run for run in raw if run.text]
            if not runs:
                continue
            if lines and not any(run.text.strip() for run in runs):
                lines[-1] += [replace(run, text=" ") for run in runs[:1] if _follows(lines[-1], run)]
            elif lines and _follows(lines[-1], runs[0]):
                lines[-1] += [replace(runs[0], text=_glue(lines[-1], runs[0]) + runs[0].text), *runs[1:]]
            else:
                lines.append(runs)
        for box in boxes[:_MOST_FIELDS]:
            if runs := _beside(lines, box):
                _sign(runs, box)
        return [line for runs in lines if (line := self._line(runs)) is not None]

    def _line(self, runs: Sequence[_Run]) -> PrintedLine | None:
        text = _SURROGATE.sub(REPLACEMENT, _joined(runs))
        if not text.strip():
            return None
        shown = [run for run in runs if run.text.strip()]
        sizes: Counter[float] = Counter()  # a bullet or a code name may begin a line in another size
        for run in shown:
            sizes[run.size] += len(run.text)
        bold = sum(len(run.text) for run in shown if run.bold)
        return PrintedLine(
            text=text.strip(),
            page=self._number,
            x=shown[0].x,
            y=next((run for run in shown if run.raised is None), shown[0]).y,
            size=sizes.most_common(1)[0][0] or _LEAST_SIZE,
            bold=2 * bold > len(text),
            cells=_cells(shown),
            turn=shown[0].turn,
        )


def _run(text: str, tm: _Matrix, cm: _Matrix, rise: float, font: Mapping[str, object] | None, size: float) -> _Run:
    matrix = pypdf.Transformation(tm).transform(pypdf.Transformation(cm))
    a, b, c, d = matrix.ctm[:4]
    x, y = map(_sane, matrix.apply_on((0.0, rise)))
    angle = math.atan2(b, a) if math.isfinite(a) and math.isfinite(b) else 0.0
    points = _sane(abs(size) * math.sqrt(abs(a * d - b * c)))
    return _Run(
        text,
        x * math.cos(angle) + y * math.sin(angle),
        y * math.cos(angle) - x * math.sin(angle),
        points,
        bool(font and _BOLD.search(str(font.get("/BaseFont", "")))),
        points * _ems(text.lstrip()),
        round(math.degrees(angle)),
    )


def _levelled(lines: Sequence[Sequence[_Run]]) -> list[list[_Run]]:
    """Return the runs with those marked that are raised or lowered beside the text before or after them."""
    shown = [run for runs in lines for run in runs if run.text.strip()]
    raised: dict[int, bool] = {}
    level: _Run | None = None
    for run, following in zip(shown, (*shown[1:], None), strict=False):
        beside = [level] if level is not None and level.reaches(run) else []
        if following is not None and run.reaches(following) and following.size > run.size:
            beside.append(following)
        up = next((up for other in beside if (up := _raised(run, other)) is not None), None)
        if up is None:
            level = run
        else:
            raised[id(run)] = up
    return [[replace(run, raised=raised.get(id(run))) for run in runs] for runs in lines]


def _raised(run: _Run, beside: _Run) -> bool | None:
    rise = (run.y - beside.y) / beside.size if beside.size and run.turn == beside.turn else 0.0
    least = _LEAST_RISE if run.size <= _SMALLER * beside.size else _LEAST_RISE_OF_SAME
    is_moved = least <= abs(rise) <= _RISEN and run.size <= beside.size / _SMALLER and len(run.text) <= _LONGEST_SHIFT
    return rise > 0 if is_moved else None


def _cells(runs: Sequence[_Run]) -> tuple[str, ...]:
    """Return the texts between wide gaps of a line; none if it has no such gap."""
    cells = [[runs[0]]]
    for last, run in pairwise(runs):
        if run.x - last.right > _GUTTER * last.size + _ERROR * last.width:
            cells.append([])
        cells[-1].append(run)
    return tuple(" ".join(_joined(cell).split()) for cell in cells) if len(cells) > 1 else ()


def _joined(runs: Sequence[_Run]) -> str:
    """Return the text of runs, with a blank where a gap follows raised or lowered text."""
    text = ""
    last: _Run | None = None
    for raised, group in groupby(runs, key=lambda run: run.raised):  # "1" and "2" beside each other are ¹²
        beside = list(group)
        if raised is None:
            text += _glue([last], beside[0]) if last is not None else ""
            text += "".join(run.text for run in beside)
        else:
            inner = "".join(run.text for run in beside)
            text += " " * inner[:1].isspace()
            text += shifted(inner.strip(), text, raised=raised) + " " * inner[-1:].isspace()
        last = beside[-1] if raised is not None else None
    return text


def _beside(lines: list[list[_Run]], box: _Box) -> list[_Run]:
    """Return the line that a box is on: of those at its height, the nearest; none for a high box."""
    found = [
        (gap + abs(run.y - box.bottom), number)
        for number, runs in enumerate(lines)
        for run in runs
        if box.bottom - _OVERLAP * run.size <= run.y <= box.top <= box.bottom + _MOST_LINES * run.size
        and (gap := max(0.0, box.left - run.right, run.x - box.right)) <= _NEAR * run.size
        and run.text.strip()
        and not run.turn
    ]
    return lines[min(found)[1]] if found else []


def _sign(runs: list[_Run], box: _Box) -> None:
    """Put the sign of something drawn into a line, in the place of a box."""
    place = sum(run.x < box.left for run in runs)
    beside = runs[max(0, place - 1)]
    if place and beside.right - beside.size > box.left:  # the box is in the middle of it
        share = round((box.left - beside.x) / beside.width * len(beside.text))
        blank = max(0, beside.text.rfind(" ", 0, share))
        runs[place - 1] = replace(beside, text=beside.text[:blank] + OBJECT + beside.text[blank:])
    else:
        sign = replace(beside, text=f" {OBJECT} ", x=box.left, width=box.right - box.left, raised=None)
        runs.insert(place, sign)


def _follows(line: Sequence[_Run], run: _Run) -> bool:
    """Check if a run goes on where a line ends: on its base line, not further to the right than a wide blank."""
    last = next((run for run in reversed(line) if run.text.strip()), line[-1])
    level = next((run for run in reversed(line) if run.text.strip() and run.raised is None), last)
    farthest = _SAME_LINE if run.raised is None else _RISEN
    if abs(run.y - level.y) > farthest * max(level.size, 0.0 if last.raised is None else run.size) or run.x <= last.x:
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


def _ems(text: str) -> float:
    """Estimate the width of text as a multiple of its size, with letters as wide as in Helvetica."""
    narrow, wide = len(_NARROW.findall(text)), len(_WIDE.findall(text))
    return 0.27 * narrow + 0.72 * wide + 0.54 * (len(text) - narrow - wide)


def _sane(points: float) -> float:
    """Limit a coordinate: a file may hold any number, even infinity."""
    return min(max(float(points), -_FARTHEST), _FARTHEST) if math.isfinite(points) else 0.0


def _title(reader: pypdf.PdfReader) -> str | None:
    """Return the title in the document information, unless it is a file name, as it often is."""
    raw: str | None = None
    with suppress(SourceError), _damage_as_source_error():
        raw = reader.metadata.title if reader.metadata is not None else None
    title = _SURROGATE.sub("", " ".join(str(raw or "").split()))
    is_name = _FILE_NAME.search(title) or title.lower() in ("untitled", "title")
    return None if is_name else title or None


class _Box(NamedTuple):
    """A place on a page, in points, the origin at the bottom left."""

    left: float
    bottom: float
    right: float
    top: float


_HIDDEN = 0b100010  # the flags Hidden and NoView of an annotation
_PUSHED = 1 << 16  # the flag of a button that holds no value


def _boxes(page: pypdf.PageObject) -> list[_Box]:
    """Return the places of form fields, whose values are not read; a damaged field is not shown."""
    boxes: list[_Box] = []
    listed: object = None
    with suppress(SourceError), _damage_as_source_error():
        listed = page["/Annots"]
    for each in listed if isinstance(listed, list) else ():
        with suppress(SourceError), _damage_as_source_error():
            widget: Any = each.get_object()
            if widget["/Subtype"] == "/Widget" and _has_place(widget):
                x, y, far, high = map(_sane, widget["/Rect"])
                boxes.append(_Box(min(x, far), min(y, high), max(x, far), max(y, high)))
    return boxes


def _has_place(widget: Any) -> bool:
    """Check if a field is shown and may hold a value: buttons to push and signatures hold none."""
    kind, flags = widget.get_inherited("/FT"), widget.get_inherited("/Ff", 0)
    is_pushed = kind == "/Btn" and bool(flags & _PUSHED)
    return kind != "/Sig" and not is_pushed and not widget.get_inherited("/F", 0) & _HIDDEN
