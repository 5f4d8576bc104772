"""The page of a document: its whole text, the quote and passage marked, who speaks, and what is no longer true."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any

import pytest
from builders import build_entry
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.display.addresses import MarkedPlace, _digest
from b12assistant.display.labels import load_labels
from b12assistant.display.source_page import View, missing_page, source_page
from b12assistant.index.documents import Entry
from b12assistant.types import Interest, PassageId, Range, Source, SourceKind

NERVES = "# Nerves\n\n## Sheath\n\nMyelin wraps every nerve. It is made of fat.\n\n## Signs\n\nNumb feet are a sign.\n"
FAT = "It is made of fat."
ENTRY = build_entry(NERVES, file="nerves.md")
LABELS = load_labels().naming("")
VIEW = View(place=None, changed=False, today=date(2026, 1, 1), labels=LABELS)
VOID = {"meta", "link", "br", "wbr", "img"}


class Drawn(HTMLParser):
    """The elements of a page, each with its attributes and text, in order of their start."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = (tag, dict(attrs), list[str]())
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        for _, _, texts in self._open:
            texts.append(data)

    def texts(self, tag: str = "", **attributes: str) -> list[str]:
        """The texts of the elements with this tag and these attributes; ``class_`` is one of several classes."""
        return ["".join(texts) for name, has, texts in self.elements if tag in ("", name) and _fits(has, attributes)]


def _fits(has: dict[str, str | None], wanted: dict[str, str]) -> bool:
    return all(
        value in (has.get("class") or "").split() if key == "class_" else has.get(key) == value
        for key, value in wanted.items()
    )


def drawn(entry: Entry = ENTRY, **changes: Any) -> Drawn:
    return Drawn(source_page(entry, replace(VIEW, **changes)))


def place(*words: str, best: str | None = None, entry: Entry = ENTRY) -> MarkedPlace:
    text = entry.document.text
    ranges = [Range(text.index(each), text.index(each) + len(each)) for each in words]
    answering = None if best is None else Range(text.index(best), text.index(best) + len(best))
    return MarkedPlace(tuple(ranges), answering, tuple(map(_digest, words)))


def sourced(**facts: Any) -> Entry:
    return build_entry(NERVES, file="nerves.md", source=Source(**facts))


def warnings(entry: Entry = ENTRY, **changes: Any) -> list[str]:
    return drawn(entry, **changes).texts("p", class_="warning")


@given(st.text(alphabet=st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).filter(str.strip))
def test_the_text_is_that_of_the_document_to_the_character(words: str) -> None:
    entry = build_entry(f"# Title\n\nFirst words. {words}\n\nLast words.", file="any.txt")
    assert drawn(entry).texts(id="doc") == [entry.document.text]


def test_the_quote_is_marked_and_its_best_sentence_in_it() -> None:
    page = drawn(place=place(f"Myelin wraps every nerve. {FAT}", best=FAT))
    assert page.texts("mark", id="hit") == [f"Myelin wraps every nerve. {FAT}"]
    assert page.texts(class_="best") == [FAT]


def test_each_part_of_a_quote_is_marked_and_one_is_the_target_of_links() -> None:
    page = drawn(place=place("Myelin wraps", "made of fat"))
    assert page.texts("mark") == ["Myelin wraps", "made of fat"]
    assert page.texts(id="hit") == ["Myelin wraps"]


def test_without_a_quote_nothing_is_marked() -> None:
    assert drawn().texts("mark") == []


def test_words_that_moved_are_marked_where_they_are_and_the_page_says_so() -> None:
    before = place(FAT)
    moved = replace(before, spans=tuple(Range(each.start + 1, each.end + 1) for each in before.spans))
    assert drawn(place=moved).texts("mark") == [FAT]
    assert warnings(place=moved) == [LABELS("source.moved")]


def test_words_that_are_gone_are_not_marked_and_the_page_says_so() -> None:
    gone = replace(place(FAT), digests=("0" * 16,))
    assert drawn(place=gone).texts("mark") == []
    assert warnings(place=gone) == [LABELS("source.lost")]


