"""Which parts of a turn are judged, and which of them if there are too many."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answers import Turn
from b12assistant.safety.triage import load_rules
from b12assistant.safety.turn_parts import LONGEST, MOST, SHORT, TurnPart, TurnReading, chosen, halves, read_turn

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


def test_a_very_short_sentence_stays_with_its_neighbour() -> None:
    assert sentences("My legs are cold. Hm. Is milk good?") == ["My legs are cold.", "Hm. Is milk good?"]
    assert sentences("My legs are cold. Hm.") == ["My legs are cold. Hm."]


def test_a_turn_is_short_up_to_forty_words_and_marks() -> None:
    assert read("word " * SHORT).is_short
    assert not read("word " * (SHORT + 1)).is_short


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


@given(st.lists(st.sampled_from(["a", "bc", ".", "?"]), max_size=60), st.integers(1, 9))
def test_halves_cover_a_turn_and_each_fits(words: list[str], most: int) -> None:
    folded = read(" ".join(words)).folded
    parts = list(halves(folded, TurnPart(0, len(folded.words)), lambda part: part.end - part.start <= most))
    assert [i for part in parts for i in range(*part)] == list(range(len(folded.words)))
    assert all(part.end - part.start <= most for part in parts)


def test_a_long_turn_is_halved_between_sentences() -> None:
    folded = read("one two three four. five six seven").folded
    assert list(halves(folded, TurnPart(0, 8), lambda part: part.end - part.start <= 5)) == [
        TurnPart(0, 5),
        TurnPart(5, 8),
    ]


def test_a_cue_belongs_to_the_part_it_begins_in() -> None:
    reading = read("Years ago I fell. My legs are cold now")
    past, present = reading.sentences
    assert "past" in set(reading.cues(past)) - set(reading.cues(present))
    assert "now" in set(reading.cues(present)) - set(reading.cues(past))


def weight(part: TurnPart) -> float:
    return float(part.start % 10)


@given(st.integers(0, 60), st.integers(2, MOST))
def test_the_first_the_last_and_the_heaviest_are_chosen(count: int, most: int) -> None:
    everything = [TurnPart(start, start + 1) for start in range(count)]
    found = chosen(everything, weight, most)
    assert list(found) == sorted(found)
    assert len(found) == min(count, most)
    if count > most:
        assert {everything[0], everything[-1]} <= set(found)
        left_out = set(everything) - set(found)
        assert max(map(weight, left_out)) <= min(map(weight, set(found[1:-1])), default=10)
