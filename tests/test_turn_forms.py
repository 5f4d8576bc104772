"""Signs in the words of a turn say whether it can be understood alone."""

from __future__ import annotations

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


@pytest.mark.parametrize(
    "text", ["No, I meant folate.", "Sorry, back to my feet.", "that\u2019s not what I meant: feet"]
)
def test_a_correction(text: str) -> None:
    assert corrects(text)


@pytest.mark.parametrize("text", ["No folate?", "my back hurts", "what is meant by subacute?"])
def test_no_correction(text: str) -> None:
    assert not corrects(text)


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
    assert isinstance(corrects(text), bool)
