"""Headings to sections: one rule for every file type."""

from __future__ import annotations

from collections.abc import Sequence

from b12assistant.types import Range, Section

_DEEPEST = 6


def outline(headings: Sequence[tuple[Range, int]], length: int) -> tuple[Section, ...]:
    """A section runs from its heading to the next heading of any level, or to the text's end.

    ``headings``: ranges in order with their levels, from 1; ``length``: of the text, in code points.
    """
    starts = [heading.start for heading, _ in headings] + [length]
    return tuple(
        Section(heading, min(max(level, 1), _DEEPEST), heading.start, end)
        for (heading, level), end in zip(headings, starts[1:], strict=True)
    )
