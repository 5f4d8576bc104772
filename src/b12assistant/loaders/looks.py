"""Judge the declarations of a style sheet, and compute from them how the text of an element looks.

Whatever is not plainly harmless is a doubt: a new property or notation may cost a quote, but never makes a wrong one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from math import inf
from statistics import median_high

from PIL import ImageColor

_LEAST_SIZE, _READABLE = 2.0, 16 / 3  # px: smaller letters cannot be read, or hardly
_THICK, _WIDTH = 60.0, 1280.0  # px: of an edge, of the screen
_LEAST_LINE, _LINE, _WIDEST = 12.0, 20.0, 3_000.0  # px: lower boxes hold no line, wider ones are no boxes
_LEAST_BOX = 60.0  # px: a smaller box may cut its text
_MOST_SHARE = 60.0  # per cent of a length that is not known
_LEAST_CONTRAST, _SAME = 1.5, 0.05  # the second: difference of a colour channel too small to see
_WEIGHTS = (0.2126, 0.7152, 0.0722)
EM = 16.0  # px, of a page without styles
_PX = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "cm": 37.8, "mm": 3.78, "in": 96.0, "rem": EM}
_PX |= {"vw": 12.8, "vh": 8.0, "vmin": 8.0, "vmax": 12.8, "svh": 8.0, "dvh": 8.0}  # of a screen of 1,280 by 800
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([a-z%]*)", re.I)
_FUNCTION = re.compile(r"([\w-]+)\(((?:[^()]|\([^()]*\))*)\)")
_WORD = re.compile(r"[^\s(]*\((?:[^()]|\([^()]*\))*\)|[^\s(]+")
SIDES = tuple(f"{prefix}{side}" for prefix in ("", "margin-") for side in ("top", "right", "bottom", "left"))
PADDINGS = ("padding-top", "padding-bottom")
# What moves text to the right.
_PUSHES = (
    "margin-left",
    "padding-left",
    "text-indent",
    "left",
    "border-left",
    "border-left-width",
    "border-width",
    "border",
)
_GROUNDS = ("background", "background-color", "background-image")
PAINTS = ("color", "-webkit-text-fill-color", *_GROUNDS)
_SIZES = ("height", "max-height", "width", "max-width", "aspect-ratio")
_REVEALED = ("opacity", "transform", "translate", "scale", "visibility", "filter", "clip-path")
_RESETS = frozenset({"auto", "inherit", "initial", "unset", "revert", "normal", "none", "thin", "medium"})

EDGES = ("border", "outline", "box-shadow", "text-shadow")
MOVES = ("transition", "animation")
# Harmless by themselves, and needed with others.
_USED = re.compile(
    "vertical-align|text-decoration(?:-line)?|white-space|font-family|grid-(?:area|row|column)|flex(?:-shrink)?"
    "|aspect-ratio|contain|float|clear"
)
# Properties that set no more than type, space, borders or order, with any value.
_PLAIN = re.compile(
    r"--.*|(?:font-(?!size|palette)|text-(?!indent|security|box|combine|fill)|white-space|word-(?!spacing)|overflow-(?:[wa]|sc)"
    r"|hyphen|quotes|list-|cursor|pointer-|user-|(?:outline|border)(?:-[a-z]+)*-(?:color|style|radius|collapse)|border-(?:collapse|spacing)"
    r"|box-(?!reflect|shadow)|table-|caption-|empty-|float"
    r"|clear|flex|order|column-(?!gap)|columns|align|justify|place|object-|resize|scroll|overscroll|transition|will-|tab-"
    r"|page|break-|orphans|widows|appearance|background-[aoprs]|aspect|isolation|touch|tap-"
    r"|accent|caret|fill|stroke|src|writing|counter|container|hanging|interpolate|print|speak|ruby|direction"
    r"|line-break|grid-(?:area|auto|column|row|template-areas)|transform-style|filter:progid"
    r"|vertical|unicode-range|forced|zoom-|display-|-(?!webkit)[a-z]+-).*"
)
_ANY = r"[a-z -]+"
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_BOXES = "(?:inline-)?(?:block|flex|flexbox|grid|box|table)"
_ANGLE = r"-?(?:[0-3]?\d|4[0-5])(?:\.\d+)?deg|-?0?\.0?\d+turn|0"
# The words that hide, and those that do no harm.
_WORDS = {
    "display": (
        "none",
        rf"(?:-[a-z]+-)?{_BOXES}|inline|flow-root|list-item|contents|table-(?!column)[a-z-]+|ruby(?:-[a-z-]+)?",
    ),
    "color-scheme": (None, "(?:only )?light(?: dark)?|normal"),
    "transform-origin": (None, "(?:(?:left|right|top|bottom|center|0|0%|50%|100%)\\s*)+"),
    "border-image": (None, "none"),
    **dict.fromkeys(("perspective", "backdrop-filter"), (None, "none")),
    "visibility": (None, r"visible|hidden|collapse|inherit|initial|unset"),  # inherited: see ``look_of``
    "content-visibility": ("hidden", "visible|auto"),
    "filter": (
        r"opacity\([0.]+%?\)",
        r"none|(?:(?:drop-shadow|grayscale|sepia|saturate|hue-rotate)\((?:[^()]|\([^()]*\))*\)\s*)+",
    ),
    "rotate": (None, f"none|{_ANGLE}"),
    "position": (None, _ANY),
    "clip": (r"rect\((?:[\s,]*[01](?:px)?){4}\s*\)", "auto"),
    "clip-path": (r"inset\((?:50|100)%\)|circle\(0[a-z%]*\)|polygon\([0 ,]*\)", "none"),
    **dict.fromkeys(("mask", "mask-image", "animation-name"), (None, "none")),
    "overflow": (None, _ANY),
    "z-index": (None, r"auto|\d+"),
    **dict.fromkeys(("mix-blend-mode", "background-blend-mode"), (None, "normal")),
    "background-clip": (None, "border-box|padding-box|content-box"),
    "animation": (None, "none.*"),
    "content": (None, r"normal|none|\"\"|''"),
    **dict.fromkeys(("grid-template-rows", "grid-template", "grid"), (None, r"(?!.*\b0(?:fr|px|%|\b))[^()]*")),
    "contain": (None, "none|content|layout|style|paint|layout paint"),
    "unicode-bidi": (None, "normal|embed|isolate|plaintext"),
    "backface-visibility": (None, "visible|hidden"),
    "all": (None, "initial|revert|inherit"),
}
_PATTERNS = {name: [re.compile(one or r"(?!)") for one in pair] for name, pair in _WORDS.items()}
_ON = ("", "-width", *(f"-{side}{what}" for side in SIDES[:4] for what in ("", "-width")))
# In px: what hides up to this, does no harm from this and to this, and hides from this.
_RANGES = {
    "opacity": (_SAME, 0.3, 1, inf),
    **dict.fromkeys(("scale", "zoom"), (0, 0.6, 1.5, inf)),
    **dict.fromkeys(("padding", "padding-top", "padding-right", "padding-bottom", "padding-left"), (-inf, 0, 640, inf)),
    **dict.fromkeys(
        ("gap", "row-gap", "column-gap", "grid-gap", "grid-row-gap", "grid-column-gap"), (-inf, 0, 320, inf)
    ),
    **dict.fromkeys(("min-width", "min-height", "grid-template-columns"), (-inf, 0, 1_600, inf)),
    **dict.fromkeys((f"{edge}{on}" for edge in ("border", "outline") for on in _ON), (-inf, 0, _THICK, inf)),
    **dict.fromkeys(("box-shadow", "outline-offset"), (-inf, -_THICK, _THICK, inf)),
    **dict.fromkeys(("letter-spacing", "word-spacing"), (-inf, -2, 32, inf)),
    "line-height": (-inf, _READABLE, inf, inf),
    **dict.fromkeys(("text-indent", "left", "margin-left"), (-500, -120, 1_000, 5_000)),
    "translate": (-500, -_LINE, _LINE, 5_000),
    **dict.fromkeys(("right", "bottom"), (-inf, -120, 640, inf)),
    "margin-right": (-inf, -120, inf, inf),
    "margin-bottom": (-inf, -40, inf, inf),
    **dict.fromkeys(("top", "margin-top"), (-500, -120, inf, inf)),
}
_SIZING = ("font-size", "font", "zoom", "scale", "transform", "-webkit-transform")
_SHARES = ("opacity", "scale", "zoom")
_NAMED = re.compile(
    r"(?:rgb|hsl|var|url|hwb|lab|lch|oklab|oklch|color(?:-mix)?|repeat)[a-z]*\((?:[^()]|\([^()]*\))*\)|#[0-9a-f]+|\b[\d.]+fr\b",
    re.I,
)
# What one picture does not settle: it moves, waits for a script or another screen, or draws other letters.
_GRAVE = re.compile(
    r"<(?:script|template|link)|@media|animation|text-security|unicode-bidi|:hover|:focus|:active|:target"
)
Colour = tuple[float, float, float, float]  # red, green, blue, opacity, from 0 to 1
_WHITE: Colour = (1.0, 1.0, 1.0, 1.0)
_BLACK: Colour = (0.0, 0.0, 0.0, 1.0)
_CLEAR: Colour = (0.0, 0.0, 0.0, 0.0)
Named = Callable[[str], str]  # from a property to its declaration with its selector


class Effect(IntEnum):
    """What a declaration may do to text."""

    NONE = 0
    DOUBT = 1
    HIDES = 2


@dataclass(frozen=True, slots=True)
class Look:
    """How the text directly in an element looks.

    ``grounds``: the colours behind it, several of a gradient, ``None`` if they are not known; ``pictured``: they are
    under a picture that is in another file. ``doubt``: what may hide the element with all that is in it; ``paint``:
    what last set a colour.
    """

    gone: bool = False  # with all that is in it
    visible: bool = True
    size: float = EM  # px
    scale: float = 1.0
    opacity: float = 1.0
    moved: float = 0.0  # px to the right, in a box that cuts what is beyond ``room``
    room: float = _WIDTH
    colour: Colour | None = _BLACK
    grounds: tuple[Colour, ...] | None = (_WHITE,)
    pictured: bool = False
    struck: bool = False  # a line is through it
    shift: float = 0.0  # of the element itself: how far it is raised, times the size
    doubt: str = ""
    paint: str = ""

    @property
    def is_hidden(self) -> bool:
        """Check if the text is invisible."""
        known = self.colour is not None and self.grounds is not None and not self.pictured
        is_lost = known and all(_distance(self._seen, ground) <= _SAME for ground in self.grounds or ())
        return self.gone or not self.visible or self.size < _LEAST_SIZE or is_lost

    @property
    def _seen(self) -> Colour:
        red, green, blue, opacity = self.colour or _BLACK
        return red, green, blue, opacity * self.opacity

    @property
    def is_doubtful(self) -> bool:
        """Check if it is not known whether the colour of the text can be told from what is behind it."""
        if self.colour is None or self.grounds is None:
            return bool(self.paint)
        return any(_contrast(self._seen, ground) < _LEAST_CONTRAST for ground in self.grounds)


def is_grave(reason: str) -> bool:
    """Check for a doubt that a browser's picture of the page cannot settle."""
    return _GRAVE.search(reason) is not None


