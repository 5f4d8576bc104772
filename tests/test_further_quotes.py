"""What is quoted beside the best sentence, where curators marked what says nothing beside it, or completes it."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from builders_answers import assistant, flagging, source

from b12assistant.answers import Level, Quote
from b12assistant.config import QuotingSettings, Settings
from b12assistant.types import (
    Attribution,
    Document,
    Extent,
    Interest,
    Origin,
    OriginId,
    Pairing,
    Range,
    SourceKind,
    SourceWeight,
    Words,
)

ASKED = "myelin wraps nerve fibres"
SHORT, FULLER, NEARLY = "Myelin wraps nerve fibres.", "Myelin wraps 9 nerve fibres.", "Myelin wraps some nerve fibres."


def marked(text: str, beside: str, file: str, **facts: Any) -> Document:
    """Return a document of one sentence that says nothing beside another."""
    return replace(source(text, file, **facts), repeats=(Pairing(Range(0, len(text)), beside),))


def quotes(
    *documents: Document, history: tuple[str, ...] = (), level: Level | None = None, most: int = 3
) -> tuple[Quote, ...]:
    """Return what is quoted for `ASKED`, or for "more" after a ``history``."""
    asked = assistant(*documents, triage=flagging(level)) if level else assistant(*documents)
    asked = replace(asked, settings=Settings(quoting=QuotingSettings(quotes=most)))
    return asked.reply("more" if history else ASKED, history).answer.quotes


def shown(found: tuple[Quote, ...]) -> list[str]:
    return [quote.best.text for quote in found]


@pytest.mark.parametrize("interest", [Interest.UNKNOWN, Interest.SELLS])
@pytest.mark.parametrize("level", [None, Level.URGENT])
def test_no_seller_takes_the_place_of_who_sells_nothing(interest: Interest, level: Level | None) -> None:
    documents = marked(SHORT, FULLER, "a.txt"), source(FULLER, "b.txt", interest=interest)
    assert shown(quotes(*documents, level=level))[0] == SHORT


def test_no_detail_takes_the_place_of_what_is_general() -> None:
    detail = replace(source(FULLER, "b.txt"), details=(Range(0, len(FULLER)),))
    assert shown(quotes(marked(SHORT, FULLER, "a.txt"), detail))[0] == SHORT


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
    assert shown(quotes(*documents)) == [whole]
    assert shown(quotes(*documents, history=(ASKED,))) == []


THEN, NINE, SEVEN = "See a nurse about tea.", FULLER, "Myelin wraps 7 nerve fibres."
LIST = "Do these things for tea today:\n\n- See a nurse about tea.\n- Drink it hot.\n"


def completed(text: str, then: str, file: str, **facts: Any) -> Document:
    """Return a document of which the first sentence is completed by another one."""
    whole = source(text, file, **facts)
    return replace(whole, completed=(Pairing(Range(0, text.index(".") + 1), then),))


def test_what_completes_the_first_quote_stands_behind_the_second_as_strong_and_is_not_told_again() -> None:
    more = completed(SEVEN, "Ask a doctor.", "c.txt")
    documents = completed(SHORT, THEN, "a.txt"), source(NINE, "b.txt"), more, source(f"{THEN} Ask a doctor.", "d.txt")
    found = quotes(*documents)
    assert shown(found) == [SHORT, NINE, THEN]
    assert found[0].strength is found[2].strength is not found[1].strength
    assert shown(quotes(*documents, history=(ASKED,))) == [SEVEN]


def test_a_completion_that_answers_too_is_shown_once_and_nothing_that_repeats_it_later() -> None:
    eight = "Myelin holds 8 nerve fibres."
    documents = completed(SHORT, SEVEN, "a.txt"), source(NINE, "b.txt"), source(SEVEN, "c.txt")
    assert shown(quotes(*documents, marked(eight, SEVEN, "d.txt"))) == [SHORT, NINE, SEVEN]
    assert shown(quotes(*documents, marked(eight, SEVEN, "d.txt"), history=(ASKED,))) == []
    assert shown(quotes(*documents, source(eight, "d.txt"), history=(ASKED,))) == [eight]


@pytest.mark.parametrize(("most", "expected"), [(1, [SHORT]), (2, [SHORT, NINE]), (3, [SHORT, NINE, SEVEN])])
def test_a_completion_that_search_ranks_second_stays_there(most: int, expected: list[str]) -> None:
    documents = completed(SHORT, NINE, "a.txt"), source(SEVEN, "b.txt"), source(NINE, "c.txt")
    assert shown(quotes(*documents, most=most)) == expected


def test_of_two_quotes_the_second_stays_and_one_alone_is_completed() -> None:
    documents = completed(SHORT, THEN, "a.txt"), source(THEN, "b.txt")
    assert shown(quotes(*documents, most=2)) == [SHORT, THEN]
    assert shown(quotes(*documents, source(NINE, "c.txt"), most=2)) == [SHORT, NINE]


def test_a_quote_that_left_the_cache_of_a_large_collection_still_completes() -> None:
    asked = assistant(completed(SHORT, THEN, "a.txt"), source(THEN, "b.txt"))
    first = asked.reply(ASKED).answer.quotes
    vars(asked.engine().collection.quotable).pop("cuts")
    assert shown(asked.reply(ASKED).answer.quotes) == shown(first) == [SHORT, THEN]


def test_no_completion_takes_the_first_place_from_what_it_completes() -> None:
    """Though it is longer, and the sentence in whose place the first one stands says nothing beside it."""
    then, always = "See a nurse about tea and also about hot tea for nerves.", "Myelin wraps 9 nerve fibres, always."
    first = replace(
        source(SHORT, "a.txt"), repeats=tuple(Pairing(Range(0, len(SHORT)), each) for each in (always, then))
    )
    eight = source("Myelin wraps 8 nerve fibres.", "d.txt")
    found = quotes(first, completed(always, then, "b.txt"), source(then, "c.txt"), eight)
    assert shown(found) == [always, "Myelin wraps 8 nerve fibres.", then]
    assert found[0].strength is found[2].strength


def test_a_sentence_that_stands_in_for_the_first_has_its_own_completion() -> None:
    fuller = completed(FULLER, "Ask a doctor.", "b.txt")
    first = replace(completed(SHORT, THEN, "a.txt"), repeats=(Pairing(Range(0, len(SHORT)), FULLER),))
    assert shown(quotes(first, fuller, source(f"{THEN} Ask a doctor.", "c.txt"))) == [FULLER, "Ask a doctor."]


def test_what_completes_another_quote_than_the_first_is_not_added() -> None:
    assert shown(quotes(source(SHORT, "a.txt"), completed(NINE, THEN, "b.txt"), source(THEN, "c.txt"))) == [SHORT, NINE]


@pytest.mark.parametrize(
    ("text", "then", "told"),
    [
        pytest.param(LIST, THEN, f"Do these things for tea today: {THEN}", id="an item of what opens a list"),
        pytest.param(LIST, "Do these things for tea today:", LIST, id="what opens a list"),
        pytest.param(f"- {THEN}\n- Drink it hot.\n", THEN, THEN, id="an item that nothing opens"),
    ],
)
def test_a_sentence_in_a_list_completes_one_with_what_it_needs(text: str, then: str, told: str) -> None:
    _, second = quotes(completed(SHORT, then, "a.txt"), source(text, "b.md"))
    assert then in second.best.text
    words = {word for span in second.spans for word in span.text.split()}
    assert words - {"-"} == set(told.split()) - {"-"}


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
    assert shown(quotes(completed(SHORT, THEN, "a.txt"), there, source(THEN, "c.txt"), level=level)) == [SHORT, THEN]


@pytest.mark.parametrize(("then", "is_shown"), [(THEN, True), ("Take 1000 micrograms of B12 every day.", False)])
def test_where_nobody_says_who_sells_what_is_not_sensitive_completes_too(then: str, *, is_shown: bool) -> None:
    unknown: dict[str, Any] = {"interest": Interest.UNKNOWN}
    found = quotes(completed(SHORT, then, "a.txt", **unknown), source(then, "b.txt", **unknown))
    assert (then in shown(found)) is is_shown


UNSIGNED = Origin(
    id=OriginId("blog"),
    title="A blog",
    publisher="unknown",
    kind=SourceKind.BLOG,
    country="GB",
    published="unknown",
    read_on=date(2026, 11, 29),
    url="unknown",
    read_at="",
    terms="all rights reserved, facts only",
    read=Extent.PART,
    part_read="the opening",
    weight=SourceWeight.UNVERIFIED,
)


def test_a_page_that_nobody_signs_does_not_complete_what_is_signed() -> None:
    blog = replace(source(THEN, "b.txt"), attributions=(Attribution(Range(0, len(THEN)), UNSIGNED, "Opening"),))
    assert shown(quotes(completed(SHORT, THEN, "a.txt"), blog)) == [SHORT]


def test_what_says_nothing_beside_the_first_does_not_complete_it() -> None:
    assert shown(quotes(completed(SHORT, THEN, "a.txt"), marked(THEN, SHORT, "b.txt"))) == [SHORT]
    assert shown(quotes(completed(SHORT, NEARLY, "a.txt"), source(NEARLY, "b.txt"))) == [SHORT]


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


def test_of_many_quotes_none_is_shown_twice_and_the_second_gives_way_to_a_completion_that_holds_it() -> None:
    eight = source("Myelin wraps 8 nerve fibres.", "b.txt")
    documents = completed(SHORT, SEVEN, "a.txt"), eight, source(NINE, "c.txt"), source(SEVEN, "d.txt")
    found = shown(quotes(*documents, most=5))
    assert sorted(found) == sorted([SHORT, "Myelin wraps 8 nerve fibres.", NINE, SEVEN])
    assert shown(quotes(completed(SHORT, THEN, "a.txt"), marked(NINE, THEN, "b.txt"), source(THEN, "c.txt"))) == [
        SHORT,
        THEN,
    ]


def test_a_completion_that_needs_the_second_quote_takes_its_place() -> None:
    summary: dict[str, Any] = {"words": Words.PROJECT_SUMMARY}
    then = "It also needs some tea and a warm hat."
    found = quotes(completed(SHORT, then, "a.txt", **summary), source(f"{NINE} {then}", "b.txt", **summary))
    assert [" ".join(span.text for span in quote.spans) for quote in found] == [SHORT, f"{NINE} {then}"]


@pytest.mark.parametrize("place", [0, 7, 13])
def test_every_item_of_a_long_list_completes_a_sentence(place: int) -> None:
    items = [f"Step {number} of the tea, {'stir it slowly, ' * 6}then wait." for number in range(14)]
    listed = source("Do these things for tea today:\n\n" + "".join(f"- {item}\n" for item in items), "b.md")
    assert quotes(completed(SHORT, items[place], "a.txt"), listed)[1].best.text == items[place]


def test_a_seller_does_not_complete_who_may_not_be_one() -> None:
    seller = source(THEN, "b.txt", interest=Interest.SELLS)
    assert shown(quotes(completed(SHORT, THEN, "a.txt", interest=Interest.UNKNOWN), seller)) == [SHORT]
