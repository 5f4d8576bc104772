"""Build canonical text from markup, with its blocks, pages and regions: in one pass, so that they always match.

White space between blocks is written only when the next block has text, so empty elements leave no trace. One line end
separates list items, and rows of a table; an empty line separates all other blocks.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from operator import itemgetter

from b12assistant.language.words import trim
from b12assistant.types import OBJECT, Block, BlockKind, Extract, Range, Region, Role, Section


def outline(headings: Sequence[tuple[Range, int]], length: int) -> tuple[Section, ...]:
    """Return the sections: each runs from its heading to the next heading of any level, or to the text's end.

    ``headings``: ranges in order with their levels, 1 to 6. ``length``: of the text, in code points.
    """
    starts = [heading.start for heading, _ in headings] + [length]
    return tuple(
        Section(heading, level, heading.start, end) for (heading, level), end in zip(headings, starts[1:], strict=True)
    )


_FROM = "0123456789+-−=()ni"
_RAISED = str.maketrans(_FROM, "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ⁿⁱ")
_LOWERED = str.maketrans(_FROM, "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₙᵢ")
_BRACKETED = re.compile(r"\[[^\[\]]*\]|\([^()]*\)")
_ORDINAL = re.compile(r"st|nd|rd|th", re.I)


def shifted(text: str, before: str, *, raised: bool) -> str:
    """Return raised or lowered text as it is written on a line, so that no digit joins the number before it.

    In the characters that Unicode has for this if it has all of them, otherwise in a bracket after a mark: ² or
    "^(1,2)", ₂ or "_(max)". A blank comes first if what is ``before`` ends in a letter or digit. Text in brackets,
    signs alone and the ends of "1st" and "4th" are as they are: they cannot be taken for something else.
    """
    table = _RAISED if raised else _LOWERED
    if all(ord(letter) in table for letter in text):
        return text.translate(table)
    plain = not any(map(str.isalnum, text)) or _BRACKETED.fullmatch(text) or (raised and _ORDINAL.fullmatch(text))
    blank = " " if before[-1:].isalnum() else ""
    return text if plain else f"{blank}{'^' if raised else '_'}({text})"


_COLLAPSIBLE = re.compile(r"[ \t\n\r\f]+")  # as in a browser: a no-break space stays
CELL = " | "  # reads as a table, adds no words, and never ends a sentence
_TIGHT = (BlockKind.LIST_ITEM, BlockKind.TABLE_ROW)


class Manuscript:
    """Text under construction. Positions are code points from its beginning."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._length = 0
        self.kind = BlockKind.PARAGRAPH  # of the current block
        self._level = 0
        self._gap = ""  # before the current block
        self._start: int | None = None  # of the current block; ``None`` until it has a character
        self._end = 0  # after the last character that is not blank
        self._glue = ""  # white space owed before the next character
        self._object_due = False  # at the start of the current block, if it gets a character
        self._number = ""  # the same: of an item in an ordered list
        self._blocks: list[Block] = []
        self._headings: list[tuple[Range, int]] = []
        self._regions: list[tuple[Role, int, int]] = []
        self._entered: list[tuple[Role, int | None]] = []  # with their start, once something is written
        self._pages: list[int] = []
        self._pages_due = 0

    @property
    def is_empty(self) -> bool:
        """Check if the current block has no character yet."""
        return self._start is None

    @property
    def ends_line(self) -> bool:
        """Check if a line end comes next."""
        return self._glue == "\n"

    def open(self, kind: BlockKind, *, level: int = 0) -> None:
        """End the current block and begin another. ``level``: of a heading."""
        self._close()
        self.kind, self._level = kind, level
        if self._blocks:
            self._gap = "\n" if kind in _TIGHT and self._blocks[-1].kind is kind else "\n\n"

    def write(self, text: str) -> None:
        """Add text as it is, except white space of any kind at the ends of a block."""
        if self._start is None:
            text = text.lstrip()
        elif text.isspace():
            self._glue += text
            return
        if not text:
            return
        if self._start is None:
            self._emit(self._gap)
            self._start = self._length
            self._emit(self._number)
            if self._object_due:
                self._emit(OBJECT + self._glue)
        elif self._glue:
            self._emit(self._glue)
        self._glue = ""
        self._resolve()
        self._emit(text)
        bare = len(text.rstrip())
        if bare:
            self._end = self._length - len(text) + bare

    def flow(self, text: str) -> None:
        """Add text with white space collapsed as in a browser, across calls too."""
        text = _COLLAPSIBLE.sub(" ", text)
        if text.startswith(" "):
            self.join(" ")
        if inner := text.strip(" "):
            self.write(inner)
            if text.endswith(" "):
                self.join(" ")

    def shift(self, text: str, *, raised: bool) -> None:
        """Add raised or lowered text, as ``shifted`` writes it."""
        inner = " ".join(text.split())
        if text[:1].isspace():
            self.join(" ")
        if inner:
            before = "" if self._glue or self._start is None else self._parts[-1]
            self.flow(shifted(inner, before, raised=raised))
        if text[-1:].isspace():
            self.join(" ")

    def number(self, number: int) -> None:
        """Begin the current block with the number of its item, if it gets a character."""
        self._number = f"{number}. "

    def draw(self) -> None:
        """Add the sign of something drawn that has no text; in a heading, or in a block without text, nothing."""
        if self.kind is BlockKind.HEADING:
            return
        if self._start is None:
            self._object_due = True
        else:
            self.write(OBJECT)

    def join(self, glue: str) -> None:
        """Write white space later, once, if more of this block follows."""
        self._glue = self._glue if self._glue and glue == " " else glue

    def cell(self) -> None:
        """Begin the next cell of a row. Empty cells keep their place, except at the end of the row."""
        self._glue = CELL if CELL.strip() not in self._glue else self._glue.rstrip() + CELL

    def pages(self, count: int) -> None:
        """Begin ``count`` pages with the next text, all but the last of them empty."""
        self._pages_due += count

    def enter(self, role: Role) -> None:
        """Give what follows this role, until ``leave``."""
        self._entered.append((role, None))

    def leave(self) -> None:
        """End the role that was entered last."""
        role, start = self._entered.pop()
        if start is not None:
            self._regions.append((role, start, self._length))

    def extract(self, extractor: str, *, title: str | None, warnings: tuple[str, ...]) -> Extract:
        """Return the finished text with its blocks, pages, sections and regions."""
        self._close()
        text = "".join(self._parts)
        return Extract(
            text=text,
            extractor=extractor,
            title=title,
            page_starts=(*self._pages, *[len(text)] * self._pages_due),
            sections=outline(self._headings, len(text)),
            blocks=tuple(self._blocks),
            regions=tuple(
                Region(role, range_)
                for role, start, end in sorted(self._regions, key=itemgetter(1, 2))
                if (range_ := trim(text, start, end)) is not None
            ),
            warnings=warnings,
        )

    def main_heading(self, *, alone: bool = False) -> str | None:
        """Return the first finished heading of level 1, if any; ``alone``: only if it is the only one."""
        first = [heading for heading, level in self._headings if level == 1]
        if not first or (alone and len(first) > 1):
            return None
        return "".join(self._parts)[first[0].start : first[0].end]

    def _close(self) -> None:
        if self._start is not None:
            range_ = Range(self._start, self._end)
            self._blocks.append(Block(self.kind, range_))
            if self.kind is BlockKind.HEADING:
                self._headings.append((range_, self._level))
        self._start, self._glue, self._object_due, self._number = None, "", False, ""

    def _resolve(self) -> None:
        """Begin due pages and roles at the next character, not at the white space before it."""
        self._pages += [self._length] * self._pages_due
        self._pages_due = 0
        for i in range(len(self._entered) - 1, -1, -1):
            role, start = self._entered[i]
            if start is not None:
                break  # the roles around one that has begun have begun too
            self._entered[i] = (role, self._length)

    def _emit(self, text: str) -> None:
        self._parts.append(text)
        self._length += len(text)
