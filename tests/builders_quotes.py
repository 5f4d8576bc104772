"""Windows of documents for questions of a few words, so that a test can say which words are quoted."""

from collections.abc import Iterable
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from b12assistant.answering import quoting
from b12assistant.answering.quoting import Window, best_first, score
from b12assistant.index.cuts import CHARACTERS, cuts, quotable_of
from b12assistant.index.quotable import QuoteSpan
from b12assistant.loaders.passages import chunk, sentences_in
from b12assistant.types import (
    Block,
    BlockKind,
    Document,
    DocumentId,
    Interest,
    Mark,
    MarkKind,
    Passage,
    PassageId,
    Range,
    Section,
    Source,
    SourceKind,
)

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


def passages_of(document: Document, most: int = 60) -> tuple[Passage, ...]:
    return chunk(document, sentences_in(document), lambda text: len(text.split()), most=most)


def windows_of(passage: Passage, *asked: str, most: int = CHARACTERS) -> list[Window]:
    """Windows for a query of words; a word's cosine is 1 in a sentence that has it, else 0."""
    cosines = np.array([[float(word in span.text) for word in asked] for span in passage.sentences], np.float32)
    weights, nothing = np.full(len(asked), 1 / len(asked), np.float32), np.full(len(cosines), np.nan, np.float32)
    return list(score(quotable_of([passage], most), [0], [cosines], weights, [nothing]))


def choose(found: Iterable[Window], most: int, *, paragraphs: bool = False) -> tuple[Window, ...]:
    return quoting.choose(sorted(found, key=best_first), most, cuts, paragraphs=paragraphs)


def texts(window: Window) -> list[str]:
    return [span.text for span in window.spans]


def all_texts(document: Document, *asked: str) -> list[list[str]]:
    return [texts(window) for passage in passages_of(document) for window in windows_of(passage, *(asked or ("a",)))]


def answers(document: Document, *asked: str, most: int = 3) -> list[list[str]]:
    found = [window for passage in passages_of(document) for window in windows_of(passage, *asked)]
    return [texts(window) for window in choose(found, most)]


def said(text: str, interest: Interest, score: float = 0.5, kind: SourceKind | None = None) -> Window:
    document = Document(DocumentId(f"{interest}.md"), "digest", "Title", text, Source(kind=kind, interest=interest))
    span = document.span(0, len(text))
    cut = QuoteSpan(Passage(PassageId("0"), (span,)), (span,), slice(0, 1), (span,), len(text), (0,))
    return Window(cut, span, score)


def detail(window: Window) -> Window:
    """The same window; its sentence is a curator's detail."""
    document = replace(window.best.document, details=(window.best.range,))
    return replace(window, best=document.span(window.best.start, window.best.end))
