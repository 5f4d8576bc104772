"""From turns to an answer: safety first, then what the sources say, then who may say it first."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from builders import build_document
from builders_answers import EASY, assistant, broken, calm, flagging, no_engine, source
from builders_quotes import detail, said
from fakes import FakeEncoder
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering import assistant as module
from b12assistant.answering.assistant import MOST_CHARACTERS, MOST_TURNS, turns_of
from b12assistant.answering.engine import Engine
from b12assistant.answering.quoting import Order, Window, behind, is_bare_dose, is_sensitive, order
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
from b12assistant.errors import IndexMissingError, QuestionError
from b12assistant.safety.fixed_texts import all_texts
from b12assistant.safety.triage import Triager, load_rules
from b12assistant.types import (
    Document,
    Interest,
    Mark,
    MarkKind,
    Pairing,
    Range,
    Source,
    SourceKind,
)

WRAPPED = "Myelin wraps 9 nerve fibres."
MYELIN = source("Myelin wraps nerve fibres.\n\nTea is hot.", "myelin.txt")
FOLATE = source("Folate hides anaemia. Rice is white.", "folate.txt")
TRIAGER = Triager(load_rules())
CONTROL = "It isn't happening now"
GONE = "My chest hurts, myelin wraps nerve fibres"


def ask(question: str, *history: str, **parts: Any) -> Answer:
    return assistant(MYELIN, FOLATE, **parts).reply(question, history).answer


def texts(answer: Answer) -> list[str]:
    return [notice.text for notice in answer.notices]


def quotes(answer: Answer) -> list[str]:
    return [" […] ".join(span.text for span in quote.spans) for quote in answer.quotes]


def test_the_sentence_that_answers_is_quoted() -> None:
    answer = ask("myelin wraps nerve fibres")
    assert (answer.status, answer.reason, quotes(answer)) == (Status.ANSWERED, None, ["Myelin wraps nerve fibres."])


@pytest.mark.parametrize(
    ("repeated", "shown"), [("Another.", 2), ("Myelin wraps nerve fibres.", 1), ("Tea is hot.", 1)]
)
def test_a_sentence_that_says_nothing_beside_another_is_not_quoted_after_it(repeated: str, shown: int) -> None:
    paragraph = "Myelin wraps nerve fibres. Tea is hot."
    marked = (Pairing(Range(0, len(WRAPPED)), repeated),)
    asked = assistant(source(paragraph, "myelin.txt"), replace(source(WRAPPED, "fat.txt"), repeats=marked))
    assert quotes(asked.reply("myelin wraps nerve fibres").answer) == [paragraph, WRAPPED][:shown]
    assert quotes(asked.reply("more", ["myelin wraps nerve fibres"]).answer) == []


def test_a_sentence_takes_the_place_of_one_that_says_nothing_beside_it() -> None:
    first = source("Myelin wraps nerve fibres.", "myelin.txt")
    asked = assistant(replace(first, repeats=(Pairing(Range(0, 26), WRAPPED),)), source(WRAPPED, "fat.txt"))
    (quote,) = asked.reply("myelin wraps nerve fibres").answer.quotes
    assert (quote.best.text, quote.strength.value) == (WRAPPED, "strong")  # as strong as the one in whose place it is
    assert quotes(asked.reply("more", ["myelin wraps nerve fibres"]).answer) == []


def test_a_refusal_shows_the_nearest_places_and_no_quote() -> None:
    answer = ask("does the moon wrap around seventeen other unheard kinds of myelin fondue cheese")
    assert (answer.status, answer.reason, answer.quotes) == (Status.NO_ANSWER, Reason.NOTHING_CLOSE, ())
    assert [passage.document.id for passage in answer.nearest][:1] == ["myelin.txt"]


@pytest.mark.parametrize("remark", ["Thanks!", "ok, good to know", "good morning", "Hello, good evening to you!"])
def test_the_reply_to_a_remark_does_not_say_that_the_documents_do_not_cover_it(remark: str) -> None:
    for answer in (ask(remark), ask(remark, "myelin wraps nerve fibres")):
        assert (answer.reason, answer.quotes, answer.nearest) == (Reason.NOTHING_ASKED, (), ())
        assert texts(answer) == ["general"]


def test_a_message_without_a_word_asks_nothing_and_is_not_searched() -> None:
    answer = ask("?!", "myelin wraps nerve fibres", triage=flagging(Level.URGENT), engine=no_engine)
    assert (answer.status, answer.reason) == (Status.NO_ANSWER, Reason.NOTHING_ASKED)
    assert texts(answer) == ["urgent", "general"]
    assert ask("?!", triage=flagging(Level.EMERGENCY), engine=no_engine).reason is Reason.RED_FLAG


@pytest.mark.parametrize("question", ["myelin wraps nerve fibres", "myelin around unheard things", "zyx wvu tsr"])
@pytest.mark.parametrize("triage", [calm, broken, flagging(Level.URGENT), flagging(Level.EMERGENCY)])
def test_every_answer_ends_with_the_general_notice(question: str, triage: object) -> None:
    notices = ask(question, triage=triage).notices
    assert notices[-1].kind is NoticeKind.GENERAL
    assert sum(notice.kind is NoticeKind.GENERAL for notice in notices) == 1


def test_an_emergency_is_shown_alone_and_nothing_is_searched() -> None:
    answer = ask("myelin", triage=flagging(Level.EMERGENCY, "emergency_medical"), engine=no_engine)
    assert (answer.status, answer.reason) == (Status.SAFETY_ONLY, Reason.RED_FLAG)
    assert (answer.quotes, answer.nearest, answer.interpretation) == ((), (), None)
    assert texts(answer) == ["emergency_medical", "general"]


def test_a_likely_emergency_comes_first_and_quotes_follow_that_are_at_most_possible() -> None:
    answer = ask("myelin wraps nerve fibres", triage=flagging(Level.EMERGENCY, "emergency_medical", certain=False))
    assert (answer.status, texts(answer)) == (Status.POSSIBLY, ["emergency_medical", "general"])
    assert quotes(answer) == ["Myelin wraps nerve fibres."]
    assert ask("myelin wraps nerve fibres", triage=calm).status is Status.ANSWERED


@pytest.mark.parametrize("level", [Level.URGENT, Level.MEDICAL_DECISION])
def test_a_lesser_flag_comes_first_and_quotes_follow(level: Level) -> None:
    answer = ask("myelin wraps nerve fibres", triage=flagging(level))
    assert texts(answer) == [level, "general"]
    assert quotes(answer) == ["Myelin wraps nerve fibres."]


def test_if_triage_fails_a_notice_says_so_first_and_the_answer_follows() -> None:
    answer = ask("myelin wraps nerve fibres", triage=broken)
    assert texts(answer) == ["triage_failed", "general"]
    assert quotes(answer) == ["Myelin wraps nerve fibres."]


def test_rules_that_cannot_be_read_do_not_prevent_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    def unreadable(text: str) -> bool:
        raise RuntimeError(text)

    monkeypatch.setattr(module, "is_control", unreadable)
    broken_whole = assistant(MYELIN, triage=broken)
    assert quotes(broken_whole.reply("myelin wraps nerve fibres").answer) == ["Myelin wraps nerve fibres."]


def missing() -> Engine:
    raise IndexMissingError("there is no index")


def test_without_an_index_a_red_flag_is_still_answered_by_its_text() -> None:
    answer = ask("myelin", triage=flagging(Level.URGENT, "urgent"), engine=missing)
    assert (answer.status, answer.reason) == (Status.SAFETY_ONLY, Reason.NOT_SEARCHED)
    assert texts(answer) == ["urgent", "general"]


def test_without_an_index_a_calm_question_is_an_error() -> None:
    with pytest.raises(IndexMissingError):
        ask("myelin", engine=missing)


def test_after_a_control_the_earlier_question_is_answered_under_the_reminder() -> None:
    assert ask(GONE, triage=TRIAGER).status is Status.SAFETY_ONLY
    answer = ask(CONTROL, GONE, triage=TRIAGER)
    assert texts(answer)[0] == "reminder"
    assert quotes(answer) == ["Myelin wraps nerve fibres."]
    assert answer.interpretation is not None
    assert answer.interpretation.text == GONE


def test_a_control_with_nothing_before_it_is_a_question() -> None:
    assert ask(CONTROL, triage=TRIAGER).question.text == CONTROL


def test_an_off_topic_follow_up_after_a_good_answer_is_refused() -> None:
    strict = replace(EASY, possibly=0.05)
    assert ask("myelin wraps nerve fibres", calibration=strict).status is Status.ANSWERED
    answer = ask("and it in fondue?", "myelin wraps nerve fibres", calibration=strict)
    assert answer.interpretation is not None
    assert {part.turn.index for part in answer.interpretation.parts} == {0, 1}
    assert answer.status is Status.NO_ANSWER


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("", "the question is empty"),
        ("\x00\x07", "no readable word"),
        ("x" * (MOST_CHARACTERS + 1), "at most 20,000 characters, this one 20,001"),
    ],
    ids=["empty", "control", "over long"],
)
def test_text_that_is_not_a_question_is_refused_in_plain_words(question: str, message: str) -> None:
    with pytest.raises(QuestionError, match=message) as caught:
        assistant(engine=no_engine).reply(question)
    assert caught.value.hint


@pytest.mark.parametrize("turns", [MOST_TURNS, MOST_TURNS + 1])
def test_a_conversation_has_twenty_turns(turns: int) -> None:
    if turns > MOST_TURNS:
        with pytest.raises(QuestionError, match="at most 20 questions"):
            turns_of("why?", ["what is myelin?"] * (turns - 1))
    else:
        assert len(turns_of("why?", ["what is myelin?"] * (turns - 1))) == MOST_TURNS == 20


@given(st.text(min_size=1, max_size=50), st.lists(st.text(max_size=20), max_size=3))
def test_every_text_is_answered_or_refused_by_name(question: str, history: list[str]) -> None:
    try:
        answer = ENGINED.reply(question, history).answer
    except QuestionError:
        return
    assert answer.question.text == question


ENGINED = assistant(MYELIN, FOLATE, triage=TRIAGER)


def test_no_lone_surrogate_reaches_the_encoder() -> None:
    encoder = FakeEncoder()
    asker = assistant(MYELIN, encoder=encoder)
    asker.reply("my\ud800elin wraps nerve")
    assert "\ufffd" not in encoder.encoded[-1]
    encoder.encoded[-1].encode("utf-8")


LONG = "please tell me whether myelin wraps nerve fibres " * 60


def test_only_the_first_2000_characters_of_a_long_question_are_searched() -> None:
    encoder = FakeEncoder()
    asker = assistant(MYELIN, encoder=encoder)
    encoder.encoded.clear()
    asker.reply("x" * 1_999 + " folate")
    assert encoder.encoded[0] == "x" * 1_999 + " "
    assert all(each.startswith("About myelin.txt: ") for each in encoder.encoded[1:])  # sentences of the source


@pytest.mark.parametrize(("length", "cut"), [(2_000, False), (2_001, True), (20_000, True)])
def test_a_notice_says_if_the_question_was_cut(length: int, cut: bool) -> None:
    question = LONG[:1] + "y" * (length - 1)
    assert ("question_cut" in texts(ask(question))) is cut


def test_a_long_earlier_question_leaves_the_last_one_whole() -> None:
    answer = ask("and folate?", LONG)
    assert answer.interpretation is not None
    assert answer.interpretation.text.endswith("and folate?")
    assert "question_cut" not in texts(answer)


def test_every_text_that_can_be_emitted_exists() -> None:
    named = [value for name, value in vars(module).items() if name.isupper() and isinstance(value, str)]
    assert {"general", "only_sellers", "dose", "question_cut", "scope", "triage_failed"} <= set(named)
    assert {TextId(name) for name in named} <= set(all_texts())


def test_look_up_withholds_nothing_in_an_emergency() -> None:
    notices, hits = assistant(MYELIN, FOLATE, triage=flagging(Level.EMERGENCY)).search("myelin", 5)
    assert [notice.text for notice in notices] == ["emergency"]
    assert [hit.passage.document.id for hit in hits] == ["myelin.txt", "folate.txt"]


def test_marks_alone_are_not_looked_up() -> None:
    with pytest.raises(QuestionError, match="no readable word"):
        assistant(MYELIN, engine=no_engine).search("???", 5)


DOSE = "The usual dose is 1,000 mcg a day."
SAFE = "It is perfectly safe."
HURRY = "Do not wait for a test."
PLAIN = "Myelin wraps nerve fibres."
OTHER = "Vitamin B12 is found in milk."
SELLS, NONE, UNKNOWN = Interest.SELLS, Interest.NONE, Interest.UNKNOWN


def ordered(*candidates: Window, most: int = 3, strict: bool = False) -> Order:
    return order(candidates, most, strict=strict)


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


def test_who_sells_follows_only_where_it_answers_best_and_who_says_nothing_of_itself_stays() -> None:
    first, seller, unknown = said(PLAIN, NONE, 0.5), said(OTHER, SELLS, 0.6), said(OTHER, Interest.UNKNOWN, 0.4)
    assert behind(first, first, [seller, unknown]) == [unknown]
    assert behind(first, seller, [seller, unknown]) == [seller, unknown]


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
    assert is_sensitive(text)


@pytest.mark.parametrize("text", ["B12 is stored in the liver.", "A serum level of 200 pg was low."])
def test_a_plain_sentence_has_no_cue(text: str) -> None:
    assert not is_sensitive(text)


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
    assert is_bare_dose(text) is bare


def test_of_two_that_answer_about_equally_well_the_one_of_more_weight_is_first() -> None:
    study, body = said(PLAIN, NONE, 0.5, SourceKind.STUDY), said(OTHER, NONE, 0.495, SourceKind.PUBLIC_BODY)
    assert ordered(study, body) == Order((1, 0), only_sellers=False)


NEEDED = "The usual dose that adults need is 1,000 mcg."
CALM = "The usual dose that adults need is little."
DOSE_ASKED = "usual dose adults need"


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
        return Triage(tuple(Notice(NoticeKind.LANGUAGE, each) for each in told))

    told = {TextId("language"), TextId("language.de")}
    asked = assistant(source(text), triage=foreign)
    for notices in (
        asked.reply("Was umhüllt die Nervenfasern?").answer.notices,
        asked.search("Was umhüllt die Nervenfasern?", 3)[0],
    ):
        assert told.intersection(each.text for each in notices) == (told if says else set())


@pytest.mark.parametrize(("behind", "first"), [(0.09, 1), (0.11, 0)])
def test_a_general_sentence_comes_before_a_detail_that_is_hardly_nearer(behind: float, first: int) -> None:
    assert ordered(detail(said(PLAIN, NONE, 0.5)), said(OTHER, NONE, 0.5 - behind)).shown[0] == first


def test_between_two_details_the_nearer_comes_first() -> None:
    assert ordered(detail(said(PLAIN, NONE, 0.5)), detail(said(OTHER, NONE, 0.45))).shown == (0, 1)
