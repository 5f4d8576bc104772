"""Signs in the words of a turn say whether it can be understood alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.turn_forms import Leaning, greets, is_remark, leaning, pronoun_of, states


@pytest.mark.parametrize(
    "text",
    [
        "What is myelin?",
        "How is B12 deficiency tested?",
        "Can vegans get enough B12?",
        "what is cidp",
        "why is it called cobalamin",
        "how do they test for b12",
        "Is it safe to take B12 while pregnant?",
        "How long does it take for nerves to heal on b12?",
        "does oat milk have b12 in it",
        "My B12 is low and my feet tingle. Is it serious?",
        "Does metformin lower B12 and should I stop it?",
        "What is the capital of Peru?",
        "symptoms of cobalamin deficiency in children",
        "Forget that. What is ataxia?",
        "¿Qué es la mielina?",
        "Hva er kobalamin?",
    ],
)
def test_a_whole_question_stands_alone(text: str) -> None:
    assert leaning(text) is Leaning.NO


@pytest.mark.parametrize(
    "text",
    [
        "why?",
        "how often",
        "even once?",
        "and folate?",
        "what about injections",
        "is it permanent",
        "Does that hurt the nerves?",
        "what else causes them",
        "migraine?",
        "taste too?",
        "per kilo",
        "Why so long?",
        "Will swimming speed it up?",
        "No, I meant tablets.",
        "Which others are there?",
        "which one is safest?",
        "Is that from a plant?",
    ],
)
def test_a_turn_leans_on_a_sign(text: str) -> None:
    assert leaning(text) is Leaning.YES


@pytest.mark.parametrize("text", ["metformin and b12", "And how is B12 deficiency tested?", "is there a cream"])
def test_a_weak_sign_counts_only_if_nothing_answers(text: str) -> None:
    assert leaning(text) is Leaning.MAYBE


@pytest.mark.parametrize(
    "text", ["Thanks!", "ok great", "wow", "makes sense", "that's scary", "thx", "good to know", "mm ok"]
)
def test_a_remark_leans_on_nothing(text: str) -> None:
    assert is_remark(text)
    assert leaning(text) is Leaning.NO


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


def test_the_first_pronoun_without_a_referent() -> None:
    text = "would folate stop it or them?"
    found = pronoun_of(text)
    assert found is not None
    assert text[slice(*found)] == "it"
    assert pronoun_of("What is myelin?") is None


@given(st.text(max_size=400))
def test_any_text_has_an_answer(text: str) -> None:
    assert leaning(text) in Leaning
    found = pronoun_of(text)
    assert found is None or 0 <= found[0] < found[1]


@pytest.mark.parametrize("part", ["it ", "with it in "])
def test_a_long_turn_stands_alone(part: str) -> None:
    assert leaning(part * (20_000 // len(part))) is Leaning.NO


@pytest.mark.parametrize("text", ["good morning", "Good afternoon!", "hello, good evening all", "Goodnight."])
def test_a_greeting_is_one_however_near_a_source_is(text: str) -> None:
    assert greets(text)


@pytest.mark.parametrize(
    "text", ["morning", "is it good in the morning", "good morning tablets", "good day for a walk?"]
)
def test_words_of_a_greeting_may_be_a_question(text: str) -> None:
    assert not greets(text)
