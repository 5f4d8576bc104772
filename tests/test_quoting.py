"""What may be quoted: whole sentences with what they need, from one section, short, and only once."""

import dataclasses
from itertools import chain, pairwise

import numpy as np
import pytest
from builders import build_document
from builders_quotes import DRAWN, ITEM, PARAGRAPH, ROW, all_texts, answers, choose, passages_of, texts, windows_of
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.answering.quoting import Window, best_first, score
from b12assistant.answers import Quote, Strength
from b12assistant.index.cuts import CHARACTERS, cuts, quotable_of
from b12assistant.index.quotable import Quotable
from b12assistant.types import Block, BlockKind, Document, DocumentId, Mark, MarkKind, Range, Section, Source, Words


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


@given(DRAWN, st.integers(1, 12))
def test_chosen_windows_neither_overlap_nor_repeat(drawn: tuple[Document, list[str]], most: int) -> None:
    chosen = choose(drawn_windows(drawn), most)
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


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Eggs have B12. Milk is rich. Bread has none.", "Milk is rich."),
        ("Eggs have B12. But milk is rich. Bread has none.", "Eggs have B12. But milk is rich."),
        ("Eggs have B12. They go with milk. Bread has none.", "Eggs have B12. They go with milk."),
    ],
)
def test_of_a_summary_the_best_sentence_is_quoted_with_what_it_needs(text: str, quoted: str) -> None:
    (passage,) = passages_of(build_document(text, source=Source(words=Words.PROJECT_SUMMARY)))
    found = windows_of(passage, "B12", "milk")
    whole = max(found, key=lambda window: len(window.cut.bests))
    assert texts(whole) == [text]
    best = dataclasses.replace(whole, best=whole.cut.bests[1], score=9.0)
    (chosen,) = choose([*found, best], 1)
    assert (chosen.cut, chosen.best, texts(chosen)) == (whole.cut, best.best, [quoted])


def test_a_quote_grows_to_its_paragraph_and_keeps_its_score_and_its_best_sentence() -> None:
    text = "Salt is white.\n\nEggs have B12. Milk is rich. Bread has none. It is cheap."
    (passage,) = passages_of(build_document(text))
    found = windows_of(passage, "Milk")
    (alone,) = choose(found, 1)
    (grown,) = choose(found, 1, paragraphs=True)
    assert (texts(alone), texts(grown)) == (["Milk is rich."], ["Milk is rich. Bread has none. It is cheap."])
    assert (grown.score, grown.best, grown.cut) == (alone.score, alone.best, alone.cut)


def test_grown_quotes_do_not_overlap() -> None:
    (passage,) = passages_of(build_document("Eggs have B12. Milk is rich. Bread has none. Tea is hot. Salt is white."))
    spans = [span for window in choose(windows_of(passage, "is"), 3, paragraphs=True) for span in window.spans]
    assert all(one.end <= other.start for one, other in pairwise(sorted(spans, key=lambda span: span.start)))


@given(DRAWN, DRAWN)
def test_passages_scored_together_score_as_alone(
    one: tuple[Document, list[str]], other: tuple[Document, list[str]]
) -> None:
    weights = np.full(2, 0.5, np.float32)
    passages = [passage for document in (one[0], other[0]) for passage in passages_of(document)]
    cosines = [
        np.array([[float(word in span.text) for word in ("Nerves", "eat")] for span in passage.sentences], np.float32)
        for passage in passages
    ]
    asked = [np.full(len(cosine), np.nan, np.float32) for cosine in cosines]
    whole, rows = quotable_of(passages), range(len(passages))
    alone = [window for row in rows for window in score(whole, [row], [cosines[row]], weights, [asked[row]])]
    assert list(score(whole, rows, cosines, weights, asked)) == sorted(alone, key=best_first)


@given(DRAWN, DRAWN)
def test_what_may_be_quoted_reads_back_from_arrays_as_it_was_found(
    one: tuple[Document, list[str]], other: tuple[Document, list[str]]
) -> None:
    parts = [passages_of(one[0]), passages_of(other[0])]
    whole = Quotable.join([quotable_of(part) for part in parts])
    read = Quotable.from_bytes(whole.to_bytes(), whole.passages)
    assert [read.cuts(row) for row in range(len(read.passages))] == [cuts(passage) for passage in chain(*parts)]


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
    cosines = np.array([[1.0], [0.2], [0.1], [0.1]], np.float32)
    nothing = [np.full(4, np.nan, np.float32)]
    scored = score(quotable_of([passage]), [0], [cosines], np.ones(1, np.float32), nothing)
    window = next(window for window in scored if window.cut.rows == slice(0, 2))
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


