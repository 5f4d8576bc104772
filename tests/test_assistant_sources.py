"""Which sources an answer quotes, and who of them speaks first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from builders import build_document
from builders_answers import assistant, broken, source

from b12assistant.answers import (
    Answer,
    Flag,
    FlagKind,
    Level,
    Notice,
    NoticeKind,
    Reason,
    RuleId,
    Status,
    TextId,
    Triage,
    Turn,
    TurnSlice,
)
from b12assistant.types import Document, Interest, Mark, MarkKind, Range, Source

DOSE = "The usual dose that adults need is 1,000 mcg."
CALM = "The usual dose that adults need is little."
DOSE_ASKED = "usual dose adults need"


def texts(answer: Answer) -> list[str]:
    return [notice.text for notice in answer.notices]


def answered(*documents: Document, question: str = DOSE_ASKED, **parts: Any) -> Answer:
    return assistant(*documents, **parts).reply(question).answer


@pytest.mark.parametrize("interest", [Interest.SELLS, Interest.UNKNOWN])
def test_a_seller_alone_with_a_dose_is_possible_and_a_notice_says_that_it_sells(interest: Interest) -> None:
    answer = answered(source(DOSE, "a_shop.txt", interest))
    assert (answer.status, answer.reason) == (Status.POSSIBLY, Reason.ONLY_SELLERS)
    assert texts(answer) == ["only_sellers", "dose", "general"]


@pytest.mark.parametrize(("flagged", "only_sellers"), [(0, False), (1, True)], ids=["remembered", "in this question"])
def test_a_seller_without_a_cue_is_held_back_only_for_a_flag_in_this_question(flagged: int, only_sellers: bool) -> None:
    def triage(turns: Sequence[Turn]) -> Triage:
        flag = Flag(Level.MEDICAL_DECISION, FlagKind.MEDICAL, RuleId("rule"))
        place = TurnSlice(turns[flagged], 0, 2)
        return Triage((Notice(NoticeKind.RED_FLAG, TextId("medical_decision"), flag, (place,)),))

    asked = assistant(source(CALM, "a_shop.txt", Interest.SELLS), triage=triage)
    answer = asked.reply(f"what {DOSE_ASKED}", ["do I stop mine?"]).answer
    assert texts(answer)[0] == "medical_decision"
    assert ("only_sellers" in texts(answer)) is only_sellers


def test_if_triage_fails_a_seller_is_held_back_too() -> None:
    answer = answered(source(CALM, "a_shop.txt", Interest.SELLS), triage=broken)
    assert texts(answer) == ["triage_failed", "only_sellers", "general"]


@pytest.mark.parametrize("facts", [{"withdrawn": True}, {"superseded_by": "b.txt"}], ids=["withdrawn", "superseded"])
def test_a_source_no_longer_in_use_is_neither_quoted_nor_shown_as_near(facts: dict[str, Any]) -> None:
    gone, stays = source(CALM, "gone.txt", **facts), source("Rice is white.", "stays.txt")
    answer = answered(gone, stays)
    assert answer.status is Status.NO_ANSWER
    assert [passage.document.id for passage in answer.nearest] in ([], ["stays.txt"])


REFERENCE = "Carmel R (2008). How I treat cobalamin deficiency in adults. Blood;112:2214."


def with_reference() -> Document:
    text = f"Cobalamin is a vitamin.\n\n{REFERENCE}\n"
    document = build_document(text, file="refs.txt", source=Source(interest=Interest.NONE))
    start = document.text.index(REFERENCE)
    marks = (Mark(Range(start, start + len(REFERENCE)), MarkKind.REFERENCE, "reference"),)
    return Document(
        document.id, document.digest, "Refs", document.text, document.source, blocks=document.blocks, marks=marks
    )


ASKS_FOR_A_PAPER = (
    "which paper is on how to treat cobalamin deficiency",
    "how I treat cobalamin deficiency 2008",
    "how I treat cobalamin deficiency 10.1182/blood",
)
ASKS_FOR_NONE = (
    "how do I treat cobalamin deficiency in adults",
    "how I treat cobalamin deficiency with 2000 mcg",
    "how I treat cobalamin deficiency after a year",
)


@pytest.mark.parametrize("question", ASKS_FOR_A_PAPER)
def test_a_reference_is_quoted_if_the_question_asks_for_a_paper(question: str) -> None:
    answer = answered(with_reference(), question=question)
    assert REFERENCE in [span.text for quote in answer.quotes for span in quote.spans]


@pytest.mark.parametrize("question", ASKS_FOR_NONE)
def test_a_reference_is_not_quoted_for_any_other_question(question: str) -> None:
    answer = answered(with_reference(), question=question)
    assert REFERENCE not in [span.text for quote in answer.quotes for span in quote.spans]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Myelin wraps the nerve fibres of the body. The tea in the kitchen is hot and sweet.", True),
        ("Die Markscheide umhüllt die Nervenfasern des Körpers. Der Tee in der Küche ist heiß und süß.", False),
    ],
)
def test_only_a_corpus_in_english_is_said_to_be_in_english(text: str, says: bool) -> None:
    def foreign(_: object) -> Triage:
        return Triage((Notice(NoticeKind.LANGUAGE, TextId("language")),))

    asked = assistant(source(text), triage=foreign)
    assert ("language" in [each.text for each in asked.reply("Was umhüllt die Nervenfasern?").answer.notices]) is says
    assert ("language" in [each.text for each in asked.search("Was umhüllt die Nervenfasern?", 3)[0]]) is says
