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
from typing import TypeVar

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
from b12assistant.index.documents import Entry, all_reports
from b12assistant.index.lexical_index import index_words
from b12assistant.index.reading import FileReading, FilesRead, Reader, walk
from b12assistant.index.store import Data, Generation, read_generation
from b12assistant.index.vectors import FaissIndex, Projection, TokenStore, Vectors
from b12assistant.protocols import Encoded, Encoder, Progress
from b12assistant.threads import give_back, once
from b12assistant.types import FileReport, GenerationId, Passage

Made = TypeVar("Made")
_TITLE_END = ". "
# Passages. A larger collection gets no sentence vectors: they nearly double its token vectors, and under headings add
# 1.5 kB a sentence.
SENTENCE_VECTORS_UP_TO = 3000
_AT_ONCE = 512  # texts encoded at once
_MANY = 200  # texts of a document: after each lot, memory is given back; without, 5,000 passages took 1.2 GB


@dataclass(frozen=True)
class Embedded:
    """``vectors``: (passages, d). ``context``: a unit for each title and sentence. ``alone``: one for each sentence."""

    vectors: Vectors
    context: TokenStore
    alone: TokenStore | None


def embed(passages: Sequence[Passage], encoder: Encoder, projection: Projection, *, alone: bool) -> Embedded:
    """Encode the passages of one document, each with the title, cut to `TITLE_PIECES`, in front."""
    title = first_words(passages[0].document.title, encoder)
    texts, bounds = zip(*(_running_text(title, passage) for passage in passages), strict=True)
    vectors, stores = [], []
    for encoded, ends in zip(_encoded(texts, encoder), bounds, strict=True):
        vectors.append(encoded.vector)
        stores.append(_grouped(encoded, np.searchsorted(encoded.offsets[:, 0], ends), projection))
    sentences = [span.text for passage in passages for span in passage.sentences] if alone else []
    units = [_grouped(encoded, [len(encoded.tokens)], projection) for encoded in _encoded(sentences, encoder)]
    return Embedded(np.stack(vectors), TokenStore.join(stores), TokenStore.join(units) if alone else None)


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


def _grouped(encoded: Encoded, ends: Iterable[int], projection: Projection) -> TokenStore:
    """Return the tokens in units; ``ends``: the token after the last of each."""
    return TokenStore.of(projection.reduce(encoded.tokens), encoded.pieces, np.array([0, *ends], np.int64))


def embed_all(
    entries: Sequence[Entry],
    known: Callable[[Sequence[Passage]], Embedded | None],
    encoder: Encoder,
    projection: Projection,
    *,
    alone: bool,
    threads: int,
    progress: Progress,
) -> tuple[list[Embedded], frozenset[str]]:
    """Return the arrays of each document, and the files that were encoded; several at a time, as ``threads`` allow.

    ``known``: returns the arrays of passages that were encoded before. ``threads``: 0 means one for each core.
    """
    found = {entry.document.id: known(entry.passages) for entry in entries}
    new = [entry for entry in entries if not (kept := found[entry.document.id]) or (alone and kept.alone is None)]
    made = _in_turn(
        "embedding", lambda entry: embed(entry.passages, encoder, projection, alone=alone), new, threads, progress
    )
    found.update(zip([entry.document.id for entry in new], made, strict=True))
    arrays = [each if alone else replace(each, alone=None) for each in found.values() if each is not None]
    return arrays, frozenset(entry.document.id for entry in new)


def keeps_sentences(read: FilesRead) -> bool:
    """Return whether vectors of single sentences are kept: the collection is small, and nearly nothing is asked of
    it."""
    if len(read.passages) > SENTENCE_VECTORS_UP_TO:
        return False
    asked = (
        ((number, place), question)
        for number, group in enumerate(read.groups)
        for place, question in zip(group.sentences, group.questions, strict=True)
    )
    sentences = sum(len(passage.sentences) for passage in read.passages)
    headings = question_headings(entry.document for entry in read.entries)
    return not is_thorough(asked, sentences, headings)


