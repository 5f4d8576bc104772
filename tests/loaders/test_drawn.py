"""What is drawn is what is read: raised digits stay raised, and what has no text leaves no sentence to quote."""

import importlib
import inspect
import pydoc
import re
from dataclasses import replace
from pathlib import Path

import pytest
from corpora import report_of
from fakes import fake_workspace
from hypothesis import given, settings
from hypothesis import strategies as st
from unseen.drawn import DRAWN_HTML, RENDERERS, Part, groups, shown, with_drawn
from unseen.quoted import sentences_of as quotable

from b12assistant.cleaning import mark, marked_share
from b12assistant.loaders import html, load
from b12assistant.loaders.manuscript import shifted
from b12assistant.types import DocumentId, Role, Source

_NUMBER = st.from_regex(r"[1-9][0-9]{0,2}", fullmatch=True)
_SHIFTED = st.tuples(st.sampled_from("^_"), _NUMBER | st.sampled_from(["1,2", "10,11", "a", "2a"]))
_FIGURE = st.tuples(_NUMBER, st.lists(_SHIFTED, max_size=1), st.sampled_from([" tablets ", "/", " or ", " a day, "]))


@st.composite
def sentences(draw: st.DrawFn) -> list[Part]:
    parts: list[Part] = [("", "Take ")]
    for number, shifts, after in draw(st.lists(_FIGURE, min_size=1, max_size=4)):
        parts += [("", number), *shifts, ("", after)]
    return [*parts, ("", "and no more.")]


@pytest.mark.parametrize("how", RENDERERS)
@settings(max_examples=40)
@given(parts=sentences())
def test_the_digits_of_a_quote_are_those_that_are_drawn(how: str, parts: list[Part]) -> None:
    name, render = RENDERERS[how]
    assert groups(" ".join(quotable(render(parts), name))) == shown(parts)


@pytest.mark.parametrize(
    ("text", "before", "raised", "written"),
    [("2", "5", True, "²"), ("12", "B", False, "₁₂"), ("1,2", "5", True, " ^(1,2)"), ("th", "4", True, "th")],
)
def test_shifted_text_is_written_on_the_line(text: str, before: str, raised: bool, written: str) -> None:
    assert shifted(text, before, raised=raised) == written


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("take 5<sup><a href=#a>1</a>,<a href=#b>2</a></sup> now", "take 5 ^(1,2) now"),
        ("10<sup>3<sup>2</sup></sup> of it", "10 ^(3^2) of it"),
        ("1<sup>1</sup>/<sub>2</sub> of it", "1¹/₂ of it"),
        ("5<sup><span hidden>9</span>2</sup> of it", "5² of it"),
    ],
)
def test_what_is_inside_a_raised_element_is_one_text(source: str, text: str) -> None:
    assert load(f"<body><p>{source}</p>".encode(), "a.html").text == text


@pytest.mark.parametrize("what", DRAWN_HTML)
def test_a_sentence_with_something_drawn_or_struck_out_is_never_quoted(what: str) -> None:
    assert quotable(with_drawn(what), "a.html") == ["Numb feet tingle.", "See a doctor."]


@pytest.mark.parametrize("source", ["Tablets are ![not](x.png) safe.", "Take ~~10~~ 5 tablets."])
def test_the_same_in_markdown(source: str) -> None:
    assert quotable(f"Numb feet tingle. {source}\n\nSee a doctor.\n".encode(), "a.md") == [
        "Numb feet tingle.",
        "See a doctor.",
    ]


@pytest.mark.parametrize("source", ["Take <img width=1 height=1>5 tablets.", "<span>Take</span> 5 tablets."])
def test_what_draws_nothing_in_a_sentence_costs_nothing(source: str) -> None:
    page = f"<body><p>{source}</p>"
    assert quotable(page.encode(), "a.html") == ["Take 5 tablets."]


def test_a_list_is_not_quoted_without_its_introduction() -> None:
    page = (
        b"<body><p>Numb feet tingle.</p><p>Do <img src=x> this:</p><ul><li>Eat fish.<li>Walk.</ul><p>See a doctor.</p>"
    )
    assert quotable(page, "a.html") == ["Numb feet tingle.", "See a doctor."]


