from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.types import Document, DocumentId, Range, Section, Span

RANGES = st.tuples(st.integers(0, 40), st.integers(1, 20)).map(lambda pair: Range(pair[0], pair[0] + pair[1]))


def document(text: str = "0123456789", *, page_starts: tuple[int, ...] = (), name: str = "a.txt") -> Document:
    return Document(DocumentId(name), "digest", "Title", text, page_starts=page_starts)


@pytest.mark.parametrize(("start", "end"), [(3, 3), (5, 4), (-1, 2)], ids=["empty", "back", "before"])
def test_what_is_not_a_range_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a range"):
        Range(start, end)


@pytest.mark.parametrize(("start", "end"), [(3, 3), (5, 4), (-1, 2), (8, 11)], ids=["empty", "back", "before", "over"])
def test_a_span_outside_its_document_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=r"not a span of a\.txt"):
        Span(document(), start, end)


@given(st.text(min_size=1), st.data())
def test_the_text_of_a_span_is_a_slice(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert Span(document(text), start, end).text == text[start:end]


@given(RANGES, RANGES)
def test_a_range_contains_what_lies_within_it(one: Range, other: Range) -> None:
    inside = set(range(other.start, other.end)) <= set(range(one.start, one.end))
    assert one.contains(other) is inside


@given(RANGES, st.lists(RANGES))
def test_without_leaves_exactly_what_is_not_taken(whole: Range, drawn: list[Range]) -> None:
    taken = [new for i, new in enumerate(sorted(drawn)) if not any(new.overlaps(old) for old in sorted(drawn)[:i])]
    parts = list(whole.without(taken))
    gone = {at for range_ in taken for at in range(range_.start, range_.end)}
    assert [at for part in parts for at in range(part.start, part.end)] == [
        at for at in range(whole.start, whole.end) if at not in gone
    ]
    assert all(before.end < after.start for before, after in pairwise(parts))


@pytest.mark.parametrize(
    ("start", "end", "pages"),
    [(0, 4, (1, 1)), (3, 5, (1, 2)), (4, 7, (2, 2)), (0, 10, (1, 4)), (8, 9, (4, 4))],
    ids=["first", "across a break", "up to a break", "all", "after an empty page"],
)
def test_a_span_names_its_first_and_last_page(start: int, end: int, pages: tuple[int, int]) -> None:
    assert Span(document(page_starts=(0, 4, 7, 7)), start, end).pages == pages


def test_without_pages_there_is_no_page_number() -> None:
    assert Span(document(), 0, 1).pages is None


@given(st.lists(st.integers(0, 9), min_size=1).map(lambda starts: (0, *sorted(starts))))
def test_page_numbers_never_decrease(starts: tuple[int, ...]) -> None:
    pages = [Span(document(page_starts=starts), at, at + 1).pages for at in range(10)]
    assert all(page is not None and page[0] == page[1] >= 1 for page in pages)
    assert pages == sorted(pages, key=lambda page: page or (0, 0))


def test_the_heading_path_leads_from_the_title_to_the_nearest_heading() -> None:
    levels = [1, 2, 3, 2, 4]
    sections = tuple(Section(Range(10 * i, 10 * i + 2), level, 10 * i, 10 * i + 10) for i, level in enumerate(levels))
    headed = replace(document("x" * 60), sections=sections)
    paths = [[section.start // 10 for section in headed.heading_path(10 * i + 5)] for i in range(6)]
    assert paths == [[0], [0, 1], [0, 1, 2], [0, 3], [0, 3, 4], [0, 3, 4]]
