"""Draw the pages of a PDF with and without their text, to find out which letters anybody sees.

Runs as ``python -m b12assistant.loaders.page_sight SECONDS`` in a process of its own: files are not trusted and pdfium
is not memory-safe. A request on standard input is a line of JSON, ``{"length": n}`` before a file or ``{"page": n}``;
the answer to each is a line of JSON. ``SECONDS`` of processor time for one request, or the system ends the process.
"""

from __future__ import annotations

import ctypes
import json
import math
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pypdfium2
import pypdfium2.raw as pdfium

_SCALE = 2.0  # pixels for a point
_MOST_PIXELS = 6_000_000
_MOST_OBJECTS = 50_000
_MOST_LETTERS = 200_000  # as many as are read
_DEEPEST = 12  # forms in forms
_MOST_LAYERS = 5  # of text over text, each drawn by itself
_OVERLAP = 0.25  # of a letter's box: two texts are in the same place
_LEAST_CONTRAST = 1.5
_LEAST_DISTANCE = 128.0  # of red, green and blue: colours of the same lightness
_FAINT_CONTRAST, _FAINT_DISTANCE = 1.08, 24.0  # of the edges of letters
_LEAST_SIZE = 4.0  # points
_STRIP = 0.4  # of a letter's box, on each side: where a letter that is seen whole has ink
_LEAST_INK = 0.02  # of a letter's box
_DOT = 3.0  # pixels: a full stop, which may lie between two pixels
_THIN = 2.0  # points
_INVISIBLE = 3  # a mode
_SOFT_HYPHEN = 0xAD

Matrix = tuple[float, float, float, float, float, float]
Places = npt.NDArray[np.float64]  # (n, 4) left, top, right and bottom, in pixels


@dataclass(slots=True)
class _Text:
    """A text object: where it begins, its size, the boxes of its letters in points, and whether each is blank."""

    handle: Any
    x: float
    y: float
    size: float
    upright: bool
    mode: int
    bounds: tuple[float, float, float, float]
    letters: list[tuple[float, float, float, float]] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)
    verdicts: str = ""


@dataclass(slots=True)
class _Objects:
    """What is on a page, in the order in which it is drawn. Boxes are in points."""

    texts: list[_Text] = field(default_factory=list)
    pictures: list[tuple[float, float, float, float]] = field(default_factory=list)
    strokes: list[tuple[float, float, float, float]] = field(default_factory=list)
    count: int = 0


