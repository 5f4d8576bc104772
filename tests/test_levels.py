"""A result that is typed as a number is read as the range that it is in; a dose, an age or a year is not."""

from __future__ import annotations

import pytest

from b12assistant.language.vocabulary import load_levels, results_in

LEVELS = load_levels()


def read(text: str) -> list[tuple[str, str]]:
    return [(text[start:end], words) for start, end, words in results_in(text, LEVELS)]


@pytest.mark.parametrize(
    ("text", "written", "words"),
    [
        ("b12 143", "143", "low, under 180"),
        ("my vitamin B12 came back at 320, is it ok", "320", "borderline, between 180 and 350"),
        ("Serum vitamin B12 112 ng/L (200-900)", "112 ng/L", "low, under 180 ng/L"),
        ("B12: 412 PG/ML", "412 PG/ML", "called normal, over 350 PG/ML"),
        ("Test: Vitamin B12. Result: 155.", "155", "low, under 180"),
        ("b12 level 1,240", "1,240", "high, over 1,000"),
        ("cobalamin was 130 pmol/l", "130 pmol/l", "low, under 133 pmol/l"),
        ("b12 result <100", "100", "low, under 180"),
        ("is 178 low??", "178", "B12 low, under 180"),
        ("b12 180 pmol/L", "180 pmol/L", "borderline, between 133 and 258 pmol/L"),
    ],
)
def test_a_result_is_read_as_its_range(text: str, written: str, words: str) -> None:
    assert read(text) == [(written, words)]


@pytest.mark.parametrize(
    "text",
    [
        "b12 1000 mcg daily",
        "is b12 1000 too much",
        "b12 500 tablets",
        "low b12 at 72",
        "b12 in 2019",
        "my b12 was 2019",
        "b12 200-900",
        "b12 from 200 to 900",
        "active b12 38 pmol/L",
        "b12 every 12 weeks",
        "b12 90% of people",
        "is 178 a lot of people",
        "ferritin 22",
        "b12 7",
        "what does a b12 level of 150 mean",
    ],
)
def test_other_numbers_are_left_alone(text: str) -> None:
    """The library has sentences on a level of 150 itself."""
    assert read(text) == []
