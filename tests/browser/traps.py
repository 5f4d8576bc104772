"""Strings that a page could get wrong, and a workspace with a document of each."""

import hashlib
import random
import sys
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fakes import FakeWorkspace

from b12assistant.answers import Answer, Notice, NoticeKind, Quote, Reply, Status, Strength, TextId, Timings, Turn
from b12assistant.index.documents import Entry
from b12assistant.types import (
    Block,
    BlockKind,
    Document,
    DocumentId,
    Mark,
    MarkKind,
    Passage,
    PassageId,
    Range,
    Section,
    Source,
)

_PLANES = ((0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x590, 0x6FF), (0x900, 0x97F), (0x2000, 0x206F))
_MORE = ((0x3040, 0x30FF), (0x4E00, 0x4FFF), (0xAC00, 0xACFF), (0xFB00, 0xFFFD), (0x1F300, 0x1FAFF), (0x80, 0x9F))


def random_strings(count: int, seed: int = 12) -> list[str]:
    """Strings from many scripts, with characters that join, reorder and hide; half have Markdown and HTML in them."""
    drawn = random.Random(seed)  # noqa: S311 - a seeded sample, not a secret
    found = []
    for number in range(count):
        pieces = [_character(drawn) for _ in range(drawn.randint(4, 60))]
        if number % 2:
            pieces += drawn.choices(["<b>", "*", "`", "$$", "\n\n", "  ", "\t", "&lt;", "{{", "]("], k=6)
        drawn.shuffle(pieces)
        found.append("".join(pieces) if "".join(pieces).strip() else "x")
    return found


def _character(drawn: random.Random) -> str:
    low, high = drawn.choice(_PLANES + _MORE) if drawn.random() < 0.9 else (0x1, sys.maxunicode)
    return chr(drawn.randint(low, high))


def shown(text: str) -> str:
    """The text as a page can show it: NUL as its symbol, a lone surrogate as a replacement character."""
    pairs = "".join("\ufffd" if unicodedata.category(each) == "Cs" else each for each in text)
    return pairs.replace("\0", "\u2400")


def _path(text: str) -> str:
    """The text as a path in UTF-8, as names in an index are, cut into names that fit; none steps back."""
    text = text.encode("utf-8", "replace").decode()
    parts = (text[at : at + 60] for at in range(0, min(len(text), 4000), 60))
    return f"/{'/'.join(parts)}".replace("/..", "/_..")[1:]


def document_of(number: int, text: str) -> Document:
    """A document with its text in every field that is shown."""
    inner = len(text) - 1
    return Document(
        id=DocumentId(f"{number}/{_path(text)}"),
        digest=hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest(),
        title=text,
        text=text,
        source=Source(publisher=text, based_on=text, url=text, note=text, superseded_by=text, cites=(text,)),
        sections=(Section(Range(0, len(text)), 1, 0, len(text)), Section(Range(inner, len(text)), 2, inner, len(text))),
        blocks=(Block(BlockKind.LIST_ITEM, Range(0, len(text))),),
        marks=(Mark(Range(0, 1), MarkKind.REFERENCE, "trap"),),
    )


@dataclass(frozen=True)
class TrapWorkspace(FakeWorkspace):
    """Question ``n`` is answered with ``at_once`` documents from ``n * at_once`` on, each quoted whole."""

    texts_shown: Sequence[str] = ()
    at_once: int = 23

    def entry(self, number: int) -> Entry:
        document = document_of(number, self.texts_shown[number])
        whole = document.span(0, len(document.text))
        passage = Passage(PassageId(f"{number:032x}"), (whole,))
        return Entry(document, (passage,), (), 0.0, "", document.text, {})

    def ask(self, question: str, history: Sequence[str] = (), **how: Any) -> Reply:  # noqa: ARG002
        first = len(history) * self.at_once
        numbers = range(first, min(first + self.at_once, len(self.texts_shown)))
        answer = Answer(
            Turn(len(history), question),
            Status.ANSWERED,
            None,
            tuple(self._quote(number) for number in numbers),
            (Notice(NoticeKind.GENERAL, TextId("general")),),
            nearest=tuple(self.entry(number).passages[0] for number in numbers),
        )
        return Reply(answer, Timings(0, 0), None)

    def _quote(self, number: int) -> Quote:
        passage = self.entry(number).passages[0]
        document = passage.document
        text = document.text
        # Without the last character, which is another section; the best part is the middle.
        start = next(i for i in range(len(text)) if not text[i].isspace())
        spans = (document.span(0, len(text) - 1),) if len(text) > 1 else (passage.span,)
        best = document.span(min(start, spans[0].end - 1), spans[0].end)
        return Quote(spans, best, passage, Strength.STRONG, 1.0)

    def document(self, name: str) -> Entry:
        return self.entry(int(name.partition("/")[0]))

    def source_changed(self, name: str) -> bool:
        return name.startswith("1")
