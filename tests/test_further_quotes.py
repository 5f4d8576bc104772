"""What is quoted beside the best sentence, where curators marked what says nothing beside what."""

from dataclasses import replace
from typing import Any

import pytest
from builders_answers import assistant, flagging, source

from b12assistant.answers import Level, Quote
from b12assistant.types import Document, Interest, Range, Repeat

ASKED = "myelin wraps nerve fibres"
SHORT, FULLER, NEARLY = "Myelin wraps nerve fibres.", "Myelin wraps 9 nerve fibres.", "Myelin wraps some nerve fibres."


def marked(text: str, beside: str, file: str, **facts: Any) -> Document:
    """Return a document of one sentence that says nothing beside another."""
    return replace(source(text, file, **facts), repeats=(Repeat(Range(0, len(text)), beside),))


def shown(quotes: tuple[Quote, ...]) -> list[str]:
    return [quote.best.text for quote in quotes]


@pytest.mark.parametrize("interest", [Interest.UNKNOWN, Interest.SELLS])
@pytest.mark.parametrize("level", [None, Level.URGENT])
def test_no_seller_takes_the_place_of_who_sells_nothing(interest: Interest, level: Level | None) -> None:
    documents = marked(SHORT, FULLER, "a.txt"), source(FULLER, "b.txt", interest=interest)
    asked = assistant(*documents, triage=flagging(level)) if level else assistant(*documents)
    assert shown(asked.reply(ASKED).answer.quotes)[0] == SHORT


def test_no_detail_takes_the_place_of_what_is_general() -> None:
    detail = replace(source(FULLER, "b.txt"), details=(Range(0, len(FULLER)),))
    assert shown(assistant(marked(SHORT, FULLER, "a.txt"), detail).reply(ASKED).answer.quotes)[0] == SHORT


@pytest.mark.parametrize(
    ("text", "said", "other", "takes"),
    [
        pytest.param(SHORT, SHORT, FULLER, True, id="one sentence"),
        pytest.param(f"{SHORT} Tea is hot.", SHORT, FULLER, False, id="a quote that says more than it"),
        pytest.param(FULLER, FULLER, SHORT, False, id="by a shorter one"),
    ],
)
def test_what_takes_the_place_of_a_marked_sentence(text: str, said: str, other: str, *, takes: bool) -> None:
    first = replace(source(text, "a.txt"), repeats=(Repeat(Range(0, len(said)), other),))
    windows = assistant(first, source(other, "b.txt")).understood(ASKED).windows
    (marked_one,) = (each for each in windows if each.best.text == said)
    (fuller,) = (each for each in windows if each.best.text == other)
    assert fuller.is_fuller(marked_one) is takes


def test_one_sentence_takes_the_place_of_two_and_what_repeats_either_is_never_shown() -> None:
    whole = "Myelin wraps 9 nerve fibres of 9 nerves."
    documents = (
        marked(SHORT, whole, "a.txt"),
        marked(FULLER, whole, "b.txt"),
        marked(NEARLY, SHORT, "c.txt"),
        source(whole, "d.txt"),
    )
    asked = assistant(*documents)
    assert shown(asked.reply(ASKED).answer.quotes) == [whole]
    assert shown(asked.reply("more", [ASKED]).answer.quotes) == []