def graver(*reasons: str) -> str:
    """Return a reason to doubt that no picture settles, or else the first; "" if there is none."""
    return max(filter(None, reasons), key=is_grave, default="")


def matters(name: str) -> bool:
    """Check for a property that, with some value, changes which text is seen, or where."""
    return _USED.fullmatch(name) is not None or name.startswith((*MOVES, *EDGES)) or not _PLAIN.fullmatch(_bare(name))


def _bare(name: str) -> str:
    return re.sub(r"^-webkit-|(?<=overflow)-(?:x|y|block|inline)$", "", name)


def effect(name: str, value: str, size: float = EM) -> Effect:
    """Judge one declaration. Colours, sizes of letters and of boxes do harm only together: see ``look_of``."""
    bare = _bare(name)
    if name in (*PAINTS, *_SIZES, "font-size", "font") or _PLAIN.fullmatch(bare):
        return Effect.NONE
    if bare in _PATTERNS:
        hides, harmless = (pattern.fullmatch(value) for pattern in _PATTERNS[bare])
        return Effect.HIDES if hides else Effect(not harmless and value not in _RESETS)
    if bare == "transform":
        found = [_function(*match) for match in _FUNCTION.findall(value)]
        is_odd = _FUNCTION.sub("", value).strip() not in ("", *_RESETS)
        return Effect.DOUBT if is_odd else max(found, default=Effect.NONE)
    return _ranged(bare, value, size)


