"""An answer from its address: the quotes it names, if they may be quoted, and nothing else."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from blocking import questions
from builders import build_document, build_passages
from fakes import FakeWorkspace
from hypothesis import given
from hypothesis import strategies as st
from serving import EMERGENCY
from test_questions import loaded

from b12assistant.answers import Quote, Reason, Status, Strength
from b12assistant.application.shared_answer import shared
from b12assistant.application.workspace import Live
from b12assistant.display import addresses
from b12assistant.types import Document, Span
from b12assistant.web.turns import Asking, Conversation

GOOD = "0" * 16  # a digest in our form
TEXT = "Myelin wraps every nerve. It is made of fat. Numb feet are an early sign."


def quote_of(document: Document) -> Quote:
    passage = build_passages(document)[0]
    first, _, last = passage.sentences
    return Quote((first, last), last, passage, Strength.STRONG, 1.0)


def place_of(address: str) -> addresses.MarkedPlace | None:
    return addresses.read({name: values[0] for name, values in parse_qs(urlsplit(address).query).items()})


def test_an_address_leads_back_to_the_spans_of_its_quote() -> None:
    document = build_document(TEXT, file="a.txt")
    quote = quote_of(document)
    place = place_of(addresses.of_quote(quote))
    assert place is not None
    assert place.spans == tuple(span.range for span in quote.spans)
    assert place.best == quote.best.range
    assert place.found_in(document.text) == place


@given(st.text(max_size=60), st.text(max_size=60))
def test_words_that_moved_are_found_again(before: str, between: str) -> None:
    document = build_document(TEXT, file="a.txt")
    place = place_of(addresses.of_quote(quote_of(document)))
    assert place is not None
    first, last = (span.text for span in quote_of(document).spans)
    text = f"{before} {first} {between} {last} the end"
    found = place.found_in(text)
    assert found is not None
    assert [text[range_.start : range_.end] for range_ in found.spans] == [first, last]
    assert found.best is not None
    assert text[found.best.start : found.best.end] == last


def test_the_nearest_of_several_places_is_found() -> None:
    document = build_document("One two. Three. One two. Four. One two.", file="a.txt")
    start = document.text.index("One two.", 9)
    place = place_of(addresses.of_spans([document.span(start, start + 8)]))
    assert place is not None
    moved = f"x {document.text}"
    found = place.found_in(moved)
    assert found is not None
    assert found.spans[0].start == start + 2


@pytest.mark.parametrize("text", ["a seasoned cat", "season", "reason is", "seasoń", ""])
def test_words_inside_longer_words_are_not_the_same_words(text: str) -> None:
    document = build_document("The season is over.", file="a.txt")
    place = place_of(addresses.of_spans([document.span(4, 10)]))
    assert place is not None
    assert (place.found_in(text) is not None) is (text == "season")


def test_words_that_changed_are_no_longer_found_there() -> None:
    place = place_of(addresses.of_quote(quote_of(build_document(TEXT, file="a.txt"))))
    assert place is not None
    assert place.found_in(build_document(TEXT.replace("wraps", "holds"), file="a.txt").text) != place
    assert place.found_in(build_document(TEXT[:20], file="a.txt").text) != place


@given(st.text(min_size=1))
def test_a_file_name_is_ascii_in_an_address_and_can_be_read_back(name: str) -> None:
    address = addresses.of_document(build_document(TEXT, file="a.txt").__class__(name, "", "", "x"))  # type: ignore[arg-type]
    assert address.isascii()
    assert not set(address) & set("<>\"'&?# \\\r\n")
    assert unquote(address.removeprefix("/d/")) == name


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"at": "2-1", "is": GOOD},
        {"at": "1-3,2-4", "is": f"{GOOD},{GOOD}"},
        {"at": "1-2", "is": "x"},
        {"at": ",".join(f"{n}-{n + 1}" for n in range(13)), "is": ",".join([GOOD] * 13)},
    ],
)
def test_a_query_that_is_not_our_address_names_no_place(query: dict[str, str]) -> None:
    assert addresses.read(query) is None


ASKED = "What wraps every nerve?"
OTHER = "What does metformin lower?"


def links_of(space: FakeWorkspace, question: str) -> list[str]:
    return [addresses.of_quote(quote) for quote in space.ask(question).answer.quotes]


def test_an_address_holds_the_question_and_the_quotes() -> None:
    question = "50 % & more? #1 + 'two'\n\u00fc"
    address = addresses.of_answer(question, ["/d/a.md?at=1-2&is=0123#hit"])
    page, _, given = address.partition("#")
    assert page == "/"
    assert parse_qs(given) == {"answer": [question], "quote": ["/d/a.md?at=1-2&is=0123#hit"]}
    assert addresses.of_answer("\ud800", []) == "/#answer=%ED%A0%80"


def test_the_quotes_of_the_address_are_shown(space: FakeWorkspace) -> None:
    reply = space.ask(ASKED)
    assert shared(space, reply, links_of(space, ASKED)).answer.quotes == reply.answer.quotes
    answer = shared(space, reply, links_of(space, OTHER)).answer
    assert [quote.spans for quote in answer.quotes] == [quote.spans for quote in space.ask(OTHER).answer.quotes]
    assert {quote.strength for quote in answer.quotes} == {Strength.POSSIBLE}
    assert (answer.status, answer.reason) == (Status.POSSIBLY, Reason.WEAK_MATCH)


def test_a_safety_text_stays_alone(space: FakeWorkspace) -> None:
    reply = space.ask(EMERGENCY)
    assert shared(space, reply, links_of(space, ASKED)) is reply


def test_what_was_tampered_with_is_not_shown(space: FakeWorkspace) -> None:
    quote = space.ask(ASKED).answer.quotes[0]
    document, start, end = quote.document, quote.best.start, quote.best.end
    part = addresses.of_spans([Span(document, start + 3, end)], None)
    half = addresses.of_spans([Span(document, start, end - 5)], None)
    heading = addresses.of_spans([Span(document, 0, 4)], None)
    good = addresses.of_quote(quote)
    wrong_digest = good.replace("is=", "is=0")[:-5]
    reply = space.ask(OTHER)
    for link in (
        part,
        half,
        heading,
        wrong_digest,
        good.replace("nerves", "sleeves"),
        "",
        "javascript:alert(1)",
        "/d/",
    ):
        assert shared(space, reply, [link]) is reply, link
    assert [quote.text for quote in shared(space, reply, [half, good]).answer.quotes[0].spans] == [
        span.text for span in quote.spans
    ]


def test_a_shared_answer_is_not_part_of_the_conversation_and_is_in_no_log(
    space: FakeWorkspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    asking = Asking(Live(space), questions(), loaded(space))
    turns = [{"question": OTHER}, {"question": ASKED, "quotes": links_of(space, ASKED)}]
    talk, note = asyncio.run(asking.restored(json.dumps(turns), Conversation()))
    assert note == ""
    assert 'class="turn answered shared"' in talk.turns[1].html
    assert "metformin" not in caplog.text
    assert "wraps" not in caplog.text
