"""A corpus to a generation of the index. Every file ends indexed, indexed with warnings, or left out with its
reason."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from b12assistant.cleaning import mark, marked_share, trim_headings
from b12assistant.config import Settings
from b12assistant.corpus.chunking import chunk
from b12assistant.corpus.disputes import DISPUTES_FILE, Dispute, disputes_to_bytes, resolve
from b12assistant.corpus.folder import corpus_disputes, corpus_facts, corpus_files
from b12assistant.corpus.sources import SOURCES_FILE, Facts, parse_front_matter, source_of
from b12assistant.display.records import Entry, entries_to_bytes, source_facts
from b12assistant.errors import CorpusError, SourceError, SourceFactsError
from b12assistant.index import origin
from b12assistant.index.embedding import Embedded
from b12assistant.index.embedding_pool import EmbeddingPool
from b12assistant.index.lexical_index import BM25F, BM25FIndex
from b12assistant.index.origin import Former, built_with, most_pieces, told_reports
from b12assistant.index.token_store import Projection, TokenStore
from b12assistant.index.vector_index import build_index
from b12assistant.protocols import Encoder
from b12assistant.types import Document, DocumentId, Extract, FileEnd, FileReport

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

_RUNTIME = (
    "faiss-cpu",
    "markdown-it-py",
    "numpy",
    "pypdf",
    "PyStemmer",
    "selectolax",
    "sentencex",
)
_SURROGATE = re.compile("[\ud800-\udfff]")  # a byte of a file's name that is no UTF-8; no encoder reads it

Progress = Callable[[str, int, int], None]  # stage, done, of


class Reader(Protocol):
    """Reads a corpus file's bytes and extracts its text, each within limits; raises ``SourceError`` with the reason."""

    def read(self, path: Path) -> bytes: ...

    def extract(self, data: bytes, name: str) -> Extract: ...


@dataclass(frozen=True)
class Built:
    """A generation's content, not yet written."""

    files: Mapping[str, bytes]
    facts: Mapping[str, object]
    reports: tuple[FileReport, ...]


