"""Build a generation of the index from a corpus.

Every file ends indexed, indexed with warnings, or left out with a reason.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Protocol

import numpy as np

from b12assistant.config import Settings
from b12assistant.corpus.disputes import Dispute, disputes_to_bytes, resolve
from b12assistant.corpus.folder import corpus_disputes, corpus_files, corpus_not_answered, corpus_sources
from b12assistant.corpus.provenance import (
    SentenceEntry,
    attribute,
    findings,
    located,
    not_quoted,
    provenance_facts,
    read_sentences,
)
from b12assistant.corpus.sources import SOURCES_FILE, Facts, SourcesFile, parse_front_matter, source_of
from b12assistant.errors import CorpusError, SourceError, SourceFactsError
from b12assistant.index import vector_index
from b12assistant.index.collection import (
    ASKED,
    METHOD,
    AskedQuestions,
    Group,
    all_reports,
    as_codes,
    built_with,
    digest_of,
    group_of,
    key_of,
    most_pieces,
)
from b12assistant.index.documents import Entry, entries_to_bytes, source_facts
from b12assistant.index.embedding import (
    ALONE,
    CONTEXT,
    NONE_SHIPPED,
    NOTHING,
    Embedded,
    EmbeddingPool,
    Previous,
    Shipped,
    previous_of,
    scope,
)
from b12assistant.index.lexical_index import BM25FIndex
from b12assistant.index.store import Generation
from b12assistant.index.token_store import Projection, TokenStore, Vectors
from b12assistant.loaders.passages import Prepared, Splitting, passages_of, split
from b12assistant.protocols import Encoder, Progress
from b12assistant.types import Document, DocumentId, Extract, FileEnd, FileReport, GenerationId, Passage

_RUNTIME = ("faiss-cpu", "markdown-it-py", "numpy", "pypdf", "PyStemmer", "selectolax", "sentencex")
_SURROGATE = re.compile("[\ud800-\udfff]")  # a byte of a file name that is not UTF-8; encoders reject it


class Reader(Protocol):
    """Read, extract, mark and split a file of a corpus, within limits. Raises ``SourceError`` with the reason."""

    def read(self, path: Path) -> bytes: ...

    def extract(self, data: bytes, name: str) -> Extract: ...

    def prepare(self, data: bytes, name: str, splitting: Splitting) -> Prepared: ...


@dataclass(frozen=True)
class Built:
    """A generation's content, not yet written. ``same``: the previous generation if nothing changed; then no files."""

    files: Mapping[str, bytes]
    facts: Mapping[str, object]
    reports: tuple[FileReport, ...]
    same: GenerationId | None = None


