"""What is quoted beside the best sentence, where curators marked what says nothing beside it, or completes it."""

from dataclasses import replace
from typing import Any

import pytest
from builders_answers import assistant, flagging, source

from b12assistant.answers import Level, Quote
from b12assistant.types import Document, Interest, Pairing, Range

ASKED = "myelin wraps nerve fibres"
SHORT, FULLER, NEARLY = "Myelin wraps nerve fibres.", "Myelin wraps 9 nerve fibres.", "Myelin wraps some nerve fibres."


def marked(text: str, beside: str, file: str, **facts: Any) -> Document:
    """Return a document of one sentence that says nothing beside another."""
    return replace(source(text, file, **facts), repeats=(Pairing(Range(0, len(text)), beside),))


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
    first = replace(source(text, "a.txt"), repeats=(Pairing(Range(0, len(said)), other),))
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


THEN, OTHER = "See a nurse about tea.", "Myelin wraps long axons."


def completed(text: str, then: str, file: str, **facts: Any) -> Document:
    """Return a document of one sentence that another completes."""
    return replace(source(text, file, **facts), completed=(Pairing(Range(0, len(text)), then),))


def test_what_completes_the_first_quote_is_quoted_too_as_strong_and_is_not_told_again() -> None:
    asked = assistant(completed(SHORT, THEN, "a.txt"), source(OTHER, "b.txt"), source(f"Tea is hot. {THEN}", "c.txt"))
    first, *others = asked.reply(ASKED).answer.quotes
    assert first.best.text == SHORT
    assert [each.strength for each in others if each.best.text == THEN] == [first.strength]
    assert THEN not in shown(asked.reply("more", [ASKED]).answer.quotes)


def test_what_completes_another_quote_than_the_first_is_not_added() -> None:
    asked = assistant(source(SHORT, "a.txt"), completed(OTHER, THEN, "b.txt"), source(THEN, "c.txt"))
    quotes = shown(asked.reply(ASKED).answer.quotes)
    assert quotes[0] == SHORT
    assert THEN not in quotes


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param({"interest": Interest.SELLS}, id="of a seller"),
        pytest.param({"withdrawn": True}, id="withdrawn"),
    ],
)
def test_no_sentence_that_may_not_be_quoted_completes_another(facts: dict[str, Any]) -> None:
    asked = assistant(completed(SHORT, THEN, "a.txt"), source(THEN, "b.txt", **facts))
    assert shown(asked.reply(ASKED).answer.quotes) == [SHORT]


def test_a_sentence_that_says_nothing_beside_the_first_does_not_complete_it() -> None:
    asked = assistant(completed(SHORT, FULLER, "a.txt"), marked(FULLER, SHORT, "b.txt"))
    assert shown(asked.reply(ASKED).answer.quotes) == [SHORT]
