"""Opinions added to the rules raise levels, lower an emergency only to urgent, say who spoke, and can be cleared."""

from __future__ import annotations

import pytest
from builders_opinion import ALONE, flags, second, triage, words_opinion
from fakes import FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from b12assistant.answers import Level, Turn
from b12assistant.errors import EncoderError
from b12assistant.safety.second_opinion import Advice, SecondOpinion

CONTROL = "It isn't happening now"
MADE_UP = st.lists(st.sampled_from(["zorp", "glim", "frob", "quux", "eggs", "I can't breathe", "is it?"]), max_size=6)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("zorp", ("emergency_medical", "second_opinion.emergency")),
        ("glim", ("emergency_self_harm", "second_opinion.emergency")),
        ("frob", ("urgent", "second_opinion.urgent")),
        ("quux", ("decision_line", "second_opinion.medical_decision")),
    ],
)
def test_what_the_rules_missed_is_raised_and_reported_separately(text: str, shown: tuple[str, str]) -> None:
    assert flags(text) == [shown]


def test_an_emergency_of_the_rules_is_urgent_where_the_second_opinion_strongly_disagrees() -> None:
    assert flags("I can't breathe", advice=ALONE) == [("emergency_medical", "breathing_or_collapse")]
    assert flags("I can't breathe") == [("urgent", "second_opinion.urgent")]
    assert flags("I can't breathe, quux") == [("urgent", "second_opinion.urgent")]


@given(MADE_UP)
@settings(deadline=None)
def test_an_emergency_of_the_rules_is_never_below_urgent(words: list[str]) -> None:
    flag = triage(f"I can't breathe. {', '.join(words)}").flag
    assert flag is not None
    assert flag.level in (Level.EMERGENCY, Level.URGENT)


def test_what_was_found_over_several_turns_is_kept() -> None:
    turns = ("My legs are weak.", "And since today I can't pee.")
    assert [text for text, _ in flags(*turns)] == ["emergency_medical"]


def test_what_was_found_in_another_language_is_kept() -> None:
    assert next(text for text, _ in flags("no puedo respirar")) == "emergency_medical"


@given(MADE_UP)
@settings(deadline=None)
def test_with_the_words_no_level_is_lower_than_by_the_rules(words: list[str]) -> None:
    levels, text = [*Level, None], ", ".join(words)
    alone, both = triage(text, advice=ALONE).flag, triage(text, advice=Advice((words_opinion,))).flag
    assert levels.index(both.level if both else None) <= levels.index(alone.level if alone else None)


def test_an_emergency_that_no_opinion_can_lower_asks_for_none() -> None:
    calls: list[int] = []

    def counting() -> SecondOpinion:
        calls.append(1)
        raise EncoderError("no encoder")

    assert triage("no puedo respirar", advice=Advice((counting,))).flag
    assert calls == []
    assert triage("I can't breathe", advice=Advice((counting,))).flag
    assert calls == [1]


def test_a_flag_of_the_second_opinion_stays_and_is_answered_by_the_control() -> None:
    assert flags("zorp", "is it serious?") == flags("zorp")
    assert [text for text, _ in flags("zorp", "What foods contain B12?")] == ["reminder"]
    assert [text for text, _ in flags("zorp", CONTROL)] == ["reminder"]
    assert flags("zorp", CONTROL, "What foods contain B12?") == []


def test_only_the_control_clears_self_harm() -> None:
    assert flags("glim", "My cat is called Bob.") == flags("glim")
    assert flags("glim", "What foods contain B12?") == [("reminder_crisis", None)]
    assert [text for text, _ in flags("glim", CONTROL, "What foods contain B12?")] == []


def test_a_short_turn_is_read_after_the_one_before() -> None:
    encoder = FakeEncoder(dimension=512)
    second(encoder)(Turn(1, "since noon"), Turn(0, "can legs go?"))
    assert encoder.encoded == ["can legs go ? . since noon"]


def test_the_turn_before_is_read_and_not_judged() -> None:
    assert second()(Turn(1, "thanks"), Turn(0, "zorp?")).concern.level is None


def test_what_is_hidden_or_spelled_out_is_read_as_what_it_says() -> None:
    encoder = FakeEncoder(dimension=512)
    second(encoder)(Turn(0, "my l\u200begs are n u m b"))
    assert encoder.encoded == ["my legs are numb"]


def test_after_an_emergency_the_next_turn_is_read_by_itself() -> None:
    encoder = FakeEncoder(dimension=512)
    opinion = second(encoder)
    triage("zorp", "which foods are red?", advice=Advice((lambda: opinion,)))
    assert not [text for text in encoder.encoded if "zorp" in text and "red" in text]
