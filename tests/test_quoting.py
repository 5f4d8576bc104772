"""What may be quoted: whole sentences with what they need, from one section, short, and only once."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import pytest
from builders import build_document
from builders_quotes import answers, passages_of, texts, windows_of
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.quoting import RATE, Window, choose, cuts, score
from b12assistant.answers import Quote, Strength
from b12assistant.types import Block, BlockKind, Document, DocumentId, Mark, MarkKind, Range, Section, Source, Words

PARAGRAPH, HEADING, ITEM, ROW = BlockKind.PARAGRAPH, BlockKind.HEADING, BlockKind.LIST_ITEM, BlockKind.TABLE_ROW

SENTENCES = (
    "Nerves need B12.",
    "Milk 🥛 has some.",
    "Beans have none, e.g. kidney beans.",
    "Don’t eat:",
    "Any of these.",
    "which is why it",
    "grows back slowly.",
    "É" + "t" * 200 + " ends.",
    "Label",
)
FURNITURE = ("Page 7", "Buy now!")
PARTS = st.tuples(
    st.sampled_from([PARAGRAPH, PARAGRAPH, PARAGRAPH, ITEM, ITEM, ITEM, ROW, HEADING]),
    st.lists(st.sampled_from(SENTENCES), min_size=1, max_size=5),
    st.sampled_from(["\n\n", "\n"]),
    st.sampled_from(["", "- ", "1. "]),
)
FURNISHED = st.tuples(
    st.none(), st.lists(st.sampled_from(FURNITURE), min_size=1, max_size=1), st.just("\n"), st.just("")
)


@st.composite
def documents(draw: st.DrawFn, name: str = "a.md") -> Document:
    """Paragraphs, lists, tables and headings in any order, with page furniture between; some blocks begin a section."""
    text, blocks, sections, marks = "", [], [], []
    for kind, sentences, gap, bullet in draw(st.lists(PARTS | FURNISHED, min_size=1, max_size=9)):
        words = (bullet if kind is ITEM else "") + " ".join(sentences)
        place = Range(len(text), len(text) + len(words))
        text += words + gap
        blocks.append(Block(kind or PARAGRAPH, place))
        if kind is None:
            marks.append(Mark(place, MarkKind.NEVER, "furniture"))
        if kind is HEADING:
            sections.append(place)
    ends = [*(place.start for place in sections[1:]), len(text)]
    return Document(
        DocumentId(name),
        "digest",
        "Title",
        text,
        sections=tuple(Section(place, 1, place.start, end) for place, end in zip(sections, ends, strict=False)),
        blocks=tuple(blocks),
        marks=tuple(marks),
    )


DRAWN = st.tuples(documents(), st.lists(st.sampled_from(("Nerves", "Milk", "eat", "it", "grows", "Label")), min_size=1))


def drawn_windows(drawn: tuple[Document, list[str]], most: int = 60) -> list[Window]:
    document, asked = drawn
    return [window for passage in passages_of(document, most) for window in windows_of(passage, *asked)]


@given(DRAWN, st.sampled_from([8, 60]))
def test_every_window_makes_a_quote(drawn: tuple[Document, list[str]], most: int) -> None:
    """The constructor refuses spans out of order, marked text, two sections, three gaps."""
    for window in drawn_windows(drawn, most):
        Quote(window.spans, window.best, window.passage, Strength.STRONG, window.score)


@given(DRAWN)
def test_windows_begin_and_end_with_sentences(drawn: tuple[Document, list[str]]) -> None:
    document = drawn[0]
    sentences = [span for passage in passages_of(document) for span in passage.sentences]
    starts = {span.start for span in sentences}
    trimmed = {
        block.range.start + len(bullet)
        for block in document.blocks
        for bullet in ("- ", "1. ")
        if block.kind is ITEM and document.slice(block.range).startswith(bullet)
    }
    for window in drawn_windows(drawn):
        assert {span.start for span in window.spans} <= starts | trimmed
        assert {span.end for span in window.spans} <= {span.end for span in sentences}


@given(DRAWN)
def test_a_gap_holds_marked_text_and_siblings_only(drawn: tuple[Document, list[str]]) -> None:
    document = drawn[0]
    never = [mark.range for mark in document.marks]
    listed = [block.range for block in document.blocks if block.kind in (ITEM, ROW)]
    for window in drawn_windows(drawn):
        for before, after in pairwise(window.spans):
            for part in Range(before.end, after.start).without(sorted([*never, *listed])):
                assert not document.slice(part).strip()


@given(DRAWN)
def test_an_item_is_quoted_with_what_leads_to_its_list(drawn: tuple[Document, list[str]]) -> None:
    document = drawn[0]
    for window in drawn_windows(drawn):
        for place, block in enumerate(document.blocks):
            if block.kind is ITEM and any(span.range.overlaps(block.range) for span in window.spans):
                top = place
                while top and (document.blocks[top - 1].kind is ITEM):
                    top -= 1
                lead = document.blocks[top - 1] if top else block
                marked = any(mark.range == lead.range for mark in document.marks)
                if lead.kind is PARAGRAPH and not marked and document.slice(lead.range).endswith(":"):
                    assert any(span.start < lead.range.end <= span.end for span in window.spans)


@given(DRAWN, st.integers(1, 12), st.lists(st.sampled_from([0.1, 0.8, 0.9]), min_size=12, max_size=12))
def test_chosen_windows_neither_overlap_nor_repeat(
    drawn: tuple[Document, list[str]], most: int, near: list[float]
) -> None:
    found = drawn_windows(drawn)
    asked = {each.passage.id: np.resize(near, len(each.passage.sentences)) for each in found}
    chosen = choose(found, most, asked)
    spans = [span for window in chosen for span in window.spans]
    assert not any(a.range.overlaps(b.range) for i, a in enumerate(spans) for b in spans[:i])
    assert len(chosen) <= most


@given(DRAWN, st.randoms(use_true_random=False))
def test_the_choice_does_not_depend_on_the_order_of_candidates(
    drawn: tuple[Document, list[str]], random: object
) -> None:
    found = drawn_windows(drawn)
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert choose(shuffled, 3) == choose(found, 3)


@given(DRAWN)
def test_chosen_windows_come_best_first(drawn: tuple[Document, list[str]]) -> None:
    scores = [window.score for window in choose(drawn_windows(drawn), 12)]
    assert scores == sorted(scores, reverse=True)


def test_two_windows_that_say_the_same_are_one() -> None:
    document = build_document(
        "B12 protects the nerves of adults.\n\n# Two\n\nThe nerves of adults: B12 protects them.\n"
    )
    assert len(answers(document, "B12")) == 1


def test_the_same_words_in_two_documents_are_two_candidates() -> None:
    both = [build_document("B12 protects nerves.", file=file) for file in ("a.txt", "b.txt")]
    found = [window for document in both for passage in passages_of(document) for window in windows_of(passage, "B12")]
    assert [window.best.document.id for window in choose(found, 3)] == ["a.txt", "b.txt"]


@pytest.mark.parametrize(("pages", "kept"), [("One page", 1), ("Other page; One page", 1), ("Other page", 2)])
def test_summaries_of_one_page_that_say_the_same_are_one(pages: str, kept: int) -> None:
    both = [
        build_document("B12 protects the nerves of adults.", file="a.txt", source=Source(based_on="One page")),
        build_document("The nerves of adults: B12 protects them.", file="b.txt", source=Source(based_on=pages)),
    ]
    found = [window for document in both for passage in passages_of(document) for window in windows_of(passage, "B12")]
    assert len(choose(found, 3)) == kept


@pytest.mark.parametrize(
    ("near", "quoted"), [((0.9, 0.9, 0.1), "Eggs have B12. Milk is rich."), ((0.69, 0.9, np.nan), "Milk is rich.")]
)
def test_a_neighbour_that_the_question_is_about_is_quoted_too(near: Sequence[float], quoted: str) -> None:
    (passage,) = passages_of(build_document("Eggs have B12. Milk is rich. Bread has none."))
    asked = {passage.id: np.array(near, np.float32)}
    found = windows_of(passage, "Milk")
    (alone,) = choose(found, 1)
    (chosen,) = choose(found, 1, asked)
    assert texts(chosen) == [quoted]
    assert (texts(alone), chosen.score, chosen.best) == (["Milk is rich."], alone.score, alone.best)


@given(DRAWN, DRAWN)
def test_passages_scored_together_score_as_alone(
    one: tuple[Document, list[str]], other: tuple[Document, list[str]]
) -> None:
    weights = np.full(2, 0.5, np.float32)
    passages = [passage for document in (one[0], other[0]) for passage in passages_of(document)]
    found = [cuts(passage) for passage in passages]
    cosines = [
        np.array([[float(word in span.text) for word in ("Nerves", "eat")] for span in passage.sentences], np.float32)
        for passage in passages
    ]
    asked = [np.full(len(cosine), np.nan, np.float32) for cosine in cosines]
    alone = [score([f], [c], weights, [a]) for f, c, a in zip(found, cosines, asked, strict=True)]
    assert score(found, cosines, weights, asked) == [window for windows in alone for window in windows]


@given(DRAWN)
def test_a_score_is_the_maximum_over_the_rows_less_the_charge(drawn: tuple[Document, list[str]]) -> None:
    document, asked = drawn
    for passage in passages_of(document):
        cosines = np.array([[float(word in span.text) for word in asked] for span in passage.sentences], np.float32)
        for window in windows_of(passage, *asked):
            charge = RATE * max(0, window.cut.charged - 100) / 100
            assert window.score == pytest.approx(cosines[window.cut.rows].max(axis=0).mean() - charge, abs=1e-6)


FAQ = "Why is it called so? The river gave it that name. See the next chapter. Boats are kept there."


def test_a_question_is_quoted_with_what_follows_it_and_never_alone() -> None:
    (passage,) = passages_of(build_document(FAQ))
    texts_of_cuts = [cut.text for cut in cuts(passage)]
    assert "Why is it called so?" not in texts_of_cuts
    assert "See the next chapter." not in texts_of_cuts
    assert "Why is it called so? The river gave it that name." in texts_of_cuts
    assert "The river gave it that name. See the next chapter." in texts_of_cuts


def test_the_answer_and_not_its_question_is_the_best_sentence() -> None:
    (passage,) = passages_of(build_document(FAQ))
    held = [cut for cut in cuts(passage) if cut.rows == slice(0, 2)]
    cosines = np.array([[1.0], [0.2], [0.1], [0.1]], np.float32)
    (window,) = score([held], [cosines], np.ones(1, np.float32), [np.full(4, np.nan, np.float32)])
    assert window.best.text == "The river gave it that name."


TABLE = """# Results

B12 results are read with care.

| Result | Read as |
|---|---|
| under 180 ng/L | low B12 |

- A B12 under 180 ng/L counts as low.
"""


@pytest.mark.parametrize(("words", "quoted"), [(Words.PROJECT_SUMMARY, False), (Words.ORIGINAL, True)])
def test_a_row_of_a_summary_is_shown_in_its_document_only(words: Words, quoted: bool) -> None:
    document = build_document(TABLE, source=Source(words=words))
    (passage,) = passages_of(document)
    found = {" ".join(span.text for span in cut.spans) for cut in cuts(passage)}
    assert any("low B12" in text for text in found) is quoted
    assert any("counts as low" in text for text in found)
    assert "under 180 ng/L" in document.text
