"""The Python façade, and the one place where concrete parts meet.

``Assistant`` is for programs that ask; ``Workspace`` is what our own commands and pages stand on.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from types import MappingProxyType

from b12assistant.answers import FixedTexts, Notice, Reply
from b12assistant.assistant import Assistant as Answering
from b12assistant.assistant import turns_of, with_source_changes
from b12assistant.confidence import load_calibration
from b12assistant.config import Configuration, load_configuration
from b12assistant.corpus import corpus_files, require_corpus
from b12assistant.cross_encoder import load_cross_encoder
from b12assistant.encoding import load_encoder
from b12assistant.engine import Engine
from b12assistant.errors import IndexDamagedError, IndexMismatchError, IndexMissingError, LeftOutError, NotFoundError
from b12assistant.explanation import explain
from b12assistant.fixed_texts import texts_on
from b12assistant.indexing import Former, Indexer, Progress, Reader
from b12assistant.languages import load_translations
from b12assistant.loaders.isolation import IsolatedLoader
from b12assistant.opening import Opened as Opened
from b12assistant.opening import former_of, open_generation
from b12assistant.protocols import Encoder
from b12assistant.records import Entry
from b12assistant.render import Json, reply_json
from b12assistant.speakers import load_cues
from b12assistant.store import Generation, Store
from b12assistant.telephones import LINES
from b12assistant.threads import OneAtATime, once
from b12assistant.token_store import Projection, load_projection
from b12assistant.triage import is_control
from b12assistant.triagers import Triagers
from b12assistant.types import Document, FileEnd, GenerationId, Hit, IndexReport, Passage


def _default_configuration() -> Configuration:
    return load_configuration(environment=os.environ)


def local_today() -> date:
    """Today where the reader is: what "past its date of review" is held against."""
    return datetime.now().astimezone().date()


@dataclass(frozen=True)
class Workspace:
    """A corpus, its index and the assistant over them. Everything heavy is loaded at first use, once, and may then be
    used by many threads; it keeps the generation it opened."""

    configuration: Configuration = field(default_factory=_default_configuration)

    @property
    def corpus(self) -> Path:
        return Path(self.configuration.settings.paths.corpus)

    @once
    def store(self) -> Store:
        return Store(Path(self.configuration.settings.paths.index))

    def __post_init__(self) -> None:
        self.texts  # noqa: B018 - a region that nobody knows is said at once, not in an emergency

    @property
    def texts(self) -> FixedTexts:
        """The fixed texts with the telephone numbers of today, and their translations."""
        given = self.configuration.settings.red_flags
        numbers = (getattr(given, line) for line in LINES)
        return MappingProxyType({**texts_on(local_today(), given.region, *numbers), **load_translations()})

    @once
    def encoder(self) -> Encoder:
        encoder = self.configuration.settings.encoder
        return OneAtATime(load_encoder(encoder.model, digest=encoder.digest or None, threads=encoder.threads))

    @once
    def projection(self) -> Projection:
        return load_projection(self.encoder.name, self.encoder.digest)

    @once
    def opened(self) -> Opened:
        """Raises an index error with the command to run if there is none, or none that fits."""
        return self._open(self.store.open())

    @once
    def engine(self) -> Engine:
        cross_encoder = load_cross_encoder(self.configuration.settings.retrieval.cross_encoder)
        return Engine(self.opened.collection, self.encoder, self.projection, cross_encoder=cross_encoder)

    @once
    def triage(self) -> Triagers:
        return Triagers(lambda: self.encoder)

    def explain(self, question: str, history: Sequence[str] = ()) -> list[Json]:
        """Why triage says what it says of the question, an object for each turn."""
        return explain(self.triage.in_use.steps(turns_of(question, history)))

    @once
    def assistant(self) -> Answering:
        return Answering(
            triage=lambda turns: self.triage.in_use(turns),  # made in the call: unreadable rules are a failed check
            is_control=is_control,
            engine=lambda: self.engine,
            settings=self.configuration.settings,
            calibration=load_calibration(),
            cues=load_cues(),
        )

    def ask(self, question: str, history: Sequence[str] = (), *, as_typed: bool = False) -> Reply:
        """One answer; ``history`` holds the earlier user turns. ``as_typed``: the question is read as it stands."""
        reply = self.assistant.reply(question, history, literal=as_typed)
        quoted = {quote.document.id for quote in reply.answer.quotes}
        return with_source_changes(reply, frozenset(name for name in quoted if self.source_changed(name)))

    def search(self, question: str, k: int = 10) -> tuple[tuple[Notice, ...], tuple[Hit, ...]]:
        """Look-up by meaning and words: notices, and hits that are never withheld."""
        return self.assistant.search(question, k)

    def index(self, *, strict: bool = False, progress: Progress = lambda stage, done, of: None) -> IndexReport:
        """Build and publish; files that did not change are taken over.

        ``strict``: publish nothing if a file is left out.
        """
        require_corpus(self.corpus)  # before the index folder is made for it
        with self.store.writing(), self.reader() as reader:
            indexer = Indexer(reader, self.encoder, self.projection, self.configuration.settings, progress)
            former = self._former()
            built = indexer.build(self.corpus, former[1] if former else None)
            refused = [
                f"{report.file} ({report.reasons[0]})" for report in built.reports if report.end is FileEnd.LEFT_OUT
            ]
            if strict and refused:
                raise LeftOutError(f"left out: {', '.join(refused)}", hint="nothing was published; mend or remove them")
            # Opened once before it replaces anything: what cannot be read back is never published.
            self._open(Generation(GenerationId("draft"), built.facts, built.files))
            generation = self.store.publish(built.files, built.facts)
        return IndexReport(generation, built.reports, unchanged=bool(former and former[0] == generation))

    def reader(self) -> AbstractContextManager[Reader]:
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
        if len(found) == 1:
            return found[0]
        if found and name:
            raise NotFoundError(f"{len(found)} passages are called {name!r}…", hint="give more of its id")
        near = get_close_matches(name, [entry.document.id for entry in self.opened.entries], n=3, cutoff=0.4)
        hint = f"is it {' or '.join(near)}?" if near else "`b12assistant export -` lists all"
        raise NotFoundError(f"no document or passage is called {name!r}", hint=hint)

    def source_changed(self, name: str) -> bool:
        """Whether a document's file is no longer, byte for byte, the one that was indexed.

        Where the whole corpus is not at hand, nobody can tell: no.
        """
        entry = self.document(name)
        try:
            return hashlib.sha256((self.corpus / entry.report.file).read_bytes()).hexdigest() != entry.file_sha256
        except (OSError, ValueError):  # ValueError: a name that this locale cannot write
            return self.corpus.is_dir()

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
        return opened.collection.generation, former_of(opened)

    def _open(self, generation: Generation) -> Opened:
        return open_generation(generation, self.encoder, self.configuration.settings)


class Assistant:
    """Answers that only quote, from an index on disk. One may be shared by many threads.

    It keeps answering from the generation it opened; open another to see what `build_index` published since.

    >>> assistant = Assistant.open("index")
    >>> reply = assistant.ask("Can low B12 damage nerves without anaemia?")
    >>> reply.answer.status.value
    'answered'
    >>> quote = reply.answer.quotes[0]
    >>> quote.best.text == assistant.document(quote.document.id).text[quote.best.start : quote.best.end]
    True
    """

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    @classmethod
    def open(cls, index: str | Path = "index", *, corpus: str | Path = "corpus") -> Assistant:
        """Verify and open the index; the encoder is loaded by the first question.

        ``corpus`` is only looked at to say that a quoted file has changed since. Other settings come from
        `b12assistant.toml` and the environment, as for the commands. Raises ``IndexMissingError``,
        ``IndexDamagedError``, ``IndexMismatchError`` or ``EncoderError``, each with the command that mends it.
        """
        workspace = _workspace_of(corpus, index)
        workspace.opened  # noqa: B018 - raises here, not at the first question
        return cls(workspace)

    @property
    def generation(self) -> GenerationId:
        """The generation of the index that answers."""
        return self._workspace.opened.collection.generation

    def ask(self, question: str, *, history: Sequence[str] = (), as_typed: bool = False) -> Reply:
        """One answer. ``history``: the user's earlier turns, oldest first, at most 19; answers are not needed.

        ``as_typed``: the question alone is searched, and no other word than its own; history then only counts for
        what must come first.

        Not finding anything is an answer too; ``QuestionError`` is only raised for what cannot be read as a question.

        >>> assistant = Assistant.open("index")
        >>> assistant.ask("Who won the football on Sunday?").answer.status.value
        'no_answer'
        >>> reply = assistant.ask("What about metformin?", history=["Which medicines lower B12?"])
        >>> reply.answer.interpretation.text
        'Which medicines lower B12? What about metformin?'
        """
        return self._workspace.ask(question, history, as_typed=as_typed)

    def search(self, question: str, *, k: int = 10) -> tuple[tuple[Notice, ...], tuple[Hit, ...]]:
        """Look-up: what triage says of the question, and the best ``k`` passages, never withheld, best first.

        >>> notices, hits = Assistant.open("index").search("folic acid hides the anaemia", k=3)
        >>> [hit.rank for hit in hits]
        [1, 2, 3]
        """
        return self._workspace.search(question, k)

    def document(self, id: str) -> Document:  # noqa: A002 - the word the corpus and the JSON use
        """A document by its id, its path in the corpus. Raises ``NotFoundError``."""
        return self._workspace.document(id).document

    def as_json(self, reply: Reply) -> Json:
        """What `ask --json` and the HTTP API give for the reply.

        >>> assistant = Assistant.open("index")
        >>> sorted(assistant.as_json(assistant.ask("What is myelin?")))
        ['answer', 'index', 'timings_ms']
        """
        return reply_json(reply, self._workspace.texts, today=local_today())


def build_index(
    corpus: str | Path, index: str | Path, *, strict: bool = False, progress: Progress | None = None
) -> IndexReport:
    """Bring ``index`` up to date with ``corpus`` and say what became of every file; only what changed is embedded.

    ``strict``: publish nothing if a file would be left out. If anything fails the former index stays in use.

    >>> report = build_index("corpus", "index")
    >>> report.count(FileEnd.LEFT_OUT)
    0
    """
    build = partial(_workspace_of(corpus, index).index, strict=strict)
    return build(progress=progress) if progress else build()


def _workspace_of(corpus: str | Path, index: str | Path) -> Workspace:
    flags = {"paths.corpus": str(corpus), "paths.index": str(index)}
    return Workspace(load_configuration(environment=os.environ, flags=flags))
