"""A message is answered question by question: which words ask, and what is only told."""

import json
import time
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from fit_asked import false, found
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
        "my b12 is 180, is that low?",
        "Had six loading injections over two weeks and my feet are still numb, should I be having more?",
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


def test_a_repeated_question_is_asked_once() -> None:
    assert asked("Can numb feet recover? Please! Can numb feet recover? CAN NUMB FEET RECOVER??") == [
        "Can numb feet recover?"
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "I'd be grateful if you would tell me what foods have it, who is short of it, and whether eggs help.",
            ["what foods have it", "who is short of it", "whether eggs help."],
        ),
        (
            "Kindly explain what MMA is and why it rises. I would appreciate it if you could say whether tablets help.",
            ["what MMA is", "why it rises.", "whether tablets help."],
        ),
        (
            "Please let me know how long it takes. shall i stop metformin?",
            ["how long it takes.", "shall i stop metformin?"],
        ),
        (
            "1. Is it safe to drive with numb feet? 2. Does folic acid help with it, and",
            ["Is it safe to drive with numb feet?", "Does folic acid help with it"],
        ),
        (
            "\n1) What is MMA?\n2) Do I need injections for life\n- can I drive\n- how much folic acid is safe",
            ["What is MMA?", "Do I need injections for life", "can I drive", "how much folic acid is safe"],
        ),
    ],
    ids=["one request for three things", "polite", "let me know", "numbers", "lists"],
)
def test_each_thing_that_a_request_or_a_list_asks_is_a_question_without_the_request(
    text: str, expected: list[str]
) -> None:
    assert asked(STORY + text) == expected


@pytest.mark.parametrize(
    "wish",
    [
        "Any advice welcome.",
        "My wife asked me whether I had been drinking.",
    ],
)
def test_neither_a_request_for_any_help_nor_a_question_in_the_story_is_asked_beside_a_question(wish: str) -> None:
    assert asked(f"{STORY}{wish} Is folic acid safe with it?") == ["Is folic acid safe with it?"]


def test_a_letter_without_a_question_is_read_as_a_whole() -> None:
    letter = STORY * 3 + "The garden keeps me going and my daughter visits on Sundays."
    assert asked(letter) == [letter]


def test_a_question_in_another_language_is_one_of_the_questions_of_an_english_letter() -> None:
    assert asked(STORY + "¿Es seguro tomar ácido fólico? Can B12 help my burning feet?") == [
        "¿Es seguro tomar ácido fólico?",
        "Can B12 help my burning feet?",
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


def test_most_questions_of_letters_by_another_writer_are_found_and_few_others() -> None:
    counted = Counter[str]()
    for letter in map(json.loads, (LETTERS / "calibration.jsonl").read_text("utf-8").splitlines()):
        given = asked_of(Turn(0, letter["text"]))
        numbers = [each for each in found(letter, given) if each is not None]
        counted.update(questions=len(letter["questions"]), found=len(numbers), apart=len(set(numbers)))
        counted.update(letters=1, false=false(letter, given))
    assert counted["found"] / counted["questions"] >= 0.89
    assert counted["apart"] / counted["questions"] >= 0.85
    assert counted["false"] / counted["letters"] <= 0.2


@pytest.mark.parametrize("part", ["and ", ", what ", "("])
def test_a_part_that_is_repeated_for_20000_characters_is_read_at_once(part: str) -> None:
    begun = time.process_time()
    assert asked_of(Turn(0, part * (20_000 // len(part)) + "b12"))
    assert time.process_time() - begun < 5
