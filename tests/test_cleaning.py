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
EXPECTATIONS = (
    "never",
    "never_every",
    "reference",
    "keep",
    "keep_not_reference",
    "absent",
)
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
