"""An answer cannot hold free text, and a quote cannot hold words that its source does not have there."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Iterator
from enum import Enum

import pytest

from b12assistant.answers import (
    Answer,
    Disagreement,
    Flag,
    FlagKind,
    Interpretation,
    Level,
    Notice,
    NoticeKind,
    Quote,
    RuleId,
    Status,
    Strength,
    TextId,
    Triage,
    Turn,
    TurnSlice,
    most_serious,
)
from b12assistant.types import Document, DocumentId, Mark, MarkKind, Passage, PassageId, Range, Section, Source

MAY_HOLD_TEXT = (Document, Turn, Source)


def free_text(kind: object, where: str = "") -> Iterator[str]:
    """The path of every field that leads to a ``str`` which is not an id and not in ``MAY_HOLD_TEXT``."""
    where = where or getattr(kind, "__name__", str(kind))
    if kind in MAY_HOLD_TEXT or isinstance(kind, typing.NewType):
        return
    if isinstance(kind, type) and issubclass(kind, Enum):
        return
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        for field in dataclasses.fields(kind):
            yield from free_text(hints[field.name], f"{where}.{field.name}")
    elif typing.get_origin(kind) in (tuple, typing.Union, types.UnionType):
        for part in typing.get_args(kind):
            yield from free_text(part, where)
    elif kind not in (int, float, bool, types.NoneType, Ellipsis):
        yield where


@pytest.mark.parametrize("kind", [Answer, Triage, Interpretation, Disagreement, Quote, Notice])
def test_no_free_text_can_be_reached(kind: type) -> None:
    assert list(free_text(kind)) == []


TEXT = "Milk helps. Salt does not. Buy now! Eggs help too. Beans are fine. Rice is poor. Next. Last."


def at(words: str) -> tuple[int, int]:
    return TEXT.index(words), TEXT.index(words) + len(words)


NEXT = at("Next.")
MARKED = Mark(Range(*at("Buy now!")), MarkKind.NEVER, "advert")
LISTED = Mark(Range(*NEXT), MarkKind.REFERENCE, "reference")
SECTIONS = (Section(Range(*at("Milk")), 1, 0, NEXT[0]), Section(Range(*NEXT), 1, NEXT[0], len(TEXT)))
FOOD = Document(DocumentId("food.md"), "digest", "Food", TEXT, sections=SECTIONS, marks=(MARKED, LISTED))
OTHER = Document(DocumentId("other.md"), "digest", "Food", TEXT)


def quote(*words: str, best: str | None = None, document: Document = FOOD) -> Quote:
    spans = tuple(document.span(*at(each)) for each in words)
    passage = Passage(PassageId("p"), (FOOD.span(*at("Milk helps.")),))
    return Quote(spans, document.span(*at(best or words[0])), passage, Strength.STRONG, 0.5)


def test_a_quote_is_a_slice_of_its_source() -> None:
    assert [span.text for span in quote("Milk helps.", "Eggs help too.").spans] == ["Milk helps.", "Eggs help too."]


@pytest.mark.parametrize(
    ("words", "best", "why"),
    [
        ([], "Milk helps.", "exactly one document"),
        (["Salt does not.", "Milk helps."], None, "in order"),
        (["Milk helps. S", "Salt does not."], None, "in order"),
        (["Milk helps.", "Salt does not."], "Eggs help too.", "outside its quote"),
        (["Milk", "helps.", "Salt", "does not."], None, "at most 2 gaps"),
        (["Salt does not. Buy"], None, "marked"),
        (["Rice is poor.", "Next."], None, "one section"),
        (["Rice is poor. Next."], None, "one section"),
    ],
    ids=["no span", "backwards", "overlap", "best outside", "four spans", "marked", "two sections", "across sections"],
)
def test_a_wrong_quote_cannot_be_made(words: list[str], best: str | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        quote(*words, best=best)


def test_a_quote_of_two_documents_cannot_be_made() -> None:
    passage = Passage(PassageId("p"), (FOOD.span(*at("Milk helps.")),))
    with pytest.raises(ValueError, match="exactly one document"):
        Quote(
            (FOOD.span(*at("Milk helps.")), OTHER.span(*at("Salt does not."))),
            FOOD.span(*at("Milk helps.")),
            passage,
            Strength.STRONG,
            0.5,
        )


def test_a_quote_is_of_its_passage_s_document() -> None:
    with pytest.raises(ValueError, match="of one document"):
        quote("Milk helps.", document=OTHER)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 6)], ids=["before", "backwards", "over"])
def test_a_range_that_is_not_a_slice_of_a_turn_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a slice of turn 0"):
        TurnSlice(Turn(0, "hello"), start, end)


def flagged(level: Level) -> Notice:
    return Notice(NoticeKind.RED_FLAG, TextId("t"), Flag(level, FlagKind.MEDICAL, RuleId(level)))


def test_the_highest_flag_counts_wherever_it_is() -> None:
    reminder = Notice(NoticeKind.RED_FLAG, TextId("reminder"))
    notices = (reminder, flagged(Level.MEDICAL_DECISION), flagged(Level.EMERGENCY), flagged(Level.URGENT))
    assert most_serious(notices) == flagged(Level.EMERGENCY)


def test_an_emergency_can_be_taken_back_whether_or_not_quotes_follow() -> None:
    for certain, status in ((True, Status.SAFETY_ONLY), (False, Status.POSSIBLY)):
        flag = Flag(Level.EMERGENCY, FlagKind.MEDICAL, RuleId("r"), certain)
        notice = Notice(NoticeKind.RED_FLAG, TextId("emergency_medical"), flag)
        answer = Answer(Turn(0, "x"), status, None, (), (notice,))
        assert answer.is_emergency
        assert answer.has_controls
    assert not Answer(Turn(0, "x"), Status.NO_ANSWER, None, (), ()).has_controls
