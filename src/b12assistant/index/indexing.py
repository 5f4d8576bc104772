"""Build a generation of the index from a corpus: walk, read (extract, mark, split), embed, and put together.

Every file ends indexed, indexed with warnings, or left out with a reason. `Store.publish` writes what is built.

Only what changed is read and encoded again: the rest is taken from the last good generation of the same index, or else
from the one that ships with the program. Vectors are found by a digest of their texts and of what made them, so an old
index is only less useful, never wrong.

Batches never span documents: a document's arrays depend only on the document, so that an index that grew file by file
is bit for bit the one that a rebuild gives. (Other batches change vectors by up to 1e-7.)
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from b12assistant.config import Settings
from b12assistant.corpus.disputes import Dispute, resolve
from b12assistant.errors import IndexDamagedError, IndexMismatchError
from b12assistant.index.asked_questions import (
    NOTHING_ASKED,
    AskedQuestions,
    Group,
    as_codes,
    is_thorough,
    question_headings,
)
from b12assistant.index.collection import (
    LIBRARIES,
    METHOD,
    TITLE_PIECES,
    Collection,
    Opened,
    built_with,
    first_words,
    heading_of,
    read_parts,
    under_heading,
)
from b12assistant.index.cuts import quotable_of
from b12assistant.index.documents import Entry, all_reports
from b12assistant.index.lexical_index import index_words
from b12assistant.index.quotable import Quotable
from b12assistant.index.reading import FileReading, FilesRead, Reader, walk
from b12assistant.index.store import Data, Generation, read_generation
from b12assistant.index.vectors import Projection, TokenStore, Vectors
from b12assistant.protocols import Encoded, Encoder, Progress
from b12assistant.threads import give_back, once
from b12assistant.types import FileReport, GenerationId, Passage

Item = TypeVar("Item")
Made = TypeVar("Made")
_TITLE_END = ". "
SENTENCE_VECTORS_UP_TO = 3000  # passages: each sentence under its heading takes 1.5 kB
_AT_ONCE = 512  # texts encoded at once
_MANY = 200  # texts of a document: after each lot, memory is given back; without, 5,000 passages took 1.2 GB


@dataclass(frozen=True)
class Embedded:
    """``vectors``: (passages, d). ``context``: a unit for each title and sentence. ``headed``: a vector for each
    sentence under its heading, if they are kept."""

    vectors: Vectors
    context: TokenStore
    headed: Vectors | None


def embed(passages: Sequence[Passage], encoder: Encoder, projection: Projection, *, headed: bool) -> Embedded:
    """Encode the passages of one document, each with the title, cut to `TITLE_PIECES`, in front."""
    title = first_words(passages[0].document.title, encoder)
    texts, bounds = zip(*(_running_text(title, passage) for passage in passages), strict=True)
    vectors, stores = [], []
    for encoded, ends in zip(_encoded(texts, encoder), bounds, strict=True):
        vectors.append(encoded.vector)
        units = np.array([0, *np.searchsorted(encoded.offsets[:, 0], ends)], np.int64)
        stores.append(TokenStore.of(projection.reduce(encoded.tokens), encoded.pieces, units))
    under = [text for each in passages for text in under_heading(each, each.sentences, encoder)] if headed else []
    return Embedded(np.stack(vectors), TokenStore.join(stores), _vectors(under, encoder) if headed else None)


def _encoded(texts: Sequence[str], encoder: Encoder) -> Iterator[Encoded]:
    for start in range(0, len(texts), _AT_ONCE):
        lot = texts[start : start + _AT_ONCE]
        yield from encoder.encode(lot)
        if len(texts) >= _MANY:
            give_back()


def _running_text(title: str, passage: Passage) -> tuple[str, list[int]]:
    """Return the text to encode, and where its title and each of its sentences end in it."""
    text = title + _TITLE_END if title else ""
    ends = [len(text)]
    for span in passage.sentences:
        text += span.text
        ends.append(len(text))
        text += " "
    return text.rstrip(), ends


def _vectors(texts: Sequence[str], encoder: Encoder) -> Vectors:
    vectors = [encoded.vector for encoded in _encoded(texts, encoder)]
    return np.array(vectors, np.float32).reshape(-1, encoder.dimension)


_BY_ROUNDING = {*LIBRARIES, "onnxruntime", "tokenizers"}  # between their versions vectors differ by rounding only


def made_by(model_sha256: str, runtime: Mapping[str, str], title_pieces: int, method: int) -> str:
    """Return what the vectors of a text depend on besides the text, for a digest."""
    rest = {name: value for name, value in runtime.items() if name not in _BY_ROUNDING}
    return json.dumps([model_sha256, rest, title_pieces, method], sort_keys=True)


@dataclass(frozen=True)
class Previous:
    """An earlier generation; empty by default.

    ``entries``: by file. By `key_of` what was encoded: ``embedded``, the arrays of each document, and ``vectors``, of
    the questions asked of its sentences, and of each dispute's examples.
    """

    id: GenerationId | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict)
    embedded: Mapping[str, Embedded] = field(default_factory=dict)
    vectors: Mapping[str, NDArray[Any]] = field(default_factory=dict)


NOTHING = Previous()


def read_previous(generation: Generation | None, packaged: Path) -> Previous:
    """Read a verified generation for reuse, or else one in the folder ``packaged``, without its id.

    If the parts of a generation do not fit each other, nothing of it is reused.
    """
    with suppress(IndexDamagedError):
        if generation is not None:
            return previous_of(generation)
    for folder in sorted(packaged.glob("[!.]*")):
        with suppress(IndexDamagedError, IndexMismatchError, OSError):
            return replace(previous_of(read_generation(folder)), id=None)
    return NOTHING


def previous_of(generation: Generation) -> Previous:
    """Read a generation for reuse. Raises ``IndexDamagedError`` if its parts do not fit each other."""
    opened = read_parts(generation)
    entries, held, manifest = opened.entries, opened.collection, opened.manifest
    pieces = manifest["chunking"]["title_pieces"]
    scope = made_by(manifest["model"]["sha256"], manifest["runtime"], pieces, manifest["method"])
    keys = [document_key(scope, entry.passages) for entry in entries]
    examples = [dispute.examples for dispute in held.disputes]
    return Previous(
        generation.id,
        {entry.document.id: entry for entry in entries},
        dict(zip(keys, _documents(held, entries), strict=True)),
        {
            **_by_key(((key_of(scope, questions), len(questions)) for questions in examples), held.examples),
            **_by_key(held.asked.groups, held.asked.vectors),
        },
    )


def document_key(scope: str, passages: Sequence[Passage]) -> str:
    """Return the key of a document's arrays. ``scope``: what `made_by` returns."""
    texts = [[heading_of(passage), [span.text for span in passage.sentences]] for passage in passages]
    return key_of(scope, passages[0].document.title, texts)


