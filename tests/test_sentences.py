"""What holds for the passages of any text, generated with likely structure and awkward characters."""

from dataclasses import replace
from itertools import pairwise

import pytest
from builders import build_document
from fakes import FakeEncoder
from hypothesis import assume, example, given
from hypothesis import strategies as st

from b12assistant.errors import SourceError
from b12assistant.language.words import bare, find_words, split_sentences, trim
from b12assistant.loaders.passages import chunk, passage_id, sentences_in
from b12assistant.types import BlockKind, Document, DocumentId, Mark, MarkKind, Passage, Range

PIECES = [
    "e.g. ", "Dr. ", "1,000 mcg. ", "Vit. ", "2. ", "It is. ", "yes? ", "p.m. ", " (", ") ", "–", "…", "!", "”", '"',
    "•",
]  # fmt: skip
UGLIER = ["e\u0301", "\u00ad", "\u200b", "\xa0", "\f", "\r", "\n\n", "\u2028", "😀", "👩\u200d⚕️", "\u202e", "\x00"]
UGLY = st.lists(st.sampled_from(PIECES + UGLIER) | st.characters(codec="utf-8"), max_size=40).map("".join)


def split(text: str) -> list[str]:
    return [text[found.start : found.end] for found in split_sentences(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        pytest.param(["Take some, e.g. liver, daily.", "It helps."], id="e.g."),
        pytest.param(["Ask Dr. Smith first.", "He knows."], id="Dr."),
        pytest.param(["Take 1,000 mcg. daily for a month.", "Then stop."], id="mcg. goes on"),
        pytest.param(["The usual dose is 1,000 mcg.", "Take it with food."], id="mcg. ends"),
        pytest.param(["Levels were below 148 pmol/L.", "A repeat test helps."], id="L. ends"),
        pytest.param(["It made me ill.", "Poor light may too."], id="ill, a word"),
        pytest.param(["Nobody told me.", "Batch no. X12 was recalled."], id="me, a word; no. goes on"),
        pytest.param(["Vit. B12 is made by bacteria.", "Nothing else makes it."], id="Vit. B12"),
        pytest.param(["As Fig. 2 shows, it fell.", "Then it rose."], id="Fig. 2"),
        pytest.param(["Come at 5 p.m. on Monday.", "Bring a list."], id="5 p.m. goes on"),
        pytest.param(["Be here at 5 p.m.", "Then we begin."], id="5 p.m. ends"),
        pytest.param(["See doi:10.1016/S1474-4422(06)70598-1.", "It is free."], id="DOI"),
        pytest.param(["all is lower case here.", "that is no matter.", "is it?"], id="lower case"),
        pytest.param(["He said “stop it.”", "Then he left."], id="curly quotation marks"),
        pytest.param(['"Is it so?" she asked.', "Nobody knew."], id="a question within"),
        pytest.param(["The U.S. is large.", "So is Canada."], id="U.S."),
        pytest.param(["Wait (two weeks will do).", "Then ask again."], id="brackets"),
    ],
)
def test_sentences_end_where_a_reader_ends_them(sentences: list[str]) -> None:
    assert split(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("1. Eat meat.\n2. Eat fish.", ["1. Eat meat.", "2. Eat fish."]),
        ("It is so. ”", ["It is so. ”"]),
        ("😀 is first. É is second. 👩‍⚕️ is third.", ["😀 is first.", "É is second.", "👩‍⚕️ is third."]),
        ("", []),
        (" \n\t\f ", []),
        ("\u2028\xa0", []),
    ],
    ids=["numbers of items", "a closing mark", "offsets are code points", "empty", "blank", "other blanks"],
)
def test_numbers_and_marks_stay_with_their_sentence_and_blanks_have_none(text: str, sentences: list[str]) -> None:
    assert split(text) == sentences


@given(UGLY)
def test_sentences_come_in_order_and_only_blanks_are_between_them(text: str) -> None:
    assert all(before.end <= after.start for before, after in pairwise(split_sentences(text)))
    inside = {at for found in split_sentences(text) for at in range(found.start, found.end)}
    assert all(text[at].isspace() for at in range(len(text)) if at not in inside)
    assert split(text) == [sentence.strip() for sentence in split(text)]


