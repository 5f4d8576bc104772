"""An answer cannot hold free text, and a quote cannot hold words that its source does not have there."""

import dataclasses
import types
import typing
from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answers import (
    Answer,
    Disagreement,
    Flag,
    FlagKind,
    Interpretation,
    Level,
    Notice,
    NoticeKind,
    Quote,
    RuleId,
    Strength,
    TextId,
    Triage,
    Turn,
    TurnSlice,
    most_serious,
)
from b12assistant.types import Document, DocumentId, Mark, MarkKind, Passage, PassageId, Range, Section, Source, Span

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


MAY_HOLD_TEXT = (Document, Turn, Source)


def free_text(kind: object, where: str = "") -> Iterator[str]:
    """The path of every field that leads to a ``str`` which is not an id and not in ``MAY_HOLD_TEXT``."""
    where = where or getattr(kind, "__name__", str(kind))
    if kind in MAY_HOLD_TEXT or isinstance(kind, typing.NewType):
        return
    if isinstance(kind, type) and issubclass(kind, Enum):
        return
    if isinstance(kind, type) and dataclasses.is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        for field in dataclasses.fields(kind):
            yield from free_text(hints[field.name], f"{where}.{field.name}")
    elif typing.get_origin(kind) in (tuple, typing.Union, types.UnionType):
        for part in typing.get_args(kind):
            yield from free_text(part, where)
    elif kind not in (int, float, bool, types.NoneType, Ellipsis):
        yield where


@pytest.mark.parametrize("kind", [Answer, Triage, Interpretation, Disagreement, Quote, Notice])
def test_no_free_text_can_be_reached(kind: type) -> None:
    assert list(free_text(kind)) == []


TEXT = "Milk helps. Salt does not. Buy now! Eggs help too. Beans are fine. Rice is poor. Next. Last."


def at(words: str) -> tuple[int, int]:
    return TEXT.index(words), TEXT.index(words) + len(words)


NEXT = at("Next.")
MARKED = Mark(Range(*at("Buy now!")), MarkKind.NEVER, "advert")
LISTED = Mark(Range(*NEXT), MarkKind.REFERENCE, "reference")
SECTIONS = (Section(Range(*at("Milk")), 1, 0, NEXT[0]), Section(Range(*NEXT), 1, NEXT[0], len(TEXT)))
FOOD = Document(DocumentId("food.md"), "digest", "Food", TEXT, sections=SECTIONS, marks=(MARKED, LISTED))
OTHER = Document(DocumentId("other.md"), "digest", "Food", TEXT)


def quote(*words: str, best: str | None = None, document: Document = FOOD) -> Quote:
    spans = tuple(document.span(*at(each)) for each in words)
    passage = Passage(PassageId("p"), (FOOD.span(*at("Milk helps.")),))
    return Quote(spans, document.span(*at(best or words[0])), passage, Strength.STRONG, 0.5)


@pytest.mark.parametrize(
    ("words", "best", "why"),
    [
        ([], "Milk helps.", "exactly one document"),
        (["Salt does not.", "Milk helps."], None, "in order"),
        (["Milk helps. S", "Salt does not."], None, "in order"),
        (["Milk helps.", "Salt does not."], "Eggs help too.", "outside its quote"),
        (["Milk", "helps.", "Salt", "does not."], None, "at most 2 gaps"),
        (["Salt does not. Buy"], None, "marked"),
        (["Rice is poor.", "Next."], None, "one section"),
        (["Rice is poor. Next."], None, "one section"),
    ],
    ids=["no span", "backwards", "overlap", "best outside", "four spans", "marked", "two sections", "across sections"],
)
def test_a_wrong_quote_cannot_be_made(words: list[str], best: str | None, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        quote(*words, best=best)


def test_a_quote_of_two_documents_cannot_be_made() -> None:
    passage = Passage(PassageId("p"), (FOOD.span(*at("Milk helps.")),))
    with pytest.raises(ValueError, match="exactly one document"):
        Quote(
            (FOOD.span(*at("Milk helps.")), OTHER.span(*at("Salt does not."))),
            FOOD.span(*at("Milk helps.")),
            passage,
            Strength.STRONG,
            0.5,
        )


def test_a_quote_is_of_its_passage_s_document() -> None:
    with pytest.raises(ValueError, match="of one document"):
        quote("Milk helps.", document=OTHER)


@pytest.mark.parametrize(("start", "end"), [(-1, 2), (3, 2), (0, 6)], ids=["before", "backwards", "over"])
def test_a_range_that_is_not_a_slice_of_a_turn_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="not a slice of turn 0"):
        TurnSlice(Turn(0, "hello"), start, end)


def flagged(level: Level) -> Notice:
    return Notice(NoticeKind.RED_FLAG, TextId("t"), Flag(level, FlagKind.MEDICAL, RuleId(level)))


def test_the_highest_flag_counts_wherever_it_is() -> None:
    reminder = Notice(NoticeKind.RED_FLAG, TextId("reminder"))
    notices = (reminder, flagged(Level.MEDICAL_DECISION), flagged(Level.EMERGENCY), flagged(Level.URGENT))
    assert most_serious(notices) == flagged(Level.EMERGENCY)