@dataclass(frozen=True)
class Indexer:
    """The use case; its parts are given. The encoder is asked from several threads, and must allow it."""

    reader: Reader
    encoder: Encoder
    projection: Projection
    settings: Settings
    progress: Progress = lambda stage, done, of: None

    def build(self, corpus: Path, former: Former | None = None) -> Built:
        """Raises ``CorpusError`` if nothing can be indexed, ``SourceFactsError`` if the curators' files are invalid."""
        facts = corpus_facts(corpus)
        files = list(corpus_files(corpus))
        entries: list[Entry] = []
        reports: list[FileReport] = []
        arrays = former.embedded if former else None
        with EmbeddingPool(self.encoder, self.projection, self.settings, arrays) as pool:
            for number, file in enumerate(files):
                self.progress("reading", number, len(files))
                found = self._entry(corpus, file, facts.get(file, {}), former)
                if isinstance(found, Entry):
                    entries.append(found)
                    pool.begin(found, known=former is not None and former.entries.get(file) is found)
                else:
                    reports.append(found)
            self.progress("reading", len(files), len(files))
            reports += [_no_such_file(file) for file in facts if file not in set(files)]
            if not entries:
                raise _nothing(corpus, reports)
            passages = [passage for entry in entries for passage in entry.passages]
            disputes = resolve(corpus_disputes(corpus), passages, file=str(corpus / DISPUTES_FILE))
            embedded = pool.finish(lambda done, of: self.progress("embedding", done, of))
        reports += [replace(entry.report, embedded=entry.report.file in pool.read) for entry in entries]
        vectors = build_index(np.concatenate([each.vectors for each in embedded]))
        return Built(
            {**vectors.to_files(), **self._files(entries, embedded, reports), **self._dispute_files(disputes, former)},
            {**self._facts(entries, reports, embedded[0].vectors.shape[1]), "vectors": vectors.facts},
            told_reports(reports, entries),
        )

    def _entry(self, corpus: Path, file: str, facts: Facts, former: Former | None) -> Entry | FileReport:
        try:
            data = self.reader.read(corpus / file)
            sha256 = hashlib.sha256(data).hexdigest()
            known = former.entries.get(file) if former else None
            if (
                known
                and known.file_sha256 == sha256
                and known.document.digest == self._digest(sha256, known.front, facts)
            ):
                return known
            extract = self.reader.extract(data, file)
            front = parse_front_matter(extract.front, file="front matter") if extract.front is not None else {}
            document = _document(
                file, extract, source_facts_of=(front, facts), digest=self._digest(sha256, front, facts)
            )
            passages = chunk(document, self.encoder.count, most=most_pieces(self.encoder, self.settings))
        except (SourceError, SourceFactsError) as error:  # of its own front matter: without its facts it is not quoted
            return FileReport(file, FileEnd.LEFT_OUT, (error.message,))
        if not passages:
            return FileReport(file, FileEnd.LEFT_OUT, ("no quotable text in it",), marked_share=marked_share(document))
        report = FileReport(
            file,
            FileEnd.WARNINGS if extract.warnings else FileEnd.INDEXED,
            extract.warnings,
            passages=len(passages),
            marked_share=round(marked_share(document), 4),
        )
        return Entry(document, passages, report, sha256, extract.extractor, front)

    def _digest(self, sha256: str, front: Facts, facts: Facts) -> str:
        told = source_facts(source_of(front, facts))
        described = [
            origin.METHOD,
            sha256,
            told,
            self.encoder.digest,
            most_pieces(self.encoder, self.settings),
            self.settings.chunking.title_pieces,
            self._runtime,
        ]
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()

    @cached_property
    def _runtime(self) -> dict[str, str]:
        return {**_versions(), **self.encoder.runtime}

    def _files(
        self, entries: Sequence[Entry], embedded: Sequence[Embedded], reports: Sequence[FileReport]
    ) -> dict[str, bytes]:
        passages = [passage for entry in entries for passage in entry.passages]
        bodies = [" ".join(span.text for span in passage.sentences) for passage in passages]
        titles = [titles_of(passage.document, passage.sentences[0].start) for passage in passages]
        lexical = self.settings.lexical
        parameters = BM25F(lexical.k1, lexical.b_body, lexical.b_title, lexical.title_weight)
        files = {
            "documents.jsonl": entries_to_bytes(entries),
            "lexical.npz": BM25FIndex.build(bodies, titles, parameters).to_bytes(),
            "context_tokens.npz": TokenStore.join([each.context for each in embedded]).to_bytes(),
            "left_out.json": _left_out(reports),
        }
        alone = [each.alone for each in embedded if each.alone is not None]
        if alone:
            files["sentence_tokens.npz"] = TokenStore.join(alone).to_bytes()
        return files

    def _dispute_files(self, disputes: Sequence[Dispute], former: Former | None) -> dict[str, bytes]:
        """The disputes, and a vector for each way to ask: ``(asked, d)``, in order; nothing where there are none."""
        if not disputes:
            return {}
        known = former.asked if former and former.runtime == self._runtime else {}
        rows = [known[each.asked] if each.asked in known else self._vectors(each.asked) for each in disputes]
        buffer = io.BytesIO()
        np.save(buffer, np.concatenate(rows), allow_pickle=False)
        return {"disputes.json": disputes_to_bytes(disputes), "disputes.npy": buffer.getvalue()}

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        vectors = [encoded.vector for encoded in self.encoder.encode(texts)]
        return np.stack(vectors) if vectors else np.empty((0, self.encoder.dimension), dtype=np.float32)

    def _facts(self, entries: Sequence[Entry], reports: Sequence[FileReport], dimension: int) -> dict[str, object]:
        return {
            "model": {"name": self.encoder.name, "sha256": self.encoder.digest, "dimension": dimension},
            **built_with(self.encoder, self.settings),
            "runtime": self._runtime,
            "counts": {
                "files": len(reports),
                "documents": len(entries),
                "passages": sum(len(entry.passages) for entry in entries),
                "left_out": sum(report.end is FileEnd.LEFT_OUT for report in reports),
            },
        }


def titles_of(document: Document, offset: int) -> str:
    """The lexical title field of what stands at ``offset``: the document's title and the headings above."""
    headings = (document.slice(section.heading) for section in document.heading_path(offset))
    return " ".join(dict.fromkeys([document.title, *headings]))


def _document(file: str, extract: Extract, *, source_facts_of: Iterable[Facts], digest: str) -> Document:
    source = source_of(*source_facts_of)
    marks = mark(extract)
    return Document(
        id=DocumentId(file),
        digest=digest,
        title=_SURROGATE.sub("\ufffd", source.title or extract.title or Path(file).stem),
        text=extract.text,
        source=source,
        page_starts=extract.page_starts,
        sections=trim_headings(extract, marks),
        blocks=extract.blocks,
        marks=marks,
    )


def _nothing(corpus: Path, reports: Sequence[FileReport]) -> CorpusError:
    why = f" ({len(reports)} left out: {reports[0].file}: {reports[0].reasons[0]} …)" if reports else ""
    return CorpusError(f"nothing in {corpus}/ can be indexed{why}", hint="add .md, .txt, .html or .pdf files")


def _no_such_file(file: str) -> FileReport:
    return FileReport(file, FileEnd.LEFT_OUT, (f"named in {SOURCES_FILE}, but there is no such file",))


def _left_out(reports: Iterable[FileReport]) -> bytes:
    rows = sorted((report.file, list(report.reasons)) for report in reports if report.end is FileEnd.LEFT_OUT)
    return (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "surrogatepass")


@cache
def _versions() -> dict[str, str]:
    versions: dict[str, str] = {}
    for package in _RUNTIME:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "absent"
    return versions
