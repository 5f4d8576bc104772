"""Numbers with their units in a sentence, as ranges of a base unit: "1 to 3 months" is 30.4 to 91.2 days."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf, nextafter

_NUMBER = r"(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?"
_RANGE = re.compile(
    rf"(?P<bound>\b(?:up to|at most|less than|fewer than|under|more than|over|at least|as many as)\s+)?[$£€]?"
    rf"{_NUMBER}(?:\s*(?:-|–|to|and|or)\s*[$£€]?{_NUMBER})?[\s-]*",
    re.I,
)
_PERSONS = re.compile(r"\b(?:people|persons|adults|those|patients|age[ds]?|older|younger)\b[^.;]{0,24}$", re.I)
_UP_TO = ("up to", "at most", "less than", "fewer than", "under", "as many as")
_FROM = ("more than", "over", "at least")
_BEYOND = ("less than", "fewer than", "under", "more than", "over")  # the number itself does not count


@dataclass(frozen=True, slots=True)
class Quantity:
    """``low`` to ``high`` of ``dimension``; a dose for a time says how much ``per`` day, else ``per`` is empty."""

    dimension: str
    per: str
    low: float
    high: float

    def overlaps(self, other: Quantity) -> bool:
        return self.low <= other.high and other.low <= self.high


@dataclass(frozen=True)
class Units:
    """``of``: written unit to its dimension and how many base units it holds; ``per``: words of rate, in days."""

    of: Mapping[str, tuple[str, float]]
    per: Mapping[str, float]

    def quantities(self, text: str) -> Iterator[Quantity]:
        """Every number that has a unit; ages of people are whom it is about, and no quantity."""
        for found in _RANGE.finditer(text):
            unit = self._unit(text, found.end())
            if unit is None or _PERSONS.search(text[: found.start()]):
                continue
            dimension, size = self.of[unit]
            low = _value(found[2], found[3]) * size
            high = _value(found[4], found[5]) * size if found[4] else low
            bound = (found["bound"] or "").strip().casefold()
            if bound in _UP_TO:
                low, high = 0.0, nextafter(high, 0.0) if bound in _BEYOND else high
            elif bound in _FROM:
                low, high = nextafter(low, inf) if bound in _BEYOND else low, inf
            rest = text[found.end() + len(unit) :]
            days = None if dimension == "day" else self._days(rest)
            if days is not None:
                low, high = low / days, high / days
            yield Quantity(dimension, "" if days is None else "day", min(low, high), max(low, high))

    def _unit(self, text: str, start: int) -> str | None:
        rest = text[start : start + 24].casefold()
        known = (unit for unit in self.of if rest.startswith(unit) and not rest[len(unit) : len(unit) + 1].isalnum())
        return max(known, key=len, default=None)

    def _days(self, rest: str) -> float | None:
        """The time that a dose is for, named within the next words."""
        words = re.findall(r"[a-z]+", rest[:60].casefold())[:7]
        for before, word in zip(["", *words], words, strict=False):
            if word in self.per and (word.endswith("ly") or before in ("a", "per", "each", "every")):
                return self.per[word]
        return None


def _value(whole: str, part: str | None) -> float:
    return float(whole.replace(",", "") + (part or ""))
