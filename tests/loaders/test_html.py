import importlib
import inspect
import pydoc
import re
from dataclasses import replace

import pytest

from b12assistant.cleaning import mark, marked_share
from b12assistant.loaders import html, load
from b12assistant.types import DocumentId, Role, Source


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
        "<script>no()</script>",
        "<style>no{}</style>",
        "<template><p>no</p></template>",
        "<noscript>no</noscript>",
        "<svg><text>no</text><title>no</title></svg>",
        "<iframe src=x>no</iframe>",
        "<object>no</object>",
        "<p hidden>no</p>",
        "<div hidden='until-found'>no</div>",
        "<p aria-hidden='TRUE'>no</p>",
        "<p style='color:red; display : NONE'>no</p>",
        "<p style='visibility:hidden'>no</p>",
        "<p style='color:red; visibility: hidden'>no</p>",
        "<dialog>no</dialog>",
        "<select><option>no</option></select>",
        "<textarea>no</textarea>",
        "<input type=hidden value=no>",
        "<img alt=no>",
        "<!-- no -->",
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
