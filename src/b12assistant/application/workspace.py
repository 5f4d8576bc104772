"""Join a corpus, its index and the assistant: the one place where concrete parts meet."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from copy import copy
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from functools import partial
from importlib import resources
from operator import attrgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from b12assistant.answering.asked import Finder
from b12assistant.answering.assistant import SCOPE, Answerer, Triaged
from b12assistant.answering.engine import Engine
from b12assistant.answering.lookup import LookUp, Sieve
from b12assistant.answering.scope import load_scope
from b12assistant.answering.signals import load_calibration
from b12assistant.answers import FixedTexts, Notice, Reply
from b12assistant.config import Configuration, load_configuration
from b12assistant.corpus import folder
from b12assistant.data_files import Table
from b12assistant.display.labels import local_today
from b12assistant.errors import (
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    LeftOutError,
    NotFoundError,
    SourceError,
)
from b12assistant.index.collection import Opened, open_generation, read_parts
from b12assistant.index.documents import Entry
from b12assistant.index.encoding import (
    DANGER,
    IN_CONTEXT,
    RANKER,
    JointReader,
    asking_weights,
    in_eight_bits,
    load_encoder,
    open_reader,
    red_flag_encoder,
    tuned_encoder,
)
from b12assistant.index.store import Generation, Store
from b12assistant.index.vectors import Projection, load_projection
from b12assistant.language.words import use_language
from b12assistant.loaders.decoding import read_file
from b12assistant.protocols import Encoder
from b12assistant.safety.fixed_texts import FILE as TEXTS_FILE
from b12assistant.safety.fixed_texts import LINES, all_texts, numbers_on, parse_fixed_texts
from b12assistant.safety.red_flags import Packaged
from b12assistant.safety.second_opinion import Triagers
from b12assistant.safety.triage import Rules, load_rules
from b12assistant.threads import once
from b12assistant.types import DocumentId, FileEnd, FileReport, GenerationId, Hit, IndexReport, Passage

if TYPE_CHECKING:
    from b12assistant.corpus.entries import PageWords
    from b12assistant.index.indexing import Built
    from b12assistant.index.milvus import Collections
    from b12assistant.index.reading import Reader
    from b12assistant.protocols import Progress

PACKAGED_INDEX = Path(str(resources.files("b12assistant")), "data", "index")  # `make packaged` puts a generation there
_OF_ANY_INDEX = {
    "plain_encoder",
    "encoder",
    "question_encoder",
    "context_encoder",
    "red_flag_encoder",
    "projection",
    "quote_ranker",
    "danger_reader",
    "search_server",
}


@dataclass(frozen=True)
class Workspace:
    """A corpus, its index and the assistant over them. Heavy parts are loaded once, at first use, and many threads may
    share them; it keeps the generation it opened.

    ``first_use``: builds the index of the packaged corpus if none fits.
    """

    configuration: Configuration = field(default_factory=lambda: load_configuration(environment=os.environ))
    first_use: Callable[[Workspace], object] = lambda space: space.index()

    @classmethod
    def of(cls, corpus: str | Path | None, index: str | Path | None, file: Path | None = None, **more: Any) -> Self:
        """Return the workspace that file, environment and folders describe. Raises ``ConfigError``, ``CorpusError``."""
        given = {"paths.corpus": corpus, "paths.index": index}
        flags = {key: str(path) for key, path in given.items() if path is not None}
        configuration = load_configuration(file=file, environment=os.environ, flags=flags)
        if corpus is not None:
            folder.require_corpus(Path(configuration.settings.paths.corpus))
        return cls(configuration, **more)

    @property
    def corpus(self) -> Path:
        return Path(self.configuration.settings.paths.corpus)

    @once
    def store(self) -> Store:
        return Store(Path(self.configuration.settings.paths.index))

    @once
    def search_server(self) -> Collections | None:
        """Return the index's search server; ``None`` if this process searches. Raises ``IndexUnreachableError``."""
        if self.configuration.settings.index.engine == "faiss":  # in this process
            return None
        from b12assistant.index.milvus import search_server

        return search_server(self.configuration.settings.index, self.store.root)

    def __post_init__(self) -> None:
        use_language(self.configuration.settings.corpus.language)
        self.texts  # noqa: B018 - reports an unknown region now, not in an emergency

    @property
    def texts(self) -> FixedTexts:
        """Return the fixed texts with today's telephone numbers, the texts of the corpus, and the translations."""
        given = self.configuration.settings.red_flags
        today = (local_today(), given.region, *(getattr(given, line) for line in LINES))
        texts = all_texts(*today)
        if not self._own_texts:
            return texts
        file = str(self.corpus / TEXTS_FILE)
        return {
            **texts,
            **parse_fixed_texts(self._own_texts, numbers_on(*today), file=file, hint=folder.CORRECT_IT),
        }

    @once
    def _own_texts(self) -> Table:
        return folder.corpus_texts(self.corpus)

    @once
    def rules(self) -> Rules:
        """Return the rules of triage. Raises ``ConfigError``."""
        return load_rules(Packaged(self.configuration.settings.red_flags.packaged))

    @property
    def page_words(self) -> PageWords:
        """Return the words for the page, the corpus's own if it has any."""
        return folder.corpus_page_words(self.corpus)

    @once
    def plain_encoder(self) -> Encoder:
        """Return the encoder as it was published. Those of triage and of passages are tuned from it."""
        given = self.configuration.settings.encoder
        return load_encoder(given.model, digest=given.digest or None, threads=given.threads)

    @once
    def encoder(self) -> Encoder:
        """Return the encoder of passages. Questions use it in eight bits."""
        is_tuned = self.configuration.settings.encoder.tuned
        return tuned_encoder(self.plain_encoder) if is_tuned else self.plain_encoder

    @once
    def question_encoder(self) -> Encoder:
        return in_eight_bits(self.encoder)

    @once
    def context_encoder(self) -> Encoder | None:
        """Return what reads a question in its context; ``None``: the encoder of questions."""
        plain, is_tuned = self.plain_encoder, self.configuration.settings.encoder.tuned
        tuned = tuned_encoder(plain, IN_CONTEXT) if is_tuned else plain
        return None if tuned is plain else in_eight_bits(tuned)

    @once
    def red_flag_encoder(self) -> Encoder:
        """Return the encoder of the second opinion. Raises ``EncoderError`` if none was made from these weights."""
        return red_flag_encoder(self.plain_encoder, threads=self.configuration.settings.encoder.threads)

    @once
    def projection(self) -> Projection:
        return load_projection(self.plain_encoder.name, self.plain_encoder.digest)

    @once
    def quote_ranker(self) -> JointReader | None:
        return open_reader(self.plain_encoder, RANKER)

    @once
    def danger_reader(self) -> JointReader | None:
        return open_reader(self.red_flag_encoder, DANGER)

    @once
    def opened(self) -> Opened:
        """Return the open index. Raises an index error with the command to run if none fits."""
        try:
            return self._fitting
        except (IndexMissingError, IndexDamagedError, IndexMismatchError):
            if not self.configuration.is_packaged:
                raise
        self.first_use(self)
        return self._fitting

    @once
    def _fitting(self) -> Opened:
        """Return the index that is there. Raises an index error if none fits."""
        opened, server = open_generation(self.store.open(), self.encoder), self.search_server
        return replace(opened, collection=server.attached(opened.collection, opened.manifest)) if server else opened

    @once
    def entries(self) -> Mapping[DocumentId, Entry]:
        """Return the entries of the open index by document id."""
        return {entry.document.id: entry for entry in self.opened.entries}

    @property
    def is_open(self) -> bool:
        """Check whether the index is open already."""
        return "opened" in vars(self)

    def renewed(self) -> Workspace:
        """Return a workspace that will open the newest index, with those loaded parts that any index can use."""
        fresh = replace(self)
        vars(fresh).update({name: part for name, part in vars(self).items() if name in _OF_ANY_INDEX})
        return fresh

    def with_problem(self, problem: str) -> Workspace:
        """Return this workspace with its index open and ``problem`` as the index's only problem.

        A copy, because making a new one could fail on a curator's file.
        """
        changed = copy(self)
        vars(changed)["opened"] = replace(self.opened, problems=(problem,))
        return changed

    @once
    def engine(self) -> Engine:
        vocabulary, collection = folder.corpus_vocabulary(self.corpus), self.opened.collection
        in_context = self.context_encoder
        return Engine(
            collection,
            self.question_encoder,
            self.projection,
            vocabulary=vocabulary,
            ranker=self.quote_ranker,
            in_context=in_context,
            finder=Finder(in_context, *asking_weights()) if in_context else Finder(),
        )

    @once
    def triage(self) -> Triagers:
        red_flags = self.configuration.settings.red_flags
        model = red_flags.model and red_flags.packaged != Packaged.NONE
        return Triagers(lambda: self.red_flag_encoder, lambda: self.rules, model, lambda: self.danger_reader)

    @once
    def assistant(self) -> Answerer:
        return Answerer(
            triage=self.triage,
            engine=partial(attrgetter("engine"), self),  # opened when first needed
            settings=self.configuration.settings,
            calibration=load_calibration(),
            scope=load_scope(shipped=all(text["id"] != SCOPE for text in self._own_texts.get("text", ()))),
        )

    def load_ahead(self) -> None:
        """Load what an answer needs in a thread of its own, beside the safety check.

        What fails there fails again, and is raised, where it is needed. The program ends after this thread. No index is
        built there, and no search server is waited for: an emergency needs neither.
        """

        def load() -> None:
            with suppress(Exception):
                self._fitting  # noqa: B018 - raises if there is none
                self.engine.query("ready")

        if self.configuration.settings.index.engine == "faiss":
            threading.Thread(target=load, name="loading").start()

    def ask(
        self, question: str, history: Sequence[str] = (), *, as_typed: bool = False, triaged: Triaged | None = None
    ) -> Reply:
        """Answer a question; ``history`` holds the earlier user turns.

        ``as_typed``: search for the question's own words only. ``triaged``: the result of ``assistant.triaged`` for the
        same words, if it exists already.
        """
        reply = self.assistant.reply(question, history, literal=as_typed, triaged=triaged)
        quoted = {quote.document.id for quote in reply.answer.shown}
        changed = frozenset(name for name in quoted if self.source_changed(name))
        return replace(reply, source_changed=changed, history=tuple(history), as_typed=as_typed)

    def search(
        self, question: str, k: int = 10, sieve: Sieve | None = None, *, triaged: Triaged | None = None
    ) -> tuple[tuple[Notice, ...], tuple[Hit, ...]]:
        """Look passages up by meaning and words: return the notices and the hits, all that ``sieve`` wants.
        ``triaged``: as for `ask`."""
        wanted = LookUp(self.engine, question, sieve).lets if sieve and sieve != Sieve() else None
        return self.assistant.search(question, k, wanted, triaged=triaged)

    def index(
        self,
        *,
        strict: bool = False,
        from_scratch: bool = False,
        progress: Progress | None = None,
    ) -> IndexReport:
        """Build and publish the index; unchanged files are copied from the previous one.

        ``strict``: publish nothing if a file is left out. ``from_scratch``: encode everything, copy nothing from the
        previous index or from the one that ships with the program.
        """
        from b12assistant.index.indexing import NOTHING, Indexer, read_previous

        folder.require_corpus(self.corpus)  # before creating the index folder
        folder.check_files(self.corpus)
        with self.store.writing(), self.reader() as reader:
            settings = self.configuration.settings
            indexer = Indexer(reader, self.encoder, self.projection, settings, progress or (lambda *_: None))
            before = self.store.last_good()
            previous = NOTHING if from_scratch else read_previous(before, PACKAGED_INDEX)
            built = indexer.build(self.corpus, previous)
            refused = [
                f"{report.file} ({report.reasons[0]})" for report in built.reports if report.end is FileEnd.LEFT_OUT
            ]
            if strict and refused:
                raise LeftOutError(f"left out: {', '.join(refused)}", hint="nothing was published; fix or remove them")
            generation = self._publish(built, before)
        own = [FileReport(name, FileEnd.LEFT_OUT, (why,)) for name, why in folder.not_for_quoting(self.corpus)]
        reports = sorted((*built.reports, *own), key=lambda report: report.file)
        return IndexReport(generation, tuple(reports), unchanged=previous.id == generation)

    def _publish(self, built: Built, before: Generation | None) -> GenerationId:
        draft = Generation(GenerationId("draft"), built.facts, built.files)
        server = self.search_server
        if server is None:
            read_parts(draft)  # raises if what would be published cannot be read back
            return self.store.publish(built.files, built.facts)
        held = open_generation(draft, self.encoder).collection
        engine = server.fill(held.vectors, held.words)
        generation = self.store.publish(built.files, {**built.facts, "engine": engine})
        server.drop_others(engine["collection"], before.manifest if before else {})
        return generation

    def reader(self) -> AbstractContextManager[Reader]:
        """Return a reader of corpus files, which runs in its own process."""
        from b12assistant.loaders.isolation import IsolatedLoader

        loading = self.configuration.settings.loading
        return IsolatedLoader(root=self.corpus, seconds=loading.seconds, size=loading.megabytes << 20)

    def document(self, name: str) -> Entry:
        """Return the entry of a document id. Raises ``NotFoundError``."""
        entry = self.entries.get(DocumentId(name))
        if entry is None:
            raise NotFoundError(f"no document {name!r} in the index", hint="`b12assistant export -` lists them")
        return entry

    def passage(self, name: str, *, whole: bool = False) -> Passage:
        """Return the passage whose id is or begins with ``name``. Raises ``NotFoundError``.

        ``whole``: its id is ``name``: what a beginning means changes as the corpus grows.
        """
        collection = self.opened.collection
        matches = [row for id_, row in collection.rows.items() if (id_ == name if whole else id_.startswith(name))]
        if len(matches) == 1:
            return collection.passages[matches[0]]
        if matches and name:
            raise NotFoundError(f"{len(matches)} passages are called {name!r}…", hint="give more of its id")
        near = get_close_matches(name, self.entries, n=3, cutoff=0.4)
        hint = f"did you mean {' or '.join(near)}?" if near else "`b12assistant export -` lists all"
        raise NotFoundError(f"no document or passage is called {name!r}", hint=hint)

    def source_changed(self, name: str) -> bool:
        """Check whether a document's file has changed since indexing; ``False`` if the corpus folder is missing."""
        entry, limit = self.document(name), self.configuration.settings.loading.megabytes << 20
        try:
            data = read_file(self.corpus / entry.document.id, root=self.corpus, limit=limit)
        except (SourceError, ValueError):  # ValueError: a name that the locale cannot encode
            return self.corpus.is_dir()
        return hashlib.sha256(data).hexdigest() != entry.file_sha256

    def stale_files(self) -> Iterator[str]:
        """Yield a sentence for each file of the corpus that differs from the index."""
        known = {report.file for report in self.opened.reports}
        present = set(folder.corpus_files(self.corpus))
        yield from (f"{file}: new since indexing" for file in sorted(present - known))
        for entry in self.opened.entries:
            if entry.document.id not in present:
                yield f"{entry.document.id}: gone since indexing"
            elif self.source_changed(entry.document.id):
                yield f"{entry.document.id}: changed since indexing"
