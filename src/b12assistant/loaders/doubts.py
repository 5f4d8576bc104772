"""Judge single declarations of a style sheet: can one hide, colour, move, clip, cover or generate text?

Whatever is not plainly harmless is a doubt: a new property or notation may cost a quote, but never makes a wrong one.
"""

from __future__ import annotations

import re

_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?"
_TERM = re.compile(rf"({_NUMBER})([a-z%]*)", re.I)
_FUNCTION = re.compile(r"([\w-]+)\(((?:[^()]|\([^()]*\))*)\)")
_PX = {"": 1.0, "px": 1.0, "pt": 4 / 3, "pc": 16.0, "cm": 37.8, "mm": 3.78, "in": 96.0, "em": 16.0, "rem": 16.0}
_PX |= {"ex": 8.0, "ch": 8.0, "vw": 12.8, "vh": 8.0, "vmin": 8.0, "vmax": 12.8, "svh": 8.0, "dvh": 8.0, "lh": 19.0}
_WORDS = frozenset({"auto", "inherit", "initial", "unset", "revert", "normal", "none", "0", "thin", "medium"})
_LEAST_SIZE = 16 / 3  # px: 4 points
_FAR = 120.0  # px: text moved further may be out of sight
_LEAST_BOX = 60.0  # px: a smaller box may cut its text

# Properties that set no more than type, space, borders or order, with any value.
_PLAIN = re.compile(
    r"--.*|font-(?:family|style|weight|variant.*|stretch|feature.*|kerning|display|optical.*|synthesis.*|smooth.*)"
    r"|text-(?:align.*|transform|rendering|wrap.*|decoration.*|underline.*|shadow|size-adjust|overflow|justify|emphasis.*)"
    r"|white-space.*|word-break|overflow-(?:wrap|anchor)|word-wrap|hyphens|hyphenate.*|quotes|list-style.*|cursor"
    r"|pointer-events|user-select|outline.*|border.*|box-(?:shadow|sizing|decoration.*)|padding.*|table-layout"
    r"|caption-side|empty-cells|vertical-align|float|clear|flex.*|order|gap|row-gap|column.*|align.*|justify.*|place.*"
    r"|object-.*|resize|scroll.*|overscroll.*|transition.*|will-change|tab-size|page.*|break-.*|orphans|widows"
    r"|appearance|background-(?:size|repeat.*|position.*|attachment|origin)|aspect-ratio|min-.*|isolation|touch-action"
    r"|accent-color|caret-color|fill.*|stroke.*|src|unicode-range|writing-mode|counter-.*|container.*|color-scheme"
    r"|grid-(?:area|auto.*|column.*|row.*|gap|template-columns|template-areas)|hanging-punctuation|interpolate-size"
    r"|-(?:moz|ms|o|khtml)-.*|-webkit-(?:font.*|text-size.*|tap.*|box.*|appearance|overflow.*|user.*|transition.*|flex.*"
    r"|align.*|justify.*|hyphens|column.*|print.*|touch.*|text-stroke.*|border.*|order|background-size)"
    r"|filter:progid.*|zoom-.*|speak.*|ruby.*|line-break|direction|display-.*|transform-(?:origin|style|box)|perspective-.*"
)
_WORD = r"[a-z -]+"
_HARMLESS = {
    "display": _WORD,
    "visibility": r"visible|hidden|collapse|inherit|initial|unset",
    "content-visibility": r"visible|auto|hidden",
    "opacity": r"1(?:\.0*)?|0?\.[3-9]\d*|(?:100|[3-9]\d)(?:\.\d*)?%|inherit|initial|unset",
    "filter": r"none|(?:(?:drop-shadow|grayscale|sepia|saturate|hue-rotate)\((?:[^()]|\([^()]*\))*\)\s*)+",
    "backdrop-filter": r".*",
    "rotate": rf"none|{_NUMBER}(?:deg|rad|turn|grad)",
    "scale": r"none|(?:(?:0?\.[6-9]\d*|[1-3](?:\.\d*)?)\s*)+",
    "zoom": r"normal|reset|(?:0?\.[6-9]\d*|[1-3](?:\.\d*)?)|(?:[6-9]\d|[12]\d\d)%",
    "perspective": r".*",
    "position": _WORD,
    "clip": r"auto|inherit|initial|unset",
    "clip-path": r"none|inherit|initial|unset",
    "mask": r"none",
    "mask-image": r"none",
    "overflow": _WORD,
    "z-index": r"auto|\d+|inherit|initial|unset",
    "mix-blend-mode": r"normal",
    "background-blend-mode": r"normal",
    "background-clip": r"border-box|padding-box|content-box",
    "animation": r"none.*",
    "animation-name": r"none",
    "content": r"normal|none|\"\"|''",
    "grid-template-rows": r"(?!.*\b0(?:fr|px|%|\b)).*",
    "grid-template": r"(?!.*\b0(?:fr|px|%|\b)).*",
    "grid": _WORD,
    "grid-template-columns": r".*",
    "contain": r"none|content|layout|style|paint|layout paint|inherit",
    "unicode-bidi": r"normal|embed|isolate|plaintext|inherit|initial|unset",
    "line-height": r"normal|inherit|initial|unset|[1-9].*|0?\.[6-9].*|var\(.*|calc\([^-*/]*\)",
    "backface-visibility": r"visible|hidden|inherit",
    "forced-color-adjust": r".*",
    "font": r".*\b(?:[6-9]|[1-9]\d+)(?:\.\d+)?(?:px|pt)\b.*|(?!.*\().*\d(?:\.\d+)?(?:r?em|%|vw).*|[a-z-]+",
    "all": r"initial|revert|inherit",
}
_PATTERNS = {name: re.compile(pattern) for name, pattern in _HARMLESS.items()}
_MOVES = frozenset({"left", "top", "right", "bottom", "inset", "margin", "text-indent", "translate"})
_MOVES |= {f"margin-{side}" for side in ("left", "top", "right", "bottom")}
_SIZES = frozenset({"width", "height", "max-width", "max-height"})
_SPACES = frozenset({"letter-spacing", "word-spacing"})
_PAINTS = frozenset({"color", "-webkit-text-fill-color", "background", "background-color", "background-image"})


