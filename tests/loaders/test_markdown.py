import re
from importlib.metadata import distribution

import pytest

from b12assistant.loaders import load, markdown
from b12assistant.loaders.passages import Splitting, prepare
from b12assistant.types import BlockKind, Role


def blocks(source: str) -> list[tuple[str, str]]:
    extract = markdown.load(source.encode())
    return [(b.kind.value, extract.text[b.range.start : b.range.end]) for b in extract.blocks]


@pytest.mark.parametrize(
    ("source", "visible"),
    [
        pytest.param("an *odd* **word** and `code`", "an odd word and code", id="emphasis"),
        pytest.param("see [the page](http://x.example/a) now", "see the page now", id="link"),
        pytest.param("before ![alt text](a.png) after", "before \ufffc after", id="image"),
        pytest.param("a <b>bold</b> <!-- secret --> word", "a bold word", id="raw-html"),
        pytest.param("first\nsecond", "first second", id="soft-break"),
        pytest.param("first  \nsecond", "first\nsecond", id="hard-break"),
        pytest.param("first\r\n\r\nsecond", "first\n\nsecond", id="crlf"),
        pytest.param("AT&amp;T &copy; \\*star\\*", "AT&T © *star*", id="entities"),
        pytest.param("```py\na = 1\n\n  b\n```", "a = 1\n\n  b\n", id="fence"),
        pytest.param("[ref]\n\n[ref]: http://x.example", "ref", id="definition"),
        pytest.param("> said\n\nthen", "said\n\nthen", id="quotation"),
    ],
)
def test_the_text_is_what_a_reader_sees(source: str, visible: str) -> None:
    assert markdown.load(source.encode()).text == visible


def test_blocks_know_what_they_are() -> None:
    source = "# Feet\n\nWhy *they* tingle:\n\n- cold\n- worn\n  out\n\n| a | b |\n|---|---|\n| 1 |   |\n"
    assert blocks(source) == [
        ("heading", "Feet"),
        ("paragraph", "Why they tingle:"),
        ("list_item", "cold"),
        ("list_item", "worn out"),
        ("table_row", "a | b"),
        ("table_row", "1"),
    ]


def test_only_the_first_paragraph_of_an_item_is_the_item() -> None:
    assert blocks("- one\n\n  more\n\n  1. deep\n- two\n") == [
        ("list_item", "one"),
        ("paragraph", "more"),
        ("list_item", "1. deep"),
        ("list_item", "two"),
    ]


def test_items_and_rows_are_tight_the_rest_is_spaced() -> None:
    text = markdown.load(b"lead\n\n- a\n- b\n\n|x|y|\n|-|-|\n|1|2|\n").text
    assert text == "lead\n\na\nb\n\nx | y\n1 | 2"


def test_an_empty_cell_keeps_its_place() -> None:
    assert markdown.load(b"|x|y|z|\n|-|-|-|\n|1||3|\n").text.endswith("\n1 | | 3")


def test_sections_and_title_come_from_headings() -> None:
    extract = markdown.load(b"## Early\n\nx\n\n# The *Title*\n\ny\n\n### Deep\n\nz\n")
    assert extract.title == "The Title"
    assert [s.level for s in extract.sections] == [2, 1, 3]
    assert extract.sections[-1].end == len(extract.text)


def test_without_a_heading_of_level_one_there_is_no_title() -> None:
    assert markdown.load(b"## Only This\n\nx\n").title is None


def test_links_are_regions() -> None:
    extract = markdown.load(b"| a |\n|---|\n| see [one two](u) and <http://x.example> |\n")
    assert [(r.role, extract.text[r.range.start : r.range.end]) for r in extract.regions] == [
        (Role.LINK, "one two"),
        (Role.LINK, "http://x.example"),
    ]


@pytest.mark.parametrize("end", ["---", "..."])
def test_front_matter_is_passed_on(end: str) -> None:
    extract = markdown.load(f"---\n# facts\ntitle: Feet\nkind: blog\n{end}\nText.\n".encode())
    assert (extract.front, extract.text) == ("# facts\ntitle: Feet\nkind: blog", "Text.")


@pytest.mark.parametrize("source", ["---\n\nProse.\n\n---\n\nMore.", "---\ntitle: no end\n\nProse."])
def test_horizontal_rules_are_not_front_matter(source: str) -> None:
    extract = markdown.load(source.encode())
    assert extract.front is None
    assert "Prose." in extract.text


def test_raw_html_is_read_as_html() -> None:
    page = "text\n\n<div>kept <b>too</b></div>\n\n<!-- not shown -->\n\n<p hidden>away</p>\n\n"
    page += "<details>\n<summary>More</summary>\n\nInside.\n\n</details>\n"
    assert markdown.load(page.encode()).text == "text\n\nkept too\n\nMore\n\nInside."


@pytest.mark.parametrize(
    ("source", "visible"),
    [
        pytest.param(
            "Run pip install <package> here.\n\nRed roof.", "Run pip install <package> here.\n\nRed roof.", id="word"
        ),
        pytest.param("# The <name> file\n\nRed roof.", "The <name> file\n\nRed roof.", id="heading"),
        pytest.param("<placeholder>\n\nRed roof.", "<placeholder>\n\nRed roof.", id="alone"),
        pytest.param("<script>\n\nRed roof.\n\n* Blue", "<script>\n\nRed roof.\n\nBlue", id="script"),
        pytest.param("<!-- open\n\nRed roof.", "<!-- open\n\nRed roof.", id="comment"),
        pytest.param("Red roof.\n\n<script>\nlet a;\n</script>\n\nBlue.", "Red roof.\n\nBlue.", id="whole-script"),
        pytest.param("Set `<name>` or\n\n    <name>\n", "Set <name> or\n\n<name>\n", id="code"),
    ],
)
def test_what_only_looks_like_html_is_text(source: str, visible: str) -> None:
    assert markdown.load(source.encode()).text == visible


@pytest.mark.parametrize(
    ("source", "visible"),
    [
        pytest.param("A[^1] b.\n\n[^1]: The note.", "A[1] b.\n\n1. The note.", id="footnote"),
        pytest.param('!!! note "Mind"\n    The gap.', "Mind\n\nThe gap.", id="mkdocs"),
        pytest.param("Gap\n: A hole.", "Gap\n\nA hole.", id="definitions"),
        pytest.param("3. Rinse\n4. Dry", "3. Rinse\n4. Dry", id="numbers"),
    ],
)
def test_what_others_add_to_markdown_is_read(source: str, visible: str) -> None:
    assert markdown.load(source.encode()).text == visible


@pytest.mark.parametrize("name", ["mkdocs", "playwright", "pypdf", "gradio", "rich", "httpx", "fastapi", "mcp"])
def test_a_readme_that_somebody_wrote_is_read_whole(name: str) -> None:
    source = (distribution(name).read_text("METADATA") or "").split("\n\n", 1)[1]
    prepared = prepare(load(source.encode(), "README.md"), Splitting(200, 5_000, None), None)
    sentences = re.findall(r"^[A-Z][A-Za-z ,]{30,}\.$", source, re.M)
    assert [each for each in sentences if each not in " ".join(prepared.extract.text.split())] == []
    assert len(prepared.extract.text) > 300


def test_deep_nesting_is_reported() -> None:
    assert "levels deep" in markdown.load(b"text\n\n" + b"> " * 500 + b"deep").warnings[0]
    assert BlockKind.LIST_ITEM in [b.kind for b in markdown.load(b"> " * 30 + b"- in").blocks]