def key_of(scope: str, *texts: object) -> str:
    """Return the key of what these texts were encoded to."""
    return hashlib.sha256(json.dumps([scope, *texts]).encode()).hexdigest()


def _documents(held: Collection, entries: Sequence[Entry]) -> Iterator[Embedded]:
    """Cut the arrays of all documents into those of each."""
    row = sentence = 0
    for entry in entries:
        last, end = row + len(entry.passages), sentence + _size(entry)
        headed = held.under_headings[sentence:end] if held.under_headings is not None else None
        yield Embedded(held.vectors[row:last], held.context.part(row + sentence, last + end), headed)
        row, sentence = last, end


def _by_key(sizes: Iterable[tuple[str, int]], vectors: NDArray[Any] | None) -> dict[str, NDArray[Any]]:
    """Return the vectors of each key, as many as its size says; none if they are not kept."""
    found, start = dict[str, NDArray[Any]](), 0
    if vectors is None:
        return found
    for key, size in sizes:
        found[key] = vectors[start : start + size]
        start += size
    return found


def _size(entry: Entry) -> int:
    """Return the number of sentences of a document."""
    return sum(len(passage.sentences) for passage in entry.passages)


@dataclass(frozen=True)
class Built:
    """A generation's content, not yet written. ``encoded``: the files that went through the encoder."""

    files: Mapping[str, Data]
    facts: Mapping[str, object]
    read: FilesRead
    encoded: frozenset[str]

    @property
    def reports(self) -> tuple[FileReport, ...]:
        """Return the reports on all files, sorted."""
        entries = self.read.entries
        told = [replace(entry.report, embedded=entry.document.id in self.encoded) for entry in entries]
        return all_reports((*self.read.left_out, *told), entries)


