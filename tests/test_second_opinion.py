"""The opinions beside the rules: they only raise, they say who spoke, and a control answers them like any flag."""

from __future__ import annotations

import pytest
from builders_opinion import ALONE, flags, second, triage, words_opinion
from fakes import FakeEncoder
from hypothesis import given, settings
from hypothesis import strategies as st

from b12assistant.answers import Level, Turn
from b12assistant.errors import EncoderError
from b12assistant.safety.second_opinion import KEPT, Advice, SecondOpinion

CONTROL = "This is not happening now"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("zorp", ("emergency_medical", "second_opinion.emergency")),
        ("glim", ("emergency_self_harm", "second_opinion.emergency")),
        ("frob", ("urgent", "second_opinion.urgent")),
        ("quux", ("medical_decision", "second_opinion.medical_decision")),
    ],
)
def test_what_the_rules_missed_is_raised_and_reported_apart(text: str, shown: tuple[str, str]) -> None:
    assert flags(text) == [shown]


def test_an_ordinary_question_stays_one() -> None:
    assert flags("Which foods hold B12?") == []


def test_what_the_rules_found_is_set_aside_where_the_second_opinion_says_otherwise() -> None:
    assert flags("I can't breathe", advice=ALONE) == [("emergency_medical", "breathing_or_collapse")]
    assert flags("I can't breathe") == []
    assert flags("I can't breathe, frob") == [("urgent", "second_opinion.urgent")]


def test_the_words_alone_lower_nothing() -> None:
    advice = Advice((words_opinion,))
    assert flags("I can't breathe, frob", advice=advice) == flags("I can't breathe, frob", advice=ALONE)


def test_what_was_found_over_several_turns_stands() -> None:
    turns = ("My legs are weak.", "And since today I can't pee.")
    assert [text for text, _ in flags(*turns)] == ["emergency_medical"]


def test_what_was_found_in_another_language_stands() -> None:
    assert next(text for text, _ in flags("no puedo respirar")) == "emergency_medical"


def test_an_equal_opinion_leaves_the_rules_their_notice() -> None:
    ((text, rule),) = flags("my memory is getting worse every week, frob")
    assert text == "urgent"
    assert not str(rule).startswith("second_opinion")


def test_a_graver_opinion_stands_above_the_rules_notice() -> None:
    assert [text for text, _ in flags("should I stop my metformin, frob")] == ["urgent", "medical_decision"]
    assert [text for text, _ in flags("should I stop my metformin, zorp")] == ["emergency_medical"]


@given(st.lists(st.sampled_from(["zorp", "glim", "frob", "quux", "eggs", "I can't breathe", "is it?"]), max_size=6))
@settings(deadline=None)
def test_with_the_words_no_level_is_lower_than_by_the_rules(said: list[str]) -> None:
    levels, text = [*Level, None], ", ".join(said)
    alone, both = triage(text, advice=ALONE).flag, triage(text, advice=Advice((words_opinion,))).flag
    assert levels.index(both.level if both else None) <= levels.index(alone.level if alone else None)


def test_an_emergency_that_no_opinion_can_set_aside_asks_for_none() -> None:
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
    assert flags("glim", "What foods contain B12?") == flags("glim")
    assert [text for text, _ in flags("glim", CONTROL, "What foods contain B12?")] == []


def test_a_short_turn_is_read_with_the_one_before() -> None:
    encoder = FakeEncoder(dimension=512)
    second(encoder)(Turn(1, "since noon"), Turn(0, "can legs go?"))
    assert "can legs go ? . since noon" in encoder.encoded


def test_a_long_turn_is_read_by_itself() -> None:
    encoder = FakeEncoder(dimension=512)
    second(encoder)(Turn(1, "since noon " * 20), Turn(0, "can legs go?"))
    assert not [text for text in encoder.encoded if "can legs go" in text]


def test_of_a_short_turn_the_encoder_reads_the_whole_alone() -> None:
    encoder = FakeEncoder(dimension=512)
    opinion = second(encoder)(Turn(0, "I like eggs. Is milk good, zorp?"))
    assert encoder.encoded == ["i like eggs . is milk good , zorp ?"]
    assert len(opinion.judged) > 1


def test_of_a_long_turn_it_reads_all_at_once_and_every_sentence() -> None:
    encoder = FakeEncoder(dimension=512)
    text = "I like my eggs very much. " * 10 + "zorp, since noon. " + "Is milk good? " * 5
    opinion = second(encoder)(Turn(0, text))
    whole, *sentences = sorted(set(encoder.encoded), key=len, reverse=True)
    assert sorted(sentences) == ["i like my eggs very much .", "is milk good ?", "zorp , since noon ."]
    assert whole.count("eggs") == 10
    assert opinion.evidence is not None
    assert opinion.evidence.text == "zorp, since noon."


def test_what_is_hidden_or_spelled_out_is_read_as_what_it_says() -> None:
    encoder = FakeEncoder(dimension=512)
    second(encoder)(Turn(0, "my l\u200begs are n u m b"))
    assert encoder.encoded == ["my legs are numb"]


def test_after_an_emergency_the_next_turn_is_read_by_itself() -> None:
    encoder = FakeEncoder(dimension=512)
    opinion = second(encoder)
    triage("zorp", "which foods are red?", advice=Advice((lambda: opinion,)))
    assert not [text for text in encoder.encoded if "zorp" in text and "red" in text]


def test_an_earlier_turn_is_encoded_once() -> None:
    encoder = FakeEncoder(dimension=512)
    opinion = second(encoder)
    for turns in (("eggs",), ("eggs", "milk and rice"), ("eggs", "milk and rice", "tea")):
        triage(*turns, advice=Advice((lambda: opinion,)))
    assert encoder.encoded.count("eggs") == 1
    assert KEPT < 1_000