def test_the_report_names_the_place_and_the_reason(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    lines = (
        "<html><body>",
        "<p>Numb feet tingle, and so do cold hands in winter, however warm the gloves are.</p>",
        "<p>Tablets are <img src=x> safe.</p>",
        "<p>Take <s>1</s> 5.</p>",
    )
    (tmp_path / "corpus" / "a.html").write_text("\n".join(lines))
    report = fake_workspace(tmp_path / "corpus", tmp_path / "index").index()
    assert report_of(report, "a.html").reasons == (
        "not quoted, because something that has no text is drawn in it: Tablets are \ufffc safe.",
        "not quoted, because words in it are struck out: Take 1 5.",
    )


def test_a_note_after_a_full_stop_belongs_to_the_sentence_before_it() -> None:
    page = b"<body><p>It falls in adults.<sup>1</sup> Feet tingle.<sup>2,3</sup> See a doctor.</p>"
    assert quotable(page, "a.html") == ["It falls in adults.¹", "Feet tingle.^(2,3)", "See a doctor."]


def text(source: str) -> str:
    return html.load(source.encode()).text


def blocks(source: str) -> list[tuple[str, str]]:
    extract = html.load(source.encode())
    return [(b.kind.value, extract.text[b.range.start : b.range.end]) for b in extract.blocks]


def regions(source: str) -> list[tuple[Role, str]]:
    extract = html.load(source.encode())
    return [(r.role, extract.text[r.range.start : r.range.end]) for r in extract.regions]


@pytest.mark.parametrize(
    "hidden",
    [
        "<div hidden='until-found'>no</div>",
        "<p aria-hidden='TRUE'>no</p>",
        "<p style='color:red; display : NONE'>no</p>",
        "<p style='color:red; visibility: hidden'>no</p>",
        "<dialog>no</dialog>",
        "<select><option>no</option></select>",
        "<textarea>no</textarea>",
        "<img alt=no>",
    ],
)
def test_what_is_hidden_is_not_text(hidden: str) -> None:
    assert text(f"<body><p>before</p>{hidden}<p>after</p>") == "before\n\nafter"


@pytest.mark.parametrize(
    ("source", "visible"),
    [
        pytest.param("<p>one <b> two</b></p>", "one two", id="collapsed-over-elements"),
        pytest.param("<p>one<b>two</b></p>", "onetwo", id="no-blank-invented"),
        pytest.param("<p>10&nbsp;mg&#8201;a&shy;day</p>", "10\u00a0mg\u2009a\u00adday", id="special-blanks-kept"),
        pytest.param("<p>&lt;b&gt; &amp;amp;</p>", "<b> &amp;", id="entities"),
        pytest.param("<pre>a\n  b</pre>", "a\n  b", id="pre"),
        pytest.param("<p>one<br>two</p>", "one\ntwo", id="line-end"),
    ],
)
def test_white_space_is_as_in_a_browser(source: str, visible: str) -> None:
    assert text(source) == visible


def test_blocks_know_what_they_are() -> None:
    source = "<h2>Cold <i>feet</i></h2>loose<ul><li><p>one</p><p>more</p><li>two<ul><li>deep</ul>rest</ul>"
    assert blocks(source) == [
        ("heading", "Cold feet"),
        ("paragraph", "loose"),
        ("list_item", "one"),
        ("paragraph", "more"),
        ("list_item", "two"),
        ("list_item", "deep"),
        ("paragraph", "rest"),
    ]


def test_rows_keep_empty_cells_and_hold_one_line() -> None:
    source = "<table><tr><th>a<th>b<th>c<tr><td><p>1</p><td><td>x<br>y</table>"
    assert blocks(source) == [("table_row", "a | b | c"), ("table_row", "1 | | x y")]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("<nav><a>Home</a></nav>", [(Role.NAVIGATION, "Home")], id="nav"),
        pytest.param("<div role=navigation>Home</div>", [(Role.NAVIGATION, "Home")], id="aria"),
        pytest.param("<footer>(c)</footer>", [(Role.FOOTER, "(c)")], id="footer"),
        pytest.param(
            "<form>Name <button>Send</button></form>", [(Role.FORM, "Name Send"), (Role.FORM, "Send")], id="form"
        ),
        pytest.param("<p>see <a href=x>this page</a>.", [(Role.LINK, "this page")], id="link"),
    ],
)
def test_regions(source: str, expected: list[tuple[Role, str]]) -> None:
    assert regions(source) == expected


@pytest.mark.parametrize(
    ("meta", "encoding"),
    [
        ("<meta charset=windows-1251>", "cp1251"),
        ('<meta http-equiv="Content-Type" content="text/html; charset=koi8-r">', "koi8-r"),
    ],
)
def test_the_declared_charset_is_honoured(meta: str, encoding: str) -> None:
    data = f"<!doctype html>{meta}<p>Холодные ноги</p>".encode(encoding)
    assert html.load(data).text == "Холодные ноги"


@pytest.mark.parametrize("sheet", ["<style>.a{display:none}</style>", "<link rel='stylesheet' href='a.css'>"])
def test_style_sheets_are_not_read_and_the_report_says_so(sheet: str) -> None:
    extract = html.load(f"<html><head>{sheet}</head><body><p class='a'>There.</p></body></html>".encode())
    assert (extract.text, extract.warnings) == ("There.", ("styles not read",))


def test_what_is_hidden_from_readers_aloud_is_left_out_in_whole_blocks_and_where_it_is_only_a_sign() -> None:
    page = "<h2>Doses<a href='#d' aria-hidden='true'>#</a></h2><p>Take <b aria-hidden='true'>one</b> a day.</p>"
    page += "<div aria-hidden='true'>Menu</div>"
    assert html.load(page.encode()).text == "Doses\n\nTake one a day."


@pytest.mark.parametrize("module", ["json", "argparse"])
def test_a_page_that_a_program_wrote_is_read_whole(module: str) -> None:
    page = pydoc.html.page(module, pydoc.html.document(importlib.import_module(module)))
    extract = load(page.encode(), f"{module}.html")
    words = set(re.findall(r"[a-z]{4,}", inspect.getdoc(importlib.import_module(module)) or ""))
    assert words <= set(re.findall(r"[a-z]{4,}", extract.text))
    document = replace(extract, marks=mark(extract)).document(DocumentId("a"), "", "", Source())
    assert marked_share(document) <= 0.1
