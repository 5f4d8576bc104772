"""Pages with what must and must not be quotable in each (`fixtures/pages/README.md`), and the laws of marks."""

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.cleaning import RULES, mark, marked_share
from b12assistant.loaders import load
from b12assistant.types import Document, DocumentId, Extract, Mark, MarkKind

FIXTURES = Path(__file__).parent / "fixtures"
EXPECTATIONS = ("never", "never_every", "reference", "keep", "keep_not_reference", "absent")
SEEN_LATE = ("pages_held_out", "pages_final")  # written after the rules


class Entry(NamedTuple):
    """One line of a page's expectations."""

    page: Path
    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.page.stem}-{self.key}-{self.text[:30].strip()}"


def entries(folder: str) -> Iterator[Entry]:
    for file in sorted((FIXTURES / folder).glob("*.expected.toml")):
        stem = file.name.removesuffix(".expected.toml")
        (page,) = (path for path in file.parent.glob(f"{stem}.*") if path != file)
        expected = tomllib.loads(file.read_text("utf-8"))
        assert set(expected) <= {*EXPECTATIONS, "why"}, f"{file}: a key that nobody checks"
        for key in EXPECTATIONS:
            yield from (Entry(page, key, text) for text in expected.get(key, []))


@lru_cache
def read(page: Path) -> tuple[Extract, tuple[Mark, ...]]:
    extract = load(page.read_bytes(), page.name)
    return extract, mark(extract)


@lru_cache
def marked(page: Path, kind: MarkKind) -> frozenset[int]:
    """Every offset in marks of a kind."""
    return frozenset(at for m in read(page)[1] if m.kind is kind for at in range(m.range.start, m.range.end))


def holds(entry: Entry) -> bool:
    text = read(entry.page)[0].text
    never, reference = (marked(entry.page, kind) for kind in (MarkKind.NEVER, MarkKind.REFERENCE))
    places = [
        {at for at in range(found.start(), found.end()) if not text[at].isspace()}
        for found in re.finditer(re.escape(entry.text), text)
    ]
    match entry.key:
        case "never" | "never_every":  # what the loader left out cannot be quoted either
            return all(place <= never for place in places)
        case "reference":
            return bool(places) and all(place <= reference for place in places)
        case "keep":
            return bool(places) and not any(place & never for place in places)
        case "keep_not_reference":
            return bool(places) and not any(place & (never | reference) for place in places)
        case _:
            return not places


@pytest.mark.parametrize("entry", list(entries("pages")), ids=str)
def test_every_expectation_of_a_page_holds(entry: Entry) -> None:
    assert holds(entry)


@pytest.mark.parametrize(
    "entry", [entry for folder in SEEN_LATE for entry in entries(folder) if entry.key.startswith("keep")], ids=str
)
def test_pages_written_after_the_rules_lose_nothing(entry: Entry) -> None:
    assert holds(entry)


@pytest.mark.parametrize("keys", [("never", "never_every", "absent"), ("reference",)], ids=["never", "reference"])
@pytest.mark.parametrize("folder", SEEN_LATE)
def test_nine_in_ten_are_marked_on_pages_written_after_the_rules(folder: str, keys: tuple[str, ...]) -> None:
    asked = [entry for entry in entries(folder) if entry.key in keys]
    missed = [entry for entry in asked if not holds(entry)]
    assert len(missed) <= 0.1 * len(asked), "\n".join(map(str, missed))


LINES = st.sampled_from(
    [
        "Book a Visit NowWhat Is It?",
        "# Head",
        "## References",
        "- One item",
        "1. Smith J, Doe A. A title. J Test. 2001;4(2):11-19. doi:10.5555/x.1",
        "2. 2",
        "Causes include:",
        "Share on Facebook",
        "[a](b) [c](d) [e](f)",
        "| a | b |",
        "Learn more on this page. The rest stays.",
        "We offer free delivery and friendly, award-winning plants to your door!",
        "e\u0301 \u00ad 😀 \u200b",
        "\f",
        "",
        "An ordinary sentence, with a comma.",
    ]
) | st.text(st.characters(codec="utf-8", exclude_categories=["Cc"]), max_size=20)
PAGES = st.tuples(st.lists(LINES, min_size=1, max_size=12).map("\n".join), st.sampled_from(["a.md", "a.txt", "a.html"]))


def drawn(page: tuple[str, str]) -> Extract:
    return load(f"<p>.</p>{page[0]}".encode() if page[1] == "a.html" else f"{page[0]}\n\nEnd.".encode(), page[1])


@given(PAGES)
def test_marks_are_in_order_apart_and_inside_the_text(page: tuple[str, str]) -> None:
    extract = drawn(page)
    ranges = [found.range for found in mark(extract)]
    assert all(before.end <= after.start for before, after in pairwise(ranges))
    assert all(range_.end <= len(extract.text) for range_ in ranges)


@given(PAGES)
def test_marks_lie_in_blocks_and_name_their_rule(page: tuple[str, str]) -> None:
    extract = drawn(page)
    kinds = {name: kind for name, kind, _ in RULES}
    for found in mark(extract):
        assert any(block.range.contains(found.range) for block in extract.blocks)
        assert kinds[found.rule] is found.kind


@given(PAGES)
def test_the_marked_share_is_that_of_what_can_be_seen(page: tuple[str, str]) -> None:
    extract = drawn(page)
    marks = mark(extract)
    document = Document(DocumentId("a"), "d", "t", extract.text, marks=marks)
    seen = [at for at, character in enumerate(extract.text) if not character.isspace()]
    never = [found.range for found in marks if found.kind is MarkKind.NEVER]
    covered = [at for at in seen if any(range_.start <= at < range_.end for range_ in never)]
    assert marked_share(document) == pytest.approx(len(covered) / len(seen))


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
        pytest.param("It helps. See [the other guide](a).", [("pointer", "See the other guide.")], id="linked pointer"),
        pytest.param(
            "<table><tr><td><a href=a>Prev</a></td><td><a href=b>Up</a></td><td><a href=c>Next</a></td></tr></table>",
            [("links", "Prev | Up | Next")],
            id="pages before and after",
        ),
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
        "See your doctor. See [a doctor](a) at once if your legs go numb or weak.",
        "| Step | Next |\n|---|---|\n| 1 | Ring |",
        "In 2014 Smith and colleagues wrote of 40 people (J Test 2014;4(2):11).",
        "Read [this](a) or [that](b) and [more](c) before you begin with it.",
    ],
)
def test_text_that_only_looks_like_it_stays(middle: str) -> None:
    assert found(middle, "a.md") == []


@pytest.mark.parametrize(
    "middle",
    [
        pytest.param("Causes include:\n\n- Diet\n- Age", id="a list"),
        pytest.param("Which of these apply to you:\n\n- Numb feet\n- Tired legs", id="a question before a list"),
        pytest.param("What are the signs?:\n\n- Numb feet\n- Tired legs", id="a question with a colon"),
        pytest.param("Remove it with:\n\n```\napt purge milk\n```", id="code"),
        pytest.param("<p>Foods:</p><dl><dt>Liver</dt><dd>It is rich.</dd></dl>", id="terms"),
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


def test_a_line_that_only_repeats_a_heading_is_contents_and_what_says_or_leads_to_something_is_not() -> None:
    others = ("- Causes\n- Signs\n- Tests", "Causes:\n\n- Diet\n- Age", "Causes\n\n- Diet\n- Age", "Causes.", "Causes")
    assert [found(f"{each}\n\n## Causes\n\nTold.") for each in others] == [*([[]] * 4), [("contents", "Causes")]]


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
