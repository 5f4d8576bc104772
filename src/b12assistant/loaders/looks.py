"""Compute how the text of an element looks from the declarations that count for it: size, colours, place."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping
from dataclasses import dataclass

from PIL import ImageColor

_LEAST_SIZE = 2.0  # px; smaller letters cannot be read
_FAR = 500.0  # px out of the page on the left or above: no reader gets there
_FAR_RIGHT = 5_000.0  # px; pages are longer than wide, so only to the right
_SEEN = 0.05  # opacity below which nothing is seen
_SAME = 8 / 255  # difference of a colour channel too small to see
_LEAST_CONTRAST = 1.5
_WEIGHTS = (0.2126, 0.7152, 0.0722)
_SCREEN = 1280.0  # px
EM = 16.0  # px, of a page without styles
_UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "cm": 37.8, "mm": 3.78, "in": 96.0, "rem": EM}
_UNITS |= {"vw": _SCREEN / 100, "vh": 8.0, "vmin": 8.0, "vmax": _SCREEN / 100}
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([a-z%]*)", re.I)
_FUNCTION = re.compile(r"([a-z-]+)\(([^()]*)\)", re.I)
_NAMED = {name: str(code).lstrip("#") for name, code in ImageColor.colormap.items()}
DECORATIONS = ("text-decoration", "text-decoration-line")
PLACES = ("left", "top", "right", "bottom", "margin-left", "margin-top")
_DIRECTIONS = frozenset(
    {"to", "left", "right", "top", "bottom", "deg", "turn", "rad", "at", "center", "circle", "px", "em"}
)
_BACKGROUND_WORDS = frozenset({"none", "no-repeat", "repeat", "repeat-x", "repeat-y", "center", "left", "right", "top"})
_BACKGROUND_WORDS |= {
    "bottom",
    "fixed",
    "scroll",
    "local",
    "cover",
    "contain",
    "border-box",
    "padding-box",
    "/",
    "space",
}
Colour = tuple[float, float, float, float]  # red, green, blue, opacity, from 0 to 1
_WHITE: Colour = (1.0, 1.0, 1.0, 1.0)
_BLACK: Colour = (0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Look:
    """How the text directly in an element looks. ``grounds``: ``None`` if it is a picture or not known.

    ``doubt``: what may hide the element with all that is in it; ``paint``: what last set a colour.
    """

    gone: bool = False  # with all that is in it
    visible: bool = True
    size: float = EM  # px
    colour: Colour | None = _BLACK
    grounds: tuple[Colour, ...] | None = (_WHITE,)  # several of a gradient
    indent: float = 0.0  # px
    struck: bool = False  # a line is through it
    shift: float = 0.0  # of the element itself: how far it is raised, times the size
    doubt: str = ""
    paint: str = ""

    @property
    def is_hidden(self) -> bool:
        """Check if the text is invisible."""
        return (
            self.gone
            or not self.visible
            or self.size < _LEAST_SIZE
            or self.indent <= -_FAR
            or (self.colour is not None and (self.colour[3] <= _SEEN or self._is_like_ground))
        )

    @property
    def _is_like_ground(self) -> bool:
        return self.grounds is not None and all(_is_same(self.colour or _BLACK, ground) for ground in self.grounds)

    @property
    def is_doubtful(self) -> bool:
        """Check if it is not known whether the colour of the text can be told from what is behind it."""
        if not self.paint:
            return False
        if self.colour is None or self.grounds is None:
            return True
        return any(_contrast(_over(self.colour, ground), ground) < _LEAST_CONTRAST for ground in self.grounds)


def _is_same(colour: Colour, ground: Colour) -> bool:
    return max(abs(a - b) for a, b in zip(colour[:3], ground[:3], strict=True)) <= _SAME


def _over(colour: Colour, ground: Colour) -> Colour:
    """Return what is seen of a colour that may be clear, on an opaque ground."""
    red, green, blue = (a * colour[3] + b * (1 - colour[3]) for a, b in zip(colour[:3], ground[:3], strict=True))
    return (red, green, blue, 1.0)


def _contrast(one: Colour, other: Colour) -> float:
    lights = [
        0.05
        + sum(
            w * (c / 12.92 if c <= 0.04 else ((c + 0.055) / 1.055) ** 2.4)
            for w, c in zip(_WEIGHTS, colour[:3], strict=True)
        )
        for colour in (one, other)
    ]
    distance = max(abs(a - b) for a, b in zip(one[:3], other[:3], strict=True))
    return max(max(lights) / min(lights), _LEAST_CONTRAST if distance > 0.5 else 0.0)


def look_of(values: Mapping[str, str], around: Look) -> Look:
    size = _font_size(values, around.size)
    indent = around.indent
    if "text-indent" in values:
        indent = px(values["text-indent"], size, whole=_SCREEN) or 0.0
        if indent >= _SCREEN and _cuts(values):  # "text-indent: 100%; overflow: hidden"
            indent = -_FAR
    shown = {"hidden": False, "collapse": False, "visible": True, "initial": True, "unset": True}
    return Look(
        gone=around.gone or _is_gone(values, size),
        visible=shown.get(values.get("visibility", ""), around.visible),
        size=size,
        colour=_text_colour(values, around.colour),
        grounds=ground_of(values, around.grounds),
        doubt=around.doubt,
        indent=indent,
        struck=around.struck or any("line-through" in values.get(name, "") for name in DECORATIONS),
        shift=_shift(values, size),
    )


def _shift(values: Mapping[str, str], size: float) -> float:
    """Return how far an element is raised by itself, as a multiple of its size."""
    align = values.get("vertical-align", "")
    if align in ("super", "sub"):
        return 0.5 if align == "super" else -0.5
    raised = px(align, size, whole=size) or 0.0
    if values.get("position") == "relative":
        raised += (px(values.get("bottom", ""), size) or 0.0) - (px(values.get("top", ""), size) or 0.0)
    return raised / size if size else 0.0


def _font_size(values: Mapping[str, str], around: float) -> float:
    value = values.get("font-size")
    if value is None and "font" in values:
        sizes = re.findall(r"(?:^|\s)([\d.]+[a-z%]*)(?:\s*/\s*\S+)?\s+\S", values["font"])
        value = next((size for size in sizes if not re.fullmatch(r"[1-9]00", size)), None)
    length = None if value is None else px(value, around, whole=around)
    return around if length is None else length


def _text_colour(values: Mapping[str, str], around: Colour | None) -> Colour | None:
    value = values.get("-webkit-text-fill-color") or values.get("color")
    if "text" in (values.get("background-clip") or values.get("-webkit-background-clip") or ""):
        return None  # the letters show the background
    if value is None or value in ("inherit", "currentcolor", "unset"):
        return around
    return _colour(value)


def ground_of(values: Mapping[str, str], around: tuple[Colour, ...] | None) -> tuple[Colour, ...] | None:
    background = values.get("background", "")
    pictures = f"{background} {values.get('background-image', '')}"
    if "url(" in pictures:
        return None
    if "gradient(" in pictures:
        words = re.findall(r"#[0-9a-f]+|(?:rgb|hsl)a?\([^()]*\)|[a-z-]+\(?", pictures.replace("background", ""))
        stops = [word for word in words if word not in _DIRECTIONS and not word.endswith("gradient(")]
        colours = [_colour(stop) for stop in stops]
        opaque = tuple(colour for colour in colours if colour is not None and colour[3] >= 1 - _SEEN)
        return opaque if len(opaque) == len(colours) else None
    value = values.get("background-color")
    if value is None:
        words = [match[0] for match in _FUNCTION.finditer(background)] or background.split()
        value = next((word for word in words if word not in _BACKGROUND_WORDS and not _LENGTH.match(word)), None)
    if value is None or value in ("inherit", "none", "initial", "unset", "revert"):
        return around
    colour = _colour(value)
    if colour is None:
        return None
    if colour[3] <= _SEEN or not around:
        return around if colour[3] < 1 - _SEEN else (colour,)
    return tuple(_over(colour, ground) for ground in around)


def _is_gone(values: Mapping[str, str], size: float) -> bool:
    """Check if the element hides all that is in it."""
    lengths = (px(values.get(name, ""), size) for name in ("height", "width", "max-height", "max-width"))
    filters = (inside for name, inside in _FUNCTION.findall(values.get("filter", "")) if name == "opacity")
    return (
        values.get("display", "").split()[:1] == ["none"]
        or values.get("content-visibility") == "hidden"
        or any(_is_faint(opacity.strip()) for opacity in (values.get("opacity", ""), *filters))
        or _is_moved_away(values, size)
        or _is_clipped(values)
        or (_cuts(values) and any(length is not None and length <= _LEAST_SIZE for length in lengths))
    )


def overflow(values: Mapping[str, str]) -> list[str]:
    return " ".join(values.get(name, "") for name in ("overflow", "overflow-x", "overflow-y")).split()


def _cuts(values: Mapping[str, str]) -> bool:
    return any(word in ("hidden", "clip", "scroll", "auto") for word in overflow(values))


def _is_faint(opacity: str) -> bool:
    number = _number(opacity)
    return number is not None and number <= _SEEN


def _is_moved_away(values: Mapping[str, str], size: float) -> bool:
    placed = values.get("position") in ("absolute", "fixed", "relative", "sticky")
    inset, margin = values.get("inset", "").split(), values.get("margin", "").split()
    lengths = {name: values[name] for name in PLACES if name in values and (placed or name.startswith("margin"))}
    if inset and placed:
        lengths |= {"top": inset[0], "left": inset[-1] if len(inset) != 3 else inset[1]}
    if margin:
        lengths |= {"margin-top": margin[0], "margin-left": margin[-1] if len(margin) != 3 else margin[1]}
    for name, value in lengths.items():
        length = px(value, size) or 0.0
        if length <= -_FAR or (name == "left" and length >= _FAR_RIGHT):
            return True
    return _is_transformed_away(values, size)


def _is_transformed_away(values: Mapping[str, str], size: float) -> bool:
    functions = [
        *_FUNCTION.findall(values.get("transform", "")),
        *((name, ",".join(values[name].split())) for name in ("scale", "translate") if name in values),
    ]
    for name, inside in functions:
        parts = [part.strip() for part in inside.split(",")]
        if name.startswith("scale") and any(_number(part) == 0 for part in parts):
            return True
        if name.startswith("translate") and any((px(part, size) or 0.0) <= -_FAR for part in parts):
            return True
    return False


def _is_clipped(values: Mapping[str, str]) -> bool:
    for name, inside in _FUNCTION.findall(f"{values.get('clip', '')} {values.get('clip-path', '')}"):
        lengths = [_LENGTH.fullmatch(part) for part in re.split(r"[\s,]+", inside.split("round")[0].strip())]
        numbers = [(float(match[1]), match[2].lower()) for match in lengths if match]
        if name == "rect" and values.get("position") in ("absolute", "fixed") and len(numbers) == 4:
            (top, _), (right, _), (bottom, _), (left, _) = numbers
            if bottom - top <= _LEAST_SIZE or right - left <= _LEAST_SIZE:
                return True
        if name == "inset" and any(number >= 50 and unit == "%" for number, unit in numbers):
            return True
        if name in ("circle", "ellipse") and numbers and numbers[0][0] == 0:
            return True
        if name == "polygon" and numbers and len(set(numbers)) == 1:
            return True
    return False


def _number(value: str) -> float | None:
    match = _LENGTH.fullmatch(value)
    if match is None or match[2] not in ("", "%"):
        return None
    return float(match[1]) / (100 if match[2] == "%" else 1)


def px(value: str, size: float, *, whole: float | None = None) -> float | None:
    """Return a length in px; ``whole``: what 100 % are. ``None`` if it is not a length, or depends on the layout."""
    match = _LENGTH.fullmatch(value.strip())
    if match is None:
        return None
    number, unit = float(match[1]), match[2]
    if unit in ("em", "ex", "ch"):
        return number * size * (1 if unit == "em" else 0.5)
    if unit == "%":
        return None if whole is None else number * whole / 100
    return number * _UNITS[unit] if unit in _UNITS else None


def _colour(value: str) -> Colour | None:
    """Return a colour; ``None`` if its notation is not known."""
    value = value.strip()
    if value == "transparent":
        return (0.0, 0.0, 0.0, 0.0)
    match = re.fullmatch(r"#?([0-9a-f]{3,8})", _NAMED.get(value, value))
    if match is not None and (value.startswith("#") or value in _NAMED):
        return _hex(match[1])
    function = re.fullmatch(r"(rgb|hsl)a?\(([^()]*)\)", value)
    return _function(function[1], re.split(r"[\s,/]+", function[2].strip())) if function else None


def _hex(digits: str) -> Colour | None:
    if len(digits) in (3, 4):
        digits = "".join(2 * digit for digit in digits)
    if len(digits) not in (6, 8):
        return None
    red, green, blue, opacity = (int(digits.ljust(8, "f")[at : at + 2], 16) / 255 for at in (0, 2, 4, 6))
    return (red, green, blue, opacity)


def _function(name: str, parts: list[str]) -> Colour | None:
    numbers = [_LENGTH.fullmatch(part) for part in parts]
    if len(parts) not in (3, 4) or not all(numbers):
        return None
    values = [(float(match[1]), match[2]) for match in numbers if match]
    last = values[3] if len(values) == 4 else (1.0, "")
    opacity = last[0] / (100 if last[1] == "%" else 1)
    if name == "rgb":
        red, green, blue = (number / (100 if unit == "%" else 255) for number, unit in values[:3])
    else:
        (hue, _), (saturation, _), (light, _) = values[:3]
        red, green, blue = colorsys.hls_to_rgb(hue / 360 % 1, light / 100, saturation / 100)
    return (red, green, blue, opacity)
