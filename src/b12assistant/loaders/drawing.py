"""Find out what a line of a PDF page says beside its text: raised and lowered letters, pictures, fields, strokes.

``moved`` compares the place and size of each piece of text with its neighbours; ``annotated`` lists what is laid over a
page. Lengths are points, the origin is at the bottom left.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from b12assistant.loaders.manuscript import shifted
from b12assistant.loaders.visibility import Box

# Around text that is raised or lowered, while a page is read; no text has these (Unicode, noncharacters).
RAISED, LOWERED, LEVEL = "\ufdd0", "\ufdd1", "\ufdd2"
_MARKED = re.compile(f"[{RAISED}{LOWERED}]([^{RAISED}{LOWERED}{LEVEL}]*){LEVEL}")
_MARKS = re.compile(f"[{RAISED}{LOWERED}{LEVEL}]")
_JOINED = re.compile(f"(?<={RAISED})([^{LEVEL}]*){LEVEL}{RAISED}|(?<={LOWERED})([^{LEVEL}]*){LEVEL}{LOWERED}")

# In sizes of the letters beside it: how far text must be raised, and how far before it is on another line.
_LEAST, _MOST = 0.1, 0.75
_SMALLER = 0.87  # times: a different size
_LONGEST = 24  # bytes of a font: references to several notes
_LEAST_RISE = 0.15  # of text in the size of its neighbours
_WIDE = 0.65  # times the size: a letter, on average
_NEAR = 1.0  # sizes between the end of a text, as far as it may reach, and the next
_STROKE = 2.0  # points: a line or a thin box
# Annotations that show nothing in a line of text, or only colour it.
_PLAIN = frozenset({"/Link", "/Popup", "/Text", "/Highlight", "/Underline", "/Squiggly", "/FileAttachment"})
_HIDDEN = 0b100010  # the flags Hidden and NoView
_MOST_ANNOTATIONS = 2_000


@dataclass(frozen=True, slots=True)
class Printed:
    """A piece of upright text: where it begins, on its own base line, the size of its letters and how many bytes."""

    number: int
    x: float
    y: float
    size: float
    letters: int

    def reaches(self, other: Printed) -> bool:
        """Check if ``other`` begins where this may end; pypdf does not move on within a text object."""
        return 0 <= other.x - self.x <= _WIDE * self.letters * self.size + _NEAR * max(self.size, other.size)


def moved(prints: Sequence[Printed]) -> dict[int, bool]:
    """Return the numbers of the texts that are raised (true) or lowered (false) beside the text before or after."""
    found: dict[int, bool] = {}
    level: Printed | None = None
    for text, following in pairwise((*prints, None)):
        if text is None or text.letters == 0:
            continue
        beside = [one for one in (level,) if one is not None and one.reaches(text)]
        if following is not None and following.letters and text.reaches(following) and following.size > text.size:
            beside.append(following)
        up = next((up for one in beside if (up := _raised(text, one)) is not None), None)
        if up is None:
            level = text
        else:
            found[text.number] = up
    return found


def _raised(text: Printed, beside: Printed) -> bool | None:
    rise = (text.y - beside.y) / beside.size if beside.size else 0.0
    least = _LEAST if text.size <= _SMALLER * beside.size else _LEAST_RISE
    is_moved = least <= abs(rise) <= _MOST and text.size <= beside.size / _SMALLER and text.letters <= _LONGEST
    return rise > 0 if is_moved else None


def written(text: str) -> str:
    """Return text with its marked parts as ``manuscript.shifted`` writes them."""
    if not _MARKS.search(text):
        return text
    whole = _JOINED.sub(
        lambda match: match[1] or match[2] or "", text
    )  # pieces beside each other are one: "1" and "2" are ¹²
    parts: list[str] = []
    end = 0
    for match in _MARKED.finditer(whole):
        inner = match[1].strip()
        parts.append(whole[end : match.start()])
        before = next((part for part in reversed(parts) if part), "")
        parts.append(shifted(inner, before, raised=whole[match.start()] == RAISED) if inner else "")
        end = match.end()
    return _MARKS.sub("", "".join((*parts, whole[end:])))


def annotated(page: Mapping[str, Any]) -> tuple[Box, ...]:
    """Return the boxes of filled fields and of annotations that are drawn over a page."""
    found = _value(page, "/Annots")
    references = found[:_MOST_ANNOTATIONS] if isinstance(found, list) else ()
    return tuple(box for reference in references if (box := _annotation(reference)) is not None)


def _annotation(reference: Any) -> Box | None:
    """Return the box of an annotation that is drawn; ``None`` for others, and for a damaged one."""
    annotation = reference.get_object() if hasattr(reference, "get_object") else reference
    try:
        kind = _value(annotation, "/Subtype")
        if kind in _PLAIN or int(_value(annotation, "/F") or 0) & _HIDDEN:
            return None
        if kind == "/Widget" and not _is_filled(annotation):
            return None
        x, y, far, high = (float(edge) for edge in _value(annotation, "/Rect"))
    except (ArithmeticError, TypeError, ValueError):
        return None  # a viewer does not draw it either
    return min(x, far), min(y, high), max(x, far), max(y, high)


def _is_filled(field: Mapping[str, Any]) -> bool:
    """Check if a field shows a value: its own, or that of the field it is a part of."""
    holders = [field, _value(field, "/Parent") or {}]
    if any(_value(holder, "/FT") == "/Btn" for holder in holders):
        return str(_value(field, "/AS") or "/Off") != "/Off"
    return any(str(_value(holder, "/V") or "").strip() for holder in holders)


def _value(mapping: Any, key: str) -> Any:
    value: Any = mapping.get(key) if hasattr(mapping, "get") else None
    return value.get_object() if hasattr(value, "get_object") else value


def is_stroke(box: Box) -> bool:
    """Check for a horizontal line."""
    return box[3] - box[1] <= _STROKE < box[2] - box[0]


def is_on_line(box: Box, y: float, size: float) -> bool:
    """Check if something is drawn in a line of text: a stroke through its letters, or a box no higher than two lines.

    ``y``: its base line; ``size``: of its letters.
    """
    if is_stroke(box):
        return y + 0.12 * size < (box[1] + box[3]) / 2 < y + 0.6 * size
    if box[3] - box[1] > 2.5 * size:
        return False
    return min(box[3], y + 0.7 * size) - max(box[1], y) > 0.3 * min(size, box[3] - box[1])
