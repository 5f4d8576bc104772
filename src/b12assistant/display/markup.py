"""Escape text of a source or a user for a page: shown exactly, and inert.

The output of ``exact`` survives HTML, Markdown and the mathematics of Gradio: every character except ASCII letters,
digits and single blanks becomes a numeric entity (checked in a browser by tests/browser/test_exact.py). Gradio's own
ways to show text alter quotes.

Characters that are invisible or change the direction of text are revealed: each run is isolated in a box with its code.
The style sheet draws the code, so text read or copied from the page is still what the source says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup as Markup

from b12assistant.display.labels import capital, counted, day, label
from b12assistant.language.folding import UNSEEN as INVISIBLE
from b12assistant.safety.fixed_texts import code_of, telephone_numbers
from b12assistant.types import GAP, Range, Span

# U+0080 to U+009F as numbers would be read as Windows-1252, so they are not escaped. A page cannot hold NUL at all.
_SPECIAL = re.compile("[^A-Za-z0-9 \x80-\x9f]")
_NUL_PICTURE = 0x2400


def exact(text: str) -> str:
    """Escape ``text`` for Markdown, HTML, or an attribute, so that it is shown unchanged."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0]) or _NUL_PICTURE};", text)


def words(text: str) -> str:
    """Mark ``text`` as quoted: blanks are kept, and it has its own text direction."""
    return f'<span class="exact" dir="auto">{revealed(text)}</span>'


def revealed(text: str) -> str:
    """Escape ``text``; invisible characters are set apart with their code."""
    pieces = INVISIBLE.split(text)
    return "".join(_unseen(piece) if place % 2 else exact(piece) for place, piece in enumerate(pieces))


def _unseen(run: str) -> str:
    more = f" +{len(run) - 1}" if len(run) > 1 else ""
    return f'<span class="unseen" title="U+{ord(run[0]):04X}{more}">{exact(run)}</span>'


class Layer(NamedTuple):
    """A half-open range of a text and the tags around it; ``opening`` may depend on where a piece begins."""

    start: int
    end: int
    opening: str | Callable[[int], str]
    closing: str = "</span>"


def layered(text: str, layers: Iterable[Layer]) -> str:
    """Draw ``text`` with the tags of every layer around its range; invisible characters are revealed.

    Of two layers that start together the longer is outside. Where two overlap, the inner one is cut, so that tags nest.
    """
    starting: dict[int, list[Layer]] = {}
    for layer in layers:
        starting.setdefault(layer.start, []).append(layer)
    edges = sorted({*starting, *(layer.end for group in starting.values() for layer in group)})
    out: list[str] = []
    stack: list[Layer] = []
    last = 0
    for place in edges:
        out.append(revealed(text[last:place]))
        last = place
        cut = next((depth for depth, layer in enumerate(stack) if layer.end <= place), len(stack))
        again = [layer for layer in stack[cut:] if layer.end > place]
        out += [layer.closing for layer in reversed(stack[cut:])]
        stack[cut:] = []
        for layer in again + sorted(starting.get(place, ()), key=lambda layer: -layer.end):
            out.append(layer.opening if isinstance(layer.opening, str) else layer.opening(place))
            if layer.end > place:
                stack.append(layer)
            else:
                out.append(layer.closing)
    return "".join((*out, revealed(text[last:])))


_BULLET = re.compile(r"^[-*•·–] ")
_CELL = " | "


def laid_out(text: str) -> Iterator[Layer]:
    """Yield layers that draw the rows of tables and the items of lists as such; no character is added or left out."""
    start = 0
    for line in text.splitlines(keepends=True):
        end = start + len(line)
        if _CELL in line:
            cells = line.rstrip().split(_CELL)
            yield Layer(start, end, f'<span class="tr of{min(len(cells), 4)}">')
            for cell in cells:
                yield Layer(start, start + len(cell), '<span class="td">')
                start += len(cell)
                yield Layer(start, min(start + len(_CELL), end), '<span class="drawn">')
                start += len(_CELL)
        elif _BULLET.match(line):
            yield Layer(start, end, '<span class="item">')
            yield Layer(start, start + 2, '<span class="drawn">')
        start = end


def dotted(text: str) -> str:
    """Put dots for what a file writes between cells and before items, each as long as what it replaces."""
    lines = text.splitlines(keepends=True)
    return "".join(line.replace(_CELL, " · ") if _CELL in line else _BULLET.sub("• ", line) for line in lines)


def dialled(text: str) -> str:
    """Escape a fixed text; its telephone numbers are links that call them."""
    links = (
        Layer(start, end, f'<a href="tel:{re.sub(r"[^+0-9]", "", text[start:end])}">', "</a>")
        for start, end in telephone_numbers(text)
    )
    return layered(text, links)


def laid(text: str, best: Range | None = None, *, is_alone: bool = False, bold: Iterable[Layer] = ()) -> str:
    """Draw words of a document with their tables and lists; ``best`` is marked, unless it is all that is shown."""
    layers = [*laid_out(text), *bold]
    if best:
        whole = ' class="whole"' * (is_alone and best == Range(0, len(text)))
        layers.append(Layer(best.start, best.end, f"<mark{whole}>", "</mark>"))
    return f'<span class="exact" dir="auto">{layered(text, layers)}</span>'


def in_line(span: Span, matching: Sequence[Range]) -> str:
    """Draw a sentence on one line, the ranges ``matching`` of its document bold."""
    return layered(dotted(span.text), _bold(span, matching))


def matched(span: Span, best: Span, matching: Sequence[Range]) -> str:
    """Draw words of a document with the sentence ``best`` marked and the ranges ``matching`` bold."""
    inside = Range(best.start - span.start, best.end - span.start) if span.range.contains(best.range) else None
    return laid(span.text, inside, is_alone=True, bold=_bold(span, matching))


def _bold(span: Span, matching: Sequence[Range]) -> Iterator[Layer]:
    done = span.start
    for each in sorted(matching, key=lambda each: (each.start, -each.end)):
        start, end = max(each.start, done), min(each.end, span.end)
        if start < end:
            yield Layer(start - span.start, end - span.start, "<b>", "</b>")
            done = end


DOT = Markup('<span class="dot"> · </span>')


@cache
def _templates() -> Environment:
    """Return the templates, in which whatever is not markup is escaped with ``exact``."""
    found = Environment(
        loader=PackageLoader("b12assistant.display"),
        autoescape=True,
        finalize=_escaped,
        undefined=StrictUndefined,
    )
    drawing: dict[str, Callable[..., str]] = {"words": words, "dialled": dialled, "laid": laid, "in_line": in_line}
    drawing |= {"matched": matched, "url": lambda address: address.replace("&", "&amp;")}  # an address of our own
    found.filters |= {name: _as_markup(write) for name, write in drawing.items()}
    found.filters |= {"dotted": lambda parts: DOT.join(_escaped(part) for part in parts if part), "capital": capital}
    found.globals |= {"DOT": DOT, "GAP": GAP, "label": label, "counted": counted, "day": day, "code_of": code_of}
    return found


def _as_markup(write: Callable[..., str]) -> Callable[..., Markup]:
    return lambda *given, **named: Markup(write(*given, **named))  # noqa: S704 - `write` escapes


def _escaped(value: object) -> Markup:
    return value if isinstance(value, Markup) else Markup(exact(str(value)))  # noqa: S704 - escaped


def draw(template: str, macro: str, *values: object) -> str:
    """Draw a macro of a template on one line, in which a Markdown reader finds nothing to interpret."""
    drawn = getattr(_templates().get_template(template).module, macro)(*values)
    return re.sub(r"\n *", "", drawn)
