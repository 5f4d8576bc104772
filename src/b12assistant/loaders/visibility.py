"""Find out which text of a PDF page a reader can see.

``Sight`` follows the graphics state through the operators of a page, as pypdf reads them. Each operator that shows
text gets a number; at the end ``unseen`` gives the numbers whose text no reader sees, and ``is_recognised`` says if
there are invisible letters over a picture, the text layer of a scan.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from typing import Any

Matrix = tuple[float, float, float, float, float, float]
Box = tuple[float, float, float, float]  # left, bottom, right, top, in points
Colour = tuple[float, float, float]  # red, green, blue, from 0 to 1

SHOWING = (b"Tj", b"TJ", b"'", b'"')  # the operators that show text
_IDENTITY: Matrix = (1.0, 0.0, 0.0, 1.0, 0.0, 0.0)
_EVERYWHERE: Box = (-math.inf, -math.inf, math.inf, math.inf)
_WHITE: Colour = (1.0, 1.0, 1.0)
_BLACK: Colour = (0.0, 0.0, 0.0)
_LEAST_SIZE = 2.0  # points; smaller letters cannot be read
_SAME = 10 / 255  # difference of a colour channel too small to see
_OPAQUE = 0.95
_SEEN = 0.05  # opacity below which nothing is seen
_WIDE = 1.2  # times the size: no letter is wider
_INSIDE = 0.25  # times the size: how far inside the first letter its colour is compared with the ground
_THIN = 2.0  # points
_MOST_PAINTS = 50_000  # areas of a page that are kept; on a page with more, colours are not compared
_GRAY = ("/DeviceGray", "/G", "/CalGray")
_COLOURS = {"/DeviceRGB": 3, "/RGB": 3, "/CalRGB": 3, "/DeviceCMYK": 4, "/CMYK": 4}


@dataclass(frozen=True, slots=True)
class _State:
    """The graphics state, as far as it decides what is seen. Colours are ``None`` where they are not known."""

    ctm: Matrix = _IDENTITY
    clip: Box = _EVERYWHERE
    fill: Colour | None = _BLACK
    stroke: Colour | None = _BLACK
    fill_space: object = "/DeviceGray"
    stroke_space: object = "/DeviceGray"
    fill_alpha: float = 1.0
    stroke_alpha: float = 1.0
    blends: bool = False
    mode: int = 0
    size: float = 0.0
    least_height: float = 1.0  # times the size; only the letters of Type 3 fonts have their own scale
    rise: float = 0.0


@dataclass(frozen=True, slots=True)
class _Show:
    """Text that is shown: how, and the box of its first letter."""

    number: int
    state: _State
    box: Box
    height: float  # of the letters, points
    reach: float  # how far the text may go to the right, points
    off: bool  # inside a layer that is switched off
    letters: int  # bytes


@dataclass(frozen=True, slots=True)
class _Paint:
    """An area that is painted after ``shows`` pieces of text. ``colour``: ``None`` if it is not one opaque colour."""

    shows: int
    box: Box
    colour: Colour | None
    covers: bool  # hides what is under it


class Sight:
    """What can be seen of one page. ``page``: its dictionary; ``layers_off``: ids of layers that are switched off."""

    def __init__(self, page: Mapping[str, Any], area: Box, layers_off: frozenset[int]) -> None:
        self._area = area
        self._layers_off = layers_off
        self._state = _State()
        self._saved: list[_State] = []
        self._resources: list[Any] = [_of(page, "/Resources")]
        self._forms: list[tuple[_State, list[_State], list[bool]] | None] = []  # what `Do` interrupted
        self._marked: list[bool] = []  # open marked contents, and whether they are in a layer that is off
        self._points: list[tuple[float, float]] = []
        self._is_box = True  # the path is nothing but upright rectangles
        self._clips = False
        self._line: tuple[Sequence[float], int] = ((), 0)  # the text matrix, and the letters shown with it so far
        self._shows: list[_Show] = []
        self._paints: list[_Paint] = []
        self._pictures: list[Box] = []
        self._strokes: list[Box] = []

    def before(self, operator: bytes, operands: Any, _: Any, text_matrix: Sequence[float]) -> None:
        """Take an operator before its text is read."""
        if operator in SHOWING:
            self._show(operands, text_matrix)
        elif operator in _HANDLERS:
            try:
                _HANDLERS[operator](self, operands)
            except (ArithmeticError, AttributeError, IndexError, KeyError, TypeError, ValueError):
                return  # operands that do not fit: a viewer ignores the operator too

    def after(self, operator: bytes, *_: Any) -> None:
        """Leave a form that ``Do`` painted."""
        if operator == b"Do" and self._forms and (left := self._forms.pop()) is not None:
            self._state, self._saved, self._marked = left
            self._resources.pop()

    def unseen(self) -> frozenset[int]:
        """Return the numbers of the texts that no reader sees."""
        return frozenset(show.number for show in self._shows if self._is_hidden(show))

    def starts(self) -> Iterator[tuple[int, float, float, float, int]]:
        """Yield the number of each upright text, where it begins on its base line, its size and its bytes."""
        for show in self._shows:
            x, y, _, high = show.box
            if math.isfinite(y) and math.isfinite(high):
                yield show.number, x, y, high - y, show.letters

    @property
    def small_drawings(self) -> tuple[Box, ...]:
        """Return the boxes of pictures and of horizontal strokes."""
        return (*self._pictures, *self._strokes)

    @property
    def is_recognised(self) -> bool:
        """Check for invisible text with a picture under it, as text recognition adds to a scan."""
        return any(show.state.mode in (3, 7) and not self._is_hidden(show) for show in self._shows)

    def _is_hidden(self, show: _Show) -> bool:
        state = show.state
        if show.off or show.height < _LEAST_SIZE or self._is_outside(show):
            return True
        if state.mode in (3, 7):
            x, y = _middle(show.box)
            return not any(_holds(picture, x, y) for picture in self._pictures)
        fills, strokes = state.mode in (0, 2, 4, 6), state.mode in (1, 2, 5, 6)
        seen = (fills and state.fill_alpha > _SEEN) or (strokes and state.stroke_alpha > _SEEN)
        if not seen:
            return True
        colours = [*([state.fill] if fills else []), *([state.stroke] if strokes else [])]
        return self._is_covered(show) or self._is_like_ground(show, colours)

    def _is_outside(self, show: _Show) -> bool:
        left, bottom, right, top = _common(self._area, show.state.clip)
        x, y, far, high = show.box
        return right <= left or top <= bottom or x >= right or y >= top or high <= bottom or far + show.reach <= left

    def _is_covered(self, show: _Show) -> bool:
        """Check if an opaque area is painted over the text later, as by a poor redaction."""
        x, y, far, high = show.box
        far += show.reach / 2  # widths are estimated
        later = (paint.box for paint in reversed(self._paints) if paint.covers and paint.shows > show.number)
        return any(_holds(box, x, y) and _holds(box, far, (y + high) / 2) for box in later)

    def _is_like_ground(self, show: _Show, colours: Sequence[Colour | None]) -> bool:
        if None in colours or len(self._paints) >= _MOST_PAINTS:
            return False
        grounds = chain((_WHITE,), (paint.colour for paint in self._paints))
        if not any(_is_same(ground, colour) for ground in grounds for colour in colours):
            return False
        x, y = _middle(show.box)
        before = (paint for paint in reversed(self._paints) if paint.shows <= show.number)
        ground = next((paint.colour for paint in before if _holds(paint.box, x, y)), _WHITE)
        return all(_is_same(ground, colour) for colour in colours)

    def _show(self, operands: Any, text_matrix: Sequence[float]) -> None:
        state = self._state
        try:
            matrix = _times(_matrix(text_matrix), state.ctm)
            last = operands[-1]
            parts = last if isinstance(last, list) else [last]
            letters = sum(len(part) for part in parts if isinstance(part, (str, bytes)))
        except (ArithmeticError, IndexError, TypeError, ValueError):
            matrix, letters = state.ctm, 1
        own = letters
        here = tuple(text_matrix)  # pypdf does not move it on after each piece
        letters += self._line[1] if self._line[0] == here else 0
        self._line = (here, letters)
        across, up = math.hypot(matrix[0], matrix[1]), math.hypot(matrix[2], matrix[3])
        size = abs(state.size)
        width = _WIDE * size
        corners = [_apply(matrix, x, y) for x in (0.0, width * _INSIDE) for y in (state.rise, state.rise + size)]
        height = min(across, up) * size * state.least_height
        # Far out, or with letters of no size, numbers are not finite; an infinite height only is not known.
        is_finite = all(math.isfinite(value) for corner in corners for value in corner) and not math.isnan(height)
        box = _box(corners) if is_finite else (math.inf,) * 4
        reach = width * letters * across if math.isfinite(across) else 0.0
        if abs(matrix[1]) > abs(matrix[0]) or matrix[0] < 0:  # turned, not to the right: only its first letter counts
            reach = math.inf if is_finite else 0.0
        off = any(self._marked)
        self._shows.append(_Show(len(self._shows), state, box, height if is_finite else 0.0, reach, off, own))

    def _set(self, **changes: Any) -> None:
        self._state = replace(self._state, **changes)

    def _restore(self, _: Any) -> None:
        if self._saved:
            self._state = self._saved.pop()

    def _concatenate(self, operands: Any) -> None:
        self._set(ctm=_times(_matrix(operands), self._state.ctm))

    def _set_font(self, operands: Any) -> None:
        font = _of(_of(self._resources[-1], "/Font"), operands[0])
        self._set(size=float(operands[1]), least_height=_height(font))

    def _set_extended(self, operands: Any) -> None:
        values = _of(_of(self._resources[-1], "/ExtGState"), operands[0])
        state = self._state
        if (alpha := _of(values, "/ca")) is not None:
            state = replace(state, fill_alpha=float(alpha))
        if (alpha := _of(values, "/CA")) is not None:
            state = replace(state, stroke_alpha=float(alpha))
        if (blend := _of(values, "/BM")) is not None:
            state = replace(state, blends=blend not in ("/Normal", "/Compatible"))
        if (font := _of(values, "/Font")) is not None:
            state = replace(state, size=float(font[1]))
        self._state = state

    def _set_colour(self, kind: str, operands: Any, space: object = None) -> None:
        """Set the colour of ``kind``, "fill" or "stroke"; without ``space`` in the current colour space."""
        space = getattr(self._state, f"{kind}_space") if space is None else space
        self._set(**{kind: _colour(operands, space), f"{kind}_space": space})

    def _set_space(self, kind: str, operands: Any) -> None:
        """Set the colour space of ``kind``, and its initial colour."""
        space = self._space(operands)
        self._set(**{kind: _BLACK if space in (*_GRAY, *_COLOURS) else None, f"{kind}_space": space})

    def _space(self, operands: Any) -> object:
        """Return the name of a colour space, or 1, 3 or 4 for one with so many channels; "" if it is another."""
        space = operands[0]
        named = _of(_of(self._resources[-1], "/ColorSpace"), space)
        space = named if named is not None else space
        if isinstance(space, str):
            return space
        kind = space[0]
        if kind == "/ICCBased":
            return {1: "/DeviceGray", 3: "/DeviceRGB", 4: "/DeviceCMYK"}.get(int(_of(space[1].get_object(), "/N")), "")
        return kind if kind in (*_GRAY, *_COLOURS, "/Separation") else ""

    def _move(self, operands: Any) -> None:
        self._points += [
            self._at(float(operands[i]), float(operands[i + 1])) for i in range(0, len(operands) - len(operands) % 2, 2)
        ]
        self._is_box = False

    def _rectangle(self, operands: Any) -> None:
        x, y, width, height = (float(operand) for operand in operands[:4])
        self._points += [self._at(x + i * width, y + j * height) for i in (0, 1) for j in (0, 1)]
        ctm = self._state.ctm
        upright = abs(ctm[1]) + abs(ctm[2]) < 1e-6 or abs(ctm[0]) + abs(ctm[3]) < 1e-6
        self._is_box = self._is_box and upright and len(self._points) == 4

    def _at(self, x: float, y: float) -> tuple[float, float]:
        return _apply(self._state.ctm, x, y)

    def _clip_later(self, _: Any) -> None:
        self._clips = True

    def _paint(self, *, fills: bool, draws: bool = True) -> None:
        state = self._state
        box = _box(self._points) if self._points else (0.0, 0.0, 0.0, 0.0)
        if fills and self._points and state.fill_alpha > _SEEN:
            whole = self._is_box and state.fill_alpha >= _OPAQUE and not state.blends
            self._add(_common(box, state.clip), state.fill if whole else None, covers=whole and state.fill is not None)
        if self._clips:
            self._state = replace(state, clip=_common(state.clip, box))
        if self._points and draws and len(self._strokes) < _MOST_PAINTS:
            self._strokes += [_common(_box(pair), state.clip) for pair in pairwise(self._points) if _is_level(pair)]
        self._points, self._is_box, self._clips = [], True, False

    def _add(self, box: Box, colour: Colour | None, *, covers: bool = False) -> None:
        if box[0] < box[2] and box[1] < box[3] and len(self._paints) < _MOST_PAINTS:
            self._paints.append(_Paint(len(self._shows), box, colour, covers))

    def _picture(self, _: Any) -> None:
        state = self._state
        box = _common(_box([_apply(state.ctm, x, y) for x in (0.0, 1.0) for y in (0.0, 1.0)]), state.clip)
        if state.fill_alpha > _SEEN and box[0] < box[2] and box[1] < box[3]:
            self._add(box, None)
            self._pictures.append(box)

    def _do(self, operands: Any) -> None:
        self._forms.append(None)
        painted = _of(_of(self._resources[-1], "/XObject"), operands[0])
        if painted is None:
            return
        if _of(painted, "/Subtype") == "/Image":
            if not any(self._marked):
                self._picture(operands)
            return
        self._forms[-1] = (self._state, self._saved, self._marked)
        self._marked = [*self._marked, self._is_off(painted.get("/OC") and painted.raw_get("/OC"))]
        self._resources.append(_of(painted, "/Resources") or self._resources[-1])
        self._saved = []
        matrix = _of(painted, "/Matrix")
        if matrix is not None:
            self._concatenate(matrix)
        edges = _of(painted, "/BBox")
        if edges is not None:
            x, y, far, high = (float(edge) for edge in edges)
            corners = [self._at(a, b) for a in (x, far) for b in (y, high)]
            self._set(clip=_common(self._state.clip, _box(corners)))

    def _begin_marked(self, operands: Any) -> None:
        self._marked.append(False)
        if len(operands) > 1 and operands[0] == "/OC":
            layers = _of(self._resources[-1], "/Properties")
            self._marked[-1] = operands[1] in layers and self._is_off(layers.raw_get(operands[1]))

    def _is_off(self, layer: Any) -> bool:
        """Check if a layer, or every layer that a set depends on, is switched off."""
        if layer is None:
            return False
        members = _of(layer.get_object(), "/OCGs")
        group = [layer] if members is None else [layer.get_object().raw_get("/OCGs")]
        if isinstance(members, list):
            group = members
        return bool(group) and all(getattr(member, "idnum", 0) in self._layers_off for member in group)

    def _end_marked(self, _: Any) -> None:
        if self._marked:
            self._marked.pop()


_HANDLERS: Mapping[bytes, Callable[[Sight, Any], None]] = {
    b"q": lambda sight, _: sight._saved.append(sight._state),
    b"Q": Sight._restore,
    b"cm": Sight._concatenate,
    b"Tr": lambda sight, operands: sight._set(mode=int(operands[0])),
    b"Ts": lambda sight, operands: sight._set(rise=float(operands[0])),
    b"Tf": Sight._set_font,
    b"gs": Sight._set_extended,
    b"cs": lambda sight, operands: sight._set_space("fill", operands),
    b"CS": lambda sight, operands: sight._set_space("stroke", operands),
    **dict.fromkeys((b"sc", b"scn"), lambda sight, operands: sight._set_colour("fill", operands)),
    **dict.fromkeys((b"SC", b"SCN"), lambda sight, operands: sight._set_colour("stroke", operands)),
    b"g": lambda sight, operands: sight._set_colour("fill", operands, "/DeviceGray"),
    b"rg": lambda sight, operands: sight._set_colour("fill", operands, "/DeviceRGB"),
    b"k": lambda sight, operands: sight._set_colour("fill", operands, "/DeviceCMYK"),
    b"G": lambda sight, operands: sight._set_colour("stroke", operands, "/DeviceGray"),
    b"RG": lambda sight, operands: sight._set_colour("stroke", operands, "/DeviceRGB"),
    b"K": lambda sight, operands: sight._set_colour("stroke", operands, "/DeviceCMYK"),
    **dict.fromkeys((b"m", b"l", b"c", b"v", b"y"), Sight._move),
    b"re": Sight._rectangle,
    **dict.fromkeys((b"W", b"W*"), Sight._clip_later),
    **dict.fromkeys((b"f", b"F", b"f*", b"B", b"B*", b"b", b"b*"), lambda sight, _: sight._paint(fills=True)),
    **dict.fromkeys((b"S", b"s"), lambda sight, _: sight._paint(fills=False)),
    b"n": lambda sight, _: sight._paint(fills=False, draws=False),
    b"sh": lambda sight, _: sight._add(sight._state.clip, None),
    b"INLINE IMAGE": Sight._picture,
    b"Do": Sight._do,
    **dict.fromkeys((b"BDC", b"BMC"), Sight._begin_marked),
    b"EMC": Sight._end_marked,
}


def blank(operator: bytes, operands: Any) -> None:
    """Take the text out of an operator that shows text."""
    at = 2 if operator == b'"' else 0
    if len(operands) > at:
        operands[at] = type(operands[at])() if operator == b"TJ" else b""


def layers_off(catalogue: Mapping[str, Any]) -> frozenset[int]:
    """Return the object numbers of the layers that a document switches off by default."""
    properties = _of(catalogue, "/OCProperties")
    standard = _of(properties, "/D")
    if standard is None:
        return frozenset()
    off = {getattr(layer, "idnum", 0) for layer in _of(standard, "/OFF") or ()}
    if _of(standard, "/BaseState") == "/OFF":
        on = {getattr(layer, "idnum", 0) for layer in _of(standard, "/ON") or ()}
        off |= {getattr(layer, "idnum", 0) for layer in _of(properties, "/OCGs") or ()} - on
    return frozenset(off - {0})


def _of(mapping: Any, key: Any) -> Any:
    """Return a value of a dictionary, with references resolved; ``None`` if it has none."""
    try:
        value = mapping.get(key)
        return value.get_object() if value is not None and hasattr(value, "get_object") else value
    except (AttributeError, TypeError):
        return None


def _height(font: Any) -> float:
    """Return the scale of a Type 3 font's letters, infinity if it is not known; 1 for all other fonts."""
    if _of(font, "/Subtype") != "/Type3":
        return 1.0
    matrix, edges = _of(font, "/FontMatrix"), _of(font, "/FontBBox")
    try:
        height = abs(float(matrix[3])) * abs(float(edges[3]) - float(edges[1]))
    except (IndexError, TypeError, ValueError):
        return math.inf
    return height or math.inf


