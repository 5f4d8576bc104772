"""Laws for every extract, and generated sources with likely structure and awkward characters."""

import re
from collections.abc import Callable
from itertools import pairwise

from builders_pdf import build_pdf, column
from hypothesis import strategies as st

from b12assistant.loaders import html, markdown, pdf, text
from b12assistant.types import BlockKind, Extract

UGLY = ["e\u0301", "\u00ad", "\U0001f9e0\u200d", "\ufb01", "\u00a0", "\u200b", "\x00", "\u202e", "\x1c", "\ufeff", "İß"]
WORDS = [
    "Numb Feet", "what is it?", "B12", "and so on.", "- ", "1. ", "•", " | ", "\t", "===", "---", "of inter-", *UGLY,
]  # fmt: skip
ENDS = ["\n", "\r\n", "\r", "\n\n", "\f", "\n\f", "\u2028", "\x85", " ", ""]
TAGS = [
    "<p>", "</p>", "<ul><li>", "</ul>", "<h2>", "</h2>", "<table><tr><td>", "<td>", "</table>", "<br>", "<a href=x>",
]  # fmt: skip
TAGS += [
    "</a>", "<nav>", "</nav>", "<header>", "<pre>", "</pre>", "<div hidden>", "</div>", "<form>", "<tr>", "<!--",
    "&nbsp;", "<td>&nbsp;",
]  # fmt: skip
MARKS = ["# ", "## ", "> ", "```\n", "|a|b|\n|-|-|\n|", "[x](y)", "**", "`", "![", "<b>", "    ", "***\n", "+ "]


MARKS += ["```{note} ", '!!! note "x"\n    ', "[^1]"]


def pieces(*lists: list[str]) -> st.SearchStrategy[str]:
    choice = st.sampled_from([piece for pieces in lists for piece in pieces])
    return st.lists(choice | st.text(max_size=8), max_size=40).map("".join)


def as_pdf(source: str) -> bytes:
    pages = [
        column(*[line[:80] for line in re.split(r"[\n\r\u2028]", page)][:40])
        for page in source.encode("cp1252", "ignore").decode("cp1252").split("\f")
    ]
    return build_pdf(*pages)


def encoded(source: str) -> bytes:
    """Add enough plain words that a few control characters do not make it look binary."""
    return (source + "\nplain words" * 60).encode("utf-8", "replace")


FORMS: dict[str, tuple[Callable[[bytes], Extract], Callable[[str], bytes], st.SearchStrategy[str]]] = {
    "text": (text.load, encoded, pieces(WORDS, ENDS)),
    "markdown": (markdown.load, encoded, pieces(WORDS, ENDS, MARKS)),
    "html": (html.load, encoded, pieces(WORDS, ENDS, TAGS)),
    "pdf": (pdf.load, as_pdf, pieces(WORDS, ENDS)),
}


def assert_laws(extract: Extract) -> None:
    ranges = [block.range for block in extract.blocks]
    length = len(extract.text)
    assert all(a.end <= b.start for a, b in pairwise(ranges)), "blocks in order, apart"
    assert all(range_.end <= length for range_ in ranges), "blocks inside the text"
    covered = [False] * length
    for range_ in ranges:
        covered[range_.start : range_.end] = [True] * (range_.end - range_.start)
        assert not extract.text[range_.start].isspace()
        assert not extract.text[range_.end - 1].isspace()
    assert all(seen or character.isspace() for seen, character in zip(covered, extract.text, strict=True))
    starts = extract.page_starts
    assert list(starts) == sorted(starts)
    assert not starts or (starts[0] == 0 and starts[-1] <= length)
    assert [s.heading for s in extract.sections] == [b.range for b in extract.blocks if b.kind is BlockKind.HEADING]
    assert [s.end for s in extract.sections] == [*[s.start for s in extract.sections[1:]], length][
        : len(extract.sections)
    ]
    assert all(s.start == s.heading.start and 1 <= s.level <= 6 for s in extract.sections)
    assert all(region.range.end <= length for region in extract.regions)
