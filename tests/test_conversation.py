"""What may be searched for a turn: slices of the user's turns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.thread import (
    about,
    after,
    alone,
    last_question,
    opener,
    subjects,
    times_more,
)
from b12assistant.answers import Interpretation, Turn, TurnSlice

ASKED = "How often are injections given?"
MOST = 2_000


def turns(*texts: str) -> list[Turn]:
    return [Turn(index, text) for index, text in enumerate(texts)]


def all_of(text: str, index: int = 0) -> Interpretation:
    return alone(Turn(index, text), MOST)


def read_after(question: str, text: str, most: int = MOST) -> Interpretation:
    return after(alone(Turn(1, text), most).own, all_of(question), most)


@pytest.mark.parametrize(
    ("texts", "place"),
    [
        ((ASKED,), None),
        ((ASKED, "why?"), 0),
        ((ASKED, "thanks!", "why?"), 0),
        ((ASKED, "ok makes sense", " ", "why?"), 0),
        ((ASKED, "I get that in bed", "why?"), 0),
        (("I have no stomach.", "why?"), 0),
        ((ASKED, "who says so?", "why?"), 0),
        ((ASKED, "and folate?", "why?"), 1),
        (("thanks", "why?"), None),
    ],
)
def test_the_last_question_is_found_behind_remarks(texts: tuple[str, ...], place: int | None) -> None:
    assert last_question(turns(*texts)) == place


def test_a_thread_begins_with_the_last_question_that_stands_alone() -> None:
    assert opener(turns("What is myelin?", ASKED, "and tablets?", "why is that?", "how?")) == 1
    assert opener(turns(ASKED, "What is myelin?", "why?")) == 1


def test_the_last_question_comes_before_the_turn() -> None:
    assert read_after(ASKED, "why?").text == f"{ASKED} why?"


def test_no_more_than_two_earlier_questions_are_read() -> None:
    previous = Interpretation(tuple(TurnSlice(turn, 0, len(turn.text)) for turn in turns("a b?", "c d?", "e f?")))
    read_as = after(alone(Turn(3, "why?"), MOST).own, previous, MOST)
    assert read_as.text == "c d? e f? why?"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("would folate stop it?", "would folate stop restless legs?"),
        ("what else causes them", "what else causes restless legs"),
        ("how often?", "restless legs how often?"),
    ],
)
def test_the_subject_takes_the_place_of_a_pronoun(text: str, read: str) -> None:
    (subject,) = subjects(all_of("what are restless legs?"))
    read_as = about(alone(Turn(1, text), MOST).own, subject)
    assert (read_as.text, read_as.lead) == (read, 0)


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Thanks. And folate?", "And folate?"),
        ("No, I meant folate.", "folate."),
        ("ok, fine, and folate?", "and folate?"),
        ("No folate?", "No folate?"),
        ("Thanks!", "Thanks!"),
        ("fine needles", "needles"),
        ("Forget that. why?", "why?"),
        ("  why?\n", "why?"),
    ],
)
def test_words_that_only_lead_in_are_not_searched(text: str, own: str) -> None:
    assert all_of(text).text == own


def test_as_typed_every_word_is_searched() -> None:
    assert alone(Turn(1, "Thanks. And folate?"), MOST, literal=True).text == "Thanks. And folate?"


@pytest.mark.parametrize(
    ("texts", "times"),
    [
        ((ASKED, "more"), 1),
        ((ASKED, "more", "go on"), 2),
        ((ASKED, "more", "who says so?"), 1),
        ((ASKED, "who says so?"), 0),
        ((ASKED, "more", "and folate?"), 0),
        (("more",), 0),
    ],
)
def test_requests_for_more_are_counted(texts: tuple[str, ...], times: int) -> None:
    assert times_more(turns(*texts)) == times


def test_a_long_question_is_cut_at_the_end() -> None:
    assert alone(Turn(0, "word " * 10), 9).text == "word word"


def test_the_last_turn_keeps_its_room_after_a_long_one() -> None:
    assert read_after("long " * 300, "and folate?", 20).text == "long lon and folate?"
    assert read_after(ASKED, "and folate?", 12).text == "and folate?"


@given(st.lists(st.text(min_size=1, max_size=60).filter(str.strip), min_size=2, max_size=2), st.integers(1, 80))
def test_the_text_searched_is_in_the_turns_and_fits_the_limit(texts: list[str], most: int) -> None:
    previous, own = alone(Turn(0, texts[0]), most), alone(Turn(1, texts[1]), most).own
    read_as = after(own, previous, most)
    assert all(part.text in texts[part.turn.index] for part in read_as.parts)
    assert len(read_as.text) <= most
    assert read_as.own.turn.index == 1


@given(st.text(max_size=60), st.text(max_size=60))
def test_every_reading_is_made_of_slices(question: str, text: str) -> None:
    previous, own = all_of(question), alone(Turn(1, text), MOST).own
    made = [about(own, subject) for subject in subjects(previous)]
    for read_as in made:
        assert all(part.text in (question, text)[part.turn.index] for part in read_as.parts)