@dataclass(frozen=True)
class Indexer:
    """A builder of generations from its parts. Several threads call the encoder, which must allow it.

    ``shipped``: embeddings that need not be made.
    """

    reader: Reader
    encoder: Encoder
    projection: Projection
    settings: Settings
    progress: Progress = lambda stage, done, of: None
    shipped: Shipped = NONE_SHIPPED

    def build(self, corpus: Path, previous: Previous = NOTHING, *, always: bool = False) -> Built:
        """Build a generation from the files of ``corpus``.

        ``previous``: what need not be read and encoded again. ``always``: make the files even if nothing changed.
        Raises ``CorpusError`` if nothing can be indexed, ``SourceFactsError`` if the curators' files are invalid.
        """
        title_pieces = self.settings.chunking.title_pieces
        previous = previous.within(scope(self.encoder.digest, self._runtime, title_pieces, METHOD))
        with closing(EmbeddingPool(self.encoder, self.projection, self.settings, previous, self.shipped)) as pool:
            entries, reports, groups = self._read(corpus, previous, pool)
            passages = [passage for entry in entries for passage in entry.passages]
            disputes = resolve(corpus_disputes(corpus), passages)
            of_none = corpus_not_answered(corpus)  # no sentence answers them: they come last, after all sentences
            groups.append(Group(of_none, (0,) * len(of_none)))
            asked = digest_of(groups)
            if not always and self._is_unchanged(previous, entries, reports, disputes, asked):
                reports += [entry.report for entry in entries]
                return Built({}, previous.facts, all_reports(reports, entries), previous.id)
            embedded = pool.finish(lambda done, of: self.progress("embedding", done, of))
        reports += [replace(entry.report, embedded=entry.report.file in pool.read) for entry in entries]
        rows = np.concatenate([arrays.vectors for arrays in embedded])
        vectors = vector_index.build_index(rows)
        files = {
            **vectors.to_files(),
            "documents.jsonl": entries_to_bytes(entries),
            "lexical.npz": index_words(passages, self.settings).to_bytes(),
            **_token_files(embedded),
            "left_out.json": _left_out(reports),
            **(self._dispute_files(disputes, previous) if disputes else {}),
            **(self._asked_file(entries, groups, previous) if asked else {}),
        }
        facts = {**self._facts(entries, reports, rows.shape[1], asked), "vectors": vectors.facts}
        generation = Generation(GenerationId("new"), facts, files)
        previous_of(generation)  # reads the files back before they are published, and raises
        BM25FIndex.from_bytes(files["lexical.npz"])
        return Built(files, facts, all_reports(reports, entries))

    def _read(
        self, corpus: Path, previous: Previous, pool: EmbeddingPool
    ) -> tuple[list[Entry], list[FileReport], list[Group]]:
        """Return the entries of all files that can be indexed, in order, the reports of the others, and the
        questions asked of each entry."""
        sources = corpus_sources(corpus)
        files = list(corpus_files(corpus))
        entries: list[Entry] = []
        reports: list[FileReport] = []
        groups: list[Group] = []
        for number, file in enumerate(files):
            self.progress("reading", number, len(files))
            sentences = read_sentences(corpus, file)
            outcome = self._entry(corpus, file, sources, sentences, previous)
            if isinstance(outcome, Entry):
                entries.append(outcome)
                places = located(outcome.document, sentences)
                asked = [(place.start, place.end, line.asked) for _, line, place in places if place]
                groups.append(group_of(outcome.passages, asked))
                pool.begin(outcome)
            else:
                reports.append(outcome)
        self.progress("reading", len(files), len(files))
        known = set(files)
        missing = f"named in {SOURCES_FILE}, but there is no such file"
        reports += [FileReport(file, FileEnd.LEFT_OUT, (missing,)) for file in sources.facts if file not in known]
        if not entries:
            why = f" ({len(reports)} left out: {reports[0].file}: {reports[0].reasons[0]} …)" if reports else ""
            raise CorpusError(f"nothing in {corpus}/ can be indexed{why}", hint="add .md, .txt, .html or .pdf files")
        return entries, reports, groups

    def _entry(
        self, corpus: Path, file: str, sources: SourcesFile, sentences: Sequence[SentenceEntry], previous: Previous
    ) -> Entry | FileReport:
        facts = sources.facts.get(file, {})
        rests_on = provenance_facts(sentences, sources.origins)
        try:
            data = self.reader.read(corpus / file)
            sha256 = hashlib.sha256(data).hexdigest()
            known = previous.entries.get(file)
            if (
                known
                and known.file_sha256 == sha256
                and known.document.digest == self._digest(sha256, known.front, facts, rests_on)
            ):
                return known
            prepared = self.reader.prepare(data, file, self._splitting)
            extract = prepared.extract
            front = parse_front_matter(extract.front, file="front matter") if extract.front is not None else {}
            source = source_of(front, facts)
            title = _SURROGATE.sub("\ufffd", source.title or extract.title or Path(file).stem)
            digest = self._digest(sha256, front, facts, rests_on)
            document = prepared.document(DocumentId(file), digest, title, source)
            attributions, warnings = attribute(document, sentences, sources.origins)
            document = replace(document, attributions=attributions)
            parts = prepared.parts
            if parts is None:
                parts = split(document, self.encoder.count, self._splitting)
        except (SourceError, SourceFactsError) as error:  # a file with invalid front matter is not quoted
            return FileReport(file, FileEnd.LEFT_OUT, (error.message,))
        share = prepared.marked_share
        if not parts:
            return FileReport(file, FileEnd.LEFT_OUT, ("no quotable text in it",), marked_share=share)
        passages = passages_of(document, parts)
        if sentences:
            warnings += tuple(findings(document, passages, data))
        warnings = (*extract.warnings, *not_quoted(document, data), *warnings)
        report = FileReport(
            file,
            FileEnd.WARNINGS if warnings else FileEnd.INDEXED,
            warnings,
            passages=len(parts),
            marked_share=round(share, 4),
            described=source.is_described,
        )
        return Entry(document, passages, report, sha256, extract.extractor, front)

    @cached_property
    def _splitting(self) -> Splitting:
        most = most_pieces(self.encoder, self.settings)
        return Splitting(most, self.settings.loading.passages, self.encoder.tokenizer)

    def _digest(self, sha256: str, front: Facts, facts: Facts, rests_on: object) -> str:
        described = [
            METHOD,
            sha256,
            source_facts(source_of(front, facts)),
            rests_on,
            self.encoder.digest,
            most_pieces(self.encoder, self.settings),
            self.settings.chunking.title_pieces,
            self._runtime,
        ]
        return hashlib.sha256(json.dumps(described, sort_keys=True).encode()).hexdigest()

    @cached_property
    def _runtime(self) -> dict[str, str]:
        return {**{package: _version_of(package) for package in _RUNTIME}, **self.encoder.runtime}

    def _is_unchanged(
        self,
        previous: Previous,
        entries: Sequence[Entry],
        reports: Sequence[FileReport],
        disputes: Sequence[Dispute],
        asked: str,
    ) -> bool:
        """Check if the build would give the files of ``previous`` again, without loading the encoder."""
        if len(entries) != len(previous.entries):
            return False
        vectors = previous.facts.get("vectors")
        passages = sum(len(entry.passages) for entry in entries)
        dimension = previous.facts["model"]["dimension"]  # other weights differ in digest
        facts = self._facts(entries, reports, dimension, asked)
        return (
            all(previous.entries.get(entry.report.file) is entry for entry in entries)
            and previous.facts == {**facts, "vectors": vectors}
            and (passages <= vector_index.EXACT_UP_TO) == (vectors == vector_index.ROWS_ALONE)
            and (passages <= self.settings.chunking.sentence_vectors_up_to) == (ALONE in previous.files)
            and previous.files["left_out.json"] == _left_out(reports)
            and previous.files.get("disputes.json", b"") == (disputes_to_bytes(disputes) if disputes else b"")
        )

    def _examples(self, dispute: Dispute, previous: Previous) -> Vectors:
        """Return a vector for each example question of a dispute, (examples, d)."""
        for cache in (previous, self.shipped.known):
            if dispute.examples in cache.examples:
                return cache.examples[dispute.examples]
        return np.stack([encoded.vector for encoded in self.encoder.encode(dispute.examples)])

    def _dispute_files(self, disputes: Sequence[Dispute], previous: Previous) -> dict[str, bytes]:
        buffer = io.BytesIO()
        np.save(buffer, np.concatenate([self._examples(each, previous) for each in disputes]), allow_pickle=False)
        return {"disputes.json": disputes_to_bytes(disputes), "disputes.npy": buffer.getvalue()}

    def _asked_file(self, entries: Sequence[Entry], groups: Sequence[Group], previous: Previous) -> dict[str, bytes]:
        """Return the file of the questions that are asked of the sentences."""
        keys = [key_of(self.encoder.digest, group) for group in groups]
        codes = []
        for number, (key, group) in enumerate(zip(keys, groups, strict=True)):
            self.progress("questions", number, len(groups))
            known = previous.asked.get(key)
            if known is None:
                known = self.shipped.known.asked.get(key)
            if known is None:
                vectors = [encoded.vector for encoded in self.encoder.encode(group.questions)]
                known = as_codes(np.array(vectors, np.float32).reshape(-1, self.encoder.dimension))
            codes.append(known)
        self.progress("questions", len(groups), len(groups))
        sizes = [sum(len(passage.sentences) for passage in entry.passages) for entry in entries]
        sizes.append(0)  # of the questions that no sentence answers
        return {ASKED: AskedQuestions.join(groups, sizes, keys, codes).to_bytes()}

    def _facts(
        self, entries: Sequence[Entry], reports: Sequence[FileReport], dimension: int, asked: str
    ) -> dict[str, object]:
        """Return the manifest's facts except those of the vectors; ``reports`` may include those of the entries."""
        left_out = sum(report.end is FileEnd.LEFT_OUT for report in reports)
        return {
            "model": {"name": self.encoder.name, "sha256": self.encoder.digest, "dimension": dimension},
            **built_with(self.encoder, self.settings),
            "runtime": self._runtime,
            **({"asked": asked} if asked else {}),
            "counts": {
                "files": len(entries) + left_out,
                "documents": len(entries),
                "passages": sum(len(entry.passages) for entry in entries),
                "left_out": left_out,
            },
        }


