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
        pytest.param("Save 20% off while stocks last!", [("advert", "Save 20% off while stocks last!")], id="bargain"),
        pytest.param("Learn more on our page. It helps.", [("pointer", "Learn more on our page.")], id="pointer"),
        pytest.param("[Home](a) [Guides](b) [Shop](c)", [("links", "Home Guides Shop")], id="menu on a line"),
        pytest.param("[One](a)\n\n[Two](b)", [("links", "One"), ("links", "Two")], id="run of links"),
        pytest.param("Share on Facebook", [("prompt", "Share on Facebook")], id="share"),
        pytest.param("Home > Guides > This page", [("prompt", "Home > Guides > This page")], id="trail"),
        pytest.param("Privacy | Terms | Contact", [("prompt", "Privacy | Terms | Contact")], id="site links"),
        pytest.param("Page 3 of 10", [("prompt", "Page 3 of 10")], id="page number"),
        pytest.param("Published on 3 March 2024", [("prompt", "Published on 3 March 2024")], id="date"),
        pytest.param(
            "Updated: 03/03/2024 by A. Person", [("prompt", "Updated: 03/03/2024 by A. Person")], id="date, by"
        ),
        pytest.param(
            "Causes include:\n\nThe next paragraph speaks at length of something else entirely.",
            [("lost_list", "Causes include:")],
            id="lost list",
        ),
        pytest.param(
            "It is rare. Causes include:\n\n## A heading",
            [("lost_list", "Causes include:")],
            id="lost list after a sentence",
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
        "Book a test when the numbness lasts.",
        "Book an appointment with your doctor if it lasts for a week.",
        "Call your doctor today",
        "Start the treatment at once",
        "Take a tablet daily",
        "Who should be tested?",
        "Published in 2024, the guideline changed the dose.",
        "Serum B12 > 300 pg/ml",
        "In 2014 Smith and colleagues wrote of 40 people (J Test 2014;4(2):11).",
        "Read [this](a) or [that](b) and [more](c) before you begin with it.",
        "[One link alone](a)",
        "StatPearls is a collection of articles.",
    ],
    ids=str,
)
@pytest.mark.parametrize("file", ["a.md", "a.txt"])
def test_text_that_only_looks_like_it_stays(middle: str, file: str) -> None:
    assert found(middle, file) == []


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


def test_markup_shows_what_is_not_content() -> None:
    page = (
        "<nav><p>Menu</p></nav><form><p>Your thoughts</p></form><aside><p>A pull quote.</p></aside>"
        "<header><p>Site name</p><h1>The title</h1></header><footer><p>At the foot</p></footer>"
    )
    assert [text for rule, text in found(page, "a.html") if rule == "markup"] == [
        "Menu",
        "Your thoughts",
        "Site name",
        "At the foot",
    ]


HARD = {
    "dashes": "Published " + "-" * 60 + "x",
    "figures": "Published " + "1" * 60 + "x",
    "months": "Published " + "mar" * 40 + "!x",
    "site links": "help|help" + "|a" * 50_000 + ".",
    "digits": "1" * 100_000 + "x",
    "seams": "Book a visit" + "aB" * 5_000,
    "blanks": "Published" + " " * 50_000 + "x",
}


@pytest.mark.parametrize("text", HARD.values(), ids=HARD.keys())
def test_a_hard_line_is_read_and_hides_nothing_else(text: str) -> None:
    """A rule that tried every way to read such a line would not finish."""
    extract = load(f"{SENTENCE}\n\n## References\n\n{text}\n".encode(), "a.md")
    assert not any(found.range.start < len(SENTENCE) for found in mark(extract))


def test_a_page_of_thousands_of_links_is_read() -> None:
    page = "".join(f"<h2>Head {i}</h2><p>Text with <a href=x>a link</a> in it.</p>" for i in range(3000))
    assert mark(load(f"<html><body>{page}".encode(), "a.html")) == ()


PAGES = "A first page stands here.\f{}\n\nAnother paragraph of the page ends here.\n"


@pytest.mark.parametrize(
    ("middle", "marked"),
    [
        pytest.param(
            "is called with a command it starts.", ["is called with a command it starts."], id="begins inside"
        ),
        pytest.param(
            "The number of jobs may be set to\n\nwhatever is needed. It is one.",
            ["The number of jobs may be set to", "whatever is needed."],
            id="cut",
        ),
        pytest.param(", and so on. It helps.", [", and so on."], id="sign"),
        pytest.param(
            "Country loaf yes no no Brioche yes yes no Rye",
            ["Country loaf yes no no Brioche yes yes no Rye"],
            id="table",
        ),
        pytest.param("The whole of it is here, as it was.", [], id="whole"),
        pytest.param("B12 is a vitamin. \u201cquoted\u201d words stay.", [], id="sentence"),
        pytest.param("env_parallel is a function of the shell.", [], id="name of a command"),
    ],
)
def test_fragments_of_printed_pages_are_marked(middle: str, marked: list[str]) -> None:
    extract = load(PAGES.format(middle).encode(), "a.txt")
    assert [extract.text[each.range.start : each.range.end] for each in mark(extract)] == marked
    assert {each.rule for each in mark(extract)} <= {"fragment"}
    assert mark(load(PAGES.format(middle).replace("\f", "\n\n").encode(), "a.txt")) == ()
