"""Check what every sentence rests on: each names its origins, no advice rests on a seller, every figure has a unit."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

from b12assistant.corpus.disputes import DISPUTES_FILE, parse_disputes, resolve
from b12assistant.corpus.folder import NOT_ANSWERED_FILE, SENTENCES_FOLDER, corpus_not_answered
from b12assistant.corpus.provenance import read_sentences, sentences_file
from b12assistant.corpus.sources import SOURCES_FILE
from b12assistant.errors import SourceFactsError
from b12assistant.types import Interest, Origin, OriginId, SourceKind
from corpus_checks import Finding
from corpus_checks.reading import Text

SELLS: Final = frozenset({SourceKind.VENDOR, SourceKind.BLOG})
LEAST_COUNTER_EXAMPLES: Final = 5


def check_provenance(corpus: Path, texts: Sequence[Text], origins: Mapping[OriginId, Origin]) -> Iterator[Finding]:
    """Yield sentences without origin, figures without unit, origins that nothing rests on, and advice of sellers."""
    used = {found.origin.id for text in texts for found in text.document.attributions}
    for origin in origins.values():
        if origin.id not in used:
            yield Finding(SOURCES_FILE, f"origin {origin.id}: no sentence rests on it")
    files = {sentences_file(text.file) for text in texts}
    for path in sorted((corpus / SENTENCES_FOLDER).rglob("*.jsonl")):
        if (name := path.relative_to(corpus).as_posix()) not in files:
            yield Finding(name, "there is no such document")
    for text in texts:
        yield from (Finding(text.file, what) for what in text.unfounded)
        if text.source.interest is Interest.NONE:
            yield from _advice_of_sellers(text)


def check_disputes(corpus: Path, texts: Sequence[Text]) -> Iterator[Finding]:
    """Yield differences whose sentences are gone, or without enough questions that they do not concern."""
    path = corpus / DISPUTES_FILE
    if not path.is_file():
        return
    try:
        entries = parse_disputes(path.read_text("utf-8"))
    except SourceFactsError as error:
        yield Finding(DISPUTES_FILE, error.message)
        return
    passages = [passage for text in texts for passage in text.passages]
    for entry in entries:
        try:
            resolve([entry], passages)
        except SourceFactsError as error:
            yield Finding(DISPUTES_FILE, error.message)
        if len(entry.not_asked) < LEAST_COUNTER_EXAMPLES:
            lacks = f"fewer than {LEAST_COUNTER_EXAMPLES} counter-examples (not_asked)"
            yield Finding(DISPUTES_FILE, f"{entry.where}: {entry.id}: {lacks}")


def check_not_answered(corpus: Path, texts: Sequence[Text]) -> Iterator[Finding]:
    """Yield questions of `not_answered.toml` that are there twice, or that some sentence answers."""
    try:
        questions = corpus_not_answered(corpus)
        lines = [(text.file, line) for text in texts for line in read_sentences(corpus, text.file)]
    except SourceFactsError as error:
        yield Finding(NOT_ANSWERED_FILE, error.message)
        return
    known = {_words(question): f"a sentence of {file} answers" for file, line in lines for question in line.asked}
    for question in questions:
        if (words := _words(question)) in known:
            yield Finding(NOT_ANSWERED_FILE, f"{known[words]}: {question}")
        known[words] = "it lists twice"


def _words(question: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", question.casefold()))


def _advice_of_sellers(text: Text) -> Iterator[Finding]:
    by_range: dict[tuple[int, int], list[SourceKind]] = {}
    for found in text.document.attributions:
        by_range.setdefault((found.range.start, found.range.end), []).append(found.origin.kind)
    for (start, end), kinds in by_range.items():
        if SELLS.issuperset(kinds):
            yield Finding(text.file, f"rests on sellers or blogs alone: {text.document.text[start:end]}")
