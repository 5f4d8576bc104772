"""What a fitted model says of a turn, beside the rules: for every clause it read how likely each concern is, and what
that comes to, given what the rules found.

A record to be shown and audited; triage decides what to make of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

from b12assistant.answers import FlagKind, Level, RuleId, Turn, TurnSlice

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Concern(StrEnum):
    """What a clause may be about, most serious first: an emergency by its kind, a lesser level, or nothing."""

    SELF_HARM = "self_harm"
    POISONING = "poisoning"
    MEDICAL = "medical"
    URGENT = "urgent"
    MEDICAL_DECISION = "medical_decision"
    NONE = "none"

    @property
    def level(self) -> Level | None:
        return LEVELS.get(self)

    @property
    def kind(self) -> FlagKind:
        return FlagKind(self.value) if self.level is Level.EMERGENCY else FlagKind.MEDICAL


CONCERNS: Final = tuple(Concern)
EMERGENCIES: Final = 3  # of CONCERNS, the first
LEVELS: Final = MappingProxyType(
    {
        Concern.SELF_HARM: Level.EMERGENCY,
        Concern.POISONING: Level.EMERGENCY,
        Concern.MEDICAL: Level.EMERGENCY,
        Concern.URGENT: Level.URGENT,
        Concern.MEDICAL_DECISION: Level.MEDICAL_DECISION,
    }
)
Shares = tuple[float, ...]  # of belief, in the order of CONCERNS; they add up to 1


@dataclass(frozen=True, slots=True)
class Cuts:
    """From which share on a level is raised: of an emergency, of at least urgent, of anything at all."""

    emergency: float
    urgent: float
    anything: float

    def concern(self, shares: Shares) -> Concern:
        emergency, urgent, nothing = sum(shares[:EMERGENCIES]), shares[EMERGENCIES], shares[-1]
        if emergency >= self.emergency:
            return CONCERNS[max(range(EMERGENCIES), key=lambda i: shares[i])]
        if emergency + urgent >= self.urgent:
            return Concern.URGENT
        if 1 - nothing >= self.anything:
            return Concern.URGENT if emergency + urgent >= shares[EMERGENCIES + 1] else Concern.MEDICAL_DECISION
        return Concern.NONE


class Role(IntEnum):
    """How a part of a turn is judged."""

    WHOLE = 0  # a short turn
    SENTENCE = 1  # of a long one
    STRETCH = 2  # as wide as the encoder reads, of a long one
    EVIDENCE = 3  # of a short one: it decides nothing, it shows where that says so


CutsByRuling = Mapping[Level | None, tuple[Cuts, ...]]  # what the rules found; then by role


def read_cuts(array: NDArray[np.float64]) -> CutsByRuling:
    """(4, roles, 3): by what the rules found, the most serious first; by role; in the order of ``Cuts``."""
    rows = [tuple(Cuts(*map(float, cuts)) for cuts in roles) for roles in array]
    return MappingProxyType(dict(zip((*Level, None), rows, strict=True)))


@dataclass(frozen=True, slots=True)
class Judged:
    """A part of a turn, and how likely each concern is. ``because``: the words that spoke most for the likeliest
    concern, where the model can name them."""

    place: TurnSlice
    shares: Shares
    role: Role = Role.EVIDENCE
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one model says of one turn: every part it judged, and the concern that passed its cut.

    ``by``: who says so, the first part of the rule's id. ``evidence``: the clause that speaks most for the concern.
    ``may_lower``: what the rules found may be set aside, not added to alone.
    """

    by: str
    concern: Concern
    judged: tuple[Judged, ...]
    evidence: TurnSlice | None
    may_lower: bool = False

    @property
    def rule(self) -> RuleId:
        """``second_opinion.emergency``, ``words.urgent``: told apart from every rule of the table."""
        return RuleId(f"{self.by}.{self.concern.level}")


class Opinionated(Protocol):
    """Judges a turn by itself, and with the one before it if there is one that it may lean on.

    ``ruled``: the level that the rules found.
    """

    def __call__(self, turn: Turn, former: Turn | None = None, ruled: Level | None = None) -> Opinion: ...


def deciding(judged: Sequence[Judged]) -> Sequence[Judged]:
    return [each for each in judged if each.role is not Role.EVIDENCE]


def conclude(by: str, judged: Sequence[Judged], cuts: Sequence[Cuts], *, may_lower: bool = False) -> Opinion:
    """The most serious of what its parts come to, by the cuts of their roles. The evidence is the part that says it
    most clearly of those that hold no other, the shortest of equals."""
    concerns = (cuts[each.role].concern(each.shares) for each in deciding(judged))
    concern = min(concerns, key=CONCERNS.index, default=Concern.NONE)
    if concern is Concern.NONE:
        return Opinion(by, concern, tuple(judged), None, may_lower)
    place = CONCERNS.index(concern)

    def says(each: Judged) -> tuple[float, int]:
        return round(each.shares[place], 1), each.place.start - each.place.end

    smallest = [each for each in judged if not any(_holds(each.place, other.place) for other in judged)]
    return Opinion(by, concern, tuple(judged), max(smallest, key=says).place, may_lower)


def _holds(one: TurnSlice, other: TurnSlice) -> bool:
    return one.start <= other.start and other.end <= one.end and (one.start, one.end) != (other.start, other.end)