# What one picture does not settle: it moves, waits for a script or another screen, or draws other letters.
_GRAVE = re.compile(
    r"<(?:script|template|link)|@media|animation|text-security|unicode-bidi|:hover|:focus|:active|:target"
)


def is_grave(reason: str) -> bool:
    """Check for a doubt that a browser's picture of the page cannot settle."""
    return _GRAVE.search(reason) is not None


def graver(*reasons: str) -> str:
    """Return a reason to doubt that no picture settles, or else the first; "" if there is none."""
    return max(filter(None, reasons), key=is_grave, default="")


def matters(name: str) -> bool:
    """Check for a property that, with some value, changes which text is seen."""
    return _PLAIN.fullmatch(name) is None


def is_harmless(name: str, value: str) -> bool:
    """Check that a declaration leaves all text in sight, or is one whose effect ``styles`` computes, as of colours."""
    if name in _PAINTS or not matters(name):
        return True
    name = name.removeprefix("-webkit-")
    if name in ("overflow-x", "overflow-y", "overflow-block", "overflow-inline"):
        name = "overflow"
    if name in _PATTERNS:
        return _PATTERNS[name].fullmatch(value) is not None
    if name == "transform":
        return value in ("none", "inherit", "initial", "unset") or _keeps(value)
    if name in _SIZES:
        return True  # of importance only where it cuts: see ``cuts``
    lengths = _lengths(value)
    if name == "font-size":
        return _is_size(value)
    if lengths is None:
        return False
    if name in _SPACES:
        return all(length > -2 for length, _ in lengths)
    return name in _MOVES and all(
        -60 <= length <= 60 if unit == "%" else -_FAR < length < 5_000 for length, unit in lengths
    )


def cuts(value: str) -> bool:
    """Check if a size may be too small for the text in a box that cuts it."""
    if value in ("auto", "none", "inherit", "initial", "unset", "min-content", "max-content", "fit-content"):
        return False
    lengths = _lengths(value)
    return lengths is None or any(length < (_LEAST_BOX if unit != "%" else 10) for length, unit in lengths)


def _lengths(value: str) -> list[tuple[float, str]] | None:
    """Return the lengths of a value in px, per cents as they are; ``None`` if it holds anything else."""
    found: list[tuple[float, str]] = []
    for word in re.split(r"[\s,]+", value.strip()):
        match = _TERM.fullmatch(word)
        if word in _WORDS:
            continue
        if match is None or (match[2] not in _PX and match[2] != "%"):
            return None
        found.append((float(match[1]) * _PX.get(match[2], 1.0), match[2]))
    return found


def _is_size(value: str) -> bool:
    """Check that letters of this size can be read, whatever the screen."""
    if re.fullmatch(r"(?:xx?x?-)?(?:small|large)|medium|smaller|larger|inherit|initial|unset|revert", value):
        return True
    function = _FUNCTION.fullmatch(value)
    if function is not None:
        inner = [part.strip() for part in function[2].split(",")]
        if function[1] == "calc":
            terms = function[2].split(" + ")
            return not re.search(r"[*/]|\s-\s|[a-z]\(", function[2]) and any(map(_is_size, map(str.strip, terms)))
        if function[1] == "clamp":
            return len(inner) == 3 and _is_size(inner[0]) and _is_size(inner[2])
        return function[1] in ("min", "max") and all(map(_is_size, inner))
    lengths = _lengths(value)
    return bool(lengths) and all(
        length >= (50 if unit == "%" else _LEAST_SIZE if unit not in ("em", "ch", "ex") else 8)
        for length, unit in lengths or ()
    )


def _keeps(transform: str) -> bool:
    """Check that functions of a transform move text no further than to centre it, and keep its size."""
    if _FUNCTION.sub("", transform).strip():
        return False
    for name, inside in _FUNCTION.findall(transform):
        lengths = _lengths(inside)
        if name in ("translate", "translatex", "translatey", "translatez", "translate3d"):
            fine = lengths is not None and all(abs(length) <= (60 if unit == "%" else _FAR) for length, unit in lengths)
        elif name in ("scale", "scalex", "scaley", "scale3d"):
            fine = lengths is not None and all(0.6 <= length <= 3 for length, _ in lengths)
        else:
            fine = name in ("rotate", "rotatez")
        if not fine:
            return False
    return True