def _function(name: str, inside: str) -> Effect:
    """Judge a function of a transform."""
    kind = re.sub(r"(?:x|y|z|3d)$", "", name.lower())
    if name.lower() in ("rotate", "rotatez"):
        return Effect(not re.fullmatch(_ANGLE, inside.strip()))
    return _ranged(kind, inside, EM) if kind in ("scale", "translate") else Effect.DOUBT


def _ranged(name: str, value: str, size: float) -> Effect:
    hiding, least, most, far = _RANGES.get(name, (-inf, inf, inf, inf))
    if name.startswith((*EDGES, "padding", "min-", "gap", "row-", "column-", "grid-")):  # any words beside the lengths
        bare = _NAMED.sub(" ", value)
        lengths = [px(number + unit, size, whole=most) for number, unit in _LENGTH.findall(bare)]
        return Effect("*" in bare or any(one is None or not least <= one <= most for one in lengths))
    whole = 1.0 if name in _SHARES else size if name == "line-height" else None
    found = Effect.NONE
    for word in re.split(r"[\s,]+", value.strip()):
        match = _LENGTH.fullmatch(word)
        is_bare = name == "line-height" and match is not None and not match[2]
        number = px(f"{word}em" if is_bare else word, size, whole=whole) if match else None
        if number is not None:
            is_far = number <= hiding or number >= far
            found = max(found, Effect.HIDES if is_far else Effect(not least <= number <= most))
        elif word not in _RESETS and not _CENTRING.fullmatch(value):  # per cent of something that is not known
            found = max(found, Effect(match is None or match[2] != "%" or abs(float(match[1])) > _MOST_SHARE))
    return found


