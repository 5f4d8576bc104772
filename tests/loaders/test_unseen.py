"""What nobody sees of HTML and Markdown is not quoted, and what may be hidden is named."""

from __future__ import annotations

import pytest
from unseen.pages import LATER, NOTES_SEEN, NOTES_UNSEEN, OVER_ALL, SEEN, UNSEEN
from unseen.pdfs import BLEACH, PLAIN
from unseen.quoted import quotable

from b12assistant.loaders import load
from b12assistant.loaders.passages import Splitting, prepare


@pytest.mark.parametrize("name", UNSEEN)
def test_what_no_reader_of_a_page_sees_is_not_quoted(name: str) -> None:
    quoted = quotable(load(UNSEEN[name], "a.html"))
    assert BLEACH not in quoted
    assert PLAIN in quoted or name in OVER_ALL


@pytest.mark.parametrize("name", LATER)
def test_what_a_later_attack_hid_is_not_quoted(name: str) -> None:
    assert BLEACH not in quotable(load(LATER[name], "a.html"))


@pytest.mark.parametrize("name", NOTES_UNSEEN)
def test_what_raw_html_in_markdown_hides_is_not_quoted(name: str) -> None:
    quoted = quotable(load(NOTES_UNSEEN[name], "a.md"))
    assert BLEACH not in quoted
    assert PLAIN in quoted or name in OVER_ALL


@pytest.mark.parametrize("name", SEEN)
def test_what_a_reader_of_a_page_sees_is_quoted(name: str) -> None:
    quoted = quotable(load(SEEN[name], "a.html"))
    assert BLEACH in quoted
    assert PLAIN in quoted


@pytest.mark.parametrize("name", NOTES_SEEN)
def test_what_raw_html_in_markdown_shows_is_quoted(name: str) -> None:
    assert BLEACH in quotable(load(NOTES_SEEN[name], "a.md"))


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<style>.x{opacity:calc(0)}</style><p class=x>no", ".x { opacity: calc(0) }"),
        ("<p style='transform:matrix(0,0,0,0,0,0)'>no", "style= { transform: matrix(0,0,0,0,0,0) }"),
        ("<style>@media (hover:hover){p{display:none}}</style><p>no", "@media (hover:hover) { display: none }"),
        ("<style>p{color:Canvas}</style><p>no", "p { color: canvas }"),
        ("<details><summary>More</summary>no</details>", "<details> that is shut"),
        ("<style>p{opacity:0;transition:opacity 1s}</style><p>no", "p { opacity: 0 }"),
    ],
)
def test_the_report_names_the_selector_and_the_property(page: str, reason: str) -> None:
    extract = load(f"<!doctype html><body>{page}".encode(), "a.html")
    assert "no" in extract.text
    assert quotable(extract) == ""
    assert extract.warnings == (f"not quoted, because a style may hide it: {reason}",)


def test_more_than_a_few_styles_are_counted() -> None:
    styles = "".join(f"<p style='zoom:.{number}1'>no" for number in range(1, 5)) + "<p style='zoom:.02'>no" * 2
    extract = load(f"<!doctype html><body>{styles}<p style='zoom:.03'>no".encode(), "a.html")
    assert extract.warnings[-1] == "not quoted, because of 1 more styles that may hide text"


def test_a_curator_can_let_doubtful_text_through() -> None:
    extract = load(UNSEEN["opacity:calc(0)"], "a.html")
    assert BLEACH in quotable(extract, Splitting(256, 100, seen=True))
    assert prepare(extract, Splitting(256, 100, seen=True), None).extract.warnings == ()
