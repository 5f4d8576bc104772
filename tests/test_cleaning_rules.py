"""Each rule on a page of its own, and text that looks like a case for it but is not."""

import pytest

from b12assistant.cleaning import mark
from b12assistant.loaders import load

SENTENCE = "An ordinary paragraph stands here and is long enough to be one, so that the page is a page."


def found(middle: str, file: str = "a.md") -> list[tuple[str, str]]:
    """Rule and text of every mark on a page with ``middle`` between two ordinary paragraphs."""
    first, last = (f"<p>{SENTENCE}</p>",) * 2 if file.endswith(".html") else (SENTENCE, SENTENCE)
    extract = load(f"{first}\n\n{middle}\n\n{last.replace('An ordinary', 'A last')}".encode(), file)
    return [(each.rule, extract.text[each.range.start : each.range.end].strip()) for each in mark(extract)]


@pytest.mark.parametrize(
    ("middle", "marks"),
    [
        pytest.param("Order now", [("advert", "Order now")], id="button"),
        pytest.param("Learn more on our page. It helps.", [("pointer", "Learn more on our page.")], id="pointer"),
        pytest.param("[Home](a) [Guides](b) [Shop](c)", [("links", "Home Guides Shop")], id="menu on a line"),
        pytest.param("Share on Facebook", [("prompt", "Share on Facebook")], id="share"),
        pytest.param("Privacy | Terms | Contact", [("prompt", "Privacy | Terms | Contact")], id="site links"),
        pytest.param(
            "Causes include:\n\nThe next paragraph speaks at length of something else entirely.",
            [("lost_list", "Causes include:")],
            id="lost list",
        ),
        pytest.param(
            "Smith J, Doe A. A title. J Test. 2001;4(2):11-19.",
            [("reference", "Smith J, Doe A. A title. J Test. 2001;4(2):11-19.")],
            id="reference",
        ),
    ],
)
def test_text_about_the_page_is_marked(middle: str, marks: list[tuple[str, str]]) -> None:
    assert found(middle) == marks


@pytest.mark.parametrize(
    "middle",
    [
        "Get tested",
        "Order the tests in this sequence.",
        "Share your results with your doctor.",
        "Call your doctor today",
        "Who should be tested?",
        "In 2014 Smith and colleagues wrote of 40 people (J Test 2014;4(2):11).",
        "Read [this](a) or [that](b) and [more](c) before you begin with it.",
    ],
    ids=str,
)
def test_text_that_only_looks_like_it_stays(middle: str) -> None:
    assert found(middle, "a.md") == []


@pytest.mark.parametrize(
    "middle",
    [
        pytest.param("Causes include:\n\n- Diet\n- Age", id="a list"),
        pytest.param("Which of these apply to you:\n\n- Numb feet\n- Tired legs", id="a question before a list"),
        pytest.param("What are the signs?:\n\n- Numb feet\n- Tired legs", id="a question with a colon"),
        pytest.param("The guideline says:\n\n“Test everyone over 65.”", id="a quotation"),
        pytest.param("Food and amount:\n\nLiver\n\n70 mcg", id="a flattened table of two rows"),
        pytest.param("Amounts:\n\n| Food | Amount: |\n|---|---|\n| Liver | 70 mcg |", id="a table"),
    ],
)
def test_a_lead_in_that_leads_somewhere_stays(middle: str) -> None:
    assert found(middle) == []


def test_contents_are_marked_where_they_repeat_the_headings() -> None:
    titles = ("Causes", "Signs", "Tests")
    contents = "\n".join(f"- {title}" for title in titles)
    page = "Contents\n\n" + contents + "".join(f"\n\n## {title}\n\n{title} are told here." for title in titles)
    assert found(page) == [("contents", "Contents"), *(("contents", title) for title in titles)]


def test_a_list_of_other_things_is_not_a_table_of_contents() -> None:
    assert found("- Causes\n- Signs\n- Tests\n\n## Causes\n\nThey are told here.") == []


def test_a_line_on_every_page_is_furniture() -> None:
    pages = "\n\n".join(f"The Nerve Journal, page {i}\n\nPage text with number {i} in it." for i in range(3))
    assert found(pages) == [("furniture", f"The Nerve Journal, page {i}") for i in range(3)]


HARD = {
    "dashes": "Published " + "-" * 60 + "x",
    "digits": "1" * 100_000 + "x",
    "seams": "Book a visit" + "aB" * 5_000,
    "blanks": "Published" + " " * 50_000 + "x",
}


@pytest.mark.parametrize("text", HARD.values(), ids=HARD.keys())
def test_a_hard_line_is_read_and_hides_nothing_else(text: str) -> None:
    """A rule that tried every way to read such a line would not finish."""
    extract = load(f"{SENTENCE}\n\n## References\n\n{text}\n".encode(), "a.md")
    assert not any(found.range.start < len(SENTENCE) for found in mark(extract))
