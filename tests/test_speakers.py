"""Who speaks first, as minimal pairs: the same words from two kinds of source, the same scores a step apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from builders import build_document
from builders_answers import assistant, broken, source

from b12assistant.answering.quoting import Order, QuoteSpan, Window, load_cues, order
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
from b12assistant.types import (
    Document,
    DocumentId,
    Interest,
    Mark,
    MarkKind,
    Passage,
    PassageId,
    Range,
    Source,
    SourceKind,
)

CUES = load_cues()
DOSE = "The usual dose is 1,000 mcg a day."
SAFE = "It is perfectly safe."
HURRY = "Do not wait for a test."
PLAIN = "Myelin wraps nerve fibres."
OTHER = "Vitamin B12 is found in milk."
SELLS, NONE, UNKNOWN = Interest.SELLS, Interest.NONE, Interest.UNKNOWN


def said(text: str, interest: Interest, score: float = 0.5, kind: SourceKind | None = None) -> Window:
    document = Document(DocumentId(f"{interest}.md"), "digest", "Title", text, Source(kind=kind, interest=interest))
    span = document.span(0, len(text))
    cut = QuoteSpan(Passage(PassageId("0"), (span,)), (span,), slice(0, 1), (span,), len(text), (0,))
    return Window(cut, span, score)


def detail(window: Window) -> Window:
    """The same window; its sentence is a curator's detail."""
    document = replace(window.best.document, details=(window.best.range,))
    return replace(window, best=document.span(window.best.start, window.best.end))


def ordered(*candidates: Window, most: int = 3, strict: bool = False) -> Order:
    return order(candidates, most, strict=strict, cues=CUES)


@pytest.mark.parametrize("text", [DOSE, SAFE, HURRY])
@pytest.mark.parametrize("interest", [SELLS, UNKNOWN])
def test_a_sensitive_sentence_of_a_seller_is_not_first(text: str, interest: Interest) -> None:
    assert ordered(said(text, interest, 0.55), said(OTHER, NONE, 0.5)) == Order((1, 0), only_sellers=False)


@pytest.mark.parametrize("text", [DOSE, SAFE, HURRY])
def test_the_same_sentence_by_a_source_that_sells_nothing_may_be_first(text: str) -> None:
    assert ordered(said(text, NONE, 0.55), said(OTHER, NONE, 0.5)) == Order((0, 1), only_sellers=False)


@pytest.mark.parametrize("is_strict", [False, True])
@pytest.mark.parametrize("interest", [SELLS, UNKNOWN])
def test_a_harmless_sentence_of_a_seller_is_not_first_either(interest: Interest, is_strict: bool) -> None:
    candidates = said(PLAIN, interest, 0.55), said(OTHER, NONE, 0.31)
    assert ordered(*candidates, strict=is_strict) == Order((1, 0), only_sellers=False)


def test_a_harmless_sentence_that_only_a_seller_says_is_marked_under_a_red_flag() -> None:
    assert ordered(said(PLAIN, SELLS), strict=True) == Order((0,), only_sellers=True)


@pytest.mark.parametrize("interest", [SELLS, UNKNOWN])
def test_a_sensitive_sentence_that_only_a_seller_says_is_marked_so(interest: Interest) -> None:
    assert ordered(said(DOSE, interest)) == Order((0,), only_sellers=True)


def test_a_harmless_sentence_that_only_a_seller_says_needs_no_remark() -> None:
    assert ordered(said(PLAIN, SELLS)) == Order((0,), only_sellers=False)


@pytest.mark.parametrize("text", [DOSE, PLAIN])
def test_a_source_that_sells_nothing_is_fetched_from_behind_the_shown_ones(text: str) -> None:
    sellers = [said(f"{text} {n}", SELLS, 0.5) for n in range(3)]
    assert ordered(*sellers, said(OTHER, NONE, 0.45)) == Order((3, 0, 1), only_sellers=False)


@pytest.mark.parametrize(("behind", "first"), [(0.09, 1), (0.11, 0)])
def test_an_unknown_author_is_first_only_if_no_known_one_answers_about_as_well(behind: float, first: int) -> None:
    known = said(OTHER, NONE, 0.5 - behind, SourceKind.STUDY)
    assert ordered(said(PLAIN, NONE, 0.5), known).shown[0] == first


def test_of_two_that_say_the_same_the_one_that_sells_nothing_is_shown() -> None:
    assert ordered(said(PLAIN, SELLS, 0.5), said(PLAIN, NONE, 0.45)).shown == (1,)


@pytest.mark.parametrize(
    "text",
    [
        "Take 1000-mcg tablets.",
        "Loading doses come first.",
        "You cannot overdose.",
        "Side effects of tablets are rare and mostly mild.",
    ],
)
def test_cue_is_seen(text: str) -> None:
    assert CUES.is_sensitive(text)


@pytest.mark.parametrize("text", ["B12 is stored in the liver.", "A serum level of 200 pg was low."])
def test_a_plain_sentence_has_no_cue(text: str) -> None:
    assert not CUES.is_sensitive(text)


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        (DOSE, True),
        ("The usual dose is 1,000 mcg a day, as your doctor prescribes.", False),
        ("The dose, 1,000 mcg, depends on the cause.", False),
        ("Ask your doctor.", False),
    ],
)
def test_a_dose_is_bare_without_a_caution(text: str, bare: bool) -> None:
    assert CUES.bare_dose(text) is bare


def test_of_two_that_answer_about_equally_well_the_one_of_more_weight_is_first() -> None:
    study, body = said(PLAIN, NONE, 0.5, SourceKind.STUDY), said(OTHER, NONE, 0.495, SourceKind.PUBLIC_BODY)
    assert ordered(study, body) == Order((1, 0), only_sellers=False)


NEEDED = "The usual dose that adults need is 1,000 mcg."
CALM = "The usual dose that adults need is little."
DOSE_ASKED = "usual dose adults need"


def texts(answer: Answer) -> list[str]:
    return [notice.text for notice in answer.notices]


def answered(*documents: Document, question: str = DOSE_ASKED, **parts: Any) -> Answer:
    return assistant(*documents, **parts).reply(question).answer


@pytest.mark.parametrize("interest", [Interest.SELLS, Interest.UNKNOWN])
def test_a_seller_alone_with_a_dose_is_possible_and_a_notice_says_that_it_sells(interest: Interest) -> None:
    answer = answered(source(NEEDED, "a_shop.txt", interest))
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


def test_the_same_words_from_two_sources_are_quoted_once() -> None:
    answer = answered(source(CALM, "a.txt"), source(CALM, "b.txt"))
    assert [quote.document.id for quote in answer.quotes] == ["a.txt"]


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


@pytest.mark.parametrize(("behind", "first"), [(0.09, 1), (0.11, 0)])
def test_a_general_sentence_comes_before_a_detail_that_is_hardly_nearer(behind: float, first: int) -> None:
    assert ordered(detail(said(PLAIN, NONE, 0.5)), said(OTHER, NONE, 0.5 - behind)).shown[0] == first


def test_between_two_details_the_nearer_comes_first() -> None:
    assert ordered(detail(said(PLAIN, NONE, 0.5)), detail(said(OTHER, NONE, 0.45))).shown == (0, 1)
