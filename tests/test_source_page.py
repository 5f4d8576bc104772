"""The page of a document: its whole text, the quote and passage marked, who speaks, and what is no longer true."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from builders import build_entry
from builders_pdf import build_pdf, column
from corpora import again, write
from fakes import FakeWorkspace, fake_workspace
from hypothesis import given
from hypothesis import strategies as st
from selectolax.lexbor import LexborHTMLParser
from serving import page_of
from starlette.testclient import TestClient

from b12assistant.display import addresses
from b12assistant.display.addresses import MarkedPlace, _digest
from b12assistant.display.labels import label
from b12assistant.display.markup import draw
from b12assistant.display.source_page import View
from b12assistant.index.documents import Entry
from b12assistant.types import Interest, Range, Source, SourceKind, Span

NERVES = "# Nerves\n\n## Sheath\n\nMyelin wraps every nerve. It is made of fat.\n\n## Signs\n\nNumb feet are a sign.\n"
FAT = "It is made of fat."
ENTRY = build_entry(NERVES, file="nerves.md")
VIEW = View(ENTRY, date(2026, 1, 1))


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
    entry: Entry, changes: dict[str, Any], key: str, values: dict[str, str]
) -> None:
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
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    folder = tmp_path_factory.mktemp("sources")
    corpus = write(folder / "corpus", {"nerves.md": NERVES})
    (corpus / "printed.pdf").write_bytes(build_pdf(*PAGES))
    made = fake_workspace(corpus, folder / "index")
    made.index()
    return again(made)


@pytest.fixture(scope="module")
def client(space: FakeWorkspace) -> TestClient:
    return page_of(space)


def span(space: FakeWorkspace, document: str, words: str) -> Span:
    found = space.document(document).document
    start = found.text.index(words)
    return found.span(start, start + len(words))


def link(space: FakeWorkspace, document: str, words: str) -> str:
    return addresses.of_spans([span(space, document, words)]).removesuffix("#hit")


def shifted(address: str) -> str:
    """The same address, but one character further on."""
    return re.sub(r"at=(\d+)-(\d+)", lambda at: f"at={int(at[1]) + 1}-{int(at[2]) + 1}", address)


def test_the_text_of_a_pdf_names_its_pages_and_can_be_opened_at_one(space: FakeWorkspace, client: TestClient) -> None:
    text = client.get(link(space, "printed.pdf", "Numb feet are an early sign")).text
    assert '<a class="page" id="page2" data-page="Page 2" aria-label="Page 2" href="#page2">' in text


def test_words_are_given_with_their_citation(space: FakeWorkspace, client: TestClient) -> None:
    address = link(space, "nerves.md", "It is made of fat.").replace("/d/", "/cite/")
    for asked in (address, shifted(address)):
        told = client.get(asked)
        assert told.headers["content-type"] == "text/plain; charset=utf-8"
        assert told.content.decode().startswith("“It is made of fat.”\n\n— Nerves › Sheath. ")


def test_a_passage_is_given_whole_and_what_is_not_there_is_not(space: FakeWorkspace, client: TestClient) -> None:
    passage = space.document("nerves.md").passages[0]
    told = client.get(f"/cite/nerves.md?passage={passage.id}").text
    assert told.startswith("“Myelin wraps every nerve. It is made of fat.”\n\n— ")
    assert client.get("/cite/nerves.md?passage=00").status_code == 410
    assert client.get("/cite/other.md?passage=00").status_code == 404
    gone = link(space, "nerves.md", "It is made of fat.").replace("/d/", "/cite/")
    assert client.get(re.sub("is=[0-9a-f]+", f"is={'0' * 16}", gone)).status_code == 410