def look_of(values: Mapping[str, str], around: Look, named: Named) -> Look:
    """Return the look of an element inside one with the look ``around``."""
    size = _font_size(values, around.size)
    is_moving = any(name.startswith(MOVES) for name in values)
    place = values.get("position", "static")
    scale = around.scale * _factor(values, "zoom", "scale")
    opacity = around.opacity * (1.0 if is_moving else _factor(values, "opacity"))
    seen_size = (size or EM) * scale
    is_small = seen_size < min(_READABLE, around.size * around.scale)
    is_hard_to_read = size is None or (is_small and size >= _LEAST_SIZE)
    gone, doubts = around.gone, [next(filter(None, map(named, _SIZING)), "")] if is_hard_to_read else []
    doubts += [named("opacity")] if opacity < min(_RANGES["opacity"][1], around.opacity) else []
    moved, room, pushing = _placed(values, around, size or EM)
    doubts += [named(pushing)] if pushing else []
    doubts += [named("position")] if place in ("absolute", "fixed") or (place == "relative" and _is_far(values)) else []
    for name, value in values.items():
        judged = "bottom" if place == "fixed" and name == "top" else name
        found = Effect.NONE if name in SIDES[:4] and place == "static" else effect(judged, value, size or EM)
        if found is Effect.HIDES and ((is_moving and name in _REVEALED) or (name == "clip" and place == "static")):
            found = Effect(is_moving)
        gone |= found is Effect.HIDES
        doubts += [named(name)] if found is Effect.DOUBT else []
    grounds = ground_of(values, around.grounds)
    cut, cutting = cut_by(values, size or EM)
    doubts += [named(cutting)] if cut is Effect.DOUBT else []
    shown = {"hidden": False, "collapse": False, "visible": True, "initial": True, "unset": True}
    visible = shown.get(values.get("visibility", ""), around.visible)
    if is_moving and around.visible and not visible:
        visible, doubts = True, [*doubts, named("visibility")]
    return Look(
        gone=gone or cut is Effect.HIDES,
        visible=visible,
        size=around.size if size is None else size,
        scale=scale,
        opacity=opacity,
        moved=moved,
        room=room,
        colour=_text_colour(values, around.colour),
        grounds=grounds,
        pictured=any("url(" in values.get(name, "") for name in _GROUNDS)
        or (around.pictured and grounds == around.grounds),
        struck=around.struck or any("line-through" in values.get(f"text-decoration{on}", "") for on in ("", "-line")),
        shift=_shift(values, size or EM),
        doubt=graver(around.doubt, *doubts),
        paint=next(filter(None, map(named, PAINTS)), around.paint),
    )


def _is_far(values: Mapping[str, str]) -> bool:
    """Check for text that is moved from its place by more than a line, so that something may lie over it."""
    return any(abs(px(values.get(name, "0"), EM, whole=600.0) or 0.0) > _LINE for name in SIDES[:4])


def _factor(values: Mapping[str, str], *names: str) -> float:
    """Return the product of the numbers of some properties; of several numbers the smallest."""
    factor = 1.0
    for name in names:
        words = values.get(name, "").split()
        if name == "scale":
            words += re.split(r"[\s,]+", " ".join(re.findall(r"scale(?:3d)?\(([^()]*)\)", values.get("transform", ""))))
        numbers = [px(word, EM, whole=1.0) for word in words if _LENGTH.fullmatch(word)]
        factor *= min((max(number, 0.0) for number in numbers if number is not None), default=1.0)
    return factor


