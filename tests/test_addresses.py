from __future__ import annotations

from urllib.parse import parse_qs, unquote_to_bytes, urlsplit

import pytest
from builders import build_document, build_passages
from hypothesis import given
from hypothesis import strategies as st

from b12assistant import addresses
from b12assistant.answers import Quote, Strength
from b12assistant.types import Document, Range

TEXT = "Myelin wraps every nerve. It is made of fat. Numb feet are an early sign."


def quote_of(document: Document) -> Quote:
    passage = build_passages(document)[0]
    first, _, last = passage.sentences
    return Quote((first, last), last, passage, Strength.STRONG, 1.0)


def place_of(address: str) -> addresses.Place | None:
    return addresses.read({name: values[0] for name, values in parse_qs(urlsplit(address).query).items()})


def test_an_address_leads_back_to_the_spans_of_its_quote() -> None:
    document = build_document(TEXT, file="a.txt")
    quote = quote_of(document)
    place = place_of(addresses.of_quote(quote))
    assert place is not None
    assert place.spans == tuple(span.range for span in quote.spans)
    assert place.best == quote.best.range
    assert place.stands_in(document)


def test_words_that_changed_no_longer_stand_there() -> None:
    place = place_of(addresses.of_quote(quote_of(build_document(TEXT, file="a.txt"))))
    assert place is not None
    assert not place.stands_in(build_document(TEXT.replace("wraps", "holds"), file="a.txt"))
    assert not place.stands_in(build_document(TEXT[:20], file="a.txt"))


@given(st.text(min_size=1))
def test_a_name_stands_in_an_address_as_ascii_and_comes_back(name: str) -> None:
    address = addresses.of_document(build_document(TEXT, file="a.txt").__class__(name, "", "", "x"))  # type: ignore[arg-type]
    assert address.isascii()
    assert not set(address) & set("<>\"'&?# \\\r\n")
    assert unquote_to_bytes(address.removeprefix("/d/")).decode("utf-8", "surrogatepass") == name


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"at": "1-2"},
        {"is": "x"},
        {"at": "2-1", "is": "x"},
        {"at": "1-1", "is": "x"},
        {"at": "1-2,x", "is": "x"},
        {"at": "5-9,1-2", "is": "x"},
        {"at": "1-3,2-4", "is": "x"},
        {"at": "1-2,3-4,5-6,7-8", "is": "x"},
        {"at": "1-99999999999999999999", "is": "x"},
        {"at": "１-２", "is": "x"},
    ],
)
def test_what_is_no_address_of_ours_names_no_place(query: dict[str, str]) -> None:
    assert addresses.read(query) is None


def test_a_best_sentence_outside_the_quote_is_left_out() -> None:
    place = addresses.read({"at": "1-5", "best": "4-9", "is": "x"})
    assert place == addresses.Place((Range(1, 5),), None, "x")
