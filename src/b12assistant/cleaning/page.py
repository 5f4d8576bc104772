"""An extract with what several rules ask of it."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cached_property

from b12assistant.types import Block, Extract, Range, Role
from b12assistant.words import fold

SHORT = 25  # words: a prompt, not a paragraph
BANNER = 12  # words: a button, a heading
_NUMBERING = re.compile(r"^\W*(?:\d+(?:\.\d+)*[.)]?|[•*–-])\s+|\s*\(#[\w-]+\)\s*$")


@dataclass(frozen=True)
class Page:
    """A page as the rules see it."""

    extract: Extract

    def text(self, range_: Range) -> str:
        return self.extract.text[range_.start : range_.end].strip()

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        return self.extract.blocks

    @cached_property
    def headings(self) -> frozenset[str]:
        return frozenset(plain(self.text(section.heading)) for section in self.extract.sections)

    @cached_property
    def repeats(self) -> Counter[str]:
        return Counter(plain(self.text(block.range)) for block in self.blocks)

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        return frozenset(re.findall(r"[^\W\d_]+", fold(self.extract.text)))

    def heading_of(self, offset: int) -> str:
        """The nearest heading at or above ``offset``."""
        above = [section for section in self.extract.sections if section.start <= offset]
        return self.text(above[-1].heading) if above else ""

    def covered(self, block: Block, role: Role) -> float:
        """The share of a block's characters that lie in regions of ``role``."""
        start, end = block.range.start, block.range.end
        inside = sum(
            max(0, min(end, region.range.end) - max(start, region.range.start))
            for region in self.extract.regions
            if region.role is role
        )
        return min(1.0, inside / (end - start))


def plain(text: str) -> str:
    """A heading or contents line without its number, for comparison."""
    return fold(_NUMBERING.sub("", text)).strip(" .:#")


def words(text: str) -> int:
    """How many words, roughly: what a reader would count."""
    return len(text.split())
