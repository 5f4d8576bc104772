"""Choose how loud a text is, by the words: a box above, a line below or nothing; and whether a kind line is first.

The words are in ``data/red_flags/``; the policy is docs/red-flags.md.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Final

from b12assistant.answers import Answer, Flag, FlagKind, Level, Notice, NoticeKind, RuleId, TextId, Turn, TurnSlice
from b12assistant.data_files import read_data
from b12assistant.language.folding import fold
from b12assistant.language.wording import Wordings, clauses
from b12assistant.safety.opinion import Opinion

FILE: Final = "proportion.toml"
KINDNESS: Final = "kindness.toml"
_ANIMALS: Final = ("animal_is", "of_animal", "person_too")
LISTS: Final = ("change", "result", "known", "against", "figure", "animal", *_ANIMALS, "over", "looked_up")
DECISION: Final = TextId("medical_decision")
URGENT: Final = TextId("urgent")
DECISION_LINE: Final = TextId("decision_line")
MEDICAL: Final = TextId("emergency_medical")
LOOKED_UP: Final = RuleId("looked_up")
ROUTINE: Final = TextId("routine")


def in_proportion(notices: Sequence[Notice], turn: Turn, text: str, opinion: Opinion | None) -> tuple[Notice, ...]:
    """Return the notices of an English turn, each as loud as its words and the ``opinion`` on them are sure.

    ``text``: the turn without what it only denies.
    """
    folded = fold(text).text
    kept = [each for notice in notices if (each := _in_proportion(notice, folded, opinion)) is not None]
    if not _says("looked_up", folded):
        return tuple(kept)
    if any(_is_emergency(notice) for notice in kept):
        return tuple(_uncertain(notice) if _is_emergency(notice) else notice for notice in kept)
    flag = Flag(Level.EMERGENCY, FlagKind.MEDICAL, LOOKED_UP, certain=False)
    return (Notice(NoticeKind.RED_FLAG, MEDICAL, flag, (TurnSlice(turn, 0, len(turn.text)),)),)


def _in_proportion(notice: Notice, folded: str, opinion: Opinion | None) -> Notice | None:
    if notice.flag is None:
        return notice
    by_opinion = opinion is not None and opinion.evidence is not None and notice.flag.rule == opinion.rule
    if by_opinion and (_says("figure", folded) or _is_of_an_animal(folded)):
        return None
    if by_opinion and notice.text == DECISION and _says("animal", folded):
        return None
    if notice.text == DECISION and not (_says("change", folded) or _says("result", folded)):
        return replace(_uncertain(notice), kind=NoticeKind.ADVICE, text=DECISION_LINE)
    if notice.text == URGENT and by_opinion and opinion is not None:
        settled = _says("over", folded) or (_says("known", folded) and not _says("against", folded))
        if opinion.is_faint or (opinion.is_doubtful and settled):
            return Notice(NoticeKind.ADVICE, ROUTINE)
    return notice


def _is_of_an_animal(folded: str) -> bool:
    """Check that an animal is ill, and that no clause may tell of a person."""
    is_ill, also, person = (load_proportion()[name] for name in _ANIMALS)
    parts = [part.text for part, _ in clauses(folded)]
    return (
        any(map(is_ill.search, parts))
        and all(is_ill.search(part) or also.search(part) for part in parts)
        and not any(map(person.search, parts))
    )


def _says(name: str, folded: str) -> bool:
    return load_proportion()[name].search(folded) is not None


def _is_emergency(notice: Notice) -> bool:
    return notice.flag is not None and notice.flag.level is Level.EMERGENCY


def _uncertain(notice: Notice) -> Notice:
    return replace(notice, flag=replace(notice.flag, certain=False)) if notice.flag is not None else notice


@cache
def load_proportion() -> Mapping[str, Wordings]:
    """Read the lists."""
    data = read_data("red_flags", FILE)
    return {name: Wordings(data[name]["said"], data["names"], f"{FILE}, {name}") for name in LISTS}


def kind_line(answer: Answer) -> tuple[Notice, ...]:
    """Return the fixed text for shame, fear or grief that a question puts in plain words; none beside an emergency."""
    turn = answer.question
    for text, pattern in load_kindness():
        if found := pattern.search(turn.text.replace("’", "'")):
            return (
                ()
                if answer.has_controls
                else (Notice(NoticeKind.KIND, text, evidence=(TurnSlice(turn, *found.span()),)),)
            )
    return ()


@cache
def load_kindness() -> tuple[tuple[TextId, re.Pattern[str]], ...]:
    """Read the words, by the id of the text that they call for."""
    cues = read_data("red_flags", KINDNESS)["cue"]
    return tuple((TextId(cue["text"]), re.compile("|".join(cue["patterns"]), re.IGNORECASE)) for cue in cues)