def titles_of(document: Document, offset: int) -> str:
    """Return the lexical title field at ``offset``: the document's title and the headings above."""
    headings = (document.slice(section.heading) for section in document.heading_path(offset))
    return " ".join(dict.fromkeys([document.title, *headings]))


def index_words(passages: Sequence[Passage], settings: Settings) -> BM25FIndex:
    """Index the words of passages and of the titles above them."""
    bodies = [" ".join(span.text for span in passage.sentences) for passage in passages]
    titles = [titles_of(passage.document, passage.sentences[0].start) for passage in passages]
    return BM25FIndex.build(bodies, titles, settings.lexical)


def _token_files(embedded: Sequence[Embedded]) -> dict[str, bytes]:
    files = {CONTEXT: TokenStore.join([arrays.context for arrays in embedded]).to_bytes()}
    alone = [arrays.alone for arrays in embedded if arrays.alone is not None]
    return {**files, ALONE: TokenStore.join(alone).to_bytes()} if alone else files


def _left_out(reports: Iterable[FileReport]) -> bytes:
    rows = sorted((report.file, list(report.reasons)) for report in reports if report.end is FileEnd.LEFT_OUT)
    return (json.dumps(rows, ensure_ascii=False, indent=1) + "\n").encode("utf-8", "surrogatepass")


def _version_of(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "absent"
