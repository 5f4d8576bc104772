"""Which parts of a turn are judged, and which of them if there are too many."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answers import Turn
from b12assistant.safety.triage import load_rules
from b12assistant.safety.turn_parts import LONGEST, TurnReading, read_turn

RULES = load_rules()


def read(text: str, previous: str | None = None) -> TurnReading:
    before = Turn(0, previous) if previous is not None else None
    return read_turn(Turn(1, text), RULES.spelling.correct, RULES.cues, before)


def sentences(text: str) -> list[str]:
    reading = read(text)
    return [reading.place(part).text for part in reading.sentences]


def test_a_turn_is_read_by_its_sentences() -> None:
    assert sentences("I like eggs, but they cost a lot. Is milk good?") == [
        "I like eggs, but they cost a lot.",
        "Is milk good?",
    ]


def test_a_sentence_without_end_is_read_in_parts_that_overlap() -> None:
    parts = read(" ".join(f"w{number}" for number in range(2 * LONGEST))).sentences
    assert max(part.end - part.start for part in parts) == LONGEST
    assert all(later.start < earlier.end for earlier, later in pairwise(parts))


def test_the_turn_before_is_read_as_a_sentence_of_its_own() -> None:
    assert read("since noon", "can legs go??").context == "can legs go ? . "
    assert read("since noon").context == read("since noon", "").context == ""


@pytest.mark.parametrize("text", ["", " ", "???", "🦵", "\u200b"])
def test_no_words_no_parts(text: str) -> None:
    assert sentences(text) == []


@given(st.text(alphabet="ab .,?!\n", max_size=300))
def test_every_word_is_read(text: str) -> None:
    reading = read(text)
    words = {i for part in reading.sentences for i in range(part.start, part.end)}
    assert {i for i, word in enumerate(reading.folded.words) if word.text not in ".?,"} <= words
    assert list(reading.sentences) == sorted(set(reading.sentences))
