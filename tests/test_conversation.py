"""What is searched are slices of the user's turns: the last one, and those before it on which it leans."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answers import Turn
from b12assistant.conversation import interpret, leans

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


def test_a_whole_question_is_searched_alone() -> None:
    assert searched("What is myelin?", WHOLE) == [(1, WHOLE)]


def test_a_leaning_turn_is_searched_after_the_one_before() -> None:
    assert searched(WHOLE, "why?") == [(0, WHOLE), (1, "why?")]


def test_turns_that_lean_in_a_row_are_read_back_to_the_question() -> None:
    assert searched(WHOLE, "why?", "and folate?") == [(0, WHOLE), (1, "why?"), (2, "and folate?")]


def test_no_more_than_three_turns_are_read_together() -> None:
    assert [index for index, _ in searched(WHOLE, "why?", "how?", "when?", "where?")] == [2, 3, 4]


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
    last = interpret(turns(*texts), MOST).parts[-1]
    assert (last.turn.index, last.text) == (len(texts) - 1, texts[-1].strip())
