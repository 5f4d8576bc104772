"""The page of a document: its whole text, the quote marked, who speaks, and what is no longer true."""

import asyncio
import json
import re
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from blocking import questions
from builders import build_document, build_entry, build_passages
from builders_pdf import build_pdf, column
from corpora import again, write
from fakes import FakeWorkspace, fake_workspace
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser
from serving import page_of
from starlette.testclient import TestClient
from test_questions import loaded

from b12assistant.answers import Quote, Strength
from b12assistant.application.live import Live
from b12assistant.display import addresses, labels
from b12assistant.display.addresses import MarkedPlace, _digest
from b12assistant.display.labels import label
from b12assistant.display.markup import draw
from b12assistant.display.source_page import View, read_address
from b12assistant.index.documents import Entry
from b12assistant.types import Document, DocumentId, Interest, Range, Source, SourceKind, Span
from b12assistant.web.turns import Asking, Conversation

NERVES = "# Nerves\n\n## Sheath\n\nMyelin wraps every nerve. It is made of fat.\n\n## Signs\n\nNumb feet are a sign.\n"
FAT = "It is made of fat."
ENTRY = build_entry(NERVES, file="nerves.md")
VIEW = View(ENTRY)


def texts(css: str, entry: Entry = ENTRY, **changes: Any) -> list[str]:
    """The texts of what a page draws with these selectors."""
    page = LexborHTMLParser(draw("source.html", "document", replace(VIEW, entry=entry, **changes)))
    return [node.text() for node in page.css(css)]


def place(*words: str, best: str | None = None, entry: Entry = ENTRY) -> MarkedPlace:
    text = entry.document.text
    ranges = [Range(text.index(each), text.index(each) + len(each)) for each in words]
    answering = None if best is None else Range(text.index(best), text.index(best) + len(best))
    return MarkedPlace(tuple(ranges), answering, tuple(map(_digest, words)))


def sourced(**facts: Any) -> Entry:
    return build_entry(NERVES, file="nerves.md", source=Source(**facts))


def warnings(entry: Entry = ENTRY, **changes: Any) -> list[str]:
    return texts("p.warning", entry, **changes)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip))
def test_the_text_is_that_of_the_document_to_the_character(words: str) -> None:
    entry = build_entry(f"# Title\n\nFirst words. {words}\n\nLast words.", file="any.txt")
    assert texts("#doc", entry) == [entry.document.text]


def test_the_quote_is_marked_and_its_best_sentence_in_it() -> None:
    named = place(f"Myelin wraps every nerve. {FAT}", best=FAT)
    assert texts("mark#hit", named=named) == [f"Myelin wraps every nerve. {FAT}"]
    assert texts(".best", named=named) == [FAT]


def test_each_part_of_a_quote_is_marked_and_one_is_the_target_of_links() -> None:
    named = place("Myelin wraps", "made of fat")
    assert texts("mark", named=named) == ["Myelin wraps", "made of fat"]
    assert texts("#hit", named=named) == ["Myelin wraps"]


def test_words_that_moved_are_marked_where_they_are_and_the_page_says_so() -> None:
    before = place(FAT)
    moved = replace(before, spans=tuple(Range(each.start + 1, each.end + 1) for each in before.spans))
    assert texts("mark", named=moved) == [FAT]
    assert warnings(named=moved) == [label("source.moved")]


def test_words_that_are_gone_are_not_marked_and_the_page_says_so() -> None:
    gone = replace(place(FAT), digests=("0" * 16,))
    assert texts("mark", named=gone) == []
    assert warnings(named=gone) == [label("source.lost")]


