"""A message is answered question by question: which words ask, and what is only told."""

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.asked import asked_of, sentences_of
from b12assistant.answering.assistant import questions_of
from b12assistant.answers import Turn

LETTERS = Path(__file__).parent.parent / "benchmarks" / "data" / "letters"
STORY = "I am 61 and have had injections since 2019, and my feet have been numb for six years without getting worse. "


def asked(text: str) -> list[str]:
    return [each.words.text for each in asked_of(Turn(0, text))]


@pytest.mark.parametrize(
    "question",
    [
        "b12 and metformin",
        "How long does recovery take?",
        "my b12 is 180, is that low?",
        "thanks",
        "how much b12 does a 5 year old need",
    ],
)
def test_a_short_question_is_asked_as_a_whole(question: str) -> None:
    assert asked(question) == [question]
    assert questions_of((Turn(0, question),)) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (STORY + "Can they still recover?", ["Can they still recover?"]),
        (STORY + "Any idea how long it takes?", ["how long it takes?"]),
        (
            STORY + "My nurse asked me why I stopped the tablets. Is folic acid safe with it?",
            ["Is folic acid safe with it?"],
        ),
        (STORY + "\n> is this from the other letter?\nDoes alcohol matter?", ["Does alcohol matter?"]),
        (
            "does H. pylori lower b12 and does it come back after treatment",
            ["does H. pylori lower b12", "and does it come back after treatment"],
        ),
    ],
    ids=["question mark", "any idea", "asked by the nurse", "quoted message", "two in one"],
)
def test_the_questions_of_a_message_are_found_and_its_story_is_not_asked(text: str, expected: list[str]) -> None:
    assert [each.removeprefix("and ") for each in asked(text)] == [each.removeprefix("and ") for each in expected]


def test_what_is_around_a_question_is_told_from_the_nearest_on() -> None:
    last = "They have done so for a year or two, says my wife, who keeps count."
    (found,) = asked_of(Turn(0, f"I take metformin. My feet tingle. {last} Could that be the cause of it?"))
    assert [each.text for each in found.around] == [last, "My feet tingle.", "I take metformin."]


def test_a_repeated_question_is_asked_once() -> None:
    assert asked("Can numb feet recover? Please! Can numb feet recover? CAN NUMB FEET RECOVER??") == [
        "Can numb feet recover?"
    ]


def test_neither_the_number_of_a_question_nor_a_joining_word_after_it_is_asked() -> None:
    assert asked(STORY + "1. Is it safe to drive with numb feet? 2. Does folic acid help with it, and") == [
        "Is it safe to drive with numb feet?",
        "Does folic acid help with it",
    ]


@given(
    st.text(max_size=300)
    | st.lists(st.sampled_from([STORY, "Is it safe?", "why", "> ?", "\n", "Can I stop?"]), max_size=12).map(" ".join)
)
def test_every_question_is_a_slice_and_none_overlaps_another(text: str) -> None:
    found = asked_of(Turn(0, text))
    assert found
    assert all(0 <= each.words.start <= each.words.end <= len(text) for each in found)
    assert all(a.words.end <= b.words.start for a, b in pairwise(found))
    assert all(text[each.start : each.end].strip() for each in sentences_of(text))


def test_most_questions_of_letters_by_another_writer_are_found() -> None:
    found = total = 0
    for letter in map(json.loads, (LETTERS / "calibration.jsonl").read_text("utf-8").splitlines()):
        places = [(each.words.start, each.words.end) for each in asked_of(Turn(0, letter["text"]))]
        for question in letter["questions"]:
            start = letter["text"].find(question["slice"])
            end = start + len(question["slice"])
            found += any(2 * (min(end, last) - max(start, first)) >= end - start for first, last in places)
            total += 1
    assert found / total >= 0.8


def test_a_letter_of_20000_characters_and_40_questions_are_read() -> None:
    letter = "".join(f"{STORY}Is dose number {number} safe to take? " for number in range(40))
    assert len(asked_of(Turn(0, letter))) == 40
    assert asked_of(Turn(0, STORY * 180))
