"""What tells who asked is taken out of a question; figures of a laboratory and words of the sources stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.language.identifiers import stripped

KNOWN = {"metformin", "crohn", "pernicious", "said", "schilling"}


def of(text: str) -> str:
    return stripped(text, lambda word: word.lower() in KNOWN)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("write to anna.b+c@mail.example.org please", "write to [email] please"),
        ("see https://x.example/z?u=1 or www.me.example", "see [link] or [link]"),
        ("I am @anna_9 there", "I am [handle] there"),
        ("call +44 7700 900123 or 555-0123 99", "call [number] or [number]"),
        ("my NHS number is 943 476 5919", "my NHS number is [number]"),
        ("born 3 May 1961, tested 03.05.2021 and 2021-05-03", "born [date], tested [date] and [date]"),
        ("I live near SW1A 1AA", "I live near [postcode]"),
        ("My name is anna Schmidt and I am tired", "My name is [name] and I am tired"),
        ("Ask Dr Patel or Mr Wibblethorp", "Ask Dr [name] or Mr [name]"),
        ("I went to London with Anna Maria last week", "I went to [name] with [name] last week"),
    ],
)
def test_what_tells_who_asked_goes(text: str, left: str) -> None:
    assert of(text) == left


@pytest.mark.parametrize(
    "text",
    [
        "Is 150 pmol low, and is 1000 mcg or 1,000 micrograms a day too much?",
        "Should I take 1500000 iu a day since 2019?",
        "Can Metformin and Crohn disease lower B12?",
        "My doctor said that it is normal",
        "What was the Schilling test?",
        "A study of 1988, doi 10.1056/NEJM",
    ],
)
def test_what_the_question_is_about_stays(text: str) -> None:
    assert of(text) == text


@given(st.text(max_size=200))
def test_it_is_done_once_and_for_all(text: str) -> None:
    assert of(of(text)) == of(text)


@given(st.text(alphabet="0123456789 -.()", min_size=0, max_size=6), st.integers(10**6, 10**12))
def test_no_long_number_is_left(around: str, number: int) -> None:
    assert str(number) not in of(f"it is {around} {number} of mine")
