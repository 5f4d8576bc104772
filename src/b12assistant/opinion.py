"""What a fitted model says of a turn, beside the rules: for every clause it read how likely each concern is, and what
that comes to.

A record to be shown and audited. It decides nothing: triage takes it as a reason to raise a level, never to lower one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Protocol

from b12assistant.answers import FlagKind, Level, RuleId, Turn, TurnSlice


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
class Judged:
    """One clause, or the whole turn, and how likely each concern is. ``because``: the words that spoke most for the
    likeliest concern, where the model can name them."""

    place: TurnSlice
    shares: Shares
    whole: bool = False
    because: tuple[str, ...] = ()

    @property
    def likeliest(self) -> Concern:
        return CONCERNS[max(range(len(CONCERNS)), key=lambda i: self.shares[i])]


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


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one model says of one turn: every part it judged, and the concern that passed its cut.

    ``by``: who says so, the first part of the rule's id. ``evidence``: the clause that speaks most for the concern.
    """

    by: str
    concern: Concern
    judged: tuple[Judged, ...]
    evidence: TurnSlice | None

    @property
    def share(self) -> float:
        """The highest share of at least the concern's level in any part that decides."""
        last = max(EMERGENCIES - 1, CONCERNS.index(self.concern))
        return max((sum(each.shares[: last + 1]) for each in deciding(self.judged)), default=0.0)

    @property
    def rule(self) -> RuleId:
        """``second_opinion.emergency``, ``words.urgent``: told apart from every rule of the table."""
        return RuleId(f"{self.by}.{self.concern.level}")


class Opinionated(Protocol):
    """Judges a turn by itself, and with the one before it if there is one that it may lean on."""

    def __call__(self, turn: Turn, former: Turn | None = None) -> Opinion: ...


def deciding(judged: Sequence[Judged]) -> Sequence[Judged]:
    """The whole turn if it was read as one, else every part."""
    return [each for each in judged if each.whole] or judged


def conclude(by: str, judged: Sequence[Judged], whole: Cuts, clause: Cuts) -> Opinion:
    """A turn that was read as one is judged by that; any other by its clauses, which have cuts of their own, since a
    clause may lack what denies it. The evidence is the clause that says it most clearly, the shortest of equals."""
    cuts = whole if any(each.whole for each in judged) else clause
    concern = min((cuts.concern(each.shares) for each in deciding(judged)), key=CONCERNS.index, default=Concern.NONE)
    if concern is Concern.NONE:
        return Opinion(by, concern, tuple(judged), None)
    place = CONCERNS.index(concern)
    clauses = [each for each in judged if not each.whole] or judged

    def says(each: Judged) -> tuple[float, int]:
        return round(each.shares[place], 1), each.place.start - each.place.end

    return Opinion(by, concern, tuple(judged), max(clauses, key=says).place)
