"""What is searched are slices of the user's turns: the last one, and those before it on which it leans."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.conversation import interpret, leans, times_more
from b12assistant.answers import Move, Turn

WHOLE = "Does metformin lower vitamin B12 in older adults with diabetes?"
MOST = 2_000


def turns(*texts: str) -> list[Turn]:
    return [Turn(index, text) for index, text in enumerate(texts)]


def searched(*texts: str, most: int = MOST) -> list[tuple[int, str]]:
    return [(part.turn.index, part.text) for part in interpret(turns(*texts), most).parts]


@pytest.mark.parametrize(
    "text", ["why?", "and folate?", "what about injections", "is it permanent", "Does that hurt the nerves?", "dose"]
)
def test_a_short_or_pointing_turn_leans(text: str) -> None:
    assert leans(text)


@pytest.mark.parametrize(
    "text", [WHOLE, "Can vitamin B12 deficiency cause dementia?", "symptoms of cobalamin deficiency in children"]
)
def test_a_whole_question_stands_alone(text: str) -> None:
    assert not leans(text)


@pytest.mark.parametrize("text", [f"No, I meant {WHOLE}", f"Sorry, back to this: {WHOLE}"])
def test_a_correction_leans(text: str) -> None:
    assert leans(text)


def test_a_whole_question_is_searched_alone() -> None:
    assert searched("What is myelin?", WHOLE) == [(1, WHOLE)]


def test_a_leaning_turn_is_searched_after_the_one_before() -> None:
    assert searched(WHOLE, "why?") == [(0, WHOLE), (1, "why?")]


def test_a_turn_that_leans_on_one_that_leans_is_read_with_the_question_that_opened_the_topic() -> None:
    heal = "Do damaged nerves heal then?"
    assert searched(WHOLE, heal, "and folate?") == [(0, WHOLE), (1, heal), (2, "and folate?")]


@pytest.mark.parametrize("text", ["and folate?", "No, I meant folate.", "What about brown rice?", "how often"])
def test_a_brief_turn_takes_the_place_of_a_brief_one_before_it(text: str) -> None:
    assert [index for index, _ in searched(WHOLE, "and statins?", text)] == [0, 2]


@pytest.mark.parametrize("text", ["Do damaged nerves heal then?", "does it hurt the damaged nerves badly"])
def test_a_turn_that_says_more_is_read_with_the_brief_one_before_it(text: str) -> None:
    assert [index for index, _ in searched(WHOLE, "and statins?", text)] == [0, 1, 2]


def test_nothing_takes_the_place_of_the_question_that_opened_the_topic() -> None:
    assert [index for index, _ in searched("statins?", "and folate?", "and rice?")] == [0, 2]


def test_no_more_than_three_turns_are_read_together() -> None:
    heal = "Do damaged nerves heal then?"
    assert [index for index, _ in searched(WHOLE, "why?", "how?", heal, heal)] == [0, 3, 4]


@pytest.mark.parametrize("text", ["Forget that. why?", "New question: why?", "Something else: why?"])
def test_after_a_change_of_topic_nothing_before_it_is_read(text: str) -> None:
    assert searched(WHOLE, text) == [(1, "why?")]
    assert [index for index, _ in searched(WHOLE, text, "how?")] == [1, 2]


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Thanks. And folate?", "And folate?"),
        ("No, I meant folate.", "folate."),
        ("ok, fine, and folate?", "and folate?"),
        ("No folate?", "No folate?"),
        ("Thanks!", "Thanks!"),
        ("fine needles", "needles"),
    ],
)
def test_words_that_only_lead_in_are_not_searched(text: str, own: str) -> None:
    assert searched(WHOLE, text)[-1] == (1, own)


@pytest.mark.parametrize(("text", "move"), [("tell me more", Move.MORE), ("who says so?", Move.SOURCES)])
def test_a_turn_about_the_answer_is_read_as_the_question_it_answered(text: str, move: Move) -> None:
    read_as = interpret(turns("What is myelin?", "and folate?", "go on", text), MOST)
    assert (read_as.text, read_as.move) == ("What is myelin? and folate?", move)


def test_a_turn_about_an_answer_that_was_never_given_asks() -> None:
    assert interpret(turns("tell me more"), MOST).move is Move.ASKS


def test_a_turn_about_the_answer_is_not_leant_on() -> None:
    assert searched(WHOLE, "who says so?", "and folate?") == [(0, WHOLE), (2, "and folate?")]


def test_as_typed_the_last_turn_is_searched_alone_and_whole() -> None:
    read_as = interpret(turns(WHOLE, "Thanks. And folate?"), MOST, literal=True)
    assert [(part.turn.index, part.text) for part in read_as.parts] == [(1, "Thanks. And folate?")]


@pytest.mark.parametrize(
    ("texts", "times"),
    [
        ((WHOLE, "more"), 1),
        ((WHOLE, "more", "go on"), 2),
        ((WHOLE, "more", "who says so?"), 1),
        ((WHOLE, "who says so?"), 0),
        ((WHOLE, "more", "and folate?"), 0),
        (("more",), 0),
    ],
)
def test_how_often_more_was_wanted(texts: tuple[str, ...], times: int) -> None:
    assert times_more(turns(*texts)) == times


def test_reading_back_stops_at_a_whole_question() -> None:
    assert [index for index, _ in searched("What is myelin?", WHOLE, "why?")] == [1, 2]


def test_a_first_turn_that_leans_has_nothing_to_lean_on() -> None:
    assert searched("why?") == [(0, "why?")]


def test_blanks_around_a_turn_are_not_searched() -> None:
    assert searched("  why?\n") == [(0, "why?")]


def test_a_blank_turn_is_passed_over() -> None:
    assert searched(WHOLE, " ", "why?") == [(0, WHOLE), (2, "why?")]


def test_a_long_question_is_cut_at_the_end() -> None:
    assert searched("word " * 10, most=9) == [(0, "word word")]


def test_the_last_turn_keeps_its_room_after_a_long_one() -> None:
    assert searched("long " * 500, "and folate?", most=20) == [(0, "long lon"), (1, "and folate?")]


def test_a_turn_without_room_is_left_out() -> None:
    assert searched(WHOLE, "and folate?", most=12) == [(1, "and folate?")]


@given(st.lists(st.text(min_size=1, max_size=60).filter(str.strip), min_size=1, max_size=5), st.integers(1, 80))
def test_what_is_searched_stands_in_the_turns_and_fits(texts: list[str], most: int) -> None:
    read_as = interpret(turns(*texts), most)
    assert all(part.text in texts[part.turn.index] for part in read_as.parts)
    assert len(read_as.text) <= most


@given(st.lists(st.text(min_size=1, max_size=60).filter(str.strip), min_size=1, max_size=5))
def test_the_last_turn_is_always_the_last_part(texts: list[str]) -> None:
    last = interpret(turns(*texts), MOST).own
    assert last.turn.index == len(texts) - 1
    assert texts[-1].strip().endswith(last.text)
