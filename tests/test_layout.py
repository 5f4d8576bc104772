"""What must be quoted with a sentence: its other half, and the words that introduce its list."""

from __future__ import annotations

import dataclasses

import pytest
from builders import build_document
from builders_quotes import all_texts, answers, passages_of, texts, windows_of

from b12assistant.answering.quoting import CHARACTERS
from b12assistant.types import Block, BlockKind, Document, DocumentId, Mark, MarkKind, Range, Section

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


PARAGRAPH, ITEM = BlockKind.PARAGRAPH, BlockKind.LIST_ITEM


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
