import re
from importlib.metadata import distribution

import pytest

from b12assistant.loaders import load, markdown
from b12assistant.types import BlockKind


def blocks(source: str) -> list[tuple[str, str]]:
    extract = markdown.load(source.encode())
    return [(b.kind.value, extract.text[b.range.start : b.range.end]) for b in extract.blocks]


@pytest.mark.parametrize(
    ("source", "visible"),
    [
        pytest.param("an *odd* **word** and `code`", "an odd word and code", id="emphasis"),
        pytest.param("see [the page](http://x.example/a) now", "see the page now", id="link"),
        pytest.param("a <b>bold</b> <!-- secret --> word", "a bold word", id="raw-html"),
        pytest.param("first\nsecond", "first second", id="soft-break"),
        pytest.param("first\r\n\r\nsecond", "first\n\nsecond", id="crlf"),
        pytest.param("```py\na = 1\n\n  b\n```", "a = 1\n\n  b\n", id="fence"),
        pytest.param(
            "Run pip install <package> here.\n\nRed roof.", "Run pip install <package> here.\n\nRed roof.", id="word"
        ),
        pytest.param("<script>\n\nRed roof.\n\n* Blue", "<script>\n\nRed roof.\n\nBlue", id="script"),
        pytest.param("<!-- open\n\nRed roof.", "<!-- open\n\nRed roof.", id="comment"),
        pytest.param("Set `<name>` or\n\n    <name>\n", "Set <name> or\n\n<name>\n", id="code"),
        pytest.param("A[^1] b.\n\n[^1]: The note.", "A[1] b.\n\n1. The note.", id="footnote"),
        pytest.param('!!! note "Mind"\n    The gap.', "Mind\n\nThe gap.", id="mkdocs"),
        pytest.param("Gap\n: A hole.", "Gap\n\nA hole.", id="definitions"),
        pytest.param("3. Rinse\n4. Dry", "3. Rinse\n4. Dry", id="numbers"),
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


def test_sections_and_title_come_from_headings() -> None:
    extract = markdown.load(b"## Early\n\nx\n\n# The *Title*\n\ny\n\n### Deep\n\nz\n")
    assert extract.title == "The Title"
    assert [s.level for s in extract.sections] == [2, 1, 3]
    assert extract.sections[-1].end == len(extract.text)


@pytest.mark.parametrize("end", ["---", "..."])
def test_front_matter_is_passed_on(end: str) -> None:
    extract = markdown.load(f"---\n# facts\ntitle: Feet\nkind: blog\n{end}\nText.\n".encode())
    assert (extract.front, extract.text) == ("# facts\ntitle: Feet\nkind: blog", "Text.")


def test_horizontal_rules_are_not_front_matter() -> None:
    extract = markdown.load(b"---\ntitle: no end\n\nProse.")
    assert extract.front is None
    assert "Prose." in extract.text


def test_raw_html_is_read_as_html() -> None:
    page = "text\n\n<div>kept <b>too</b></div>\n\n<!-- not shown -->\n\n<p hidden>away</p>\n\n"
    page += "<details>\n<summary>More</summary>\n\nInside.\n\n</details>\n"
    assert markdown.load(page.encode()).text == "text\n\nkept too\n\nMore\n\nInside."


@pytest.mark.parametrize("name", ["mkdocs", "rich", "fastapi"])
def test_a_readme_that_somebody_wrote_is_read_whole(name: str) -> None:
    source = (distribution(name).read_text("METADATA") or "").split("\n\n", 1)[1]
    text = load(source.encode(), "README.md").text
    sentences = re.findall(r"^[A-Z][A-Za-z ,]{30,}\.$", source, re.M)
    assert [each for each in sentences if each not in " ".join(text.split())] == []
    assert len(text) > 300


def test_deep_nesting_is_reported() -> None:
    assert "levels deep" in markdown.load(b"text\n\n" + b"> " * 500 + b"deep").warnings[0]
    assert BlockKind.LIST_ITEM in [b.kind for b in markdown.load(b"> " * 30 + b"- in").blocks]
