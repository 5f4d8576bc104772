"""What is quoted beside the best sentence, where curators marked what says nothing beside it, or completes it."""

from dataclasses import replace
from typing import Any

import pytest
from builders_answers import assistant, flagging, source

from b12assistant.answers import Level, Quote
from b12assistant.types import Document, Interest, Pairing, Range, Words

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


THEN, NINE, SEVEN = "See a nurse about tea.", FULLER, "Myelin wraps 7 nerve fibres."
LIST = "Do these things for tea today:\n\n- See a nurse about tea.\n- Drink it hot.\n"


def completed(text: str, then: str, file: str, **facts: Any) -> Document:
    """Return a document of which the first sentence is completed by another one."""
    whole = source(text, file, **facts)
    return replace(whole, completed=(Pairing(Range(0, text.index(".") + 1), then),))


def quotes(*documents: Document, history: tuple[str, ...] = (), level: Level | None = None) -> tuple[Quote, ...]:
    asked = assistant(*documents, triage=flagging(level)) if level else assistant(*documents)
    return asked.reply("more" if history else ASKED, history).answer.quotes


def test_what_completes_the_first_quote_stands_behind_the_second_as_strong_and_is_not_told_again() -> None:
    more = completed(SEVEN, "Ask a doctor.", "c.txt")
    documents = completed(SHORT, THEN, "a.txt"), source(NINE, "b.txt"), more, source(f"{THEN} Ask a doctor.", "d.txt")
    found = quotes(*documents)
    assert shown(found) == [SHORT, NINE, THEN]
    assert found[0].strength is found[2].strength is not found[1].strength
    assert shown(quotes(*documents, history=(ASKED,))) == [SEVEN]


def test_a_completion_that_answers_too_is_shown_once_as_strong_and_nothing_that_repeats_it_later() -> None:
    first, then = quotes(completed(SHORT, SEVEN, "a.txt"), source(SEVEN, "c.txt"))
    assert first.strength is then.strength
    eight = "Myelin holds 8 nerve fibres."
    documents = completed(SHORT, SEVEN, "a.txt"), source(NINE, "b.txt"), source(SEVEN, "c.txt")
    assert shown(quotes(*documents, marked(eight, SEVEN, "d.txt"))) == [SHORT, NINE, SEVEN]
    assert shown(quotes(*documents, marked(eight, SEVEN, "d.txt"), history=(ASKED,))) == []
    assert shown(quotes(*documents, source(eight, "d.txt"), history=(ASKED,))) == [eight]


def test_a_sentence_that_stands_in_for_the_first_has_its_own_completion() -> None:
    fuller = completed(FULLER, "Ask a doctor.", "b.txt")
    first = replace(completed(SHORT, THEN, "a.txt"), repeats=(Pairing(Range(0, len(SHORT)), FULLER),))
    assert shown(quotes(first, fuller, source(f"{THEN} Ask a doctor.", "c.txt"))) == [FULLER, "Ask a doctor."]


def test_what_completes_another_quote_than_the_first_is_not_added() -> None:
    assert shown(quotes(source(SHORT, "a.txt"), completed(NINE, THEN, "b.txt"), source(THEN, "c.txt"))) == [SHORT, NINE]


@pytest.mark.parametrize(
    ("text", "then"),
    [
        pytest.param(LIST, "See a nurse about tea.", id="an item"),
        pytest.param(LIST, "Do these things for tea today:", id="what opens a list"),
    ],
)
def test_an_item_of_a_list_completes_a_sentence_and_what_opens_it_comes_with_it(text: str, then: str) -> None:
    listed = source(text, "b.md")
    assert then in " ".join(
        span.text for quote in quotes(completed(SHORT, then, "a.txt"), listed) for span in quote.spans
    )


@pytest.mark.parametrize(
    ("facts", "level"),
    [
        pytest.param({"interest": Interest.SELLS}, None, id="of a seller"),
        pytest.param({"interest": Interest.UNKNOWN}, Level.URGENT, id="of nobody knows whom"),
        pytest.param({"withdrawn": True}, None, id="withdrawn"),
    ],
)
def test_no_sentence_that_may_not_be_quoted_completes_another(facts: dict[str, Any], level: Level | None) -> None:
    there = source(THEN, "b.txt", **facts)
    assert shown(quotes(completed(SHORT, THEN, "a.txt"), there, level=level)) == [SHORT]
    if facts.get("withdrawn"):  # the same words in force elsewhere may
        assert shown(quotes(completed(SHORT, THEN, "a.txt"), there, source(THEN, "c.txt"))) == [SHORT, THEN]


def test_nothing_completes_what_only_sellers_say() -> None:
    seller = completed(SHORT, THEN, "a.txt", interest=Interest.SELLS)
    assert shown(quotes(seller, source(THEN, "b.txt"), level=Level.URGENT)) == [SHORT]


def test_a_sentence_that_is_quoted_with_the_first_one_does_not_complete_it() -> None:
    then = "It needs B12 from animal foods such as liver or clams."
    whole = completed(f"{SHORT} {then}", then, "a.txt", words=Words.PROJECT_SUMMARY)
    assert [[span.text for span in quote.spans] for quote in quotes(whole)] == [[SHORT]]


def test_what_repeats_a_completion_that_search_did_not_find_is_not_told_later() -> None:
    others = [source(f"Myelin wraps {number} nerve fibres.", f"b{number}.txt") for number in range(10)]
    documents = completed(SHORT, THEN, "a.txt"), *others, source(THEN, "d.txt"), marked("Myelin wraps.", THEN, "c.txt")
    history = (ASKED, "more", "more", "more", "more")
    told = {text for times in range(5) for text in shown(quotes(*documents, history=history[: times + 1]))}
    assert THEN in shown(quotes(*documents))
    assert "Myelin wraps 4 nerve fibres." in told
    assert "Myelin wraps." not in told