@pytest.mark.parametrize(
    ("entry", "changes", "key", "values"),
    [
        (ENTRY, {"changed": True}, "changed", {}),
        (sourced(withdrawn=True), {}, "withdrawn", {}),
        (sourced(superseded_by="new.md"), {}, "superseded", {"document": "new.md"}),
        (sourced(review_by=date(2025, 12, 31)), {}, "overdue", {}),
    ],
    ids=["changed", "withdrawn", "superseded", "overdue"],
)
def test_the_page_warns_of_what_is_no_longer_true(
    entry: Entry, changes: dict[str, Any], key: str, values: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(labels, "local_today", lambda: date(2026, 1, 1))
    assert warnings(entry, **changes) == [label(f"source.{key}", **values)]


def test_what_is_never_quoted_is_grey_and_a_legend_says_so() -> None:
    entry = build_entry("# Shop\n\nMyelin wraps every nerve in the body.\n\nBuy our golden drip now!\n")
    assert "Buy our golden drip now!" in texts(".never", entry)
    assert texts(".legend", entry)
    assert texts(".legend", build_entry("Myelin wraps nerves.")) == []


def test_the_speaker_and_its_interest_are_named() -> None:
    seller = sourced(kind=SourceKind.VENDOR, interest=Interest.SELLS, publisher="Drips Ltd")
    assert "Drips Ltd" in "".join(texts(".facts", seller))
    assert label("kinds.vendor").casefold() in texts(".who", seller)[0].casefold()


PAGES = (
    column("Myelin wraps every nerve. It is made of fat.", "Numb feet are an early sign of harm to nerves."),
    column("Fish holds vitamin B12. Eggs hold vitamin B12 too."),
)


@pytest.fixture(scope="module")
def printed(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    folder = tmp_path_factory.mktemp("sources")
    corpus = write(folder / "corpus", {"nerves.md": NERVES})
    (corpus / "printed.pdf").write_bytes(build_pdf(*PAGES))
    made = fake_workspace(corpus, folder / "index")
    made.index()
    return again(made)


@pytest.fixture(scope="module")
def client(printed: FakeWorkspace) -> TestClient:
    return page_of(printed)


def span(printed: FakeWorkspace, document: str, words: str) -> Span:
    found = printed.document(document).document
    start = found.text.index(words)
    return found.span(start, start + len(words))


def link(printed: FakeWorkspace, document: str, words: str) -> str:
    return addresses.of_spans([span(printed, document, words)]).removesuffix("#hit")


def shifted(address: str) -> str:
    """The same address, but one character further on."""
    return re.sub(r"at=(\d+)-(\d+)", lambda at: f"at={int(at[1]) + 1}-{int(at[2]) + 1}", address)


def test_the_text_of_a_pdf_names_its_pages_and_can_be_opened_at_one(printed: FakeWorkspace, client: TestClient) -> None:
    text = client.get(link(printed, "printed.pdf", "Numb feet are an early sign")).text
    assert '<a class="page" id="page2" data-page="Page 2" aria-label="Page 2" href="#page2">' in text


def test_words_are_given_with_their_citation(printed: FakeWorkspace, client: TestClient) -> None:
    address = link(printed, "nerves.md", "It is made of fat.").replace("/d/", "/cite/")
    for asked in (address, shifted(address)):
        told = client.get(asked)
        assert told.headers["content-type"] == "text/plain; charset=utf-8"
        assert told.content.decode().startswith("“It is made of fat.”\n\n— Nerves › Sheath. ")


def test_a_passage_is_given_whole_and_what_is_not_there_is_not(printed: FakeWorkspace, client: TestClient) -> None:
    passage = printed.document("nerves.md").passages[0]
    told = client.get(link(printed, "nerves.md", passage.span.text).replace("/d/", "/cite/")).text
    assert told.startswith("“Myelin wraps every nerve. It is made of fat.”\n\n— ")
    assert client.get("/cite/nerves.md").status_code == 410
    assert client.get("/cite/other.md").status_code == 404
    gone = link(printed, "nerves.md", "It is made of fat.").replace("/d/", "/cite/")
    assert client.get(re.sub("is=[0-9a-f]+", f"is={'0' * 16}", gone)).status_code == 410


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
    place = place_of(addresses.of_spans(quote.spans, quote.best))
    assert place is not None
    assert place.spans == tuple(span.range for span in quote.spans)
    assert place.best == quote.best.range
    assert place.found_in(document) == (quote.spans, quote.best)


@given(st.text(max_size=60), st.text(max_size=60))
def test_words_that_moved_are_found_again(before: str, between: str) -> None:
    document = build_document(TEXT, file="a.txt")
    quote = quote_of(document)
    place = place_of(addresses.of_spans(quote.spans, quote.best))
    assert place is not None
    first, last = (span.text for span in quote.spans)
    found = place.found_in(replace(document, text=f"{before} {first} {between} {last} the end"))
    assert found is not None
    spans, best = found
    assert [span.text for span in spans] == [first, last]
    assert best is not None
    assert best.text == last


def test_the_nearest_of_several_places_is_found() -> None:
    document = build_document("One two. Three. One two. Four. One two.", file="a.txt")
    start = document.text.index("One two.", 9)
    place = place_of(addresses.of_spans([document.span(start, start + 8)]))
    assert place is not None
    found = place.found_in(replace(document, text=f"x {document.text}"))
    assert found is not None
    assert found[0][0].start == start + 2


def test_a_place_that_ends_behind_the_document_is_not_there() -> None:
    document = build_document("One two. Three.", file="a.txt")
    place = place_of(addresses.of_spans([document.span(9, 15)]))
    assert place is not None
    assert replace(place, spans=(Range(9, 20),)).found_in(document) is None


@pytest.mark.parametrize("text", ["a seasoned cat", "season", "reason is", "seasoń", ""])
def test_words_inside_longer_words_are_not_the_same_words(text: str) -> None:
    document = build_document("The season is over.", file="a.txt")
    place = place_of(addresses.of_spans([document.span(4, 10)]))
    assert place is not None
    assert (place.found_in(replace(document, text=text)) is not None) is (text == "season")


@given(st.text(min_size=1))
def test_a_file_name_is_ascii_in_an_address_and_can_be_read_back(name: str) -> None:
    address, _, _ = addresses.of_spans([Document(DocumentId(name), "", "", "x").span(0, 1)]).partition("?")
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


def test_the_address_of_an_answer_holds_its_question() -> None:
    question = "50 % & more? #1 + 'two'\n\u00fc"
    page, _, given = addresses.of_answer(question).partition("#")
    assert page == "/"
    assert parse_qs(given) == {"answer": [question]}
    assert addresses.of_answer("\ud800") == "/#answer=%ED%A0%80"
    assert parse_qs(addresses.of_answer(question, as_typed=True)[2:]) == {"answer": [question], "typed": ["1"]}


def test_what_was_tampered_with_is_not_read(space: FakeWorkspace) -> None:
    quote = space.ask(ASKED).answer.quotes[0]
    document, start, end = quote.document, quote.best.start, quote.best.end
    part = addresses.of_spans([Span(document, start + 3, end)], None)
    half = addresses.of_spans([Span(document, start, end - 5)], None)
    heading = addresses.of_spans([Span(document, 0, 4)], None)
    good = addresses.of_spans(quote.spans, quote.best)
    wrong_digest = good.replace("is=", "is=0")[:-5]
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
        assert read_address(link, space.entries) is None, link
    read = read_address(good, space.entries)
    assert read is not None
    assert tuple(span.text for span in read.spans) == tuple(span.text for span in quote.spans)


def test_what_is_asked_again_is_in_no_log(space: FakeWorkspace, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    asking = Asking(Live(space), questions(), loaded(space))
    turns = [{"question": OTHER}, {"question": ASKED}]
    talk, note = asyncio.run(asking.restored(json.dumps(turns), Conversation()))
    assert (talk.questions, note) == ([OTHER, ASKED], "")
    assert "metformin" not in caplog.text
    assert "wraps" not in caplog.text
