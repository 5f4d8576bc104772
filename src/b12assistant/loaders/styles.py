"""Find out which elements of a page its own styles hide.

Selectors are matched by the HTML parser. Only the properties that hide text are resolved; style sheets in other files
are not loaded. A rule inside ``@media`` counts on a wide, light screen.
"""

from __future__ import annotations

import colorsys
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

_LEAST_SIZE = 2.0  # px; smaller letters cannot be read
_FAR = 500.0  # px out of the page on the left or above: no reader gets there
_FAR_RIGHT = 5_000.0  # px; pages are longer than wide, so only to the right
_SEEN = 0.05  # opacity below which nothing is seen
_SAME = 8 / 255  # difference of a colour channel too small to see
_SCREEN = 1280.0  # px
_EM = 16.0  # px, of a page without styles
_UNITS = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "cm": 37.8, "mm": 3.78, "in": 96.0, "rem": _EM}
_UNITS |= {"vw": _SCREEN / 100, "vh": 8.0, "vmin": 8.0, "vmax": _SCREEN / 100}

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", re.S)
_PART = re.compile(r"[{};]|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|\((?:[^()\"'{}]|\([^()]*\))*\)", re.S)
_LENGTH = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([a-z%]*)", re.I)
_FUNCTION = re.compile(r"([a-z-]+)\(([^()]*)\)", re.I)
_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,([^()]*))?\)")
_IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.I)
_WIDTH = re.compile(r"\(\s*(min|max)-width\s*:\s*([\d.]+)(px|em|rem)\s*\)", re.I)
_SIMPLE = (
    re.compile(r"#[\w-]+"),
    re.compile(r"\.[\w-]+|\[[^\]]*\]|(?<!:):(?!is|where|not)[a-z-]+", re.I),
    re.compile(r"(?:^|[\s>+~(,])[a-z][\w-]*", re.I),
)
_DEEPEST = 8  # levels of nested rules
_PSEUDO = re.compile(r"::?(before|after)$", re.I)
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?", re.I)
_ORNAMENTS = " \t\n\u00a0\u200b•·▪■□►▸→›»«‹|/,“”„‘’\"\\'"  # drawn by a style sheet, they change no sentence

_NAMED = {
    "aliceblue": "f0f8ff",
    "azure": "f0ffff",
    "black": "000",
    "blue": "00f",
    "floralwhite": "fffaf0",
    "ghostwhite": "f8f8ff",
    "gray": "808080",
    "green": "008000",
    "grey": "808080",
    "ivory": "fffff0",
    "mintcream": "f5fffa",
    "navy": "000080",
    "red": "f00",
    "silver": "c0c0c0",
    "snow": "fffafa",
    "white": "fff",
    "whitesmoke": "f5f5f5",
    "yellow": "ff0",
}
_DECORATIONS = ("text-decoration", "text-decoration-line")
_PLACES = ("left", "top", "right", "bottom", "margin-left", "margin-top")
_RELEVANT = frozenset(
    (
        *("display", "visibility", "content-visibility", "opacity", "filter", "transform", "scale", "translate"),
        *("font-size", "font", "color", "-webkit-text-fill-color", "background", "background-color"),
        *("background-image", "background-clip", "-webkit-background-clip", "position", "inset", *_PLACES, "margin"),
        *("text-indent", "clip", "clip-path", "overflow", "overflow-x", "overflow-y"),
        *("height", "width", "max-height", "max-width"),
        *("vertical-align", "text-decoration", "text-decoration-line"),
    )
)

# What the attributes of older pages say about colours.
_HINTS = {"color": "color", "text": "color", "bgcolor": "background-color"}

