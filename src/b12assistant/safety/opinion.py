"""The opinion of a fitted model on a turn, besides the rules: how likely each concern is, and which cut it passes.

A record to be shown and audited; triage decides what to make of it. Its words also say how loud a text is: a box above,
a line below or nothing (the words are in ``data/red_flags/``, the policy is docs/red-flags.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Final, NamedTuple

from b12assistant.answers import Flag, FlagKind, Level, Notice, NoticeKind, RuleId, TextId, Turn, TurnSlice
from b12assistant.data_files import chosen, read_data
from b12assistant.language.folding import fold
from b12assistant.language.wording import Wordings


class Concern(StrEnum):
    """What a turn may be about, most serious first: an emergency by its kind, a lesser level, or nothing."""

    SELF_HARM = "self_harm"
    POISONING = "poisoning"
    MEDICAL = "medical"
    URGENT = "urgent"
    MEDICAL_DECISION = "medical_decision"
    NONE = "none"

    @property
    def level(self) -> Level | None:
        if self in CONCERNS[:EMERGENCIES]:
            return Level.EMERGENCY
        return None if self is Concern.NONE else Level(self.value)

    @property
    def kind(self) -> FlagKind:
        return FlagKind(self.value) if self.level is Level.EMERGENCY else FlagKind.MEDICAL


CONCERNS: Final = tuple(Concern)
EMERGENCIES: Final = 3  # of CONCERNS, the first
_CHOSEN: Final = chosen("red_flags")  # what each share is stands in `data/chosen.toml`
CERTAIN, CERTAIN_AMONG, AGREED, DOUBTFUL, CRISIS = (
    _CHOSEN[name] for name in ("certain", "certain_among", "agreed", "doubtful", "crisis")
)
FAINT: Final = (_CHOSEN["faint_emergency"], _CHOSEN["faint_urgent"])
Shares = tuple[float, ...]  # how likely each of CONCERNS is, in order; they add up to 1


@dataclass(frozen=True, slots=True)
class Passed:
    """The cut that a turn passed: its name, the share that was compared, and the cut."""

    name: str
    share: float
    cut: float


@dataclass(frozen=True, slots=True)
class Thresholds:
    """The shares from which a turn has a level: an emergency, at least urgent, anything at all (a medical decision).

    ``danger``: a low cut for an emergency and urgent together; at or above it the turn is urgent, or a medical decision
    if that is more likely. ``foreign``: instead of ``danger``, for a turn that is not in English, of which the models
    know less.
    ``kept``: the share from which an emergency that a rule found stays one; below it the turn is urgent, never less.
    It is at most ``emergency``, so a rule never makes an emergency harder to see.
    ``beside``: the share of an emergency and urgent together that a part of a long turn must also have among its
    neighbours to be urgent; an emergency needs none.
    """

    emergency: float
    urgent: float
    danger: float
    decision: float
    kept: float
    foreign: float
    beside: float = 0.0

    def decide(self, shares: Shares, *, ruled: bool, foreign: bool, calm: bool = False) -> tuple[Concern, Passed]:
        """Return the concern, and the cut that was passed, or the last one missed.

        ``ruled``: a rule says emergency. ``calm``: nothing grave is happening now, unless ruled. In English
        self-harm needs only a part of the emergency: its text is the one that must not be missing.
        """
        emergency, urgent = sum(shares[:EMERGENCIES]), sum(shares[: EMERGENCIES + 1])
        if calm and not ruled:
            emergency = urgent = 0.0
        decision = shares[EMERGENCIES + 1]
        name, cut = ("kept", self.kept) if ruled else ("emergency", self.emergency)
        if emergency >= cut:
            in_crisis = not foreign and shares[0] >= CRISIS * emergency
            likeliest = CONCERNS[max(range(EMERGENCIES), key=lambda i: shares[i])]
            return Concern.SELF_HARM if in_crisis else likeliest, Passed(name, emergency, cut)
        if ruled:
            return Concern.URGENT, Passed(name, emergency, cut)
        if urgent >= self.urgent:
            return Concern.URGENT, Passed("urgent", urgent, self.urgent)
        name, cut = ("foreign", self.foreign) if foreign else ("danger", self.danger)
        if urgent >= cut:
            return Concern.URGENT if urgent >= decision else Concern.MEDICAL_DECISION, Passed(name, urgent, cut)
        anything = urgent + decision  # so that a greater share of an emergency never lowers the level
        found = Concern.MEDICAL_DECISION if anything >= self.decision else Concern.NONE
        return found, Passed("decision", anything, self.decision)


@dataclass(frozen=True, slots=True)
class Opinion:
    """What one model says about one turn, or a part of it: the shares, the resulting concern, and the cut.

    ``by``: the model, the first part of the rule's id. ``may_lower``: an emergency of the rules may become urgent.
    ``doubted``: among the sentences beside it, it sounds less than sure.
    """

    by: str
    concern: Concern
    shares: Shares
    passed: Passed
    may_lower: bool = False
    doubted: bool = False

    @property
    def rule(self) -> RuleId:
        """Return ``second_opinion.emergency``, ``words.urgent``: no rule of the table has such an id."""
        return RuleId(f"{self.by}.{self.concern.level}")

    @property
    def is_certain(self) -> bool:
        """Return whether an emergency is certain though no rule saw it; a lesser level needs no certainty."""
        return self.concern.level is not Level.EMERGENCY or (self.passed.share >= CERTAIN and not self.doubted)

    @property
    def doubts_rule(self) -> bool:
        """Return whether the encoder does not agree with a rule that says emergency."""
        return self.may_lower and self.passed.name == "kept" and self.passed.share < AGREED

    @property
    def is_low(self) -> bool:
        """Return whether the encoder passed no more than the low cut for danger."""
        return self.may_lower and self.passed.name == "danger"


Beside = tuple[str, str]  # what stands before and after a part of a turn: a sentence each, and what ends it


class Asked(NamedTuple):
    """What an opinion is asked on: a turn, which may lean on the one before. ``ruled``: a rule says emergency.

    ``beside``: the turn is a part of a long one, and this is what stands beside it.
    """

    turn: Turn
    previous: Turn | None = None
    beside: Beside | None = None
    ruled: bool = False


Advises = Callable[[Asked], Opinion | None]
FILE: Final = "proportion.toml"


def in_proportion(notices: Sequence[Notice], turn: Turn, text: str, opinion: Opinion | None) -> tuple[Notice, ...]:
    """Return the notices of an English turn, each as loud as its words and the ``opinion`` on them are sure.

    ``text``: the turn without what it only denies.
    """
    folded = fold(text).text
    kept = tuple(each for notice in notices if (each := _in_proportion(notice, folded, opinion)) is not None)
    if not _says("looked_up", folded):
        return kept
    found = [each for each in kept if each.flag and each.flag.level is Level.EMERGENCY]
    if found:
        return tuple(each.uncertain if each in found else each for each in kept)
    flag = Flag(Level.EMERGENCY, FlagKind.MEDICAL, RuleId("looked_up"), certain=False)
    return (Notice(NoticeKind.RED_FLAG, TextId("emergency_medical"), flag, (TurnSlice(turn, 0, len(turn.text)),)),)


def _in_proportion(notice: Notice, folded: str, opinion: Opinion | None) -> Notice | None:
    own = opinion if opinion and notice.flag and notice.flag.rule == opinion.rule else None  # no rule raised it
    is_decision = notice.text == "medical_decision"
    if own and ((is_decision and _says("animal", folded)) or _says("figure", folded)):
        return None
    if is_decision and not _says("change", folded):
        return replace(notice.uncertain, kind=NoticeKind.ADVICE, text=TextId("decision_line"))
    if notice.text == "urgent" and own and own.is_low:
        emergency = sum(own.shares[:EMERGENCIES])
        settled = _says("over", folded) or (_says("known", folded) and not _says("against", folded))
        if (emergency < FAINT[0] and own.passed.share < FAINT[1]) or (emergency < DOUBTFUL and settled):
            return Notice(NoticeKind.ADVICE, TextId("routine"))
    return notice


def _says(name: str, folded: str) -> bool:
    return load_proportion()[name].search(folded) is not None


@cache
def load_proportion() -> Mapping[str, Wordings]:
    """Read the lists."""
    data = read_data("red_flags", FILE)
    names = data.pop("names")
    return {name: Wordings(table["said"], names, f"{FILE}, {name}") for name, table in data.items()}
