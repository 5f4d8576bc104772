"""A corpus to a generation of the index. Every file ends indexed, indexed with warnings, or left out with its
reason."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from b12assistant.config import Settings
from b12assistant.corpus.disputes import DISPUTES_FILE, Dispute, disputes_to_bytes, resolve
from b12assistant.corpus.folder import corpus_disputes, corpus_facts, corpus_files
from b12assistant.corpus.sources import SOURCES_FILE, Facts, parse_front_matter, source_of
from b12assistant.display.records import Entry, source_facts
from b12assistant.errors import CorpusError, SourceError, SourceFactsError
from b12assistant.index import origin, vector_index
from b12assistant.index.assembling import check, dispute_files, document_files, token_files
from b12assistant.index.assembling import titles_of as titles_of
from b12assistant.index.embedding_pool import EmbeddingPool
from b12assistant.index.former import Former
from b12assistant.index.origin import built_with, most_pieces, told_reports
from b12assistant.index.token_files import JoinedTokens
from b12assistant.index.token_store import Projection
from b12assistant.loaders.passages import Prepared, Splitting, passages_of, split
from b12assistant.protocols import Encoder
from b12assistant.types import DocumentId, Extract, FileEnd, FileReport, GenerationId

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
    """Read, extract, mark and split a file of a corpus, within limits. Raises ``SourceError`` with the reason."""

    def read(self, path: Path) -> bytes: ...

    def extract(self, data: bytes, name: str) -> Extract: ...

    def prepare(self, data: bytes, name: str, splitting: Splitting) -> Prepared: ...


@dataclass(frozen=True)
class Built:
    """A generation's content, not yet written; ``streamed``: what is read from elsewhere when it is.

    ``same``: the former generation, if it is all that, and then there are no files.
    """

    files: Mapping[str, bytes]
    streamed: Mapping[str, JoinedTokens]
    facts: Mapping[str, object]
    reports: tuple[FileReport, ...]
    same: GenerationId | None = None


@dataclass(frozen=True)
class Indexer:
    """The use case; its parts are given. The encoder is asked from several threads, and must allow it."""

    reader: Reader
    encoder: Encoder
    projection: Projection
    settings: Settings
    progress: Progress = lambda stage, done, of: None

    def build(self, corpus: Path, former: Former | None = None, *, always: bool = False) -> Built:
        """Raises ``CorpusError`` if nothing can be indexed, ``SourceFactsError`` if the curators' files are invalid.

        ``always``: the files are made although they are those of ``former``.
        """
        with EmbeddingPool(self.encoder, self.projection, self.settings, former.arrays if former else None) as pool:
            entries, reports = self._read(corpus, former, pool)
            passages = [passage for entry in entries for passage in entry.passages]
            disputes = resolve(corpus_disputes(corpus), passages, file=str(corpus / DISPUTES_FILE))
            if former and not always and self._is_same(former, entries, reports, disputes):
                told = told_reports([*reports, *(entry.report for entry in entries)], entries)
                return Built({}, {}, former.facts, told, former.id)
            embedded = pool.finish(lambda done, of: self.progress("embedding", done, of))
        reports += [replace(entry.report, embedded=entry.report.file in pool.read) for entry in entries]
        rows = np.concatenate([each.vectors for each in embedded])
        vectors = vector_index.build_index(rows)
        files = {
            **vectors.to_files(),
            **document_files(entries, former, self.settings.lexical),
            "left_out.json": _left_out(reports),
            **dispute_files(disputes, self._asked(disputes, former)),
        }
        facts = {**self._facts(entries, reports, rows.shape[1]), "vectors": vectors.facts}
        built = Built(files, token_files(embedded), facts, told_reports(reports, entries))
        check(built.files, built.streamed, built.facts)
        return built

    def _read(self, corpus: Path, former: Former | None, pool: EmbeddingPool) -> tuple[list[Entry], list[FileReport]]:
        """What each file is, in order, and why those that are nothing are left out."""
        facts = corpus_facts(corpus)
        files = list(corpus_files(corpus))
        entries: list[Entry] = []
        reports: list[FileReport] = []
        for number, file in enumerate(files):
            self.progress("reading", number, len(files))
            found = self._entry(corpus, file, facts.get(file, {}), former)
            if isinstance(found, Entry):
                entries.append(found)
                pool.begin(found, known=former is not None and former.has(found))
            else:
                reports.append(found)
        self.progress("reading", len(files), len(files))
        reports += [_no_such_file(file) for file in facts if file not in set(files)]
        if not entries:
            raise _nothing(corpus, reports)
        return entries, reports

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
            prepared = self.reader.prepare(data, file, self._splitting)
            extract = prepared.extract
            front = parse_front_matter(extract.front, file="front matter") if extract.front is not None else {}
            source = source_of(front, facts)
            title = _SURROGATE.sub("\ufffd", source.title or extract.title or Path(file).stem)
            document = prepared.document(DocumentId(file), self._digest(sha256, front, facts), title, source)
            parts = prepared.parts
            if parts is None:
                parts = split(document, self.encoder.count, self._splitting)
        except (SourceError, SourceFactsError) as error:  # of its own front matter: without its facts it is not quoted
            return FileReport(file, FileEnd.LEFT_OUT, (error.message,))
        share = prepared.marked_share
        if not parts:
            return FileReport(file, FileEnd.LEFT_OUT, ("no quotable text in it",), marked_share=share)
        report = FileReport(
            file,
            FileEnd.WARNINGS if extract.warnings else FileEnd.INDEXED,
            extract.warnings,
            passages=len(parts),
            marked_share=round(share, 4),
        )
        return Entry(document, passages_of(document, parts), report, sha256, extract.extractor, front)

    @cached_property
    def _splitting(self) -> Splitting:
        most = most_pieces(self.encoder, self.settings)
        return Splitting(most, self.settings.loading.passages, self.encoder.tokenizer)

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

    def _is_same(
        self, former: Former, entries: Sequence[Entry], reports: Sequence[FileReport], disputes: Sequence[Dispute]
    ) -> bool:
        """Whether the files of ``former`` would be made again, of these entries and of what is left out."""
        dimension = former.facts["model"]["dimension"]  # of the same weights: the encoder need not be loaded to say so
        passages = sum(len(entry.passages) for entry in entries)
        few = passages <= vector_index.EXACT_UP_TO
        small = passages <= self.settings.chunking.sentence_vectors_up_to
        return (
            len(entries) == len(former.entries)
            and all(map(former.has, entries))
            and former.facts == {**self._facts(entries, reports, dimension), "vectors": former.facts.get("vectors")}
            and (few, small) == (former.facts["vectors"] == vector_index.ROWS_ALONE, former.alone is not None)
            and former.files["left_out.json"] == _left_out(reports)
            and former.files.get("disputes.json", b"") == (disputes_to_bytes(disputes) if disputes else b"")
            and former.counts is not None
        )

    def _asked(self, disputes: Sequence[Dispute], former: Former | None) -> list[Vectors]:
        """A vector for each way to ask, by dispute."""
        known = former.asked if former and former.runtime == self._runtime else {}
        return [known[each.asked] if each.asked in known else self._vectors(each.asked) for each in disputes]

    def _vectors(self, texts: Sequence[str]) -> Vectors:
        vectors = [encoded.vector for encoded in self.encoder.encode(texts)]
        return np.stack(vectors) if vectors else np.empty((0, self.encoder.dimension), dtype=np.float32)

    def _facts(self, entries: Sequence[Entry], reports: Sequence[FileReport], dimension: int) -> dict[str, object]:
        """Of the manifest, but for the vectors; ``reports`` may hold those of the entries or not."""
        left_out = sum(report.end is FileEnd.LEFT_OUT for report in reports)
        return {
            "model": {"name": self.encoder.name, "sha256": self.encoder.digest, "dimension": dimension},
            **built_with(self.encoder, self.settings),
            "runtime": self._runtime,
            "counts": {
                "files": len(entries) + left_out,
                "documents": len(entries),
                "passages": sum(len(entry.passages) for entry in entries),
                "left_out": left_out,
            },
        }


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
