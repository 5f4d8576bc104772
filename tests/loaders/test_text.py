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


def test_lines_that_do_not_continue_are_not_joined() -> None:
    assert paragraphs("Rose Street 4\nOld Town\n12 Hill Road\n") == ["Rose Street 4", "Old Town", "12 Hill Road"]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            f"Why Feet Tingle\n\n{LONG}\n\nGetting tested\n\n{LONG}", ["Why Feet Tingle", "Getting tested"], id="alone"
        ),
        pytest.param(f"{LONG}\nWhat Is It?\n{LONG}", [], id="not-alone"),
        pytest.param("Intro\n=====\n\nText here.\n\nPart\n----\n\nMore.", ["Intro", "Part"], id="underlined"),
        pytest.param(f"{LONG}\n\nSigns include:\n\n- one\n- two\n\n{LONG}", [], id="lead-in"),
        pytest.param(f"{LONG}\n\nCall us today!\n\n{LONG}", [], id="exclamation"),
        pytest.param(f"{LONG}\n\nIf it hurts, do you rest?\n\n{LONG}", ["If it hurts, do you rest?"], id="question"),
        pytest.param(f"Skip to content\n\nA Guide to Feet\n\n{LONG}", ["A Guide to Feet"], id="skip-link"),
        pytest.param(f"{LONG}\n\nPublished on: Modified on:\n\n{LONG}", [], id="empty-fields"),
        pytest.param(f"{LONG}\nFatigue\nNausea\nAnemia\n{LONG}", [], id="terms-in-a-row"),
        pytest.param((f"{LONG}\n\nBack to Start Now\n\n") * 3 + LONG, [], id="repeated"),
        pytest.param(f"{LONG}\n\nImage Courtesy of Somebody", [], id="nothing-follows"),
        pytest.param(f"Methods . . . . . 12\n\n{LONG}", [], id="table-of-contents"),
    ],
)
def test_headings(source: str, expected: list[str]) -> None:
    assert [name for _, name in headings(source)] == expected


def test_the_title_is_at_the_top_only() -> None:
    assert text.load(f"On Numb Feet\n\n{LONG}\n\nMore Here\n\n{LONG}".encode()).title == "On Numb Feet"
    assert text.load(f"{LONG}\n\nMore Here\n\n{LONG}".encode()).title is None


def test_a_section_ends_where_the_next_heading_begins() -> None:
    source = f"Title Here\n\n{LONG}\n\nPart One\n\n{LONG}"
    sections = text.load(source.encode()).sections
    assert [(s.start, s.end) for s in sections] == [(0, source.index("Part")), (source.index("Part"), len(source))]


@pytest.mark.parametrize("bullet", ["-", "•", "*", "1.", "2)", "(3)", "(a)", "b)", "iv."])
def test_the_bullet_belongs_to_the_item(bullet: str) -> None:
    assert items(f"{LONG}\n\n  {bullet} numb toes\n  {bullet} cold feet\n") == [
        f"{bullet} numb toes",
        f"{bullet} cold feet",
    ]


def test_an_indented_line_continues_its_item() -> None:
    assert items("Signs:\n\n- numb toes\n  and fingers\n- cold feet\n") == ["- numb toes and fingers", "- cold feet"]


def test_a_wrapped_item_may_continue_with_a_name() -> None:
    lead = "Among the signs that people tell their own\ndoctors are these:\n\n"
    source = f"{lead}- a burning feeling that was found by the\nLondon group\n- cold\nThen see one.\n"
    assert items(source) == ["- a burning feeling that was found by the London group", "- cold"]


def test_a_number_that_wrapping_put_at_the_front_is_not_an_item() -> None:
    source = "Most people in this group are over the age of\n60. Of these many never have a test\nand so do not know.\n"
    assert paragraphs(source) == [source.strip().replace("\n", " ")]


@pytest.mark.parametrize(
    ("source", "starts"),
    [
        pytest.param("one\ftwo\fthree", (0, 4, 8), id="between"),
        pytest.param("one\n\ftwo\n\f", (0, 4), id="after-each-page"),
        pytest.param("no pages", (), id="none"),
        pytest.param("one\f\ftwo", (0, 4, 4), id="empty-page"),
    ],
)
def test_form_feeds_turn_pages(source: str, starts: tuple[int, ...]) -> None:
    assert text.load(source.encode()).page_starts == starts


def test_a_wrapped_paragraph_runs_over_the_page_end() -> None:
    source = "The paragraph begins on this page and\n\fgoes on over here, where it says\nthat it ends.\n"
    assert paragraphs(source) == [
        "The paragraph begins on this page and goes on over here, where it says that it ends."
    ]
    assert text.load(source.encode()).page_starts == (0, source.index("goes") - 1)
