"""The words of a turn say whether it remarks, greets, states something, or stands alone, and what it does."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.thread import stands_alone
from b12assistant.answering.turn_forms import greets, is_remark, lead_in, move_of, new_topic, states
from b12assistant.answers import Move

# Each form, what it says of a turn, and the turns of which it says so.
FORMS: tuple[tuple[Callable[[str], object], object, tuple[str, ...]], ...] = (
    *(
        (form, True, ("Thanks!", "ok great", "wow", "makes sense", "that's scary", "thx", "good to know", "mm ok"))
        for form in (is_remark, stands_alone)
    ),
    (stands_alone, True, ("Forget that. What is ataxia?",)),
    (is_remark, False, ("and how much a day", "thanks, and folate?", "great, what is myelin", "", "numb feet")),
    (states, True, ("I get that in bed", "that was last year")),
    (states, False, ("is it?", "it hurts, why?")),
    (greets, True, ("good morning", "Good afternoon!", "hello, good evening all", "Goodnight.")),
    (greets, False, ("morning", "is it good in the morning", "good morning tablets", "good day for a walk?")),
    (
        move_of,
        Move.MORE,
        (
            *("tell me more", "Tell me more about it.", "more", "go on", "What else?", "Thanks. Tell me more, please."),
            "anything else?",
        ),
    ),
    (
        move_of,
        Move.SOURCES,
        (
            *("who says so?", "Says who?", "Is that from a seller?", "And are they selling something?"),
            *("Is this a shop talking?", "where does that come from?", "source?", "Can I trust that?"),
            "which page is that from?",
        ),
    ),
    (
        move_of,
        Move.ASKS,
        (
            *("Tell me more about folate.", "tell me more, what does the brain make of that", "more tablets?", ""),
            *("Is vitamin B12 from a seller?", "Who says that folate hides it?", "what else causes numbness?"),
            *("Do they sell oral vitamin B12 in shops?", "Anything?", "Who wrote it?", "What is myelin?"),
            *("and folate?", "is it from diet?", "where does it begin?"),
        ),
    ),
)


@pytest.mark.parametrize(
    ("form", "expected", "text"),
    [
        pytest.param(form, expected, text, id=f"{form.__name__} {expected}: {text}")
        for form, expected, texts in FORMS
        for text in texts
    ],
)
def test_a_form_is_read_from_the_words_alone(form: Callable[[str], object], expected: object, text: str) -> None:
    assert form(text) == expected


@pytest.mark.parametrize(
    ("start", "text", "rest"),
    [
        (lead_in, "Great. What is it?", "What is it?"),
        (lead_in, "No, I meant folate", "folate"),
        (lead_in, "OK, thanks, and feet?", "and feet?"),
        (lead_in, "I mean the feet", "the feet"),
        (lead_in, "Great Britain?", "Britain?"),
        (lead_in, "No feeling in the feet", "No feeling in the feet"),
        (lead_in, "Okra?", "Okra?"),
        (lead_in, "Thanks.", "Thanks."),
        (new_topic, "Forget the food. What does it do?", "What does it do?"),
        (new_topic, "OK forget that. Why?", "Why?"),
        (new_topic, "New question: why?", "why?"),
        (new_topic, "something else - why?", "why?"),
    ],
)
def test_what_leads_in_or_closes_a_topic_is_passed_over(start: Callable[[str], int], text: str, rest: str) -> None:
    assert text[start(text) :] == rest


@given(st.text(max_size=400))
def test_any_text_is_read_and_something_is_always_left(text: str) -> None:
    assert stands_alone(text) or len(text) <= 300
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


def test_a_long_turn_stands_alone() -> None:
    assert stands_alone("it " * 7_000)