@dataclass(frozen=True)
class Indexer:
    """A builder of generations from its parts. Several threads call the encoder, which must allow it."""

    reader: Reader
    encoder: Encoder
    projection: Projection
    settings: Settings
    progress: Progress = lambda stage, done, of: None

    def build(self, corpus: Path, previous: Previous = NOTHING) -> Built:
        """Build a generation from the files of ``corpus``.

        ``previous``: what need not be read and encoded again; if nothing changed, the encoder is not loaded.
        Raises ``CorpusError`` if nothing can be indexed, ``SourceFactsError`` if the curators' files are invalid.
        """
        walked = walk(corpus)
        reading = FileReading(self.reader, self.encoder, self._runtime, self.progress)
        read = reading.read(walked, previous.entries)
        disputes = resolve(walked.disputes, read.passages)
        asked = self._asked(read, walked.of_none, previous)
        headed = self._keeps_headed(read, asked)
        keys = [document_key(self._scope, entry.passages) for entry in read.entries]
        known = {key: each for key, each in previous.embedded.items() if each.headed is not None or not headed}
        made = self._made(
            "embedding",
            keys,
            [entry.passages for entry in read.entries],
            known,
            lambda passages: embed(passages, self.encoder, self.projection, headed=headed),
        )
        new = (entry.document.id for entry, key in zip(read.entries, keys, strict=True) if key not in known)
        vectors = np.concatenate([each.vectors for each in made])
        collection = Collection(
            GenerationId("draft"),
            [entry.document for entry in read.entries],
            read.passages,
            vectors,
            index_words(read.passages),
            Quotable.join([quotable_of(entry.passages) for entry in read.entries]),
            TokenStore.join([each.context for each in made]),
            disputes,
            self._examples(disputes, previous),
            asked,
            np.concatenate([each.headed for each in made if each.headed is not None]) if headed else None,
        )
        files = Opened(collection, read.entries, read.left_out, {}).to_files()
        return Built(files, self._facts(read, vectors.shape[1]), read, frozenset(new))

    def _made(
        self,
        stage: str,
        keys: Sequence[str],
        items: Sequence[Item],
        known: Mapping[str, Made],
        work: Callable[[Item], Made],
    ) -> list[Made]:
        """Return what is known by the key of each item, or else what ``work`` makes of it, several at a time."""
        new = {key: item for key, item in zip(keys, items, strict=True) if key not in known}
        made: dict[str, Made] = {}
        pool = ThreadPoolExecutor(self.settings.encoder.threads or os.cpu_count() or 1)
        try:
            results = pool.map(work, new.values())
            for number, key in enumerate(new):
                self.progress(stage, number, len(new))
                made[key] = next(results)
            if new:
                self.progress(stage, len(new), len(new))
        finally:
            pool.shutdown(cancel_futures=True)
        return [made[key] if key in made else known[key] for key in keys]

    @once
    def _runtime(self) -> dict[str, str]:
        return {**{library: version(library) for library in LIBRARIES}, **self.encoder.runtime}

    @once
    def _scope(self) -> str:
        return made_by(self.encoder.digest, self._runtime, TITLE_PIECES, METHOD)

    def _asked(self, read: FilesRead, of_none: Sequence[str], previous: Previous) -> AskedQuestions:
        """Return the questions that are asked of the sentences, and last those ``of_none``, after all sentences."""
        groups = (*read.groups, Group(tuple(of_none), (0,) * len(of_none)))
        if not any(group.questions for group in groups):
            return NOTHING_ASKED
        keys = [key_of(self.encoder.digest, group.questions) for group in groups]
        questions = [group.questions for group in groups]
        codes = self._made(
            "questions", keys, questions, previous.vectors, lambda texts: as_codes(_vectors(texts, self.encoder))
        )
        return AskedQuestions.join(groups, [*map(_size, read.entries), 0], keys, codes)

    def _keeps_headed(self, read: FilesRead, asked: AskedQuestions) -> bool:
        """Return whether vectors of single sentences are kept: the collection is small, and nearly nothing is asked of
        it."""
        count = sum(map(_size, read.entries))
        headings = question_headings(entry.document for entry in read.entries)
        thorough = is_thorough(asked.of(0, count), count, headings)
        return len(read.passages) <= SENTENCE_VECTORS_UP_TO and not thorough

    def _examples(self, disputes: Sequence[Dispute], previous: Previous) -> Vectors | None:
        """Return a vector for each example question of each dispute, (examples, d)."""
        examples = [dispute.examples for dispute in disputes]
        keys = [key_of(self._scope, texts) for texts in examples]
        made = self._made("disputes", keys, examples, previous.vectors, lambda texts: _vectors(texts, self.encoder))
        return np.concatenate(made) if made else None

    def _facts(self, read: FilesRead, dimension: int) -> dict[str, object]:
        """Return what the manifest says about the build."""
        return {
            "model": {"name": self.encoder.name, "sha256": self.encoder.digest, "dimension": dimension},
            **built_with(self.encoder),
            "runtime": self._runtime,
            "counts": {
                "files": len(read.entries) + len(read.left_out),
                "documents": len(read.entries),
                "passages": sum(len(entry.passages) for entry in read.entries),
                "left_out": len(read.left_out),
            },
        }