NEVER_LIST = "# Infants\n\nNever give to infants:\n\n- honey\n- salt. It harms them.\n- tea\n\nMilk is fine.\n"
DOSES = "| age | dose |\n|---|---|\n| young | little |\n| old | much |\n"
EXAMPLES = {
    "a first item runs on from its lead-in": (NEVER_LIST, "honey", ["Never give to infants:\n\nhoney"]),
    "a later item keeps it over a gap": (NEVER_LIST, "tea", ["Never give to infants:", "tea"]),
    "a second sentence of an item keeps the first": (
        NEVER_LIST,
        "harms",
        ["Never give to infants:", "salt. It harms them."],
    ),
    **{
        f"a lead-in: {lead}": (f"Some words first. {lead}\n\n- honey\n- tea\n", "tea", [lead, "tea"])
        for lead in (
            "Never give to infants:",
            "Infants should not have",
            "Infants must not have any of these.",
            "Not for them…:",
        )
    },
    "a finished sentence leads to no list": ("Infants are small.\n\n- honey\n- tea\n", "tea", ["tea"]),
    "an item under an item keeps all from the colon on": (
        "Never give:\n\n- tea\n- Sweet things:\n    - honey\n    - syrup\n",
        "syrup",
        ["Never give:", "Sweet things:\nhoney\nsyrup"],
    ),
    "a row keeps its header and what leads to its table": (
        "Never combine:\n\n| a | b |\n|---|---|\n| tea | iron |\n| milk | zinc |\n",
        "zinc",
        ["Never combine:\n\na | b", "milk | zinc"],
    ),
    "the first row keeps its header without a gap": (DOSES, "little", ["age | dose\nyoung | little"]),
    "a row stays whole": ("|a|b|\n|---|---|\n|Tea is hot.|Milk heals.|\n", "Tea", ["a | b\nTea is hot. | Milk heals."]),
    "it points back": ("Tea is hot. Milk heals nerves. It is fresh.", "fresh", ["Milk heals nerves. It is fresh."]),
    "it points back by two": (
        "Tea is hot. Milk heals. This is so. It is fresh.",
        "fresh",
        ["Milk heals. This is so. It is fresh."],
    ),
    "it points to another paragraph": ("Milk heals.\n\nThis is fresh.", "fresh", ["Milk heals.\n\nThis is fresh."]),
    "it points at nothing": ("It is fresh.", "fresh", ["It is fresh."]),
    "it points at nothing in its section": ("# Milk\n\nIt is fresh.\n", "fresh", ["It is fresh."]),
    "a term keeps what it names": (
        "Milk\n:   It heals nerves. Drink it.\n\nTea\n:   It is hot.\n",
        "heals",
        ["Milk\n\nIt heals nerves."],
    ),
    "what is named keeps its term": ("Milk\n:   Good food.\n\nTea\n:   Poor food.\n", "Poor", ["Tea\n\nPoor food."]),
    "a lead-in keeps its code": (
        "Some words. Remove it:\n\n    apt purge milk\n",
        "Remove",
        ["Remove it:\n\napt purge milk"],
    ),
    "code keeps its lead-in": (
        "Some words. Remove it:\n\n    apt purge milk\n",
        "purge",
        ["Remove it:\n\napt purge milk"],
    ),
    "a short answer keeps its reason": ("Yes. Milk heals nerves.", "Yes", ["Yes. Milk heals nerves."]),
    "it points at no item": ("- Milk heals.\n\nIt is fresh.\n", "fresh", ["It is fresh."]),
}


@pytest.mark.parametrize(("text", "asked", "quoted"), EXAMPLES.values(), ids=EXAMPLES)
def test_a_sentence_is_quoted_with_what_it_needs(text: str, asked: str, quoted: list[str]) -> None:
    assert answers(build_document(text), asked, most=1) == [quoted]


