"""From turns to an answer: safety first, then what the sources say, then who may say it first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from builders_answers import EASY, assistant, broken, calm, flagging, no_engine, source
from fakes import FakeEncoder
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering import assistant as module
from b12assistant.answering.assistant import MOST_CHARACTERS, MOST_TURNS, turns_of
from b12assistant.answering.engine import Engine
from b12assistant.answers import Answer, Level, NoticeKind, Reason, Status, TextId
from b12assistant.errors import IndexMissingError, QuestionError
from b12assistant.safety.fixed_texts import load_fixed_texts
from b12assistant.safety.triage import Triager, load_rules

MYELIN = source("Myelin wraps nerve fibres. Tea is hot.", "myelin.txt")
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


def test_a_refusal_shows_the_nearest_places_and_no_quote() -> None:
    answer = ask("does the moon wrap around seventeen other unheard kinds of myelin fondue cheese")
    assert (answer.status, answer.reason, answer.quotes) == (Status.NO_ANSWER, Reason.NOTHING_CLOSE, ())
    assert [passage.document.id for passage in answer.nearest][:1] == ["myelin.txt"]


@pytest.mark.parametrize("remark", ["Thanks!", "ok, good to know", "good morning", "Hello, good evening to you!"])
def test_the_reply_to_a_remark_does_not_say_that_the_documents_do_not_cover_it(remark: str) -> None:
    for answer in (ask(remark), ask(remark, "myelin wraps nerve fibres")):
        assert (answer.reason, answer.quotes, answer.nearest) == (Reason.NOTHING_ASKED, (), ())
        assert texts(answer) == ["general"]


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


def test_rules_that_cannot_be_read_do_not_prevent_an_answer() -> None:
    def unreadable(text: str) -> bool:
        raise RuntimeError(text)

    broken_whole = replace(assistant(MYELIN, triage=broken), is_control=unreadable)
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
    strict = replace(EASY, missing=-400)
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
    assert encoder.encoded == ["x" * 1_999 + " "]


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
    assert {TextId(name) for name in named} <= set(load_fixed_texts())


def test_look_up_withholds_nothing_in_an_emergency() -> None:
    notices, hits = assistant(MYELIN, FOLATE, triage=flagging(Level.EMERGENCY)).search("myelin", 5)
    assert [notice.text for notice in notices] == ["emergency"]
    assert [hit.passage.document.id for hit in hits] == ["myelin.txt", "folate.txt"]
