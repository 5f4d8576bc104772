"""What a search found, and how certain each of it is."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from b12assistant.answering.disagreement import Difference
from b12assistant.answering.quoting import Window
from b12assistant.types import Span


@dataclass(frozen=True, slots=True)
class Found:
    """Candidate quotes, best first, and how much of the question stands in no source.

    ``certain``: how likely a candidate answers, 0 to 1; asked of those alone that are shown.
    """

    windows: Sequence[Window]
    certain: Callable[[Window], float]
    unknown: float
    difference: Difference | None = None  # its sides are among the windows

    def without(self, quoted: Collection[tuple[Span, ...]]) -> Found:
        """The candidates that were not quoted yet."""
        return replace(self, windows=[each for each in self.windows if each.spans not in quoted], difference=None)