Colour = tuple[float, float, float, float]  # red, green, blue, opacity, from 0 to 1
_WHITE: Colour = (1.0, 1.0, 1.0, 1.0)
_BLACK: Colour = (0.0, 0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Look:
    """How the text directly in an element looks. ``ground``: ``None`` if it is a picture or not known."""

    gone: bool = False  # with all that is in it
    visible: bool = True
    size: float = _EM  # px
    colour: Colour | None = _BLACK
    ground: Colour | None = _WHITE
    indent: float = 0.0  # px
    struck: bool = False  # a line is through it
    shift: float = 0.0  # of the element itself: how far it is raised, times the size

    @property
    def is_hidden(self) -> bool:
        """Check if the text is invisible."""
        return (
            self.gone
            or not self.visible
            or self.size < _LEAST_SIZE
            or self.indent <= -_FAR
            or (self.colour is not None and (self.colour[3] <= _SEEN or _is_same(self.colour, self.ground)))
        )


def _is_same(colour: Colour, ground: Colour | None) -> bool:
    return ground is not None and max(abs(a - b) for a, b in zip(colour[:3], ground[:3], strict=True)) <= _SAME


_Weight = tuple[bool, bool, tuple[int, ...], int]  # important, inline, specificity, order
_Declaration = tuple[str, str, bool]  # name, value and importance


class Styles:
    """The styles of one page."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._order = count()
        self._variables: dict[str, str] = {}
        self._matched: dict[int, dict[str, tuple[_Weight, str]]] = {}
        self._generating: set[tuple[int, str]] = set()  # elements with "before" or "after"
        sheets = (sheet for sheet in tree.css("style") if sheet.parent is None or sheet.parent.tag != "noscript")
        shown = (sheet.text() for sheet in sheets if _is_on_screen(sheet.attributes.get("media") or ""))
        rules = [rule for text in shown for rule in _rules(text or "")]
        for _, declarations in rules:
            self._variables.update((name, value) for name, value, _ in declarations if name.startswith("--"))
        for selector, declarations in rules:
            if any(name == "content" and _draws(value) for name, value, _ in declarations):
                self._generate(tree, selector)
            kept = [declaration for declaration in declarations if declaration[0] in _RELEVANT]
            if kept:
                self._match(tree, selector, kept)

    def look(self, node: LexborNode, attributes: Mapping[str, str | None], around: Look) -> Look:
        """Return the look of an element inside one with the look ``around``."""
        values = dict(self._matched.get(node.mem_id, {}))
        for name, value, important in _declarations(attributes.get("style") or ""):
            if name.startswith("--"):
                self._variables[name] = value
            elif name in _RELEVANT:
                _set(values, name, value, (important, True, (), next(self._order)))
        hints = {name: hint.strip().lower() for key, name in _HINTS.items() if (hint := attributes.get(key))}
        if not values and not hints:
            return replace(around, shift=0.0) if around.shift else around
        return _look(hints | {name: self._resolved(value) for name, (_, value) in values.items()}, around)

    def generates(self, node: LexborNode, where: str) -> bool:
        """Check if the page draws words or signs of a style sheet ``before`` or ``after`` the text of an element."""
        return (node.mem_id, where) in self._generating

    def _generate(self, tree: LexborHTMLParser, selectors: str) -> None:
        for selector in _split(selectors):
            if (pseudo := _PSEUDO.search(selector)) is not None:
                with suppress(SelectolaxError):
                    nodes = tree.css(selector[: pseudo.start()] or "*")
                    self._generating.update((node.mem_id, pseudo[1].lower()) for node in nodes)

    def _match(self, tree: LexborHTMLParser, selectors: str, declarations: list[_Declaration]) -> None:
        for selector in _split(selectors):
            try:
                nodes = tree.css(selector)
            except SelectolaxError:
                continue  # a pseudo-element, a state, or invalid
            specificity = tuple(len(pattern.findall(selector)) for pattern in _SIMPLE)
            for name, value, important in declarations:
                weight = (important, False, specificity, next(self._order))
                for node in nodes:
                    _set(self._matched.setdefault(node.mem_id, {}), name, value, weight)

    def _resolved(self, value: str) -> str:
        for _ in range(_DEEPEST):
            if "var(" not in value:
                break
            value = _VARIABLE.sub(lambda match: self._variables.get(match[1], match[2] or ""), value)[:1_000]
        return value.strip().lower()


def _draws(content: str) -> bool:
    """Check if the `content` of a style sheet draws more than bullets, arrows, quotation marks or numbers of a list."""
    if "attr(" in content or "url(" in content:
        return True
    strings = (match[0][1:-1] for match in _STRING.finditer(content))
    text = "".join(_ESCAPE.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), string) for string in strings)
    return bool(text.strip(_ORNAMENTS))


def _set(values: dict[str, tuple[_Weight, str]], name: str, value: str, weight: _Weight) -> None:
    if name not in values or values[name][0] <= weight:
        values[name] = (weight, value)


def _is_on_screen(query: str) -> bool:
    """Check if any part of a media query may hold on a wide, light screen."""
    return not query.strip() or any(_holds(part.strip().lower()) for part in query.split(","))


def _holds(part: str) -> bool:
    if re.match(r"(?:only\s+)?(?:print|speech|aural|braille)\b", part) or re.search(r"scheme\s*:\s*dark", part):
        return False
    for side, number, unit in _WIDTH.findall(part):
        width = float(number) * (1 if unit.lower() == "px" else _EM) if number.replace(".", "", 1).isdigit() else 0.0
        if width > _SCREEN if side.lower() == "min" else width < _SCREEN:
            return False
    return True


def _rules(sheet: str) -> Iterator[tuple[str, list[_Declaration]]]:
    """Yield the selector and declarations of each rule of a style sheet, those inside at-rules and other rules too."""
    text = _COMMENT.sub(" ", sheet)
    stack: list[tuple[str | None, list[str]]] = [("", [])]  # the selector, and the declarations of each open block
    start = 0
    for match in _PART.finditer(text):
        mark = match[0]
        if mark not in ("{", "}", ";"):
            continue
        words = text[start : match.start()].strip()
        start = match.end()
        if mark == "{":
            stack.append((_nested(stack[-1][0], words) if len(stack) <= _DEEPEST else None, []))
            continue
        if words:
            stack[-1][1].append(words)
        if mark == "}" and len(stack) > 1:
            selector, declarations = stack.pop()
            if selector:
                yield selector, list(_declarations(";".join(declarations)))
    for selector, declarations in reversed(stack):  # browsers close what is left open
        if selector:
            yield selector, list(_declarations(";".join((*declarations, text[start:]))))


def _nested(outer: str | None, words: str) -> str | None:
    """Return the selector of a block inside another; ``None`` if the block does not count."""
    if outer is None:
        return None
    name = words.split(None, 1)[0].lower() if words else ""
    if name == "@media":
        return outer if _is_on_screen(words[len(name) :]) else None
    if name.startswith("@"):
        return outer if name in ("@supports", "@layer", "@container", "@scope") else None
    if not outer:
        return words
    return words.replace("&", f":is({outer})") if "&" in words else f":is({outer}) {words}"


def _declarations(text: str) -> Iterator[_Declaration]:
    """Yield the declarations in order."""
    for part in _split(_COMMENT.sub(" ", text), ";"):
        name, colon, value = (side.strip() for side in part.partition(":"))
        if colon:
            bare = _IMPORTANT.sub("", value)
            yield (name if name.startswith("--") else name.lower()), bare, bare != value


def _split(text: str, at: str = ",") -> Iterator[str]:
    """Yield the parts between separators that are not inside brackets or strings."""
    depth = start = 0
    bare = _STRING.sub(lambda match: "_" * len(match[0]), text)
    for place, letter in enumerate(bare):
        depth += (letter in "([") - (letter in ")]" and depth > 0)
        if letter == at and not depth:
            yield text[start:place].strip()
            start = place + 1
    if text[start:].strip():
        yield text[start:].strip()


def _look(values: Mapping[str, str], around: Look) -> Look:
    size = _font_size(values, around.size)
    indent = around.indent
    if "text-indent" in values:
        indent = _px(values["text-indent"], size, whole=_SCREEN) or 0.0
        if indent >= _SCREEN and _cuts(values):  # "text-indent: 100%; overflow: hidden"
            indent = -_FAR
    shown = {"hidden": False, "collapse": False, "visible": True, "initial": True, "unset": True}
    return Look(
        gone=around.gone or _is_gone(values, size),
        visible=shown.get(values.get("visibility", ""), around.visible),
        size=size,
        colour=_text_colour(values, around.colour),
        ground=_ground(values, around.ground),
        indent=indent,
        struck=around.struck or any("line-through" in values.get(name, "") for name in _DECORATIONS),
        shift=_shift(values, size),
    )


def _shift(values: Mapping[str, str], size: float) -> float:
    """Return how far an element is raised by itself, as a multiple of its size."""
    align = values.get("vertical-align", "")
    if align in ("super", "sub"):
        return 0.5 if align == "super" else -0.5
    raised = _px(align, size, whole=size) or 0.0
    if values.get("position") == "relative":
        raised += (_px(values.get("bottom", ""), size) or 0.0) - (_px(values.get("top", ""), size) or 0.0)
    return raised / size if size else 0.0


def _font_size(values: Mapping[str, str], around: float) -> float:
    value = values.get("font-size")
    if value is None and "font" in values:
        sizes = re.findall(r"(?:^|\s)([\d.]+[a-z%]*)(?:\s*/\s*\S+)?\s+\S", values["font"])
        value = next((size for size in sizes if not re.fullmatch(r"[1-9]00", size)), None)
    length = None if value is None else _px(value, around, whole=around)
    return around if length is None else length


def _text_colour(values: Mapping[str, str], around: Colour | None) -> Colour | None:
    value = values.get("-webkit-text-fill-color") or values.get("color")
    if "text" in (values.get("background-clip") or values.get("-webkit-background-clip") or ""):
        return None  # the letters show the background
    if value is None or value in ("inherit", "currentcolor", "unset"):
        return around
    return _colour(value)


def _ground(values: Mapping[str, str], around: Colour | None) -> Colour | None:
    pictures = f"{values.get('background', '')} {values.get('background-image', '')}"
    if "url(" in pictures or "gradient(" in pictures:
        return None
    value = values.get("background-color")
    if value is None:
        background = values.get("background", "")
        words = [match[0] for match in _FUNCTION.finditer(background)] or background.split()
        value = next((word for word in words if _colour(word) is not None), None)
    colour = _colour(value) if value else None
    if value is None or value in ("inherit", "none", "initial", "unset"):
        return around
    if colour is None:
        return None
    return around if colour[3] <= _SEEN else colour if colour[3] >= 1 - _SEEN else None


def _is_gone(values: Mapping[str, str], size: float) -> bool:
    """Check if the element hides all that is in it."""
    lengths = (_px(values.get(name, ""), size) for name in ("height", "width", "max-height", "max-width"))
    filters = (inside for name, inside in _FUNCTION.findall(values.get("filter", "")) if name == "opacity")
    return (
        values.get("display", "").split()[:1] == ["none"]
        or values.get("content-visibility") == "hidden"
        or any(_is_faint(opacity.strip()) for opacity in (values.get("opacity", ""), *filters))
        or _is_moved_away(values, size)
        or _is_clipped(values)
        or (_cuts(values) and any(length is not None and length <= _LEAST_SIZE for length in lengths))
    )


def _cuts(values: Mapping[str, str]) -> bool:
    words = " ".join(values.get(name, "") for name in ("overflow", "overflow-x", "overflow-y"))
    return any(word in ("hidden", "clip", "scroll", "auto") for word in words.split())


def _is_faint(opacity: str) -> bool:
    number = _number(opacity)
    return number is not None and number <= _SEEN


def _is_moved_away(values: Mapping[str, str], size: float) -> bool:
    placed = values.get("position") in ("absolute", "fixed", "relative", "sticky")
    inset, margin = values.get("inset", "").split(), values.get("margin", "").split()
    lengths = {name: values[name] for name in _PLACES if name in values and (placed or name.startswith("margin"))}
    if inset and placed:
        lengths |= {"top": inset[0], "left": inset[-1] if len(inset) != 3 else inset[1]}
    if margin:
        lengths |= {"margin-top": margin[0], "margin-left": margin[-1] if len(margin) != 3 else margin[1]}
    for name, value in lengths.items():
        length = _px(value, size) or 0.0
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
        if name.startswith("translate") and any((_px(part, size) or 0.0) <= -_FAR for part in parts):
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


def _px(value: str, size: float, *, whole: float | None = None) -> float | None:
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