@given(UGLY, st.data())
def test_trimming_moves_the_ends_as_strip_would(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    found = trim(text, start, end)
    assert (text[found.start : found.end] if found else "") == text[start:end].strip()


@pytest.mark.parametrize(
    ("words", "found"),
    [("lowers B12", (10, 24)), ("Metformin lowers", (0, 16)), ("lowers  B12.", (10, 25)), ("B13", None), (" ", None)],
)
def test_words_are_found_with_other_blanks_between_them(words: str, found: tuple[int, int] | None) -> None:
    place = find_words("Metformin lowers\n    B12.", words)
    assert (place and (place.start, place.end)) == found


PARTS = [
    "Numb feet are an early sign.",
    "Ask e.g. Dr. Low about 1,000 mcg. daily",
    "Related Articles",
    "Contents",
    "References",
    "1. Smith J. Nerves and myelin. N Engl J Med. 1988;318:1720-8. doi:10.1056/NEJM198806303182604",
    "Try our B12 drops today and save 20%! Click here to order now.",
    "The signs are:",
    "- tingling",
    "Share this page",
    "Leave a comment",
    "Name | Dose",
    "===",
    "page 3",
    "word " * 40,
    "e\u0301\u00ad\U0001f9e0\u200d",
    "\u00a0",
    "\x1c",
    "İß\u202e",
    "B12.",
]
ENDS = st.sampled_from(["\n", "\r\n", "\n\n", "\n\n\n", "\f", "\n\f", "\u2028", "\x85", " ", ""])
TEXTS = st.lists(st.tuples(st.sampled_from(PARTS) | st.text(max_size=12), ENDS), min_size=1, max_size=14).map(
    lambda parts: "".join(piece + end for piece, end in parts)
)
FILES = st.sampled_from(["a.txt", "a.md", "a.html"])
MOST = st.integers(3, 30)


def read(text: str, file: str) -> Document:
    """The document of a generated file; one that would be left out is skipped."""
    try:
        return build_document(text, file=file)
    except SourceError:
        assume(False)
        raise


def passages_of(document: Document, most: int) -> tuple[Passage, ...]:
    return chunk(document, sentences_in(document), FakeEncoder().count, most=most)


@given(TEXTS, FILES, MOST)
def test_every_character_is_marked_heading_blank_or_in_one_sentence_of_one_passage(
    text: str, file: str, most: int
) -> None:
    document = read(text, file)
    never = [mark.range for mark in document.marks if mark.kind is MarkKind.NEVER]
    headings = [block.range for block in document.blocks if block.kind is BlockKind.HEADING]
    sentences = [span.range for passage in passages_of(document, most) for span in passage.sentences]
    for at, character in enumerate(document.text):
        quoted = sum(range_.start <= at < range_.end for range_ in sentences)
        if any(range_.start <= at < range_.end for range_ in (*never, *headings)):
            assert quoted == 0, at
        elif character.isspace():
            assert quoted <= 1, at
        else:
            assert quoted == 1, (at, character)


@given(TEXTS, FILES, MOST)
@example(f"Numb feet.\n\nReferences\n\n{PARTS[5]}\n\n{PARTS[5]}\n", "a.txt", 30)
def test_sentences_slice_back_come_in_order_and_lie_in_one_section(text: str, file: str, most: int) -> None:
    document = read(text, file)
    passages = passages_of(document, most)
    sentences = [span for passage in passages for span in passage.sentences]
    assert all(span.text == document.text[span.start : span.end] == span.text.strip() for span in sentences)
    assert all(before.end <= after.start for before, after in pairwise(sentences))
    references = [mark.range for mark in document.marks if mark.kind is MarkKind.REFERENCE]
    for passage in passages:
        assert {document.heading_path(span.start) for span in passage.sentences} == {passage.section}
        inside = [any(span.range.overlaps(range_) for range_ in references) for span in passage.sentences]
        assert set(inside) == {passage.reference}


@given(TEXTS, FILES, MOST)
def test_no_passage_is_longer_than_the_limit(text: str, file: str, most: int) -> None:
    count = FakeEncoder().count
    for passage in passages_of(read(text, file), most):
        assert sum(count(span.text) for span in passage.sentences) <= most


@given(TEXTS, MOST)
def test_pages_never_decrease(text: str, most: int) -> None:
    document = read(text, "a.txt")
    spans = [span for passage in passages_of(document, most) for span in passage.sentences]
    pages = [page for span in spans for page in span.pages or ()]
    assert pages == sorted(pages)
    assert len(pages) == (2 * len(spans) if document.page_starts else 0)


@given(TEXTS, FILES, MOST)
def test_ids_are_unique_and_a_function_of_the_text(text: str, file: str, most: int) -> None:
    passages = passages_of(read(text, file), most)
    ids = [passage.id for passage in passages]
    assert len(set(ids)) == len(ids)
    assert ids == [passage.id for passage in passages_of(read(text, file), most)]


def texts(passages: tuple[Passage, ...]) -> list[list[str]]:
    return [[span.text for span in passage.sentences] for passage in passages]


def test_a_sentence_without_blanks_is_split_anyway() -> None:
    document = build_document("x" * 25, file="a.txt")
    assert texts(chunk(document, sentences_in(document), len, most=10)) == [["x" * 10], ["x" * 10], ["x" * 5]]


def test_a_file_with_too_many_passages_is_refused() -> None:
    document = build_document("x" * 25, file="a.txt")
    with pytest.raises(SourceError, match="more than 2 passages"):
        chunk(document, sentences_in(document), len, most=10, limit=2)


def test_each_reference_is_a_passage_of_its_own() -> None:
    blocks = ("Text. More.", "1. Smith J. A title. 2001.", "2. Doe J. Another. 2002.")
    document = build_document("\n\n".join(blocks))
    starts = [document.text.index(block) for block in blocks[1:]]
    marks = (Mark(Range(start, start + 24), MarkKind.REFERENCE, "reference") for start in starts)
    passages = passages_of(replace(document, marks=tuple(marks)), 50)
    assert texts(passages) == [["Text.", "More."], [blocks[1]], [blocks[2]]]
    assert [passage.reference for passage in passages] == [False, True, True]


def test_an_id_is_the_same_on_every_machine() -> None:
    (passage,) = passages_of(build_document("Take it. It helps.", file="a.txt"), 9)
    assert passage.id == passage_id(DocumentId("a.txt"), "Take it.\nIt helps.", 0) == "0a32e214a614e2de89af"


def test_a_change_elsewhere_keeps_the_id() -> None:
    before, after = (passages_of(build_document(f"{more}# Head\n\nKept.\n"), 9) for more in ("", "New.\n\n"))
    assert before[0].id == after[1].id


def test_a_bare_sentence_has_no_bullet_and_no_line_break() -> None:
    assert [bare(each) for each in ("•  Liver\n  holds most.", "- Fish.", "2. Step.", "-5 degrees.")] == [
        *("Liver holds most.", "Fish.", "2. Step.", "-5 degrees."),
    ]
