"""A row of a table is quoted whole, unless it is long or something in it may not be quoted."""

from dataclasses import replace

from builders import build_document
from builders_quotes import all_texts

from b12assistant.types import Document, Mark, MarkKind, Range


def table(first: str, second: str) -> Document:
    return build_document(f"|a|b|\n|---|---|\n|{first}|{second}|\n")


def test_a_row_is_whole() -> None:
    assert all_texts(table("Tea is hot.", "Milk heals."), "Milk")[0] == ["a | b\nTea is hot. | Milk heals."]


def test_a_long_row_is_divided() -> None:
    found = all_texts(table("Tea is hot. " * 80, "Milk heals."), "Tea")
    assert min(sum(map(len, words)) for words in found) < 100


def test_of_a_row_in_which_something_is_marked_no_half_sentence_is_quoted() -> None:
    document = table("Take this daily STRUCK only after food.", "Milk heals.")
    start = document.text.index("STRUCK")
    marked = replace(document, marks=(Mark(Range(start, start + 6), MarkKind.NEVER, "by hand"),))
    found = [" ".join(words) for asked in ("Take", "Milk") for words in all_texts(marked, asked)]
    assert any("Milk heals." in words for words in found)
    assert all(("Take this daily" in words) == ("only after food" in words) for words in found)
