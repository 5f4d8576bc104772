"""The documents of a corpus as the index sees them, by the package's own readers."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from b12assistant.cleaning import mark
from b12assistant.corpus.folder import corpus_files, corpus_sources
from b12assistant.corpus.provenance import attribute, read_sentences, without_origin
from b12assistant.corpus.sources import SourcesFile, read_front_matter, source_of
from b12assistant.errors import SourceError, SourceFactsError
from b12assistant.index.layout import Layout
from b12assistant.loaders import load
from b12assistant.loaders.passages import chunk, sentences_in
from b12assistant.types import BlockKind, Document, DocumentId, Origin, OriginId, Passage, Source

REFERENCES: Final = "references.toml"
RULES: Final = "check.toml"
FOR_CURATORS: Final = (REFERENCES, RULES)  # beside README.md and sources.toml, which the package knows
_FIGURE: Final = re.compile(r"(?<![\w.])\d[\d.,]*(?:\s*(?:to|-|–|or|and)\s*\d[\d.,]*)*")
_UNIT: Final = re.compile(r"[%°]|[^\W\d_]")
_UNIT_OF_COLUMN: Final = re.compile(r"\(.+\)|/|year|age", re.I)
_WHOLE: Final = 1_000_000  # words of a passage: none is divided here


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to fix, and the file of the corpus it is in."""

    file: str
    what: str

    def __str__(self) -> str:
        return f"{self.file}: {self.what}"


@dataclass(frozen=True, slots=True)
class Text:
    """A document with what can be quoted of it; ``told``: the keys of source facts that somebody wrote down."""

    document: Document
    told: frozenset[str]
    sentences: tuple[str, ...]  # white space collapsed, the parts of a torn sentence joined
    references: tuple[str, ...]  # items of reference lists
    unfounded: tuple[str, ...]  # sentences without origin and figures without unit

    @property
    def file(self) -> str:
        return self.document.id

    @property
    def source(self) -> Source:
        return self.document.source

    @property
    def quotable(self) -> str:
        return " ".join((*self.sentences, *self.references))


def read_corpus(corpus: Path) -> tuple[tuple[Text, ...], Mapping[OriginId, Origin], list[Finding]]:
    """Return every document, the register of origins, and a finding for each file that is not read as it should be."""
    sources = corpus_sources(corpus)
    origins = sources.origins
    texts: list[Text] = []
    findings: list[Finding] = []
    files = [file for file in corpus_files(corpus) if file not in FOR_CURATORS]
    for file in files:
        try:
            text, warnings = _read(corpus, file, sources, origins)
        except (SourceError, SourceFactsError) as error:
            findings.append(Finding(file, error.message))
            continue
        texts.append(text)
        findings += [Finding(file, warning) for warning in warnings]
    findings += [Finding("sources.toml", f"{file} is described but not there") for file in sources.without_file(files)]
    return tuple(texts), origins, findings


def _read(
    corpus: Path, file: str, sources: SourcesFile, origins: Mapping[OriginId, Origin]
) -> tuple[Text, tuple[str, ...]]:
    extract = load((corpus / file).read_bytes(), file)
    front = read_front_matter(extract.front or "", file=file, is_described=False).facts
    entry = sources.of(file)
    source = source_of(sources.defaults, front, entry)
    title = source.title or extract.title or file
    document = replace(extract, marks=mark(extract)).document(DocumentId(file), "", title, source)
    document, warnings = attribute(document, read_sentences(corpus, file), origins)
    passages = chunk(document, sentences_in(document), lambda text: len(text.split()), most=_WHOLE)
    pieces = list(_pieces(document, passages))
    sentences, references = (tuple(text for text, listed in pieces if listed == which) for which in (False, True))
    unnamed = (f"no origin is named for: {sentence.text}" for sentence in without_origin(document, passages))
    unfounded = (*unnamed, *_without_unit(document))
    return Text(document, frozenset({*front, *entry}), sentences, references, unfounded), extract.warnings + warnings


def _pieces(document: Document, passages: Sequence[Passage]) -> Iterator[tuple[str, bool]]:
    """Yield sentences and reference items, each with whether it is the latter."""
    layout = Layout.of(document)
    seen: set[int] = set()  # a torn sentence is yielded once
    for passage in passages:
        for whole in layout.wholes(passage):
            if whole.spans[0].start not in seen:
                seen.add(whole.spans[0].start)
                yield " ".join(" ".join(span.text for span in whole.spans).split()), passage.reference


def _without_unit(document: Document) -> Iterator[str]:
    """Name cells of tables that have a figure, but no unit with it or in their column's heading."""
    head: list[str] = []
    end = -1
    for block in document.blocks:
        if block.kind is not BlockKind.TABLE_ROW:
            head = []
            continue
        cells = document.slice(block.range).split(" | ")
        if not head or block.range.start > end + 2:
            head = cells
        elif len(cells) == len(head):
            for cell, title in zip(cells, head, strict=True):
                if _FIGURE.search(cell) and not _UNIT.search(cell) and not _UNIT_OF_COLUMN.search(title):
                    yield f"a table has a figure without a unit: {cell} ({title})"
        end = block.range.end
