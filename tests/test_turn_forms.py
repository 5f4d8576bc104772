"""The words of a turn say whether it remarks, greets, states something, or stands alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.thread import stands_alone
from b12assistant.answering.turn_forms import greets, is_remark, states


@pytest.mark.parametrize(
    "text", ["Thanks!", "ok great", "wow", "makes sense", "that's scary", "thx", "good to know", "mm ok"]
)
def test_a_remark_leans_on_nothing(text: str) -> None:
    assert is_remark(text)
    assert stands_alone(text)


@pytest.mark.parametrize(
    "text", ["and how much a day", "thanks, and folate?", "great, what is myelin", "", "numb feet"]
)
def test_a_turn_that_asks_or_names_something_is_not_a_remark(text: str) -> None:
    assert not is_remark(text)


@pytest.mark.parametrize(
    ("text", "tells"),
    [("I get that in bed", True), ("that was last year", True), ("is it?", False), ("it hurts, why?", False)],
)
def test_a_turn_that_only_states_something(text: str, tells: bool) -> None:
    assert states(text) is tells


@given(st.text(max_size=400))
def test_any_text_has_an_answer(text: str) -> None:
    assert stands_alone(text) in (True, False)


@pytest.mark.parametrize("text", ["it " * 7_000, "Forget that. What is ataxia?"])
def test_a_long_turn_and_a_new_subject_stand_alone(text: str) -> None:
    assert stands_alone(text)


@pytest.mark.parametrize("text", ["good morning", "Good afternoon!", "hello, good evening all", "Goodnight."])
def test_a_greeting_is_one_however_near_a_source_is(text: str) -> None:
    assert greets(text)


@pytest.mark.parametrize(
    "text", ["morning", "is it good in the morning", "good morning tablets", "good day for a walk?"]
)
def test_words_of_a_greeting_may_be_a_question(text: str) -> None:
    assert not greets(text)