def _in_turn(
    stage: str, work: Callable[[Entry], Made], entries: Sequence[Entry], threads: int, progress: Progress
) -> Iterator[Made]:
    """Yield what ``work`` makes of each entry, several at a time, and tell how far the ``stage`` is."""
    pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)
    try:
        made = pool.map(work, entries)
        for number in range(len(entries)):
            progress(stage, number, len(entries))
            yield next(made)
        if entries:
            progress(stage, len(entries), len(entries))
    finally:
        pool.shutdown(cancel_futures=True)


_BY_ROUNDING = {*LIBRARIES, "onnxruntime", "tokenizers"}  # between their versions vectors differ by rounding only


def made_by(model_sha256: str, runtime: Mapping[str, str], title_pieces: int, method: int) -> str:
    """Return what the vectors of a text depend on besides the text, for a digest."""
    rest = {name: value for name, value in runtime.items() if name not in _BY_ROUNDING}
    return json.dumps([model_sha256, rest, title_pieces, method], sort_keys=True)


@dataclass(frozen=True)
class Previous:
    """An earlier generation; empty by default.

    ``entries``: by file. By `key_of` what was encoded: ``embedded``, the arrays of each document, ``under_headings``,
    the vectors of its sentences, ``examples``, those of each dispute's example questions, and ``asked``, those of the
    questions asked of a document's sentences.
    """

    id: GenerationId | None = None
    entries: Mapping[str, Entry] = field(default_factory=dict)
    embedded: Mapping[str, Embedded] = field(default_factory=dict)
    under_headings: Mapping[str, Vectors] = field(default_factory=dict)
    examples: Mapping[str, Vectors] = field(default_factory=dict)
    asked: Mapping[str, NDArray[np.int8]] = field(default_factory=dict)


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
    sizes = [sum(len(passage.sentences) for passage in entry.passages) for entry in entries]
    examples = [dispute.examples for dispute in held.disputes]
    return Previous(
        generation.id,
        {entry.document.id: entry for entry in entries},
        dict(zip((document_key(scope, entry.passages) for entry in entries), _documents(held, entries), strict=True)),
        _by_key((headings_key(scope, entry.passages) for entry in entries), sizes, held.under_headings),
        _by_key((key_of(scope, questions) for questions in examples), [*map(len, examples)], held.examples),
        held.asked.by_key(),
    )


def document_key(scope: str, passages: Sequence[Passage]) -> str:
    """Return the key of a document's arrays. ``scope``: what `made_by` returns."""
    texts = [[span.text for span in passage.sentences] for passage in passages]
    return key_of(scope, passages[0].document.title, texts)


def headings_key(scope: str, passages: Sequence[Passage]) -> str:
    """Return the key of the vectors of a document's sentences under their headings."""
    return key_of(scope, [[heading_of(passage), [span.text for span in passage.sentences]] for passage in passages])


def key_of(scope: str, *texts: object) -> str:
    """Return the key of what these texts were encoded to."""
    return hashlib.sha256(json.dumps([scope, *texts]).encode()).hexdigest()


def _documents(held: Collection, entries: Sequence[Entry]) -> Iterator[Embedded]:
    """Cut the arrays of all documents into those of each."""
    row = sentence = 0
    for entry in entries:
        last, end = row + len(entry.passages), sentence + sum(len(passage.sentences) for passage in entry.passages)
        units = held.alone.part(sentence, end) if held.alone else None
        yield Embedded(held.matrix[row:last], held.context.part(row + sentence, last + end), units)
        row, sentence = last, end