def test_a_passage_that_is_gone_is_reported_as_gone() -> None:
    assert warnings(passage=PassageId("00")) == [LABELS("source.passage_gone")]
    assert warnings(passage=ENTRY.passages[0].id) == []


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
    assert warnings(entry, **changes) == [LABELS(f"source.{key}", **values)]


def test_a_review_that_is_due_later_is_no_warning() -> None:
    assert warnings(sourced(review_by=date(2026, 1, 2))) == []


def test_headings_have_their_level_below_that_of_the_page() -> None:
    headings = [
        (has["aria-level"], "".join(texts)) for _, has, texts in drawn().elements if has.get("role") == "heading"
    ]
    assert headings == [("2", "Nerves"), ("3", "Sheath"), ("3", "Signs")]


def test_no_two_elements_have_the_same_id() -> None:
    page = drawn(place=place(f"Myelin wraps every nerve. {FAT}", "Numb feet"), passage=ENTRY.passages[1].id)
    ids = [has["id"] for _, has, _ in page.elements if "id" in has]
    assert len(set(ids)) == len(ids)


def test_every_link_inside_the_page_has_its_target() -> None:
    page = drawn(place=place(FAT))
    ids = {has.get("id") for _, has, _ in page.elements}
    assert {href[1:] for _, has, _ in page.elements if (href := has.get("href") or "").startswith("#")} <= ids


def test_the_passage_of_the_address_is_in_view() -> None:
    page = drawn(passage=ENTRY.passages[1].id)
    assert page.texts(class_="here") == [ENTRY.passages[1].span.text]


@pytest.mark.parametrize(("theme", "expected"), [("dark", "dark"), ("light", "light"), ("", None), ('x" y="', None)])
def test_only_a_known_theme_is_set(theme: str, expected: str | None) -> None:
    assert drawn(theme=theme).elements[0][1].get("class") == expected


def test_inside_the_page_there_is_no_second_main_part() -> None:
    assert len(drawn().texts("main")) == 1
    assert drawn(framed=True).texts("main") == []


def test_what_is_never_quoted_is_grey_and_a_legend_says_so() -> None:
    entry = build_entry("# Shop\n\nMyelin wraps every nerve in the body.\n\nBuy our golden drip now!\n")
    page = drawn(entry)
    assert "Buy our golden drip now!" in page.texts(class_="never")
    assert page.texts(class_="legend")
    assert drawn(build_entry("Myelin wraps nerves.")).texts(class_="legend") == []


def test_the_speaker_and_its_interest_are_named() -> None:
    page = drawn(sourced(kind=SourceKind.VENDOR, interest=Interest.SELLS, publisher="Drips Ltd"))
    assert "Drips Ltd" in "".join(page.texts(class_="facts"))
    assert LABELS("kinds.vendor").casefold() in page.texts(class_="who")[0].casefold()


@pytest.mark.parametrize(
    ("url", "links"),
    [("https://a.example/b", ["https://a.example/b"]), ("javascript:alert(1)", [])],
    ids=["web", "script"],
)
def test_only_an_address_on_the_web_is_a_link(url: str, links: list[str]) -> None:
    page = drawn(sourced(url=url))
    assert [has["href"] for _, has, _ in page.elements if has.get("rel") == "noopener noreferrer"] == links
    assert url in "".join(page.texts("dd"))


def test_names_and_facts_are_text_and_not_markup() -> None:
    assert drawn(sourced(title="<b>Bold</b>", publisher="<i>Press</i>")).texts("h1") == ["<b>Bold</b>"]
    assert Drawn(missing_page("<b>lost.md</b>", "", LABELS)).texts("b") == []


def test_a_document_that_is_missing_is_named() -> None:
    assert "lost.md" in Drawn(missing_page("lost.md", "", LABELS)).texts("main")[0]


def test_where_a_page_begins_its_number_is_drawn_without_changing_the_text() -> None:
    document = replace(ENTRY.document, page_starts=(0, 20))
    page = drawn(replace(ENTRY, document=document))
    assert [has["data-page"] for _, has, _ in page.elements if "data-page" in has] == ["Page 1", "Page 2"]
    assert page.texts(id="doc") == [document.text]
