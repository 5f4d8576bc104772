"""What every sentence rests on: each names its origins, no advice rests on a seller, every figure has a unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from b12assistant.corpus.disputes import DISPUTES_FILE, parse_disputes
from b12assistant.corpus.folder import SENTENCES_FOLDER
from b12assistant.corpus.provenance import sentences_file
from b12assistant.corpus.sources import SOURCES_FILE
from b12assistant.errors import SourceFactsError
from b12assistant.types import BlockKind, Interest, Origin, OriginId, SourceKind
from corpus_checks import Finding
from corpus_checks.reading import Text

SELLS: Final = frozenset({SourceKind.VENDOR, SourceKind.BLOG})
LEAST_COUNTER_EXAMPLES: Final = 5
_FIGURE: Final = re.compile(r"(?<![\w.])\d[\d.,]*(?:\s*(?:to|-|–|or|and)\s*\d[\d.,]*)*")
_UNIT: Final = re.compile(r"[%°]|[^\W\d_]")
_ADDRESS: Final = re.compile(r"https?://\S+|unknown|this project")


def check_provenance(corpus: Path, texts: Sequence[Text], origins: Mapping[OriginId, Origin]) -> Iterator[Finding]:
    """Yield sentences without origin, origins that nothing rests on or that lack an address, and advice of sellers."""
    used = {found.origin.id for text in texts for found in text.document.attributions}
    for origin in origins.values():
        if origin.id not in used:
            yield Finding(SOURCES_FILE, f"origin {origin.id}: no sentence rests on it")
        if not _ADDRESS.fullmatch(origin.url):
            yield Finding(SOURCES_FILE, f"origin {origin.id}: url is no address: {origin.url}")
    files = {sentences_file(text.file) for text in texts}
    for path in sorted((corpus / SENTENCES_FOLDER).rglob("*.jsonl")):
        if (name := path.relative_to(corpus).as_posix()) not in files:
            yield Finding(name, "there is no such document")
    for text in texts:
        yield from (Finding(text.file, f"no origin is named for: {sentence}") for sentence in text.without_origin)
        if text.source.interest is Interest.NONE:
            yield from _advice_of_sellers(text)


def check_tables(texts: Sequence[Text]) -> Iterator[Finding]:
    """Yield cells of tables with a figure and no unit, neither beside it nor in the head of its column."""
    for text in texts:
        head: list[str] = []
        end = -1
        for block in text.document.blocks:
            if block.kind is not BlockKind.TABLE_ROW:
                head = []
                continue
            cells = text.document.slice(block.range).split(" | ")
            if not head or block.range.start > end + 2:
                head = cells
            elif len(cells) == len(head):
                yield from (
                    Finding(text.file, f"a table has a figure without a unit: {cell} ({title})")
                    for cell, title in zip(cells, head, strict=True)
                    if _FIGURE.search(cell)
                    and not _UNIT.search(cell)
                    and not re.search(r"\(.+\)|/|year|age", title, re.I)
                )
            end = block.range.end


def check_disputes(corpus: Path) -> Iterator[Finding]:
    """Yield differences without enough questions that they do not concern."""
    path = corpus / DISPUTES_FILE
    if not path.is_file():
        return
    try:
        entries = parse_disputes(path.read_text("utf-8"))
    except SourceFactsError as error:
        yield Finding(DISPUTES_FILE, error.message)
        return
    for entry in entries:
        if len(entry.not_asked) < LEAST_COUNTER_EXAMPLES:
            yield Finding(
                DISPUTES_FILE, f"{entry.id}: fewer than {LEAST_COUNTER_EXAMPLES} counter-examples (not_asked)"
            )


def _advice_of_sellers(text: Text) -> Iterator[Finding]:
    by_range: dict[tuple[int, int], list[SourceKind]] = {}
    for found in text.document.attributions:
        by_range.setdefault((found.range.start, found.range.end), []).append(found.origin.kind)
    for (start, end), kinds in by_range.items():
        if SELLS.issuperset(kinds):
            yield Finding(text.file, f"rests on sellers or blogs alone: {text.document.text[start:end]}")
