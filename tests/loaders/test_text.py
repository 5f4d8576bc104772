import re
from importlib.metadata import distribution

import pytest

from b12assistant.loaders import load, markdown, text
from b12assistant.types import BlockKind, Extract

LONG = (
    "This paragraph of a scraped page is one long line that nobody wrapped, so that it shows how such files look. " * 2
)


def shown(extract: Extract, kind: BlockKind) -> list[str]:
    return [extract.text[b.range.start : b.range.end] for b in extract.blocks if b.kind is kind]


def headings(source: str) -> list[tuple[int, str]]:
    extract = text.load(source.encode())
    return [(s.level, source[s.heading.start : s.heading.end]) for s in extract.sections]


def paragraphs(source: str) -> list[str]:
    return shown(text.load(source.encode()), BlockKind.PARAGRAPH)


def items(source: str) -> list[str]:
    return shown(text.load(source.encode()), BlockKind.LIST_ITEM)


def test_the_text_is_the_file_with_its_line_ends() -> None:
    assert text.load(b"\xef\xbb\xbfOne.\r\n\r\nTwo.\rThree.\n").text == "One.\r\n\r\nTwo.\rThree.\n"


def test_each_line_of_a_scraped_page_is_a_paragraph() -> None:
    assert paragraphs(f"{LONG.strip()}\nA short one.\n{LONG.strip()}\n") == [LONG.strip(), "A short one.", LONG.strip()]


def test_wrapped_lines_are_one_paragraph() -> None:
    source = (
        "The first line of a paragraph that somebody\nwrapped by hand goes on here\nand ends here.\n\nA second one.\n"
    )
    assert paragraphs(source) == [source.split("\n\n")[0].replace("\n", " "), "A second one."]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            f"Why Feet Tingle\n\n{LONG}\n\nGetting tested\n\n{LONG}", ["Why Feet Tingle", "Getting tested"], id="alone"
        ),
        pytest.param(f"{LONG}\nWhat Is It?\n{LONG}", [], id="not-alone"),
        pytest.param("Intro\n=====\n\nText here.\n\nPart\n----\n\nMore.", ["Intro", "Part"], id="underlined"),
        pytest.param(f"{LONG}\n\nSigns include:\n\n- one\n- two\n\n{LONG}", [], id="lead-in"),
        pytest.param(f"Skip to content\n\nA Guide to Feet\n\n{LONG}", ["A Guide to Feet"], id="skip-link"),
        pytest.param(f"Methods . . . . . 12\n\n{LONG}", [], id="table-of-contents"),
    ],
)
def test_headings(source: str, expected: list[str]) -> None:
    assert [name for _, name in headings(source)] == expected


@pytest.mark.parametrize("bullet", ["-", "•", "1.", "(a)"])
def test_the_bullet_belongs_to_the_item(bullet: str) -> None:
    assert items(f"{LONG}\n\n  {bullet} numb toes\n  {bullet} cold feet\n") == [
        f"{bullet} numb toes",
        f"{bullet} cold feet",
    ]


@pytest.mark.parametrize(
    ("source", "starts"),
    [pytest.param("one\ftwo\fthree", (0, 4, 8), id="between"), pytest.param("one\f\ftwo", (0, 4, 4), id="empty-page")],
)
def test_form_feeds_turn_pages(source: str, starts: tuple[int, ...]) -> None:
    assert text.load(source.encode()).page_starts == starts


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
