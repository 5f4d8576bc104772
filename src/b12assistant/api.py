"""The Python façade, and the one place where concrete parts meet.

from b12assistant.api import Workspace
reply = Workspace().ask("Can low B12 damage nerves without anaemia?")
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from b12assistant.answers import FixedTexts, Notice, Reply
from b12assistant.assistant import Assistant, Engine, with_source_changes
from b12assistant.collection import Collection
from b12assistant.confidence import load_calibration
from b12assistant.config import Configuration, load_configuration
from b12assistant.embedding import Embedded
from b12assistant.encoding import SentenceEncoder, load_encoder
from b12assistant.errors import IndexDamagedError, IndexMismatchError, IndexMissingError, LeftOutError, NotFoundError
from b12assistant.fixed_texts import load_fixed_texts
from b12assistant.indexing import Former, Indexer, Progress, corpus_files, twin_notes
from b12assistant.lexical_index import BM25FIndex
from b12assistant.loaders.isolation import IsolatedLoader
from b12assistant.records import Entry, entries_from_bytes
from b12assistant.speakers import load_cues
from b12assistant.store import SCHEMA, Generation, Store
from b12assistant.token_store import Projection, TokenStore, load_projection
from b12assistant.triage import Triager, is_control, load_rules
from b12assistant.types import FileEnd, FileReport, Hit, IndexReport, Passage
from b12assistant.vector_index import FaissIndex

_REBUILD = "run `b12assistant index`"


def _default_configuration() -> Configuration:
    return load_configuration(environment=os.environ)


def local_today() -> date:
    """Today where the reader is: what "past its date of review" is held against."""
    return datetime.now().astimezone().date()


@dataclass(frozen=True)
class Opened:
    """The index in use: its collection, what each file became, and what had to be passed over to open it."""

    collection: Collection
    entries: tuple[Entry, ...]
    left_out: tuple[FileReport, ...]
    manifest: dict[str, Any]
    problems: tuple[str, ...]

    @property
    def reports(self) -> tuple[FileReport, ...]:
        """Every file of the corpus as it was indexed, sorted."""
        twins = twin_notes(self.entries)
        told = (
            replace(entry.report, end=FileEnd.WARNINGS, reasons=(*entry.report.reasons, twins[entry.report.file]))
            if entry.report.file in twins
            else entry.report
            for entry in self.entries
        )
        return tuple(sorted((*told, *self.left_out), key=lambda report: report.file))


@dataclass(frozen=True)
class Workspace:
    """A corpus, its index and the assistant over them. Everything heavy is loaded at first use."""

    configuration: Configuration = field(default_factory=_default_configuration)

    @property
    def corpus(self) -> Path:
        return Path(self.configuration.settings.paths.corpus)

    @cached_property
    def store(self) -> Store:
        return Store(Path(self.configuration.settings.paths.index))

    @cached_property
    def texts(self) -> FixedTexts:
        return load_fixed_texts()

    @cached_property
    def encoder(self) -> SentenceEncoder:
        encoder = self.configuration.settings.encoder
        return load_encoder(encoder.model, digest=encoder.digest or None, threads=encoder.threads)

    @cached_property
    def projection(self) -> Projection:
        return load_projection(self.encoder.name, self.encoder.digest)

    @cached_property
    def opened(self) -> Opened:
        """Raises an index error with the command to run if there is none, or none that fits."""
        return self._open(self.store.open())

    @cached_property
    def engine(self) -> Engine:
        return Engine(self.opened.collection, self.encoder, self.projection)

    @cached_property
    def _triager(self) -> Triager:
        return Triager(load_rules())

    @cached_property
    def assistant(self) -> Assistant:
        return Assistant(
            triage=lambda turns: self._triager(
                turns
            ),  # made inside the call: rules that cannot be read are a failed check
            is_control=is_control,
            engine=lambda: self.engine,
            settings=self.configuration.settings,
            calibration=load_calibration(),
            cues=load_cues(),
        )

    def ask(self, question: str, history: Sequence[str] = ()) -> Reply:
        """One answer; ``history`` holds the earlier user turns."""
        reply = self.assistant.reply(question, history)
        quoted = {quote.document.id for quote in reply.answer.quotes}
        return (
            with_source_changes(reply, frozenset(name for name in quoted if self.source_changed(name)))
            if quoted
            else reply
        )

    def search(self, question: str, k: int = 10) -> tuple[tuple[Notice, ...], tuple[Hit, ...]]:
        """Look-up by meaning and words: notices, and hits that are never withheld."""
        return self.assistant.search(question, k)

    def index(self, *, strict: bool = False, progress: Progress = lambda stage, done, of: None) -> IndexReport:
        """Build and publish; files that did not change are taken over. ``strict``: publish nothing if a file is left
        out."""
        with self.store.writing(), self.reader() as reader:
            indexer = Indexer(reader, self.encoder, self.projection, self.configuration.settings, progress)
            former = self._former()
            built = indexer.build(self.corpus, former[1] if former else None)
            left_out = [
                f"{report.file} ({report.reasons[0]})" for report in built.reports if report.end is FileEnd.LEFT_OUT
            ]
            if strict and left_out:
                raise LeftOutError(
                    f"left out: {', '.join(left_out)}", hint="nothing was published; mend or remove them"
                )
            generation = self.store.publish(built.files, built.facts)
        return IndexReport(generation, built.reports, unchanged=bool(former and former[0] == generation))

    def reader(self) -> IsolatedLoader:
        """Reads and extracts files of the corpus, in a process of its own."""
        loading = self.configuration.settings.loading
        return IsolatedLoader(
            root=self.corpus, seconds=loading.seconds, memory=loading.memory << 20, size=loading.megabytes << 20
        )

    def document(self, name: str) -> Entry:
        """The entry of a document id. Raises ``NotFoundError``."""
        found = next((entry for entry in self.opened.entries if entry.document.id == name), None)
        if found is None:
            raise NotFoundError(f"no document {name!r} in the index", hint="`b12assistant export -` lists them")
        return found

    def passage(self, name: str) -> Passage:
        """The passage of an id, or of the beginning of one. Raises ``NotFoundError``."""
        found = [passage for passage in self.opened.collection.passages if passage.id.startswith(name)]
        if len(found) != 1:
            raise NotFoundError(f"{len(found) or 'no'} passages are called {name!r}…", hint="give more of its id")
        return found[0]

    def source_changed(self, name: str) -> bool:
        """Whether a document's file is no longer, byte for byte, the one that was indexed."""
        entry = self.document(name)
        try:
            return hashlib.sha256((self.corpus / entry.report.file).read_bytes()).hexdigest() != entry.file_sha256
        except OSError:
            return True

    def stale_files(self) -> Iterator[str]:
        """Files of the corpus that differ from the index, each as a sentence."""
        known = {report.file for report in self.opened.reports}
        present = set(corpus_files(self.corpus))
        yield from (f"{file}: new since indexing" for file in sorted(present - known))
        for entry in self.opened.entries:
            if entry.report.file not in present:
                yield f"{entry.report.file}: gone since indexing"
            elif self.source_changed(entry.document.id):
                yield f"{entry.report.file}: changed since indexing"

    def _former(self) -> tuple[str, Former] | None:
        try:
            opened = self._open(self.store.open())
        except (IndexMissingError, IndexDamagedError, IndexMismatchError):
            return None
        return opened.collection.generation, _former_of(opened)

    def _open(self, generation: Generation) -> Opened:
        manifest: dict[str, Any] = dict(generation.manifest)
        self._check(manifest)
        entries = entries_from_bytes(generation.files["documents.jsonl"])
        passages = tuple(passage for entry in entries for passage in entry.passages)
        vectors = FaissIndex.from_bytes(
            generation.files["vectors.faiss"], rows=len(passages), dimension=manifest["model"]["dimension"]
        )
        context = TokenStore.from_bytes(generation.files["context_tokens.npz"])
        alone = generation.files.get("sentence_tokens.npz")
        sentences = sum(len(passage.sentences) for passage in passages)
        if len(context) != sentences + len(passages):
            raise IndexDamagedError("context_tokens.npz does not fit documents.jsonl", hint=_REBUILD)
        collection = Collection(
            generation.id,
            tuple(entry.document for entry in entries),
            passages,
            vectors,
            vectors.vectors(),
            BM25FIndex.from_bytes(generation.files["lexical.npz"]),
            context,
            TokenStore.from_bytes(alone) if alone is not None else None,
            context.piece_idf(),
        )
        left_out = json.loads(generation.files["left_out.json"])
        reports = tuple(FileReport(file, FileEnd.LEFT_OUT, tuple(reasons)) for file, reasons in left_out)
        return Opened(collection, entries, reports, manifest, generation.problems)

    def _check(self, manifest: dict[str, Any]) -> None:
        """An index of another model, schema or method is refused by name."""
        if manifest.get("schema") != SCHEMA:
            raise IndexMismatchError(
                f"the index has schema {manifest.get('schema')}, this version reads {SCHEMA}", hint=_REBUILD
            )
        model = manifest["model"]
        if (model["name"], model["sha256"]) != (self.encoder.name, self.encoder.digest):
            raise IndexMismatchError(
                f"the index was built with {model['name']} ({model['sha256'][:12]}…), "
                f"configured is {self.encoder.name} ({self.encoder.digest[:12]}…)",
                hint=_REBUILD,
            )


def _former_of(opened: Opened) -> Former:
    collection = opened.collection
    places: dict[str, tuple[int, int]] = {}
    row = 0
    for entry in opened.entries:
        places[entry.report.file] = (row, row + len(entry.passages))
        row += len(entry.passages)

    def embedded(file: str) -> Embedded:
        first, last = places[file]
        units, sentences = collection.context_starts, collection.sentence_starts
        return Embedded(
            collection.matrix[first:last],
            collection.context.part(int(units[first]), int(units[last])),
            collection.alone.part(int(sentences[first]), int(sentences[last]))
            if collection.alone is not None
            else None,
        )

    return Former({entry.report.file: entry for entry in opened.entries}, embedded)
