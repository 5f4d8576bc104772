from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from builders import build_document, build_passages
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answers import Quote, Strength
from b12assistant.display import addresses
from b12assistant.types import Document

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
