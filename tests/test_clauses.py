"""What of a turn is judged apart, and which parts are when there are too many."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answers import Turn
from b12assistant.safety.clauses import LONGEST, MOST, WHOLE, Clauses, Part, chosen, read_clauses
from b12assistant.safety.triage import load_rules

RULES = load_rules()


def read(text: str) -> Clauses:
    return read_clauses(Turn(0, text), RULES.spelling.correct, RULES.cues)


def parts(text: str) -> list[str]:
    clauses = read(text)
    return [clauses.place(part).text for part in clauses.parts]


def test_a_turn_is_read_whole_by_sentence_and_by_clause() -> None:
    assert parts("I like eggs, but they cost a lot. Is milk good?") == [
        "I like eggs, but they cost a lot. Is milk good?",
        "I like eggs, but they cost a lot.",
        "I like eggs,",
        "but they cost a lot.",
        "Is milk good?",
    ]


def test_a_turn_of_one_clause_is_read_once() -> None:
    assert parts("my legs are cold") == ["my legs are cold"]


def test_a_very_short_clause_stays_with_its_neighbour() -> None:
    assert parts("oh, my legs are cold, hm") == ["oh, my legs are cold, hm"]


def test_a_long_turn_is_read_by_its_sentences_alone() -> None:
    assert parts("my legs are cold, since noon I think. " * WHOLE) == ["my legs are cold, since noon I think."] * WHOLE


def test_a_sentence_without_end_is_read_in_windows_that_overlap() -> None:
    clauses = read(" ".join(f"w{number}" for number in range(WHOLE + 1)))
    assert max(part.end - part.start for part in clauses.parts) == LONGEST
    assert all(later.start < earlier.end for earlier, later in zip(clauses.parts, clauses.parts[1:], strict=False))


@pytest.mark.parametrize("text", ["", " ", "???", "🦵", "\u200b"])
def test_no_words_no_parts(text: str) -> None:
    assert parts(text) == []


@given(st.text(alphabet="ab .,?!\nbut", max_size=300))
def test_every_word_is_read(text: str) -> None:
    clauses = read(text)
    read_in = {i for part in clauses.parts for i in range(part.start, part.end)}
    assert {i for i, word in enumerate(clauses.folded.words) if word.text not in ".?,"} <= read_in
    assert list(clauses.parts) == sorted(set(clauses.parts), key=lambda part: (part.start, -part.end))


def test_a_cue_belongs_to_the_part_it_begins_in() -> None:
    clauses = read("Years ago I fell. My legs are cold now")
    past, present = [part for part in clauses.parts if part != clauses.whole][:2]
    assert "past" in set(clauses.cues(past)) - set(clauses.cues(present))
    assert "now" in set(clauses.cues(present)) - set(clauses.cues(past))


def weight(part: Part) -> float:
    return float(part.start % 10)


@given(st.integers(0, 60), st.integers(2, MOST))
def test_the_first_the_last_and_the_heaviest_are_chosen(count: int, most: int) -> None:
    everything = [Part(start, start + 1) for start in range(count)]
    found = chosen(everything, weight, most)
    assert list(found) == sorted(found)
    assert len(found) == min(count, most)
    if count > most:
        assert {everything[0], everything[-1]} <= set(found)
        left_out = set(everything) - set(found)
        assert max(map(weight, left_out)) <= min(map(weight, set(found[1:-1])), default=10)


def test_at_most_twenty_four_are_read() -> None:
    assert MOST == 24
    assert len(chosen(read("my legs are cold. " * 100).parts, weight)) == 24
