"""What makes two sentences stand against each other: figures that do not meet, or wordings that say yes and no.

Cues are data (`data/differences/cues.toml`). Whether the two are about one subject is not decided here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from importlib.resources import files

from b12assistant.language.quantities import Quantity, Units

_SAME_QUANTITY = 0.5  # cosine of two sentences whose figures are about one thing
_SAME_THING = 0.5  # of the words of the shorter sentence: above, both may well name the same thing
_WORD = re.compile(r"n['’]t\b|[^\W_]+(?:['’-][^\W_]+)*")


class Conflict(StrEnum):
    """How two sentences differ."""

    FIGURES = "figures"
    CUES = "cues"


@dataclass(frozen=True, slots=True)
class Axis:
    """Wordings that say yes, and no, to one thing."""

    name: str
    yes: re.Pattern[str]
    no: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Stance:
    """What a sentence says: its figures, and for each axis whether yes, no or both."""

    quantities: tuple[Quantity, ...]
    says: frozenset[tuple[str, bool]]
    ranks: bool  # calls something the best

    def other_figures(self, other: Stance) -> bool:
        """Whether both give figures of one dimension and none of them meet."""
        shared = [(a, b) for a in self.quantities for b in other.quantities if _comparable(a, b)]
        return bool(shared) and not any(a.overlaps(b) for a, b in shared)

    def opposes(self, other: Stance) -> frozenset[str]:
        """Axes to which one says only yes and the other only no."""
        return frozenset(
            name
            for name, yes in self.says
            if (name, not yes) in other.says and (name, not yes) not in self.says and (name, yes) not in other.says
        )


@dataclass(frozen=True, slots=True, eq=False)
class Cues:
    """Compiled cue lists."""

    units: Units
    axes: tuple[Axis, ...]
    rivals: re.Pattern[str]
    negations: frozenset[str]
    reach: int
    near: float
    shared: float

    @lru_cache(maxsize=4096)  # noqa: B019 - there is one of them, and sentences are compared again and again
    def stance(self, text: str) -> Stance:
        says = {
            (axis.name, self._turned(text, found.start()) != yes)
            for axis in self.axes
            for yes, pattern in ((True, axis.yes), (False, axis.no))
            for found in pattern.finditer(text)
        }
        return Stance(tuple(self.units.quantities(text)), frozenset(says), bool(self.rivals.search(text)))

    def conflict(self, one: Stance, other: Stance, closeness: float, shared: float) -> Conflict | None:
        """``closeness``: cosine of the two sentences; ``shared``: of the words of the shorter, in the other too."""
        if one.other_figures(other) and closeness >= _SAME_QUANTITY:
            return Conflict.FIGURES
        if closeness < self.near or shared < self.shared:
            return None
        rivals = one.ranks and other.ranks and shared < _SAME_THING
        return Conflict.CUES if rivals or one.opposes(other) else None

    def _turned(self, text: str, start: int) -> bool:
        """Whether a negation stands within reach before ``start``; a second one turns it back."""
        words = _WORD.findall(re.split(r"[.;:]", text[max(0, start - 60) : start])[-1].casefold())[-self.reach :]
        return bool(sum(word in self.negations or word.endswith(("n't", "n’t")) for word in words) % 2)


def _comparable(one: Quantity, other: Quantity) -> bool:
    return (one.dimension, one.per) == (other.dimension, other.per)


@lru_cache(maxsize=1)
def load_cues() -> Cues:
    table = tomllib.loads(files("b12assistant").joinpath("data/differences/cues.toml").read_text("utf-8"))
    of = {unit: (name, float(size)) for name, units in table["units"].items() for unit, size in units.items()}
    return Cues(
        Units(of, {word: float(days) for word, days in table["per"].items()}),
        tuple(Axis(axis["name"], _any(axis["yes"]), _any(axis["no"])) for axis in table["axis"]),
        _any(table["rivals"]),
        frozenset(table["negations"]),
        table["reach"],
        table["near"],
        table["shared"],
    )


def _any(wordings: Sequence[str]) -> re.Pattern[str]:
    return re.compile("|".join(rf"\b(?:{wording})" for wording in wordings), re.I)
