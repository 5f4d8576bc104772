from itertools import chain, pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from b12assistant.loaders.passages import chunk, passage_id
from b12assistant.types import (
    Block,
    BlockKind,
    Document,
    DocumentId,
    Mark,
    MarkKind,
    Passage,
    Range,
    Section,
)

WORDS = st.sampled_from(
    ["numb", "feet.", "Dr.", "1,000 mcg.", "x" * 30, "e\u0301", "\u00ad", "😀", "\n", "\f", "Why?", "B12"]
)


def words(text: str) -> int:
    return len(text.split())


def characters(text: str) -> int:
    return len(text)


def texts(passages: tuple[Passage, ...]) -> list[list[str]]:
    return [[span.text for span in passage.sentences] for passage in passages]


def document(
    *blocks: str, heading_at: tuple[int, ...] = (), marks: tuple[Mark, ...] = (), name: str = "a.txt"
) -> Document:
    """Each text is a block; those in ``heading_at`` are headings."""
    starts = [0]
    for block in blocks:
        starts.append(starts[-1] + len(block) + 1)
    ranges = [Range(start, start + len(block)) for start, block in zip(starts, blocks, strict=False)]
    edges = [*(starts[i] for i in heading_at), starts[-1]]
    return Document(
        DocumentId(name),
        "digest",
        "Title",
        "\n".join(blocks) + "\n",
        sections=tuple(Section(ranges[i], 2, *edge) for i, edge in zip(heading_at, pairwise(edges), strict=True)),
        blocks=tuple(
            Block(BlockKind.HEADING if i in heading_at else BlockKind.PARAGRAPH, range_)
            for i, range_ in enumerate(ranges)
        ),
        marks=marks,
    )


def test_a_sentence_without_blanks_is_split_anyway() -> None:
    parts = texts(chunk(document("x" * 25), characters, most=10))
    assert parts == [["x" * 10], ["x" * 10], ["x" * 5]]


def test_sections_are_not_mixed() -> None:
    passages = chunk(document("Before.", "Head", "One.", "Two.", "Next", "Three.", heading_at=(1, 4)), words, most=50)
    assert texts(passages) == [["Before."], ["One.", "Two."], ["Three."]]
    assert [[section.heading.start for section in passage.section] for passage in passages] == [[], [8], [23]]


def test_text_that_is_marked_never_is_skipped() -> None:
    advert = Mark(Range(8, 19), MarkKind.NEVER, "advert")
    marked = document("It was. Book today! It is.", marks=(advert,))
    assert texts(chunk(marked, words, most=50)) == [["It was.", "It is."]]


def test_each_reference_is_a_passage_of_its_own() -> None:
    blocks = ("Text. More.", "1. Smith J. A title. 2001.", "2. Doe J. Another. 2002.")
    marks = (Mark(Range(12, 38), MarkKind.REFERENCE, "reference"), Mark(Range(39, 63), MarkKind.REFERENCE, "reference"))
    passages = chunk(document(*blocks, marks=marks), words, most=50)
    assert texts(passages) == [["Text.", "More."], [blocks[1]], [blocks[2]]]
    assert [passage.reference for passage in passages] == [False, True, True]


def test_the_same_sentence_twice_gives_two_ids() -> None:
    twice = document("Head", "Take it.", "Head", "Take it.", heading_at=(0, 2))
    first, second = chunk(twice, words, most=50)
    assert texts((first,)) == texts((second,))
    assert first.id != second.id


def test_an_id_is_the_same_on_every_machine() -> None:
    (passage,) = chunk(document("Take it. It helps."), words, most=9)
    assert passage.id == passage_id(DocumentId("a.txt"), "Take it.\nIt helps.", 0) == "0a32e214a614e2de89af"


def test_a_change_elsewhere_keeps_the_id() -> None:
    before = chunk(document("Head", "Kept.", heading_at=(0,)), words, most=9)
    after = chunk(document("New.", "Head", "Kept.", heading_at=(1,)), words, most=9)
    assert before[0].id == after[1].id


@st.composite
def documents(draw: st.DrawFn) -> Document:
    """Blocks of awkward words, some of them headings, with marks anywhere."""
    blocks = draw(st.lists(st.lists(WORDS, min_size=1, max_size=12).map(" ".join), min_size=1, max_size=6))
    headings = draw(st.sets(st.integers(0, len(blocks) - 1)))
    length = sum(len(block) + 1 for block in blocks)
    cuts = sorted(draw(st.sets(st.integers(0, length), max_size=8)))
    marks = tuple(
        Mark(Range(start, end), draw(st.sampled_from(MarkKind)), "drawn") for start, end in list(pairwise(cuts))[::2]
    )
    return document(*blocks, heading_at=tuple(sorted(headings)), marks=marks)


ANY = given(documents(), st.integers(3, 12))


@ANY
@example(document("x" * 40), 3)
def test_every_quotable_character_lies_in_exactly_one_sentence(drawn: Document, most: int) -> None:
    spans = [span for passage in chunk(drawn, characters, most=most) for span in passage.sentences]
    said = [at for span in spans for at in range(span.start, span.end) if not drawn.text[at].isspace()]
    left_out = [mark.range for mark in drawn.marks if mark.kind is MarkKind.NEVER]
    left_out += [block.range for block in drawn.blocks if block.kind is BlockKind.HEADING]
    gone = set(chain.from_iterable(range(range_.start, range_.end) for range_ in left_out))
    assert said == [at for at in range(len(drawn.text)) if at not in gone and not drawn.text[at].isspace()]


@ANY
def test_a_passage_is_all_reference_or_not_at_all(drawn: Document, most: int) -> None:
    marked = [mark.range for mark in drawn.marks if mark.kind is MarkKind.REFERENCE]
    for passage in chunk(drawn, characters, most=most):
        if not passage.reference:
            assert not any(span.range.overlaps(mark) for span in passage.sentences for mark in marked)
