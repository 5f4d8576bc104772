"""The lines of a plain text and the manner it was laid out in: which line ends are the author's, which the editor's."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from b12assistant.loaders import wording

_ROW_END = r"\r\n|[\n\r\v\f\x85\u2028\u2029]"
_LINE = re.compile(rf"([^\n\r\v\f\x85\u2028\u2029]*)({_ROW_END}|\Z)")
_WIDEST_WRAP = 120  # code points; longer lines are paragraphs that nobody wrapped
_SHORT_LINE = 0.6  # of the width: a line that ends a sentence before this ends its paragraph
_FULL_LINE = 0.8  # of the width: a line that had no room for the next word
_CONTINUED_SHARE = 0.3  # of the line ends inside runs, from which a text counts as wrapped
_DENSE_SHARE = 0.2  # of the lines that follow a blank one, below which blank lines separate nothing
_FURNITURE_COUNT = 3  # a line that comes this often is a link or a footer, whatever it looks like
_LONG_LINE = 5  # words, from which lines that differ in numbers alone are one line: "Step 1" and "Step 2" are two


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank, without the white space at its ends. Offsets in code points, half-open."""

    start: int
    end: int
    text: str
    indent: int  # characters of white space in front
    spaced: bool  # a blank line, or nothing, stands before it


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file uses line ends. ``width``: of its wrapped lines in code points, 0 where no line is wrapped."""

    width: int
    dense: bool  # no blank lines: each line is a paragraph, a heading or an item
    attached: bool  # headings stand directly on their text rather than between blank lines
    furniture: frozenset[str]  # keys of the lines that repeat, see is_furniture

    def is_furniture(self, line: Line) -> bool:
        """Whether the line repeats over the file, as running headers and links do."""
        return _key(line.text) in self.furniture

    def joins(self, line: Line, following: Line) -> bool:
        """Whether ``following`` goes on with the paragraph of ``line``."""
        if not self.width or following.spaced:
            return False
        if following.text[0].islower():
            return True
        return not (wording.ends_sentence(line.text) and len(line.text) < _SHORT_LINE * self.width)

    def joins_item(self, line: Line, following: Line) -> bool:
        """The same for a list item, whose own lines are often short: what follows must be the middle of a sentence."""
        if not self.width or following.spaced:
            return False
        is_full = line.indent + len(line.text) >= _FULL_LINE * self.width
        return following.text[0].islower() or (is_full and not wording.ends_sentence(line.text))


def split_lines(text: str) -> tuple[Line, ...]:
    """The lines with something on them. ``str.splitlines`` cuts at separators that are not line ends (FS, GS, RS)."""
    lines = []
    spaced = True
    for match in _LINE.finditer(text):
        row = match[1]
        bare = row.strip()
        if bare:
            indent = len(row) - len(row.lstrip())
            start = match.start() + indent
            lines.append(Line(start, start + len(bare), bare, indent, spaced))
            spaced = False
        elif match[2] != "\f" or row:  # a form feed alone turns the page; the paragraph may go on
            spaced = True
    return tuple(lines)


def page_starts(text: str) -> tuple[int, ...]:
    """Offset of each page's first character where form feeds part pages; one at the very end begins no page."""
    breaks = [match.end() for match in re.finditer("\f", text) if match.end() < len(text)]
    return (0, *breaks) if "\f" in text else ()


def layout_of(lines: Sequence[Line]) -> Layout:
    """Read the manner from the whole file: one line alone cannot tell a wrap from a paragraph."""
    width = _wrap_width(lines)
    gaps = sum(line.spaced for line in lines[1:])
    counts = Counter(_key(line.text) for line in lines)
    return Layout(
        width=width,
        dense=not width and gaps < _DENSE_SHARE * len(lines),
        attached=_attached(lines),
        furniture=frozenset(key for key, count in counts.items() if count >= _FURNITURE_COUNT),
    )


def _key(text: str) -> str:
    """What repeats: the line, without its numbers if it is long."""
    return re.sub(r"\d+", "#", text) if len(text.split()) >= _LONG_LINE else text


def _wrap_width(lines: Sequence[Line]) -> int:
    """Length of the longest wrapped line; 0 if lines are longer than anyone wraps, or do not go on with one another."""
    pairs = [
        (line, following)
        for line, following in pairwise(lines)
        if not following.spaced and not wording.is_item(following.text)
    ]
    continued = sum(f.text[0].islower() and not wording.ends_sentence(line.text) for line, f in pairs)
    if not pairs or continued < _CONTINUED_SHARE * len(pairs):
        return 0
    lengths = sorted(len(line.text) for line, _ in pairs)
    usual = lengths[int(0.95 * (len(lengths) - 1))]  # the longest may be an address that cannot be wrapped
    return usual if usual <= _WIDEST_WRAP else 0


def _attached(lines: Sequence[Line]) -> bool:
    """Whether more titles stand on their text than between blank lines (the first line is a title either way)."""
    on_text = alone = 0
    for line, following in pairwise(lines[1:]):
        if line.spaced and wording.is_title(line.text):
            on_text += not following.spaced
            alone += following.spaced
    return on_text > alone
