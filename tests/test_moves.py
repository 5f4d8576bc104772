"""The form of a turn alone says what it does; a turn that asks something is always a question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.turn_forms import lead_in, move_of, new_topic
from b12assistant.answers import Move


@pytest.mark.parametrize(
    "text",
    [
        "tell me more",
        "Tell me more about it.",
        "more",
        "go on",
        "What else?",
        "Thanks. Tell me more, please.",
        "anything else?",
    ],
)
def test_more_is_wanted(text: str) -> None:
    assert move_of(text) is Move.MORE


@pytest.mark.parametrize(
    "text",
    ["who says so?", "Says who?", "Is that from a seller?", "And are they selling something?",
     "Is this a shop talking?",
     "where does that come from?", "source?", "Can I trust that?", "which page is that from?"]
)  # fmt: skip
def test_the_sources_are_wanted(text: str) -> None:
    assert move_of(text) is Move.SOURCES


@pytest.mark.parametrize(
    "text",
    ["Tell me more about folate.", "tell me more, what does the brain make of that", "Is vitamin B12 from a seller?",
     "Who says that folate hides it?", "Do they sell oral vitamin B12 in shops?", "what else causes numbness?",
     "Anything?", "Who wrote it?",
     "What is myelin?", "and folate?", "is it from diet?", "where does it begin?", "more tablets?", ""]
)  # fmt: skip
def test_a_turn_that_names_something_asks(text: str) -> None:
    assert move_of(text) is Move.ASKS


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Great. What is it?", "What is it?"),
        ("No, I meant folate", "folate"),
        ("OK, thanks, and feet?", "and feet?"),
        ("I mean the feet", "the feet"),
        ("Great Britain?", "Britain?"),
        ("No feeling in the feet", "No feeling in the feet"),
        ("Okra?", "Okra?"),
        ("Thanks.", "Thanks."),
    ],
)
def test_a_lead_in_is_passed_over(text: str, rest: str) -> None:
    assert text[lead_in(text) :] == rest


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Forget the food. What does it do?", "What does it do?"),
        ("OK forget that. Why?", "Why?"),
        ("New question: why?", "why?"),
        ("something else - why?", "why?"),
    ],
)
def test_a_topic_is_closed(text: str, rest: str) -> None:
    assert text[new_topic(text) :] == rest


@given(st.text())
def test_something_is_always_left(text: str) -> None:
    if any(character.isalnum() for character in text):
        assert any(character.isalnum() for character in text[lead_in(text) :])
        assert any(character.isalnum() for character in text[new_topic(text) :])


@pytest.mark.parametrize("part", ["ok ", "is it a "])
def test_a_long_turn_is_read_to_its_end(part: str) -> None:
    """A pattern that tried every way to read such a turn would not finish."""
    text = part * (20_000 // len(part))
    move_of(text)
    assert 0 <= lead_in(text) <= len(text)
    assert 0 <= new_topic(text) <= len(text)
