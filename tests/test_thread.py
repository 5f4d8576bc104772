"""Understanding the last turn of a conversation: which earlier words it is read with, and when a refusal stays one."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import build_collection
from builders_answers import EASY, source
from fakes import PLAIN, FakeEncoder

from b12assistant.answering.engine import Engine
from b12assistant.answering.thread import Read, Thread
from b12assistant.answers import Interpretation, Move, Turn
from b12assistant.config import Settings

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


def test_a_whole_question_after_another_is_read_alone() -> None:
    assert turns_read(read_as(ASKED, "What is myelin in the leg?")) == {1}


def test_a_turn_that_leans_is_read_with_the_last_question() -> None:
    found = read_as("What wraps nerves in the leg?", "and an injection?")
    assert found.is_joined
    assert turns_read(found) == {0, 1}


@pytest.mark.parametrize("remark", ["thanks!", "that was last year"])
def test_a_remark_is_passed_over(remark: str) -> None:
    assert turns_read(read_as(ASKED, remark, "why is that?")) == {0, 2}


@pytest.mark.parametrize(
    ("text", "move"), [("tell me more", Move.MORE), ("who says so?", Move.SOURCES)], ids=["more", "sources"]
)
def test_a_turn_that_asks_nothing_new_is_read_as_the_last_question(text: str, move: Move) -> None:
    asked, again = read(ASKED), read(ASKED, text)
    assert again == replace(asked, searched=replace(asked.searched, read_as=again.searched.read_as))
    assert again.searched.read_as == replace(asked.searched.read_as, move=move)


def test_a_refused_topic_stays_refused() -> None:
    assert not is_answered(read(UNKNOWN, thread=WARY_THREAD))
    assert not is_answered(read(UNKNOWN, "even once?", thread=WARY_THREAD))


def test_words_of_a_refused_topic_are_not_left_out_by_a_pronoun() -> None:
    assert not is_answered(read(UNKNOWN, "does it hurt nerves in the arm?", thread=WARY_THREAD))


def test_a_whole_question_after_a_refused_one_is_answered() -> None:
    assert is_answered(read(UNKNOWN, ASKED, thread=WARY_THREAD))


def test_a_reading_of_a_long_history_fits_what_is_searched() -> None:
    found = read_as(*([LONG_TURN] * 19), "and why is that?")
    assert found.own.turn.index == 19
    assert len(found.text) <= MOST
