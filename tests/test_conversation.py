"""What may be searched for a turn: slices of the user's turns."""

from __future__ import annotations

import pytest

from b12assistant.answering.thread import (
    alone,
    last_question,
    times_more,
)
from b12assistant.answers import Interpretation, Turn

ASKED = "How often are injections given?"
MOST = 2_000


def turns(*texts: str) -> list[Turn]:
    return [Turn(index, text) for index, text in enumerate(texts)]


def all_of(text: str, index: int = 0) -> Interpretation:
    return alone(Turn(index, text), MOST)


@pytest.mark.parametrize(
    ("texts", "place"),
    [
        ((ASKED,), None),
        ((ASKED, "why?"), 0),
        ((ASKED, "thanks!", "why?"), 0),
        ((ASKED, "ok makes sense", " ", "why?"), 0),
        ((ASKED, "I get that in bed", "why?"), 0),
        (("I have no stomach.", "why?"), 0),
        ((ASKED, "who says so?", "why?"), 0),
        ((ASKED, "and folate?", "why?"), 1),
        (("thanks", "why?"), None),
    ],
)
def test_the_last_question_is_found_behind_remarks(texts: tuple[str, ...], place: int | None) -> None:
    assert last_question(turns(*texts)) == place


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("Thanks. And folate?", "And folate?"),
        ("No, I meant folate.", "folate."),
        ("ok, fine, and folate?", "and folate?"),
        ("No folate?", "No folate?"),
        ("Thanks!", "Thanks!"),
        ("fine needles", "needles"),
        ("Forget that. why?", "why?"),
        ("  why?\n", "why?"),
    ],
)
def test_words_that_only_lead_in_are_not_searched(text: str, own: str) -> None:
    assert all_of(text).text == own


def test_as_typed_every_word_is_searched() -> None:
    assert alone(Turn(1, "Thanks. And folate?"), MOST, literal=True).text == "Thanks. And folate?"


@pytest.mark.parametrize(
    ("texts", "times"),
    [
        ((ASKED, "more"), 1),
        ((ASKED, "more", "go on"), 2),
        ((ASKED, "more", "who says so?"), 1),
        ((ASKED, "who says so?"), 0),
        ((ASKED, "more", "and folate?"), 0),
        (("more",), 0),
    ],
)
def test_requests_for_more_are_counted(texts: tuple[str, ...], times: int) -> None:
    assert times_more(turns(*texts)) == times


def test_a_long_question_is_cut_at_the_end() -> None:
    assert alone(Turn(0, "word " * 10), 9).text == "word word"