def test_no_quote_ends_with_what_leads_on_to_the_next_sentence() -> None:
    document = build_document(
        "Milk is fresh. Is it good?\n\nYes. It heals.\n\nTo drink it:\n\n    open milk\n\nTea\n:   Is it hot? It is.\n"
    )
    ends = {found[-1].rsplit("\n", 1)[-1].rsplit(". ", 1)[-1] for found in all_texts(document)}
    assert ends.isdisjoint({"Is it good?", "Yes.", "To drink it:", "Tea", "Is it hot?"})
    assert {"It heals.", "open milk", "Is it hot? It is."} <= ends


@pytest.mark.parametrize(("bullet", "quoted"), [("- ", "Eggs"), ("2. ", "2. Eggs")], ids=["bullet", "step"])
def test_a_bullet_is_trimmed_by_moving_the_start_and_a_step_keeps_its_number(bullet: str, quoted: str) -> None:
    document = build_document(f"Good food.\n\n{bullet}Milk\n{bullet}Eggs\n", file="a.txt")
    assert [quoted] in all_texts(document, "Eggs")


def torn(
    before: str, after: str, *, furniture: str = "Page 7", kind: BlockKind = BlockKind.PARAGRAPH, gap: str = "\n"
) -> Document:
    """``before`` and ``after`` with marked furniture between them."""
    text = before + gap + furniture + gap + after
    start, end = len(before + gap), len(before + gap + furniture)
    return Document(
        DocumentId("a.pdf"),
        "digest",
        "Title",
        text,
        blocks=(
            Block(kind, Range(0, len(before))),
            Block(BlockKind.PARAGRAPH, Range(start, end)),
            Block(BlockKind.PARAGRAPH, Range(end + len(gap), len(text))),
        ),
        marks=(Mark(Range(start, end), MarkKind.NEVER, "furniture"),),
    )


HALVES = ["Rice is not", "safe for infants."]


def test_a_torn_sentence_is_two_spans_and_never_one_half() -> None:
    found = all_texts(torn("Tea is hot. Rice is not", "safe for infants. Milk is."), "safe")
    assert HALVES in found
    assert all(("Rice is not" in " ".join(words)) == ("safe for infants" in " ".join(words)) for words in found)


