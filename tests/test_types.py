from dataclasses import FrozenInstanceError, replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.types import (
    Document,
    DocumentId,
    FileEnd,
    FileReport,
    GenerationId,
    IndexReport,
    Interest,
    Passage,
    PassageId,
    Range,
    Section,
    Source,
    SourceKind,
    Span,
)

RANGES = st.tuples(st.integers(0, 40), st.integers(1, 20)).map(lambda pair: Range(pair[0], pair[0] + pair[1]))


def document(text: str = "0123456789", *, page_starts: tuple[int, ...] = (), name: str = "a.txt") -> Document:
    return Document(DocumentId(name), "digest", "Title", text, page_starts=page_starts)


@pytest.mark.parametrize(
    ("start", "end"), [(0, 0), (3, 3), (5, 4), (-1, 2)], ids=["nothing", "empty", "back", "before"]
)
def test_what_is_not_a_range_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a range"):
        Range(start, end)


@pytest.mark.parametrize(
    ("start", "end"), [(3, 3), (5, 4), (-1, 2), (8, 11), (10, 11)], ids=["empty", "back", "before", "over", "after"]
)
def test_a_span_outside_its_document_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match=r"not a span of a\.txt"):
        Span(document(), start, end)


@given(st.text(min_size=1), st.data())
def test_the_text_of_a_span_is_a_slice(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start + 1, len(text)))
    assert Span(document(text), start, end).text == text[start:end]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        (Range(0, 3), Range(3, 5), False),
        (Range(0, 4), Range(3, 5), True),
        (Range(0, 9), Range(3, 5), True),
    ],
    ids=["side by side", "crossing", "within"],
)
def test_ranges_overlap_when_they_share_a_character(one: Range, other: Range, together: bool) -> None:
    assert one.overlaps(other) is other.overlaps(one) is together


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


def test_documents_are_compared_by_id_and_digest_alone() -> None:
    one = document()
    assert one == replace(one, title="Another", text="Another")
    assert one != replace(one, digest="another")
    assert hash(one) == hash(replace(one, text="Another"))


def test_spans_of_two_documents_are_two_spans() -> None:
    assert Span(document(name="a.txt"), 0, 5) != Span(document(name="b.txt"), 0, 5)


def test_spans_are_ordered_by_document_and_place() -> None:
    first, second = document(name="a.txt"), document(name="b.txt")
    ordered = [Span(first, 0, 3), Span(first, 0, 5), Span(first, 2, 3), Span(second, 0, 1)]
    shuffled = {ordered[2], ordered[3], ordered[0], ordered[1]}
    assert sorted(shuffled) == ordered


def test_nothing_shows_a_whole_book_in_a_message() -> None:
    assert "secret" not in repr(Span(document("secret" * 100), 0, 6))


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        document().text = "other"  # type: ignore[misc]


def test_the_heading_path_leads_from_the_title_to_the_nearest_heading() -> None:
    levels = [1, 2, 3, 2, 4]
    sections = tuple(Section(Range(10 * i, 10 * i + 2), level, 10 * i, 10 * i + 10) for i, level in enumerate(levels))
    headed = replace(document("x" * 60), sections=sections)
    paths = [[section.start // 10 for section in headed.heading_path(10 * i + 5)] for i in range(6)]
    assert paths == [[0], [0, 1], [0, 1, 2], [0, 3], [0, 3, 4], [0, 3, 4]]


def test_above_the_first_heading_the_path_is_empty() -> None:
    headed = replace(document(), sections=(Section(Range(5, 6), 1, 5, 10),))
    assert headed.heading_path(4) == ()


def test_a_passage_runs_from_its_first_sentence_to_its_last() -> None:
    whole = document()
    passage = Passage(PassageId("p"), (whole.span(1, 3), whole.span(5, 8)))
    assert passage.span == whole.span(1, 8)


def test_a_report_counts_each_end() -> None:
    ends = [FileEnd.INDEXED, FileEnd.LEFT_OUT, FileEnd.INDEXED]
    report = IndexReport(GenerationId("g"), tuple(FileReport(f"{i}.txt", end) for i, end in enumerate(ends)))
    assert [report.count(end) for end in FileEnd] == [2, 0, 1]


def test_a_report_names_the_files_without_source_facts() -> None:
    files = (FileReport("a.txt", FileEnd.INDEXED), FileReport("b.txt", FileEnd.INDEXED, described=False))
    assert IndexReport(GenerationId("g"), files).undescribed == ("b.txt",)


@pytest.mark.parametrize(
    ("source", "described"),
    [(Source(), False), (Source(kind=SourceKind.OTHER), True), (Source(interest=Interest.NONE), True)],
)
def test_a_source_is_described_by_its_kind_or_its_interest(source: Source, described: bool) -> None:
    assert source.is_described is described


@pytest.mark.parametrize(
    ("source", "in_force"),
    [(Source(), True), (Source(withdrawn=True), False), (Source(superseded_by="b.md"), False)],
)
def test_a_source_is_in_force_unless_withdrawn_or_superseded(source: Source, in_force: bool) -> None:
    assert source.in_force is in_force


@pytest.mark.parametrize(("based_on", "pages"), [(None, set()), ("", set()), ("a", {"a"}), ("a; b", {"a", "b"})])
def test_a_summary_names_the_pages_it_is_based_on(based_on: str | None, pages: set[str]) -> None:
    assert Source(based_on=based_on).pages_summarised == pages


@pytest.mark.parametrize(
    ("interest", "value"), [(Interest.SELLS, True), (Interest.NONE, False), (Interest.UNKNOWN, "unknown")]
)
def test_interest_in_data_is_true_false_or_unknown(interest: Interest, value: object) -> None:
    assert interest.value_in_data == value
