"""What a sentence cannot be quoted without: its other half, and the words that lead to its list."""

from __future__ import annotations

from dataclasses import replace

import pytest
from builders import build_document
from builders_quotes import all_texts, answers, passages_of, texts, windows_of

from b12assistant.types import Block, BlockKind, Document, DocumentId, Mark, MarkKind, Range, Section

NEVER_LIST = "# Infants\n\nNever give to infants:\n\n- honey\n- salt. It harms them.\n- tea\n\nMilk is fine.\n"


def test_a_first_item_runs_on_from_its_lead_in() -> None:
    assert answers(build_document(NEVER_LIST), "honey", most=1) == [["Never give to infants:\n\nhoney"]]


def test_a_later_item_keeps_its_lead_in_over_a_gap() -> None:
    assert answers(build_document(NEVER_LIST), "tea", most=1) == [["Never give to infants:", "tea"]]


def test_the_second_sentence_of_an_item_keeps_the_first() -> None:
    found = answers(build_document(NEVER_LIST), "harms", most=1)
    assert found == [["Never give to infants:", "salt. It harms them."]]


@pytest.mark.parametrize(
    "lead",
    ["Never give to infants:", "Infants should not have", "Infants must not have any of these.", "Not for them…:"],
)
def test_what_leads_to_a_list_is_seen(lead: str) -> None:
    document = build_document(f"Some words first. {lead}\n\n- honey\n- tea\n")
    assert answers(document, "tea", most=1) == [[lead, "tea"]]


def test_a_finished_sentence_before_a_list_is_no_lead_in() -> None:
    document = build_document("Infants are small.\n\n- honey\n- tea\n")
    assert answers(document, "tea", most=1) == [["tea"]]


def test_a_paragraph_keeps_the_colon_before_it() -> None:
    document = replace(build_document("A wrong belief is this:\n\nHoney is safe. Tea too.\n"), marks=())
    assert answers(document, "Honey", most=1) == [["A wrong belief is this:\n\nHoney is safe."]]


def test_an_item_under_an_item_keeps_all_from_the_colon_on() -> None:
    document = build_document("Never give:\n\n- tea\n- Sweet things:\n    - honey\n    - syrup\n")
    assert answers(document, "syrup", most=1) == [["Never give:", "Sweet things:\nhoney\nsyrup"]]


def test_a_row_keeps_what_leads_to_its_table() -> None:
    document = build_document("Never combine:\n\n| a | b |\n|---|---|\n| tea | iron |\n| milk | zinc |\n")
    assert answers(document, "zinc", most=1) == [["Never combine:", "milk | zinc"]]


def test_a_list_in_another_section_is_led_by_nothing() -> None:
    document = build_document("Never give:\n\n# Good food\n\n- honey\n- tea\n")
    assert ["tea"] in all_texts(document, "tea")


@pytest.mark.parametrize("bullet", ["- ", "* ", "• ", "1. ", "12) "])
def test_a_bullet_is_trimmed_by_moving_the_start(bullet: str) -> None:
    document = build_document(f"Good food.\n\n{bullet}Milk\n{bullet}Eggs\n", file="a.txt")
    assert ["Eggs"] in all_texts(document, "Eggs")


def test_a_number_that_begins_a_sentence_is_no_bullet() -> None:
    document = build_document("Some words.\n\n12. Milk is good.\n", file="a.txt")
    paragraph = replace(document, blocks=tuple(replace(b, kind=BlockKind.PARAGRAPH) for b in document.blocks))
    assert ["12. Milk is good."] in all_texts(paragraph, "Milk")


def torn(
    before: str, after: str, *, furniture: str = "Page 7", kind: BlockKind = BlockKind.PARAGRAPH, gap: str = "\n"
) -> Document:
    """``before`` and ``after`` with marked furniture between."""
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


HALVES = ["It is not", "safe for infants."]


def test_a_torn_sentence_is_two_spans_and_never_one_half() -> None:
    found = all_texts(torn("Tea is hot. It is not", "safe for infants. Milk is."), "safe")
    assert HALVES in found
    assert all(("It is not" in " ".join(words)) == ("safe for infants" in " ".join(words)) for words in found)


def test_a_torn_sentence_stays_whole_where_passages_divide_it() -> None:
    document = torn("Tea is hot. It is not", "safe for infants. Milk is.")
    assert len(passages_of(document, most=6)) == 2
    found = [texts(window) for passage in passages_of(document, most=6) for window in windows_of(passage, "safe")]
    assert HALVES in found
    assert ["safe for infants."] not in found
    assert not any(words[-1].endswith("not") for words in found)


def test_a_torn_sentence_may_be_longer_than_a_window() -> None:
    before, after = "It is not " + "ever " * 60 + "at all", "safe " * 50 + "here."
    (passage,) = passages_of(torn(before, after), most=400)
    assert [texts(window) for window in windows_of(passage, "safe")] == [[before, after]]


def test_a_torn_item_stays_whole() -> None:
    assert all_texts(torn("- it is not", "safe for infants.", kind=BlockKind.LIST_ITEM), "safe") == [
        ["it is not", "safe for infants."]
    ]


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (torn("It is hot.", "Milk is."), "it ended"),
        (torn("It is not", "safe.", gap="\n\n"), "a paragraph ended"),
        (torn("- tea", "Milk is.", kind=BlockKind.LIST_ITEM), "an item ended"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_ended_before_furniture_is_not_torn(document: Document, why: str) -> None:
    assert len(all_texts(document, "is")[0]) == 1, why


def by_hand(*parts: tuple[BlockKind | None, str]) -> Document:
    """Blocks a line each; one without a kind is a marked paragraph, and each heading begins a section."""
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


PARAGRAPH, ITEM = BlockKind.PARAGRAPH, BlockKind.LIST_ITEM


def test_nothing_begins_where_marked_text_divides_it_from_its_colon() -> None:
    document = by_hand(
        (PARAGRAPH, "Give:"), (ITEM, "no sweet things:"), (None, "Page 7"), (ITEM, "honey"), (ITEM, "tea")
    )
    found = [" ".join(words) for words in all_texts(document, "tea")]
    assert "Give:\nno sweet things: honey\ntea" in found
    assert all("no sweet things:" in words and "Page 7" not in words for words in found if words != "Give:")


def test_a_lead_in_reaches_over_page_furniture() -> None:
    document = by_hand((PARAGRAPH, "Never give:"), (None, "Page 7"), (ITEM, "honey"), (ITEM, "tea"))
    assert ["Never give:", "tea"] in all_texts(document, "tea")


def test_a_lead_in_does_not_reach_over_a_marked_heading() -> None:
    document = by_hand((PARAGRAPH, "Never give:"), (BlockKind.HEADING, "Advert"), (ITEM, "honey"), (ITEM, "tea"))
    assert ["tea"] in all_texts(document, "tea")


def test_a_sentence_torn_three_times_is_left_out() -> None:
    parts = [
        (PARAGRAPH, "it is not"),
        (None, "Page 1"),
        (PARAGRAPH, "so very"),
        (None, "Page 2"),
        (PARAGRAPH, "safe to"),
    ]
    assert all_texts(by_hand(*parts, (None, "Page 3"), (PARAGRAPH, "give honey.")), "safe") == []
    assert all_texts(by_hand(*parts), "safe") == [["it is not", "so very", "safe to"]]