def test_a_torn_sentence_stays_whole_where_passages_divide_it() -> None:
    document = torn("Tea is hot. Rice is not", "safe for infants. Milk is.")
    assert len(passages_of(document, most=6)) == 2
    found = [texts(window) for passage in passages_of(document, most=6) for window in windows_of(passage, "safe")]
    assert HALVES in found
    assert ["safe for infants."] not in found
    assert not any(words[-1].endswith("not") for words in found)


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (torn("It is hot.", "Milk is."), "it ended"),
        (torn("It is not", "safe.", gap="\n\n"), "a paragraph ended"),
        (torn("- tea", "Milk is.", kind=BlockKind.LIST_ITEM), "an item ended"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_sentence_that_ended_before_furniture_is_not_torn(document: Document, why: str) -> None:
    assert len(all_texts(document, "is")[0]) == 1, why


def by_hand(*parts: tuple[BlockKind | None, str]) -> Document:
    """One block per line; one without a kind is a marked paragraph, and each heading begins a section."""
    text, blocks, marks, starts = "", [], [], []
    for kind, words in parts:
        place = Range(len(text), len(text) + len(words))
        blocks.append(Block(kind or BlockKind.PARAGRAPH, place))
        if kind is None or words.startswith("Advert"):
            marks.append(Mark(place, MarkKind.NEVER, "furniture"))
        if kind is BlockKind.HEADING:
            starts.append(place)
        text += words + "\n"
    sections = tuple(Section(place, 1, place.start, len(text)) for place in starts)
    return Document(
        DocumentId("a.md"), "digest", "Title", text, sections=sections, blocks=tuple(blocks), marks=tuple(marks)
    )


def test_a_lead_in_reaches_over_page_furniture() -> None:
    document = by_hand((PARAGRAPH, "Never give:"), (None, "Page 7"), (ITEM, "honey"), (ITEM, "tea"))
    assert ["Never give:", "tea"] in all_texts(document, "tea")


def test_a_lead_in_does_not_reach_over_a_marked_heading() -> None:
    document = by_hand((PARAGRAPH, "Never give:"), (BlockKind.HEADING, "Advert"), (ITEM, "honey"), (ITEM, "tea"))
    assert ["tea"] in all_texts(document, "tea")


def test_a_header_is_no_quote_without_a_row() -> None:
    document = build_document(DOSES)
    assert ["age | dose"] not in all_texts(document, "dose")
    assert ["age | dose\nyoung | little\nold | much"] in all_texts(document, "dose")


def test_a_row_of_the_next_passage_keeps_its_header() -> None:
    rows = "".join(f"| {name} | a dose of {name} |\n" for name in ("one", "two", "three", "four", "five"))
    document = build_document(f"| age | dose |\n|---|---|\n{rows}")
    assert len(passages_of(document, most=12)) > 1
    found = [texts(window) for passage in passages_of(document, most=12) for window in windows_of(passage, "five")]
    assert all(words[0].startswith("age | dose") for words in found)


@pytest.mark.parametrize(
    "qualifier",
    ["However, not for infants.", "But not for infants.", "Unless it is old.", "Only if taken as told.", "Except tea."],
)
@pytest.mark.parametrize("asked", ["safe", "infants"])
def test_a_sentence_is_never_separated_from_one_that_takes_it_back(qualifier: str, asked: str) -> None:
    document = build_document(f"Tea is hot. Milk is safe. {qualifier} Rice is white.")
    for words in all_texts(document, asked):
        assert ("Milk is safe." in " ".join(words)) == (qualifier in " ".join(words))


def test_a_sentence_that_takes_one_back_may_be_in_the_next_passage() -> None:
    document = build_document("Milk is safe. However, not for infants.")
    assert len(passages_of(document, most=4)) == 2
    found = [texts(window) for passage in passages_of(document, most=4) for window in windows_of(passage, "safe")]
    assert found == [["Milk is safe. However, not for infants."]] * 2


LIST = (
    "Shots may cause these effects:\n\n- Pain in the arm.\n- Dizziness.\n- Headache.\n- Vomiting.\n\nMost pass soon.\n"
)


def test_a_sentence_that_opens_a_list_is_quoted_with_all_of_it() -> None:
    found = answers(build_document(LIST, file="a.md"), "effects", most=1)
    assert [" ".join(" ".join(words).split()) for words in found] == [
        "Shots may cause these effects: Pain in the arm. Dizziness. Headache. Vomiting."
    ]


def test_no_window_ends_with_the_sentence_that_opens_a_list() -> None:
    ends = {words[-1].rstrip()[-1] for words in all_texts(build_document("First. " + LIST, file="a.md"), "effects")}
    assert ends == {"."}


def listed(count: int, words: str = "of the shots lasts for some days and then it goes.") -> str:
    items = "".join(f"- Effect number {number} {words}\n" for number in range(count))
    return f"Shots may cause these effects:\n\n{items}"


def test_a_list_too_long_for_a_quote_is_cut_with_a_gap_before_its_end() -> None:
    first, last = answers(build_document(listed(20), file="a.md"), "effects", most=1)[0]
    assert first.startswith("Shots may cause these effects:")
    assert first.count("Effect number") > 5
    assert last.startswith("Effect number 19 ")
    assert len(first) + len(last) <= CHARACTERS


def test_a_list_is_quoted_whole_where_passages_divide_it() -> None:
    document = build_document(LIST, file="a.md")
    assert len(passages_of(document, most=10)) > 1
    found = [texts(window) for passage in passages_of(document, most=10) for window in windows_of(passage, "effects")]
    whole = [words for words in found if "effects:" in words[0] and "Vomiting." in words[-1]]
    assert [" ".join(" ".join(words).split()) for words in whole][:1] == [
        "Shots may cause these effects: Pain in the arm. Dizziness. Headache. Vomiting."
    ]


def test_a_list_does_not_run_into_the_references() -> None:
    text = "Read these papers:\n\n- Tea and nerves.\n- Green R (2017).\n"
    document = build_document(text, file="a.md")
    reference = Range(document.text.index("Green"), len(document.text.rstrip()))
    marked = dataclasses.replace(document, marks=(Mark(reference, MarkKind.REFERENCE, "references"),))
    assert answers(marked, "papers", most=1) == [["Read these papers:\n\nTea and nerves."]]