def _placed(values: Mapping[str, str], around: Look, size: float) -> tuple[float, float, str]:
    """Return how far text is moved to the right, the room it has, and the property that moves it too far, or ""."""
    moved, room, last = around.moved, around.room, ""
    for name in _PUSHES:
        if name in values and (name != "left" or values.get("position", "static") != "static"):
            moved += max((px(word, size, whole=room) or 0.0 for word in values[name].split()), key=abs, default=0.0)
            last = name
    if last and not -120 <= moved <= 0.4 * room:
        return moved, room, last
    if re.search("hidden|clip", " ".join(value for name, value in values.items() if name.startswith("overflow"))):
        widths = (px(values.get(name, ""), size, whole=room) for name in ("width", "max-width"))
        room, moved = min((width for width in widths if width), default=room), max(moved - around.moved, 0.0)
    for name in ("white-space", "width", "min-width", "flex", "flex-shrink"):
        value = values.get(name, "")
        if room < _WIDTH and (re.match("nowrap|pre$|none|0 0|0$", value) or (px(value, size) or 0.0) > room):
            return moved, room, name
    return moved, room, ""


def cut_by(values: Mapping[str, str], size: float) -> tuple[Effect, str]:
    """Check if a box may cut its text, or be too small for a ground that its letters need; name the property."""
    flow = " ".join(value for name, value in values.items() if name.startswith(("overflow", "contain")))
    is_hard, is_cut = (
        re.search(words, flow) is not None
        for words in ("hidden|clip|paint|content", "hidden|clip|paint|content|scroll|auto")
    )
    wide = "nowrap" in values.get("white-space", "")
    is_painted = any(ground in values for ground in _GROUNDS)
    found = (Effect.NONE, "")
    for name in _SIZES:
        value = values.get(name, "auto")
        length = None if name == "aspect-ratio" else px(value, size)
        if is_cut and length is not None and length <= _LEAST_SIZE:
            return Effect.HIDES, name
        is_limit = value not in _RESETS and not _WIDE_ENOUGH.fullmatch(value)
        is_small = length is None or length < _LEAST_BOX
        is_odd = length is not None and (length < _LEAST_LINE or length > _WIDEST)
        if is_limit and (
            (is_odd and not is_cut)
            or ((is_cut or is_painted) and is_small)
            or (is_hard and (wide or name.endswith("height")))
        ):
            found = (Effect.DOUBT, name)
    return found


def _shift(values: Mapping[str, str], size: float) -> float:
    """Return how far an element is raised by itself, as a multiple of its size."""
    align = values.get("vertical-align", "")
    if align in ("super", "sub"):
        return 0.5 if align == "super" else -0.5
    raised = px(align, size, whole=size) or 0.0
    if values.get("position") == "relative":
        raised += (px(values.get("bottom", ""), size) or 0.0) - (px(values.get("top", ""), size) or 0.0)
    return raised / size


def _font_size(values: Mapping[str, str], around: float) -> float | None:
    """Return the size of letters; ``None`` if it is not known."""
    value = values.get("font-size")
    if value is None and "font" in values:
        words = [word.split("/")[0] for word in _WORD.findall(values["font"])]
        value = next(
            (word for word in words if "(" in word or (_LENGTH.fullmatch(word) and word[-3:] not in _BOLD)), ""
        )
        value = value or "inherit"
    if value is None or value in _RESETS or re.fullmatch(r"(?:x+-)?(?:small|large)(?:er)?", value):
        return around
    return px(value, around, whole=around)


_WIDE_ENOUGH = re.compile(r"[1-9]\d+(?:\.\d*)?%|(?:min|max|fit)-content|calc\(100% - \d\d?px\)")
_CENTRING = re.compile(r"calc\(\(100(?:%|vw) - \d{2,3}px\) ?/ ?2\)|calc\(50% - 50vw\)")
_BOLD = tuple(f"{weight}00" for weight in range(1, 10))


def _text_colour(values: Mapping[str, str], around: Colour | None) -> Colour | None:
    value = values.get("-webkit-text-fill-color") or values.get("color")
    if "text" in (values.get("background-clip") or values.get("-webkit-background-clip") or ""):
        return None  # the letters show the background
    return around if value is None or value in ("inherit", "currentcolor", "unset") else _colour(value)