def _by_key(keys: Iterable[str], sizes: Sequence[int], vectors: Vectors | None) -> dict[str, Vectors]:
    """Return the vectors of each key, as many as its size says; none if they are not kept."""
    return {} if vectors is None else dict(zip(keys, np.split(vectors, np.cumsum(sizes)[:-1]), strict=True))


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
        # No sentence answers them: they come last, after all sentences.
        groups = (*read.groups, Group(walked.of_none, (0,) * len(walked.of_none)))
        threads, progress = self.settings.encoder.threads, self.progress
        embedded, encoded = embed_all(
            read.entries,
            lambda passages: previous.embedded.get(document_key(self._scope, passages)),
            self.encoder,
            self.projection,
            alone=keeps_sentences(read),
            threads=threads,
            progress=progress,
        )
        facts = self._facts(read, embedded[0].vectors.shape[1])
        return Built(self._opened(read, embedded, disputes, groups, previous).to_files(), facts, read, encoded)

    @once
    def _runtime(self) -> dict[str, str]:
        return {**{library: version(library) for library in LIBRARIES}, **self.encoder.runtime}

    @once
    def _scope(self) -> str:
        return made_by(self.encoder.digest, self._runtime, TITLE_PIECES, METHOD)

    def _opened(
        self,
        read: FilesRead,
        embedded: Sequence[Embedded],
        disputes: tuple[Dispute, ...],
        groups: Sequence[Group],
        previous: Previous,
    ) -> Opened:
        vectors = FaissIndex(np.concatenate([arrays.vectors for arrays in embedded]))
        alone = [arrays.alone for arrays in embedded if arrays.alone is not None]
        collection = Collection(
            GenerationId("draft"),
            [entry.document for entry in read.entries],
            read.passages,
            vectors,
            vectors.rows,
            index_words(read.passages),
            TokenStore.join([arrays.context for arrays in embedded]),
            TokenStore.join(alone) if alone else None,
            disputes,
            np.concatenate([self._examples(each, previous) for each in disputes]) if disputes else None,
            self._asked(read, groups, previous) if any(group.questions for group in groups) else NOTHING_ASKED,
            self._under_headings(read, previous) if alone else None,
        )
        return Opened(collection, read.entries, read.left_out, {})

    def _examples(self, dispute: Dispute, previous: Previous) -> Vectors:
        """Return a vector for each example question of a dispute, (examples, d)."""
        vectors = previous.examples.get(key_of(self._scope, dispute.examples))
        if vectors is None:
            vectors = np.stack([encoded.vector for encoded in self.encoder.encode(dispute.examples)])
        return vectors

    def _under_headings(self, read: FilesRead, previous: Previous) -> Vectors:
        """Return a vector for each sentence under its heading, (sentences, d)."""
        keys = [headings_key(self._scope, entry.passages) for entry in read.entries]
        known, threads = previous.under_headings, self.settings.encoder.threads
        new = {key: entry for key, entry in zip(keys, read.entries, strict=True) if key not in known}
        made = _in_turn("headings", self._vectors_under_headings, [*new.values()], threads, self.progress)
        found = {**known, **dict(zip(new, made, strict=True))}
        return np.concatenate([found[key] for key in keys])

    def _vectors_under_headings(self, entry: Entry) -> Vectors:
        texts = [text for passage in entry.passages for text in under_heading(passage, passage.sentences, self.encoder)]
        return np.stack([encoded.vector for encoded in _encoded(texts, self.encoder)])

    def _asked(self, read: FilesRead, groups: Sequence[Group], previous: Previous) -> AskedQuestions:
        """Return the questions that are asked of the sentences."""
        keys = [key_of(self.encoder.digest, group.questions) for group in groups]
        codes = []
        for number, (key, group) in enumerate(zip(keys, groups, strict=True)):
            self.progress("questions", number, len(groups))
            found = previous.asked.get(key)
            if found is None:
                vectors = [encoded.vector for encoded in self.encoder.encode(group.questions)]
                found = as_codes(np.array(vectors, np.float32).reshape(-1, self.encoder.dimension))
            codes.append(found)
        self.progress("questions", len(groups), len(groups))
        sizes = [sum(len(passage.sentences) for passage in entry.passages) for entry in read.entries]
        sizes.append(0)  # of the questions that no sentence answers
        return AskedQuestions.join(groups, sizes, keys, codes)

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
