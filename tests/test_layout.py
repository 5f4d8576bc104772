"""What must be quoted with a sentence: its other half, and the words that introduce its list."""

from __future__ import annotations

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
def test_a_lead_in_to_a_list_is_recognised(lead: str) -> None:
    document = build_document(f"Some words first. {lead}\n\n- honey\n- tea\n")
    assert answers(document, "tea", most=1) == [[lead, "tea"]]


def test_a_finished_sentence_before_a_list_is_no_lead_in() -> None:
    document = build_document("Infants are small.\n\n- honey\n- tea\n")
    assert answers(document, "tea", most=1) == [["tea"]]


def test_an_item_under_an_item_keeps_everything_from_the_colon_on() -> None:
    document = build_document("Never give:\n\n- tea\n- Sweet things:\n    - honey\n    - syrup\n")
    assert answers(document, "syrup", most=1) == [["Never give:", "Sweet things:\nhoney\nsyrup"]]


def test_a_row_keeps_what_leads_to_its_table_and_its_header() -> None:
    document = build_document("Never combine:\n\n| a | b |\n|---|---|\n| tea | iron |\n| milk | zinc |\n")
    assert answers(document, "zinc", most=1) == [["Never combine:\n\na | b", "milk | zinc"]]


@pytest.mark.parametrize("bullet", ["- ", "1. "])
def test_a_bullet_is_trimmed_by_moving_the_start(bullet: str) -> None:
    document = build_document(f"Good food.\n\n{bullet}Milk\n{bullet}Eggs\n", file="a.txt")
    assert ["Eggs"] in all_texts(document, "Eggs")


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


PARAGRAPH, ITEM = BlockKind.PARAGRAPH, BlockKind.LIST_ITEM


def test_a_lead_in_reaches_over_page_furniture() -> None:
    document = by_hand((PARAGRAPH, "Never give:"), (None, "Page 7"), (ITEM, "honey"), (ITEM, "tea"))
    assert ["Never give:", "tea"] in all_texts(document, "tea")


def test_a_lead_in_does_not_reach_over_a_marked_heading() -> None:
    document = by_hand((PARAGRAPH, "Never give:"), (BlockKind.HEADING, "Advert"), (ITEM, "honey"), (ITEM, "tea"))
    assert ["tea"] in all_texts(document, "tea")


def test_a_header_is_no_quote_without_a_row() -> None:
    document = build_document("| age | dose |\n|---|---|\n| young | little |\n| old | much |\n")
    assert ["age | dose"] not in all_texts(document, "dose")
    assert ["age | dose\nyoung | little\nold | much"] in all_texts(document, "dose")


def test_the_first_row_keeps_its_header_without_a_gap() -> None:
    document = build_document("| age | dose |\n|---|---|\n| young | little |\n| old | much |\n")
    assert answers(document, "little", most=1) == [["age | dose\nyoung | little"]]


def test_a_row_of_the_next_passage_keeps_its_header() -> None:
    rows = "".join(f"| {name} | a dose of {name} |\n" for name in ("one", "two", "three", "four", "five"))
    document = build_document(f"| age | dose |\n|---|---|\n{rows}")
    assert len(passages_of(document, most=12)) > 1
    found = [texts(window) for passage in passages_of(document, most=12) for window in windows_of(passage, "five")]
    assert all(words[0].startswith("age | dose") for words in found)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("Tea is hot. Milk heals nerves. It is fresh.", "Milk heals nerves. It is fresh."),
        ("Tea is hot. Milk heals. This is so. It is fresh.", "Milk heals. This is so. It is fresh."),
        ("Milk heals nerves.\n\nThis is fresh.", "Milk heals nerves.\n\nThis is fresh."),
    ],
    ids=["the sentence before", "two before", "another paragraph"],
)
def test_a_sentence_that_points_back_is_quoted_with_what_it_points_at(text: str, quoted: str) -> None:
    assert answers(build_document(text), "fresh", most=1) == [[quoted]]


@pytest.mark.parametrize("text", ["It is fresh.", "# Milk\n\nIt is fresh.\n", "- Milk heals.\n\nIt is fresh.\n"])
def test_a_sentence_that_points_at_nothing_is_quoted_alone(text: str) -> None:
    assert answers(build_document(text), "fresh", most=1) == [["It is fresh."]]


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
