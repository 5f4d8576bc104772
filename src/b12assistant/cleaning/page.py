"""An extract with what several rules ask of it."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property

from b12assistant.language.words import fold
from b12assistant.types import Block, Extract, Range, Role

SHORT = 25  # words: a prompt, not a paragraph
BANNER = 12  # words: a button, a heading
_LONGEST_WORD = 40  # characters
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
        above = bisect_right(self.extract.sections, offset, key=lambda section: section.start)
        return self.text(self.extract.sections[above - 1].heading) if above else ""

    def covered(self, block: Block, role: Role) -> float:
        """The share of a block's characters that lie in regions of ``role``."""
        free = sum(part.end - part.start for part in block.range.without(self._united[role]))
        return 1 - free / (block.range.end - block.range.start)

    def links(self, block: Block) -> int:
        """How many links lie in a block."""
        links = self._regions[Role.LINK]
        first, last = (
            bisect_left(links, at, key=lambda link: link.start) for at in (block.range.start, block.range.end)
        )
        return sum(link.end <= block.range.end for link in links[first:last])

    @cached_property
    def _regions(self) -> defaultdict[Role, list[Range]]:
        """The ranges of each role, in order; some may overlap."""
        regions: defaultdict[Role, list[Range]] = defaultdict(list)
        for region in sorted(self.extract.regions, key=lambda region: region.range):
            regions[region.role].append(region.range)
        return regions

    @cached_property
    def _united(self) -> defaultdict[Role, list[Range]]:
        """The same without overlaps: pages have thousands of links, so a block is not held against each of them."""
        united: defaultdict[Role, list[Range]] = defaultdict(list)
        for role, ranges in self._regions.items():
            for range_ in ranges:
                united[role].extend(tuple(range_.without(united[role])))
        return united


def plain(text: str) -> str:
    """A heading or contents line without its number, for comparison."""
    return fold(_NUMBERING.sub("", text)).strip(" .:#")


def words(text: str) -> int:
    """How many words, roughly: what a reader would count. What is too long to be a word counts as several."""
    return sum(1 + len(word) // _LONGEST_WORD for word in text.split())
