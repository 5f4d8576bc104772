"""Understanding the last turn of a conversation: which earlier words it is read with, and when a refusal stays one."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import pytest
from builders import build_collection
from builders_answers import EASY, source
from fakes import PLAIN, FakeEncoder

from b12assistant.answering.engine import Engine
from b12assistant.answering.signals import Signals
from b12assistant.answering.thread import Read, Thread
from b12assistant.answers import Interpretation, Move, Turn
from b12assistant.config import Settings
from b12assistant.index.reader import JointReader

NERVES = source("Myelin wraps nerves in the arm. Tea is hot.", "nerves.txt")
LEGS = source("Myelin wraps nerves in the leg. Rice is white.", "legs.txt")
SHOP = source("An injection heals. Salt is cheap.", "shop.txt")
ENGINE = Engine(build_collection(NERVES, LEGS, SHOP), FakeEncoder(), PLAIN)
ASKED = "What wraps nerves?"
UNKNOWN = "Does zyx hurt nerves?"
MOST = 2_000
LONG_TURN = ("Does it wrap myelin and nerves? " * 700)[:20_000]
# Refuses a question with a word that no source has.
WARY = replace(EASY, missing=-400)


THREAD = Thread(ENGINE, Settings(), EASY, MOST)
WARY_THREAD = replace(THREAD, calibration=WARY)


def turns(*texts: str) -> tuple[Turn, ...]:
    return tuple(Turn(index, text) for index, text in enumerate(texts))


def read(*texts: str, thread: Thread = THREAD) -> Read:
    return thread.read(turns(*texts))


def read_as(*texts: str, thread: Thread = THREAD) -> Interpretation:
    return read(*texts, thread=thread).searched.read_as


def turns_read(interpretation: Interpretation) -> set[int]:
    return {part.turn.index for part in interpretation.parts}


def is_answered(found: Read) -> bool:
    return found.likely >= EASY.possibly


def best(found: Read) -> str:
    return found.searched.windows[0].best.text


def test_a_first_turn_is_read_alone() -> None:
    assert read_as(ASKED).is_plain


def test_a_whole_question_after_another_is_read_alone() -> None:
    assert turns_read(read_as(ASKED, "What is myelin in the leg?")) == {1}


def test_a_turn_that_leans_is_read_with_the_last_question() -> None:
    found = read_as("What wraps nerves in the leg?", "and an injection?")
    assert found.is_joined
    assert turns_read(found) == {0, 1}


@pytest.mark.parametrize("remark", ["thanks!", "ok great", "", "  ", "that was last year"])
def test_a_remark_is_passed_over(remark: str) -> None:
    assert turns_read(read_as(ASKED, remark, "why is that?")) == {0, 2}


def test_after_remarks_alone_a_turn_is_read_alone() -> None:
    assert turns_read(read_as("thanks!", "why is that?")) == {1}


def test_what_answers_a_turn_that_leans_is_near_its_last_question() -> None:
    assert best(read("What wraps nerves in the leg?", "why is that?")) == "Myelin wraps nerves in the leg."


def test_a_weak_sign_counts_only_if_the_turn_alone_is_not_answered() -> None:
    assert turns_read(read_as(ASKED, "injection heals")) == {1}
    assert turns_read(read_as(ASKED, "zyx leg", thread=WARY_THREAD)) == {0, 1}


@pytest.mark.parametrize(
    ("text", "move"), [("tell me more", Move.MORE), ("who says so?", Move.SOURCES)], ids=["more", "sources"]
)
def test_a_turn_that_asks_nothing_new_is_read_as_the_last_question(text: str, move: Move) -> None:
    asked, again = read(ASKED), read(ASKED, text)
    assert again == replace(asked, searched=replace(asked.searched, read_as=again.searched.read_as))
    assert again.searched.read_as == replace(asked.searched.read_as, move=move)


def test_more_without_a_question_is_read_as_a_question() -> None:
    assert read_as("more").move is Move.ASKS


def test_an_earlier_question_is_shown_as_it_was_typed() -> None:
    found = read_as("What wraps nerves in the leg?", "and the arm?")
    assert [part.text for part in found.parts] == ["What wraps nerves in the leg?", "and the arm?"]


def test_a_refused_topic_stays_refused() -> None:
    assert not is_answered(read(UNKNOWN, thread=WARY_THREAD))
    assert not is_answered(read(UNKNOWN, "even once?", thread=WARY_THREAD))


def test_words_of_a_refused_topic_are_not_left_out_by_a_pronoun() -> None:
    assert not is_answered(read(UNKNOWN, "does it hurt nerves in the arm?", thread=WARY_THREAD))


def test_a_whole_question_after_a_refused_one_is_answered() -> None:
    assert is_answered(read(UNKNOWN, ASKED, thread=WARY_THREAD))


def test_as_typed_no_word_is_read_as_another_and_no_lead_in_is_left_out() -> None:
    found = THREAD.as_typed(Turn(1, "Thanks. And a jab heals?")).searched.read_as
    assert (found.text, found.replaced) == ("Thanks. And a jab heals?", ())


def test_a_question_of_which_no_source_holds_a_word_is_not_answered() -> None:
    assert not is_answered(read("zyx wvu tsr?"))


def test_certainty_of_the_best_window_is_that_of_the_reading() -> None:
    found = read(ASKED)
    assert THREAD.certain(found, found.searched.windows[0]) == found.likely


def test_no_window_is_strong_below_the_calibrated_likelihood() -> None:
    found = read(ASKED)
    sure = replace(THREAD, calibration=replace(EASY, answered=found.likely))
    unsure = replace(THREAD, calibration=replace(EASY, answered=found.likely + 0.001))
    window = found.searched.windows[0]
    assert (sure.is_strong(found, window), unsure.is_strong(found, window)) == (True, False)


@pytest.mark.parametrize(("asked", "is_read", "strong"), [(0.5, False, False), (0.8, True, True), (1.0, False, True)])
def test_the_reader_reads_only_what_its_score_can_decide(
    asked: float, is_read: bool, strong: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Mock(JointReader, score=Mock(return_value=2.0))
    fitted = replace(EASY, full=-8.2, full_read=0.3, full_asked=9.9)
    thread = Thread(replace(ENGINE, reader=reader), Settings(), fitted, MOST)
    found = thread.read(turns(ASKED))
    monkeypatch.setattr(Thread, "_signals", lambda *_: Signals(1.0, 0.0, 0.0, 0.0, asked=asked))
    assert thread.is_strong(found, found.searched.windows[0]) is strong
    assert reader.score.called is is_read


def test_a_turn_is_understood_once_however_often_it_is_asked_for() -> None:
    thread = Thread(ENGINE, Settings(), EASY, MOST)
    assert read(ASKED, "why is that?", thread=thread) is read(ASKED, "why is that?", thread=thread)


@pytest.mark.parametrize("history", [[LONG_TURN] * 19, ["why? " * 4_000] * 19, ["and it? "] * 19])
def test_a_reading_of_a_long_history_fits_what_is_searched(history: list[str]) -> None:
    found = read_as(*history, "and why is that?")
    assert found.own.turn.index == 19
    assert len(found.text) <= MOST
