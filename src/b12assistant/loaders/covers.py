"""Judge which elements of a page may be painted over others, from their styles alone: no layout is computed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import inf

from b12assistant.loaders.looks import EDGES, EM, PADDINGS, SIDES, Effect, cut_by, effect, ground_of, px
from b12assistant.loaders.sheets import split

_THICK, LITTLE = 20.0, 60.0  # px
_AWAY = ("display", "opacity", "content-visibility")
_MOVING = ("transform", "translate", "rotate", "scale", "offset", "offset-path", "filter", "border-image")
_LETTER, _NARROW, _WIDE = 8.0, 5.0, 1_000.0  # px: letters and a line of text
_BLOCKS = frozenset(
    [
        "article",
        "aside",
        "br",
        "div",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "header",
        "hr",
        "main",
        "nav",
        "ol",
        "p",
        "section",
        "table",
        "ul",
    ]
)
_STACKING = (
    "opacity",
    "filter",
    "isolation",
    "mix-blend-mode",
    "perspective",
    "transform",
    "translate",
    "rotate",
    "scale",
)


def is_small(attributes: Mapping[str, str | None]) -> bool:
    """Check for a picture that its attributes make small."""
    return any((px(attributes.get(name) or "auto", EM) or inf) <= LITTLE for name in ("width", "height"))


def paints(values: Mapping[str, str], *, is_picture: bool) -> bool:
    """Check for a picture, a ground or a thick edge."""
    is_clear = ground_of(values, ()) == () and not any("url(" in value for value in values.values())
    is_filter = any(
        name.startswith(("filter", "backdrop", "border-image")) and re.search("\\(", value)
        for name, value in values.items()
    )
    return is_picture or not is_clear or is_filter or _is_edged(values)


def _is_edged(values: Mapping[str, str], names: tuple[str, ...] = EDGES) -> bool:
    """Check for a border, outline or shadow that reaches far."""
    for name, value in values.items():
        for part in split(value) if name.startswith(names) and "radius" not in name else ():
            lengths = [length for word in part.split() if (length := px(word, EM)) is not None]
            blur = 2 if name == "box-shadow" else -1
            if any(abs(length) > _THICK for place, length in enumerate(lengths) if place != blur):
                return True
    return False


def is_stacked(values: Mapping[str, str]) -> bool:
    """Check if an element is painted over those before it in the flow."""
    is_atomic = values.get("display", "").startswith("inline-") or values.get("position", "static") != "static"
    layers = any(not re.match("1$|none|auto|normal|progid", values.get(name, "1")) for name in _STACKING)
    return (is_atomic or layers) and not is_away(values)


def is_away(values: Mapping[str, str]) -> bool:
    """Check if an element paints nothing."""
    is_gone = any(name in _AWAY and effect(name, value) is Effect.HIDES for name, value in values.items())
    return is_gone or cut_by(values, EM)[0] is Effect.HIDES or values.get("visibility") == "hidden"


def contains(values: Mapping[str, str]) -> bool:
    """Check if a box goes round its floats, and stands beside those outside it."""
    flow = " ".join(value for name, value in values.items() if name.startswith(("overflow", "display", "contain")))
    is_out = values.get("float", "none") != "none" or values.get("position") in ("absolute", "fixed")
    return is_out or re.search("auto|hidden|clip|scroll|flow-root|flex|grid|table|inline-block|paint", flow) is not None


def clears(tag: str | None, values: Mapping[str, str]) -> bool:
    """Check if a box goes below all floats before it."""
    is_block = tag in _BLOCKS and values.get("display", "block") == "block" and values.get("float", "none") == "none"
    return is_block and values.get("clear") == "both" and values.get("position") not in ("absolute", "fixed")


def cuts(values: Mapping[str, str]) -> bool:
    """Check if a box cuts what reaches out of it, or can be scrolled."""
    flow = " ".join(value for name, value in values.items() if name.startswith(("overflow", "contain")))
    return re.search("auto|hidden|clip|scroll|paint", flow) is not None


def least(values: Mapping[str, str], *names: str) -> float:
    """Return the least of some sizes in px; infinite if it has none."""
    return min((size for name in names if (size := px(values.get(name, "auto"), EM)) is not None), default=inf)


def outgrown(values: Mapping[str, str], letters: int, lines: int) -> str:
    """Return the property that makes a box too small for a text, by a rough measure; "" if there is none."""
    if letters and least(values, "height", "max-height") < EM * (lines + letters * _LETTER / _WIDE):
        return "height" if "height" in values else "max-height"
    is_cut = "nowrap" in values.get("white-space", "") and least(values, "width", "max-width") < letters * _NARROW
    return ("width" if "width" in values else "max-width") if is_cut else ""


def is_raised(values: Mapping[str, str]) -> bool:
    """Check for a place of its own, by which something may be laid over other text."""
    if values.get("position") in ("absolute", "fixed"):
        return True
    sides = (*SIDES[4:], *(("top", "left") if values.get("position") == "relative" else ()))
    moves = "".join(f"{name}({value})" for name, value in values.items() if name.endswith(_MOVING) and value != "none")
    return (
        re.search(
            r"-\d\d|-\.?\d+(?:%|r?em|v)|rotate|skew|matrix|scale|path|drop-shadow|border-image|backdrop|\d\d\d", moves
        )
        is not None
        or _is_edged(values, ("outline", "box-shadow", "text-shadow"))
        or any((px(values.get(name, ""), EM, whole=600.0) or 0.0) <= -_THICK for name in sides)
        or any(re.search(r"\d", values.get(name, "")) for name in ("grid-area", "grid-row", "grid-column"))
    )


def reaches(values: Mapping[str, str], *, is_picture: bool) -> bool:
    """Check if something raised may lie over much."""
    if is_away(values):
        return False
    if values.get("position") not in ("absolute", "fixed"):
        return True
    if values.get("z-index", "").startswith("-"):
        return False
    lengths = {
        name: px(value, EM, whole=100.0) for name, value in values.items() if name in (*SIDES, "width", "height")
    }
    for side, size in (("left", "width"), ("top", "height")):
        at = lengths.get(side)
        if at is not None and (at + (lengths.get(size) or 0.0) <= 0 > at or at == 100):
            return False  # it waits beside the page
    if re.search(r"translate[xy]?\(-?100%", values.get("transform", "")):
        return False
    wide = is_picture or "width" in values or {"left", "right"} <= values.keys()
    high = is_picture or {"top", "bottom"} <= values.keys() or "height" in values or "min-height" in values
    high = high or max(heights(values)) >= _THICK
    return _is_edged(values, (*EDGES, "padding")) or (wide and high)


def fills(values: Mapping[str, str]) -> bool:
    """Check for a box that is wide and, beside its text, high."""
    wide = {"left", "right"} <= values.keys() or (px(values.get("width", ""), EM, whole=600.0) or 0.0) >= 300
    least = LITTLE if values.get("position") == "fixed" else _THICK  # pages leave room for a bar at their top
    return wide and ({"top", "bottom"} <= values.keys() or max(heights(values)) >= least)


def heights(values: Mapping[str, str]) -> list[float]:
    """Return what makes a box high, in px."""
    return [px(values.get(name, ""), EM, whole=600.0) or 0.0 for name in ("height", "min-height", *PADDINGS)]