def ground_of(values: Mapping[str, str], around: tuple[Colour, ...] | None) -> tuple[Colour, ...] | None:
    """Return the colours behind the text of an element; ``None`` if they are not known."""
    pictures = f"{values.get('background', '')} {values.get('background-image', '')}"
    if re.search(r"url\(\s*[\"']?(?:data:|#)", pictures):
        return None
    gradient = re.search(r"gradient\(((?:[^()]|\([^()]*\))*)\)", pictures)
    if gradient:
        stops = [words[0] for part in re.split(r",(?![^(]*\))", gradient[1]) if (words := _WORD.findall(part))]
        found = [_colour(stop) for stop in stops if not re.match(r"to$|at$|circle|ellipse|[\d.-]+[a-z]+$", stop)]
        return tuple(one for one in found if one) if all(one and one[3] >= 1 - _SAME for one in found) else None
    shorthand = _WORD.findall(values.get("background", ""))
    placed = [word for word in shorthand if not _PLACING.fullmatch(word)]
    one = values.get("background-color", "none" if not placed else placed[0])
    colour = _CLEAR if one in (*_RESETS, "none") else _colour(one)
    if colour is None:
        return None
    if not around:
        return (colour,) if colour[3] >= 1 - _SAME else around
    return tuple(_over(colour, ground) for ground in around)


# What a background may say beside its colour.
_PLACING = re.compile(
    rf"{_NUMBER}[a-z%]*|url\(.*|none|(?:no-)?repeat(?:-[xy])?|cent(?:er|re)|left|right|top|bottom|fixed|scroll|local|cover|contain"
    r"|border-box|padding-box|/|space|inherit|initial|unset|revert"
)


def _over(colour: Colour, ground: Colour) -> Colour:
    """Return what is seen of a colour on an opaque ground."""
    red, green, blue = (a * colour[3] + b * (1 - colour[3]) for a, b in zip(colour[:3], ground[:3], strict=True))
    return (red, green, blue, 1.0)


def _distance(colour: Colour, ground: Colour) -> float:
    """Return the largest difference of a channel."""
    return max(abs(a - b) for a, b in zip(_over(colour, ground)[:3], ground[:3], strict=True))


def _contrast(colour: Colour, ground: Colour) -> float:
    """Return the contrast of two colours as a person sees it; two that are far apart are enough."""
    seen = (_over(colour, ground), ground)
    lights = [
        sum(weight * math.pow(c, 2.2) for weight, c in zip(_WEIGHTS, one[:3], strict=True)) + 0.05 for one in seen
    ]
    return max(max(lights) / min(lights), _LEAST_CONTRAST if _distance(colour, ground) > 0.5 else 0.0)


_CHOOSING: dict[str, Callable[[list[float]], float]] = {"calc": sum, "min": min, "max": max, "clamp": median_high}


def px(value: str, size: float, *, whole: float | None = None) -> float | None:
    """Return a length in px; ``whole``: what 100 % are. ``None`` if it is not a length, or depends on the layout.

    With ``whole``, sums and choices of lengths are computed too.
    """
    function = _FUNCTION.fullmatch(value.strip())
    if function is not None and whole is not None:
        parts = function[2].split(" + " if function[1] == "calc" else ",")
        numbers = [px(part, size, whole=whole) for part in parts]
        known = [number for number in numbers if number is not None]
        chosen = _CHOOSING.get(function[1])
        return chosen(known) if chosen and len(known) == len(numbers) else None
    match = _LENGTH.fullmatch(value.strip())
    if match is None:
        return None
    unit = {**_PX, "em": size, "ex": size / 2, "ch": size / 2, "lh": 1.2 * size, "%": (whole or 0.0) / 100}.get(
        match[2]
    )
    return None if unit is None or (match[2] == "%" and whole is None) else float(match[1]) * unit


def _colour(value: str) -> Colour | None:
    """Return a colour; ``None`` if its notation is not known."""
    if value == "transparent":
        return _CLEAR
    value = f"#{value}" if re.fullmatch("[0-9a-f]{3}|[0-9a-f]{6}", value) else value  # of an attribute
    function = re.fullmatch(r"(rgb|hsl)a?\(([^()]*)\)", value)
    parts = re.split(r"[\s,/]+", function[2].strip()) if function else []
    try:
        opacity = float(parts[3].rstrip("%")) / (100 if "%" in parts[3] else 1) if len(parts) > 3 else 1.0
        red, green, blue, *rest = ImageColor.getrgb(f"{function[1]}({','.join(parts[:3])})" if function else value)
    except ValueError:
        return None
    return (min(red / 255, 1.0), min(green / 255, 1.0), min(blue / 255, 1.0), rest[0] / 255 if rest else opacity)
