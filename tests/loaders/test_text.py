import pytest

from b12assistant.loaders import text
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
