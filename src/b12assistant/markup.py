"""Text of a source or a user inside a page: shown exactly, and inert.

``exact`` survives HTML, Markdown and the mathematics of the page's framework, whatever the text holds: every character
but ASCII letters, digits and single blanks becomes a number. Measured in a browser over 260 strings; what else was
tried alters quotes (findings/reliability.md, 0.3 to 0.6).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

# U+0080 to U+009F as numbers would be read as Windows-1252: they go as they are. NUL cannot stand in a page at all.
_SPECIAL = re.compile("[^A-Za-z0-9 \x80-\x9f]")
_BASIC = str.maketrans(
    {"\0": "\u2400", "\r": "&#13;", "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;"}
)
_SURROGATE = re.compile("[\ud800-\udfff]")


def exact(text: str) -> str:
    """``text`` for a Markdown or HTML body: what the reader sees is what it is."""
    return _SPECIAL.sub(_number, text)


def plain(text: str) -> str:
    """``text`` for a body or attribute of HTML of our own, where no Markdown is read."""
    return _SURROGATE.sub("\ufffd", text).translate(_BASIC)


def words(text: str) -> str:
    """``text`` set apart as somebody else's words: blanks kept, its direction its own."""
    return f'<span class="exact" dir="auto">{exact(text)}</span>'


def _number(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"&#{code};" if code else "&#9216;"


class Layer(NamedTuple):
    """A half-open range of a text with the tags that go around it; ``opening`` may depend on where a piece begins."""

    start: int
    end: int
    opening: str | Callable[[int], str]
    closing: str = "</span>"


def layered(text: str, layers: Iterable[Layer], write: Callable[[str], str] = plain) -> str:
    """``text`` with every layer around its range. Of two that start together the longer is outside; where two overlap,
    the inner one is cut, so that tags always nest."""
    starting: dict[int, list[Layer]] = {}
    for layer in layers:
        starting.setdefault(layer.start, []).append(layer)
    edges = sorted({*starting, *(layer.end for each in starting.values() for layer in each)})
    out: list[str] = []
    stack: list[Layer] = []
    last = 0
    for place in edges:
        out.append(write(text[last:place]))
        last = place
        cut = next((depth for depth, layer in enumerate(stack) if layer.end <= place), len(stack))
        again = [layer for layer in stack[cut:] if layer.end > place]
        out += [layer.closing for layer in reversed(stack[cut:])]
        stack[cut:] = []
        for layer in again + sorted(starting.get(place, ()), key=lambda layer: -layer.end):
            out.append(_open(layer, place))
            if layer.end > place:
                stack.append(layer)
            else:
                out.append(layer.closing)
    return "".join((*out, write(text[last:])))


def _open(layer: Layer, place: int) -> str:
    return layer.opening if isinstance(layer.opening, str) else layer.opening(place)
