"""The words of a turn alone say what it does, and whether it can be understood alone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.turn_forms import (
    Leaning,
    corrects,
    greets,
    is_remark,
    lead_in,
    leaning,
    move_of,
    new_topic,
    pronoun_of,
    states,
)
from b12assistant.answers import Move

# Each form, what it says of a turn, and the turns of which it says so.
FORMS: tuple[tuple[Callable[[str], object], object, tuple[str, ...]], ...] = (
    (
        leaning,
        Leaning.NO,
        (
            *("What is myelin?", "How is B12 deficiency tested?", "Can vegans get enough B12?", "what is cidp"),
            *("why is it called cobalamin", "how do they test for b12", "Is it safe to take B12 while pregnant?"),
            *("How long does it take for nerves to heal on b12?", "does oat milk have b12 in it"),
            *("My B12 is low and my feet tingle. Is it serious?", "Does metformin lower B12 and should I stop it?"),
            *("What is the capital of Peru?", "symptoms of cobalamin deficiency in children"),
            *("Forget that. What is ataxia?", "¿Qué es la mielina?", "Hva er kobalamin?"),
        ),
    ),
    (
        leaning,
        Leaning.YES,
        (
            *("why?", "how often", "even once?", "and folate?", "what about injections", "is it permanent"),
            *("Does that hurt the nerves?", "what else causes them", "migraine?", "taste too?", "per kilo"),
            *("Why so long?", "Will swimming speed it up?", "No, I meant tablets.", "Which others are there?"),
            *("which one is safest?", "Is that from a plant?"),
        ),
    ),
    # a weak sign, which counts only if nothing answers
    (leaning, Leaning.MAYBE, ("metformin and b12", "And how is B12 deficiency tested?", "is there a cream")),
    *(
        (form, expected, ("Thanks!", "ok great", "wow", "makes sense", "that's scary", "thx", "good to know", "mm ok"))
        for form, expected in ((is_remark, True), (leaning, Leaning.NO))
    ),
    (is_remark, False, ("and how much a day", "thanks, and folate?", "great, what is myelin", "", "numb feet")),
    (states, True, ("I get that in bed", "that was last year")),
    (states, False, ("is it?", "it hurts, why?")),
    (greets, True, ("good morning", "Good afternoon!", "hello, good evening all", "Goodnight.")),
    (greets, False, ("morning", "is it good in the morning", "good morning tablets", "good day for a walk?")),
    (corrects, True, ("No, I meant folate.", "Sorry, back to my feet.", "that\u2019s not what I meant: feet")),
    (corrects, False, ("No folate?", "my back hurts", "what is meant by subacute?")),
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


def test_the_first_pronoun_without_a_referent() -> None:
    text = "would folate stop it or them?"
    found = pronoun_of(text)
    assert found is not None
    assert text[slice(*found)] == "it"
    assert pronoun_of("What is myelin?") is None


@given(st.text(max_size=400))
def test_any_text_is_read_and_something_is_always_left(text: str) -> None:
    assert leaning(text) in Leaning
    found = pronoun_of(text)
    assert found is None or 0 <= found[0] < found[1]
    if any(character.isalnum() for character in text):
        assert any(character.isalnum() for character in text[lead_in(text) :])
        assert any(character.isalnum() for character in text[new_topic(text) :])


@pytest.mark.parametrize("part", ["it ", "with it in ", "ok ", "is it a "])
def test_a_long_turn_is_read_to_its_end(part: str) -> None:
    """A pattern that tried every way to read such a turn would not finish."""
    text = part * (20_000 // len(part))
    move_of(text)
    assert 0 <= lead_in(text) <= len(text)
    assert 0 <= new_topic(text) <= len(text)
    assert isinstance(corrects(text), bool)
    assert leaning(text) is Leaning.NO