def _colour(operands: Any, space: object) -> Colour | None:
    """Return the colour that the operands name, ``None`` for patterns and spaces that are not known."""
    values = [min(max(float(operand), 0.0), 1.0) for operand in operands if not isinstance(operand, str)]
    if len(values) != len(operands):
        return None
    if space == "/Separation":
        return _WHITE if values == [0.0] else None  # no ink at all
    if len(values) == 1 and space in _GRAY:
        return (values[0],) * 3
    if len(values) != _COLOURS.get(str(space)):
        return None
    if len(values) == 3:
        return (values[0], values[1], values[2])
    cyan, magenta, yellow, black = values
    return ((1 - cyan) * (1 - black), (1 - magenta) * (1 - black), (1 - yellow) * (1 - black))


def _is_same(one: Colour | None, other: Colour | None) -> bool:
    return one is not None and other is not None and max(abs(a - b) for a, b in zip(one, other, strict=True)) <= _SAME


def _matrix(values: Sequence[Any]) -> Matrix:
    a, b, c, d, e, f = (float(value) for value in values)
    return (a, b, c, d, e, f)


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


def _box(points: Sequence[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    return min(xs), min(ys), max(xs), max(ys)


def _common(one: Box, other: Box) -> Box:
    return max(one[0], other[0]), max(one[1], other[1]), min(one[2], other[2]), min(one[3], other[3])


def _holds(box: Box, x: float, y: float) -> bool:
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


def _is_level(pair: Sequence[tuple[float, float]]) -> bool:
    """Check if two points are the ends of a horizontal line, or of a thin box."""
    (x, y), (far, high) = pair
    return abs(high - y) <= _THIN < abs(far - x)


def _middle(box: Box) -> tuple[float, float]:
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
