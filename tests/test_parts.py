"""A question that asks several things is cut into parts, and each part finds its own quote."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from builders import build_collection, build_document
from builders_answers import assistant
from builders_quotes import passages_of, texts, windows_of
from fakes import PLAIN, FakeEncoder
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.quoting import Window, asking_of, choose, parts_of, weights_of
from b12assistant.answering.readings import beside
from b12assistant.answering.retrieval import Query, encode_query
from b12assistant.types import Document

WORDS = (
    "what",
    "signs",
    "and",
    "how",
    "is",
    "tested?",
    "nerves.",
    "Does",
    "it",
    "heal;",
    "",
    "(or",
    "who’s",
    "\n",
    "B12",
)


def cut(question: str) -> list[str]:
    return [question[part.start : part.end].strip() for part in parts_of(question)]


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "What are the early signs and how is it tested?",
            ["What are the early signs and", "how is it tested?"],
        ),
        ("Is it common? And what causes it?", ["Is it common?", "And what causes it?"]),
        ("is it common? does it hurt?", ["is it common?", "does it hurt?"]),
        ("What is myelin, and does it grow back?", ["What is myelin, and", "does it grow back?"]),
        ("What is lost; in which order is it lost?", ["What is lost;", "in which order is it lost?"]),
        (
            "Tell me how big the dose is and how often it is given.",
            ["Tell me how big the dose is and", "how often it is given."],
        ),
        (
            "What heals, how often do tremors stop, and why do feet tingle?",
            ["What heals, how often do tremors stop, and", "why do feet tingle?"],
        ),
        (
            "My feet burn and I had no idea. What causes it, and is it B12?",
            ["What causes it, and", "is it B12?"],
        ),
    ],
    ids=["two", "two sentences", "in small letters", "yes or no", "semicolon", "told", "a comma cuts nothing", "story"],
)
def test_a_question_is_cut_where_the_next_one_begins(question: str, parts: list[str]) -> None:
    assert cut(question) == parts


@pytest.mark.parametrize(
    "question",
    [
        "What helps against pins and needles?",
        "Are tingling and numbness what an adult feels first?",
        "Can the spinal cord be involved, and when?",
        "I stood in the queue and couldn't recall his name. Is it B12?",
        "I read about rats and dementia; what does the last line say?",
        "When my feet tingle, what should I do?",
        "what what",
        "And how?",
        "numbness",
        "?",
        "",
    ],
)
def test_a_question_of_one_part_is_not_cut(question: str) -> None:
    assert cut(question) == []


@given(st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_parts_are_in_order_and_each_names_something(question: str) -> None:
    parts = parts_of(question)
    assert len(parts) != 1
    assert all(before.end <= after.start for before, after in pairwise(parts))
    assert all(0 <= part.start < part.end <= len(question) for part in parts)


def query_of(question: str, lead: int = 0) -> Query:
    return encode_query(question, build_collection(build_document("B12.")), FakeEncoder(), PLAIN, lead)


def weighed(query: Query) -> list[list[str]]:
    """For each part, the words whose tokens count, among those of ``places``."""
    before = len(query.tokens) - len(query.places)
    spoken = [query.read[begin:end] for begin, end in query.places.tolist()]
    return [[word for word, weight in zip(spoken, row[before:], strict=True) if weight] for row in weights_of(query)]


def test_the_tokens_of_a_part_and_of_what_is_said_around_it_count() -> None:
    assert weighed(query_of("My feet burn. What is myelin, and who heals it?")) == [
        ["My", "feet", "burn", "What", "is", "myelin", "and"],
        ["My", "feet", "burn", "who", "heals", "it"],
    ]


def test_what_a_follow_up_leans_on_is_not_part_of_it() -> None:
    previous = "What is SCD, and who gets it? "
    assert weights_of(query_of(previous + "And children?", lead=len(previous))) == ()
    assert weighed(query_of(previous + "Who heals and who dies?", lead=len(previous))) == [
        ["What", "is", "SCD", "and", "who", "gets", "it", "Who", "heals", "and"],
        ["What", "is", "SCD", "and", "who", "gets", "it", "who", "dies"],
    ]


def test_of_two_readings_the_one_in_the_words_of_the_sources_is_cut() -> None:
    read = query_of("What is injected, and who heals?")
    both = beside(query_of("What is a jab, and who heals?"), read, ["injected"])
    assert weighed(both) == weighed(read)
    before = len(both.tokens) - len(read.tokens)
    assert not any(weights[:before].any() for weights in weights_of(both))


@given(st.lists(st.sampled_from(WORDS)).map(" ".join))
def test_the_weights_of_a_part_add_up_to_one(question: str) -> None:
    for weights in weights_of(query_of(question)):
        assert weights.dtype == np.float32
        assert weights.sum() == pytest.approx(1, abs=1e-5)


SIGNS = "Early signs of deficiency are tingling and numbness of both feet."
TESTED = "Deficiency is tested with blood."
MIXED = "Early signs are why people are tested."
DRIFT = "Early signs of deficiency are tiredness and weakness of both legs."


def ranked(question: str, *said: str) -> list[str]:
    documents = [build_document(text, file=f"{place}.txt") for place, text in enumerate(said)]
    return [window.spans[0].text for window in assistant(*documents).understood(question).searched.windows]


def test_each_part_of_a_question_has_a_quote_before_any_has_a_second() -> None:
    found = ranked("What are early signs of deficiency, and how is it tested?", DRIFT, SIGNS, SIGNS + " B", TESTED)
    assert TESTED in found[:2]
    one = ranked("What are early signs of deficiency?", DRIFT, SIGNS, SIGNS + " B", TESTED)
    assert TESTED not in one[:2]


def windows(document: Document, *asked: str) -> list[Window]:
    return [window for passage in passages_of(document) for window in windows_of(passage, *asked)]


def test_the_best_of_all_stays_first_and_the_part_it_answers_worst_is_next() -> None:
    document = build_document("# 1\n\nred, green and blue.\n\n# 2\n\npink sky, blue sea.\n\n# 3\n\nblack.")
    whole = windows(document, "red", "green", "blue", "black", "pink")
    assert [texts(window) for window in choose(whole, 2)] == [["red, green and blue."], ["pink sky, blue sea."]]
    parts = [windows(document, word) for word in ("green", "black")]
    chosen = choose(whole, 2, parts)
    assert [texts(window) for window in chosen] == [["red, green and blue."], ["black."]]
    assert chosen[1].score == chosen[0].score == pytest.approx(0.6)


def test_an_unanswered_part_scores_what_it_is_worth() -> None:
    document = build_document("# 1\n\nred and blue.\n\n# 2\n\ngreen.")
    whole, part = windows(document, "red", "blue"), windows(document, "black")
    scores = {texts(window)[0]: window.score for window in choose(whole, 3, [part])}
    assert scores == {"red and blue.": 1.0, "green.": 0.0}


STORY = (
    "I am 61 and have had numb feet since May, and my doctor found that my B12 was low, so I got six injections. " * 2
)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        (STORY + "Will the feeling come back? Thanks.", ["Will the feeling come back?"]),
        ("Is it the B12? " + STORY + "Should I rest?", ["Is it the B12?", "Should I rest?"]),
        (STORY + "I want to know if tablets are enough. Thanks in advance.", []),
        ("Will the feeling come back? Thanks.", []),
        ("Will the feeling in both of my old and tired feet come back " * 5 + "?", []),
    ],
)
def test_a_long_message_asks_in_its_sentences_with_a_question_mark(text: str, asks: list[str]) -> None:
    assert [text[each.start : each.end] for each in asking_of(text)] == asks