def main() -> None:
    """Answer requests until the input ends."""
    seconds = float(sys.argv[1])
    claimed = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # what libraries print goes to standard error
    document: pypdfium2.PdfDocument | None = None
    with os.fdopen(claimed, "w", encoding="ascii") as output:
        while line := sys.stdin.buffer.readline():
            asked = json.loads(line)
            with suppress(AttributeError, OSError):  # Windows has no such timer
                signal.setitimer(signal.ITIMER_PROF, seconds)
            answer: dict[str, Any]
            try:
                if "length" in asked:
                    document = None
                    document = pypdfium2.PdfDocument(sys.stdin.buffer.read(asked["length"]))
                    answer = {"pages": len(document)}
                else:
                    answer = _looked_at(document, asked["page"], unit=asked.get("unit", 1.0))
            except (pypdfium2.PdfiumError, ValueError, MemoryError, ArithmeticError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"[:120]}
            output.write(json.dumps(answer) + "\n")
            output.flush()


def _looked_at(document: pypdfium2.PdfDocument | None, number: int, *, unit: float = 1.0) -> dict[str, Any]:
    """Return the texts and drawings of a page, 0-based. ``unit``: how many points a unit of the page has."""
    if document is None:
        raise ValueError("no document")
    page = document[number]
    found = _Objects()
    _walk(found, _of_page(page), (1.0, 0.0, 0.0, 1.0, 0.0, 0.0), 0)
    _read_letters(page, found.texts)
    if found.texts:
        _judge(page, found, unit)
    return {
        "texts": [[text.x, text.y, text.size, int(text.upright), text.verdicts] for text in found.texts],
        "drawn": [*found.pictures, *found.strokes],
    }


def _of_page(page: pypdfium2.PdfPage) -> Iterator[Any]:
    for i in range(pdfium.FPDFPage_CountObjects(page)):
        yield pdfium.FPDFPage_GetObject(page, i)


def _of_form(form: Any) -> Iterator[Any]:
    for i in range(pdfium.FPDFFormObj_CountObjects(form)):
        yield pdfium.FPDFFormObj_GetObject(form, i)


def _walk(found: _Objects, objects: Iterator[Any], outer: Matrix, depth: int) -> None:
    """Collect the objects of a page or form. ``outer``: from its space to that of the page."""
    for one in objects:
        found.count += 1
        if found.count > _MOST_OBJECTS or depth > _DEEPEST:
            raise ValueError("too many objects")
        kind = pdfium.FPDFPageObj_GetType(one)
        if kind == pdfium.FPDF_PAGEOBJ_TEXT:
            found.texts.append(_text(one, outer))
        elif kind == pdfium.FPDF_PAGEOBJ_FORM:
            _walk(found, _of_form(one), _times(_matrix(one), outer), depth + 1)
        elif kind == pdfium.FPDF_PAGEOBJ_PATH:
            found.strokes += _strokes(one, outer)
        else:
            found.pictures.append(_bounds(one, outer))


def _text(one: Any, outer: Matrix) -> _Text:
    matrix = _times(_matrix(one), outer)
    size = ctypes.c_float()
    pdfium.FPDFTextObj_GetFontSize(one, size)
    scale = min(math.hypot(matrix[0], matrix[1]), math.hypot(matrix[2], matrix[3]))
    upright = abs(matrix[1]) <= abs(matrix[0]) and matrix[0] > 0
    mode = pdfium.FPDFTextObj_GetTextRenderMode(one)
    return _Text(one, matrix[4], matrix[5], abs(size.value) * scale, upright, mode, _bounds(one, outer))


def _strokes(one: Any, outer: Matrix) -> Iterator[tuple[float, float, float, float]]:
    """Yield the horizontal strokes of a path: thin boxes, and level lines that are drawn."""
    box = _bounds(one, outer)
    if box[3] - box[1] <= _THIN < box[2] - box[0]:
        yield box
        return
    filled, drawn = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDFPath_GetDrawMode(one, filled, drawn)
    width = ctypes.c_float()
    pdfium.FPDFPageObj_GetStrokeWidth(one, width)
    segments = pdfium.FPDFPath_CountSegments(one) if drawn.value and width.value <= 2 * _THIN else 0
    if not 1 < segments <= 1_000:
        return
    matrix = _times(_matrix(one), outer)
    points = [_point(pdfium.FPDFPath_GetPathSegment(one, i), matrix) for i in range(segments)]
    for (_, start), (kind, end) in pairwise(points):
        if kind == pdfium.FPDF_SEGMENT_LINETO and abs(end[1] - start[1]) <= _THIN < abs(end[0] - start[0]):
            yield min(start[0], end[0]), min(start[1], end[1]), max(start[0], end[0]), max(start[1], end[1])


def _point(segment: Any, matrix: Matrix) -> tuple[int, tuple[float, float]]:
    x, y = ctypes.c_float(), ctypes.c_float()
    pdfium.FPDFPathSegment_GetPoint(segment, x, y)
    return pdfium.FPDFPathSegment_GetType(segment), _apply(matrix, x.value, y.value)


def _matrix(one: Any) -> Matrix:
    matrix = pdfium.FS_MATRIX()
    pdfium.FPDFPageObj_GetMatrix(one, matrix)
    return (matrix.a, matrix.b, matrix.c, matrix.d, matrix.e, matrix.f)


def _bounds(one: Any, outer: Matrix) -> tuple[float, float, float, float]:
    edges = [ctypes.c_float() for _ in range(4)]
    pdfium.FPDFPageObj_GetBounds(one, *edges)
    left, bottom, right, top = (edge.value for edge in edges)
    corners = [_apply(outer, x, y) for x in (left, right) for y in (bottom, top)]
    return (
        min(x for x, _ in corners),
        min(y for _, y in corners),
        max(x for x, _ in corners),
        max(y for _, y in corners),
    )


def _times(m: Matrix, n: Matrix) -> Matrix:
    return (
        m[0] * n[0] + m[1] * n[2],
        m[0] * n[1] + m[1] * n[3],
        m[2] * n[0] + m[3] * n[2],
        m[2] * n[1] + m[3] * n[3],
        m[4] * n[0] + m[5] * n[2] + n[4],
        m[4] * n[1] + m[5] * n[3] + n[5],
    )


def _apply(matrix: Matrix, x: float, y: float) -> tuple[float, float]:
    return matrix[0] * x + matrix[2] * y + matrix[4], matrix[1] * x + matrix[3] * y + matrix[5]


def _read_letters(page: pypdfium2.PdfPage, texts: list[_Text]) -> None:
    """Give each text its letters. Those that the library leaves out of a page's text are judged by the whole."""
    by_address = {ctypes.addressof(text.handle.contents): text for text in texts}
    textpage = page.get_textpage()
    count = textpage.count_chars()
    if count > _MOST_LETTERS:
        raise ValueError("too many letters")
    left, right, bottom, top = (ctypes.c_double() for _ in range(4))
    for i in range(count):
        if pdfium.FPDFText_IsGenerated(textpage, i):
            continue
        handle = pdfium.FPDFText_GetTextObject(textpage, i)
        text = by_address.get(ctypes.addressof(handle.contents)) if handle else None
        if text is None:
            continue
        pdfium.FPDFText_GetCharBox(textpage, i, left, right, bottom, top)
        text.letters.append((left.value, bottom.value, right.value, top.value))
        text.codes.append(pdfium.FPDFText_GetUnicode(textpage, i))
    for text in texts:
        if not text.letters:  # printed twice, or of no width
            size = pdfium.FPDFTextObj_GetText(text.handle, textpage, None, 0)
            buffer = (ctypes.c_ushort * (size // 2 + 1))()
            pdfium.FPDFTextObj_GetText(text.handle, textpage, buffer, size)
            first = next((code for code in buffer if code and not chr(code).isspace()), 0)
            text.letters, text.codes = ([text.bounds], [first]) if first else ([], [])


def _judge(page: pypdfium2.PdfPage, found: _Objects, unit: float) -> None:
    """Set the verdicts of all texts: the signs of ``visibility.Text``."""
    wide, high = page.get_size()
    if not (wide > 0 and high > 0):
        raise ValueError("the page has no size")
    scale = min(_SCALE * unit, math.sqrt(_MOST_PIXELS / (wide * high)))
    whole = _drawn(page, scale)
    place = _placing(page, whole.shape)
    frame = _frame(_to_pixels([box for text in found.texts for box in text.letters], place), whole.shape)
    with_text = whole[frame].copy()
    height, width = with_text.shape[:2]
    place = (*place[:4], place[4] - frame[1].start, place[5] - frame[0].start)
    boxes = [_to_pixels(text.letters, place) for text in found.texts]
    layers = _layers(boxes, [text.codes for text in found.texts], width, height)
    if max(layers, default=0) >= _MOST_LAYERS:
        raise ValueError("too many texts over each other")
    pictures = _to_pixels(found.pictures, place)
    for layer in sorted(set(layers)):
        at = [i for i, own in enumerate(layers) if own == layer]
        for i in at:
            pdfium.FPDFTextObj_SetTextRenderMode(found.texts[i].handle, _INVISIBLE)
        differs, seen = (_sums(where) for where in _changed(with_text, _drawn(page, scale)[frame]))
        for i in at:
            pdfium.FPDFTextObj_SetTextRenderMode(found.texts[i].handle, found.texts[i].mode)
        for i in at:
            found.texts[i].verdicts = _verdicts(found.texts[i], boxes[i], differs, seen, unit)
    for text, places in zip(found.texts, boxes, strict=True):
        if text.mode == _INVISIBLE and _is_on_ink(places, with_text, pictures):
            text.verdicts = text.verdicts.replace("u", "o")


def _drawn(page: pypdfium2.PdfPage, scale: float) -> npt.NDArray[np.uint8]:
    """Return the page as (height, width, 4) bytes: blue, green, red and nothing."""
    bitmap = page.render(scale=scale, may_draw_forms=False, prefer_bgrx=True)
    picture: npt.NDArray[np.uint8] = bitmap.to_numpy()
    return picture


def _frame(places: Places, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Return the rows and columns of the picture that hold all letters."""
    height, width = shape[:2]
    at = _within(places, width, height)
    at = at[(at[:, 0] < at[:, 2]) & (at[:, 1] < at[:, 3])]
    if not len(at):
        return slice(0, 1), slice(0, 1)
    (left, top), (right, bottom) = at[:, :2].min(0).tolist(), at[:, 2:].max(0).tolist()
    return slice(top, bottom), slice(left, right)


def _placing(page: pypdfium2.PdfPage, shape: tuple[int, ...]) -> Matrix:
    """Return the matrix from the points of a page to pixels."""
    height, width = shape[:2]
    big = 16  # the library's answers are whole numbers
    x, y = ctypes.c_int(), ctypes.c_int()
    at = []
    for point in ((0.0, 0.0), (1000.0, 0.0), (0.0, 1000.0)):
        pdfium.FPDF_PageToDevice(page, 0, 0, width * big, height * big, 0, *point, x, y)
        at.append((x.value / big, y.value / big))
    (e, f), (a, b), (c, d) = at
    return ((a - e) / 1000, (b - f) / 1000, (c - e) / 1000, (d - f) / 1000, e, f)


def _to_pixels(boxes: list[tuple[float, float, float, float]], place: Matrix) -> Places:
    edges = np.array(boxes, dtype=np.float64).reshape(-1, 4)
    xs = [place[0] * edges[:, i] + place[2] * edges[:, j] + place[4] for i in (0, 2) for j in (1, 3)]
    ys = [place[1] * edges[:, i] + place[3] * edges[:, j] + place[5] for i in (0, 2) for j in (1, 3)]
    low, high = np.stack([np.min(xs, 0), np.min(ys, 0)], 1), np.stack([np.max(xs, 0), np.max(ys, 0)], 1)
    margin = np.where(high - low < _DOT, 1.0, 0.0)
    return np.concatenate([low - margin, high + margin], axis=1)


def _within(places: Places, width: int, height: int) -> npt.NDArray[np.int64]:
    """Return boxes as whole pixels inside the picture; empty ones have no width."""
    limits = np.array([width, height, width, height])
    grown = np.stack([np.floor(places[:, 0]), np.floor(places[:, 1]), np.ceil(places[:, 2]), np.ceil(places[:, 3])], 1)
    inside: npt.NDArray[np.int64] = np.clip(np.nan_to_num(grown), 0, limits).astype(np.int64)
    return inside


def _layers(boxes: list[Places], codes: list[list[int]], width: int, height: int) -> list[int]:
    """Give each text a layer, so that no two texts of a layer are in the same place unless they are the same."""
    owners = np.full((height, width), -1, dtype=np.int32)
    layers: list[int] = []
    for number, places in enumerate(boxes):
        over: set[int] = set()
        for left, top, right, bottom in _within(places, width, height).tolist():
            area = owners[top:bottom, left:right]
            if not area.size:
                continue
            under = area[area >= 0]
            if under.size > _OVERLAP * area.size:
                over.update(np.unique(under).tolist())
            area[...] = number
        near = {layers[other] for other in over if other != number and codes[other] != codes[number]}
        layers.append(next(layer for layer in range(len(near) + 1) if layer not in near))
    return layers


_LINEAR = np.where(
    np.arange(256) <= 10, np.arange(256) / 255 / 12.92, ((np.arange(256) / 255 + 0.055) / 1.055) ** 2.4
).astype(np.float32)
_WEIGHTS = np.array([0.0722, 0.7152, 0.2126], dtype=np.float32)  # blue, green, red


def _lightness(colours: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
    return _LINEAR[colours] @ _WEIGHTS + np.float32(0.05)


def _words(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint32]:
    """Return each pixel as one number, which is faster to compare."""
    return np.ascontiguousarray(picture).view(np.uint32)[:, :, 0]


def _changed(
    one: npt.NDArray[np.uint8], other: npt.NDArray[np.uint8]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return where two pictures differ, and where a person sees it."""
    differs = _words(one) != _words(other)
    at = np.nonzero(differs)
    a, b = one[at][:, :3], other[at][:, :3]
    light, dark = _lightness(a), _lightness(b)
    contrast = np.maximum(light, dark) / np.minimum(light, dark)
    distance = np.linalg.norm(a.astype(np.float32) - b.astype(np.float32), axis=1)
    seen = np.zeros_like(differs)
    seen[at] = (contrast >= _LEAST_CONTRAST) | (distance >= _LEAST_DISTANCE)
    differs[at] = (contrast >= _FAINT_CONTRAST) | (distance >= _FAINT_DISTANCE)
    return differs, seen


def _sums(changed: npt.NDArray[np.bool_]) -> npt.NDArray[np.int32]:
    """Return the number of pixels above and left of each, (height + 1, width + 1)."""
    sums = np.zeros((changed.shape[0] + 1, changed.shape[1] + 1), dtype=np.int32)
    np.cumsum(np.cumsum(changed, axis=0, dtype=np.int32), axis=1, out=sums[1:, 1:])
    return sums


def _count(sums: npt.NDArray[np.int32], at: npt.NDArray[np.int64]) -> npt.NDArray[np.int32]:
    left, top, right, bottom = at.T
    found: npt.NDArray[np.int32] = sums[bottom, right] - sums[top, right] - sums[bottom, left] + sums[top, left]
    return found


def _verdicts(
    text: _Text, places: Places, differs: npt.NDArray[np.int32], seen: npt.NDArray[np.int32], unit: float
) -> str:
    height, width = seen.shape[0] - 1, seen.shape[1] - 1
    at = _within(places, width, height)
    sizes = np.stack([places[:, 2] - places[:, 0], places[:, 3] - places[:, 1]], 1)
    whole = np.ones(len(at), dtype=np.bool_)
    for side in range(4):
        strip = places.copy()
        strip[:, (side + 2) % 4] = places[:, side] + (1 if side < 2 else -1) * _STRIP * sizes[:, side % 2]
        whole &= (_count(differs, _within(strip, width, height)) > 0) | (sizes.min(axis=1) < _DOT + 2)
    area = np.maximum((at[:, 2] - at[:, 0]) * (at[:, 3] - at[:, 1]), 1)
    some = _count(seen, at) > _LEAST_INK * area
    if 0 < text.size * unit < _LEAST_SIZE:
        some[:] = False
    return "".join(
        "b" if code == _SOFT_HYPHEN or chr(code).isspace() else "u" if not any_ else "s" if all_ else "p"
        for code, any_, all_ in zip(text.codes, some.tolist(), whole.tolist(), strict=True)
    )


def _is_on_ink(places: Places, picture: npt.NDArray[np.uint8], pictures: Places) -> bool:
    """Check if most letters of an invisible text are over something light and dark in a picture, as in a scan."""
    height, width = picture.shape[:2]
    middle_x, middle_y = (places[:, 0] + places[:, 2]) / 2, (places[:, 1] + places[:, 3]) / 2
    inside = np.zeros(len(places), dtype=np.bool_)
    for left, top, right, bottom in pictures:
        inside |= (left <= middle_x) & (middle_x <= right) & (top <= middle_y) & (middle_y <= bottom)
    inked = 0
    for (left, top, right, bottom), own in zip(_within(places, width, height).tolist(), inside, strict=True):
        area = picture[top:bottom, left:right]
        if own and area.size:
            light = _lightness(area[:, :, :3])
            inked += bool(light.max() >= _LEAST_CONTRAST * light.min())
    return 2 * inked > len(places)


if __name__ == "__main__":
    main()
