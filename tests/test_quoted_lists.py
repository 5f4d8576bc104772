"""A list is quoted whole, or as far as it fits and with its end; nothing else is joined to it."""

from __future__ import annotations

import dataclasses

from builders import build_document
from builders_quotes import all_texts, answers, passages_of, texts, windows_of

from b12assistant.answering.quoting import CHARACTERS
from b12assistant.types import Mark, MarkKind, Range

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
