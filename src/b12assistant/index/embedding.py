"""Encode a document's passages: vectors, and token vectors grouped by title and sentence.

Batches never span documents: a document's arrays depend only on the document, so that an index that grew file by file
is bit for bit the one that a rebuild gives. (Other batches change vectors by up to 1e-7.)

What was encoded before is reused, from the last good generation and from the embeddings that ship for the packaged
corpus, by a digest of a document's texts and of everything else that its vectors depend on.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import cached_property
from importlib import resources
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from b12assistant.config import Settings
from b12assistant.corpus.disputes import disputes_from_bytes
from b12assistant.errors import REBUILD, IndexDamagedError
from b12assistant.index.collection import ASKED, AskedQuestions
from b12assistant.index.documents import Entry, entries_from_bytes
from b12assistant.index.store import Generation
from b12assistant.index.token_store import Projection, TokenStore, Vectors
from b12assistant.index.vector_index import ROWS_ALONE, read_index
from b12assistant.protocols import Encoded, Encoder
from b12assistant.types import GenerationId, Passage

_TITLE_END = ". "
_AT_ONCE = 512  # texts encoded at once: their full token vectors take 100 MB


@dataclass(frozen=True)
class Embedded:
    """``vectors``: (passages, d). ``context``: a unit for each title and sentence. ``alone``: one for each sentence."""

    vectors: Vectors
    context: TokenStore
    alone: TokenStore | None


def embed(
    passages: Sequence[Passage], encoder: Encoder, projection: Projection, *, title_pieces: int, alone: bool
) -> Embedded:
    """Encode the passages of one document, each with the title, cut to ``title_pieces`` word pieces, in front."""
    title = _short_title(passages[0].document.title, encoder, title_pieces)
    texts, bounds = zip(*(_running_text(title, passage) for passage in passages), strict=True)
    vectors, stores = [], []
    for encoded, ends in zip(_encoded(texts, encoder), bounds, strict=True):
        vectors.append(encoded.vector)
        stores.append(_grouped(encoded, np.searchsorted(encoded.offsets[:, 0], ends), projection))
    sentences = embed_sentences(passages, encoder, projection) if alone else None
    return Embedded(np.stack(vectors), TokenStore.join(stores), sentences)


def embed_sentences(passages: Sequence[Passage], encoder: Encoder, projection: Projection) -> TokenStore:
    """Return ``alone`` of ``Embedded``: each sentence encoded by itself."""
    sentences = [span.text for passage in passages for span in passage.sentences]
    units = (_grouped(encoded, [len(encoded.tokens)], projection) for encoded in _encoded(sentences, encoder))
    return TokenStore.join(list(units))


def _encoded(texts: Sequence[str], encoder: Encoder) -> Iterator[Encoded]:
    for start in range(0, len(texts), _AT_ONCE):
        yield from encoder.encode(texts[start : start + _AT_ONCE])


def _short_title(title: str, encoder: Encoder, most: int) -> str:
    words = title.split()
    while words and encoder.count(" ".join(words)) > most:
        words.pop()
    return " ".join(words)


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


class EmbeddingPool:
    """The encoding of one build's documents, with as many at a time as bulk encoding has threads.

    ``caches``: what was encoded before, asked in order. No work continues after ``close``.
    """

    def __init__(
        self, encoder: Encoder, projection: Projection, settings: Settings, *caches: Previous | Shipped
    ) -> None:
        self._encoder, self._projection, self._chunking, self._caches = encoder, projection, settings.chunking, caches
        self._pool = ThreadPoolExecutor(settings.encoder.threads or os.cpu_count() or 1)
        self._begun: list[tuple[Entry, Embedded | Future[Embedded]]] = []
        self.read: set[str] = set()  # files that went through the encoder, at least in part

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def begin(self, entry: Entry) -> None:
        """Take the document's arrays from a cache, or start encoding it."""
        known = next((found for cache in self._caches if (found := cache.get(entry.passages)) is not None), None)
        self._begun.append((entry, known or self._pool.submit(self._passages, entry)))

    def finish(self, progress: Callable[[int, int], None]) -> list[Embedded]:
        """Return all arrays, in the order of ``begin``. In a small collection sentences are also encoded alone.

        ``progress`` counts the documents that go through the encoder, if there are any.
        """
        alone = sum(len(entry.passages) for entry, _ in self._begun) <= self._chunking.sentence_vectors_up_to
        pending = [self._pool.submit(self._completed, entry, begun, alone=alone) for entry, begun in self._begun]
        encoded = [isinstance(begun, Future) or (alone and begun.alone is None) for _, begun in self._begun]
        arrays, done, total = [], 0, sum(encoded)
        if total:
            progress(0, total)
        for embedded, is_new in zip(pending, encoded, strict=True):
            arrays.append(embedded.result())
            if is_new:
                progress(done := done + 1, total)
        return arrays

    def _passages(self, entry: Entry) -> Embedded:
        self.read.add(entry.report.file)
        title_pieces = self._chunking.title_pieces
        return embed(entry.passages, self._encoder, self._projection, title_pieces=title_pieces, alone=False)

    def _completed(self, entry: Entry, begun: Embedded | Future[Embedded], *, alone: bool) -> Embedded:
        """Add ``alone`` to ``begun``, which is ahead of this task in the queue, so that waiting for it cannot block."""
        arrays = begun.result() if isinstance(begun, Future) else begun
        if not alone:
            return replace(arrays, alone=None)
        if arrays.alone is not None:
            return arrays
        self.read.add(entry.report.file)
        return replace(arrays, alone=embed_sentences(entry.passages, self._encoder, self._projection))


CONTEXT, ALONE = "context_tokens.npz", "sentence_tokens.npz"
SHIPPED = "data/embeddings/corpus.npz"  # of the package; `make embeddings` writes it
_METHOD = 1  # of embedding.py: raise when the arrays of the same texts change
_VERSIONS = {"onnxruntime", "tokenizers"}  # between these the vectors of a text differ by rounding only
_UNREADABLE = (IndexDamagedError, ValueError, KeyError, IndexError, TypeError, EOFError, OSError, BadZipFile)
_OF_THE_STORE = {"schema", "files", "generation", "counter", "seal"}


def scope(model_sha256: str, runtime: Mapping[str, object], title_pieces: int, method: int) -> str:
    """Describe what the vectors of a text depend on besides the text."""
    return json.dumps([model_sha256, dict(runtime), title_pieces, method], sort_keys=True)


@dataclass(frozen=True)
class Previous:
    """The last good generation as a cache; empty by default.

    ``facts``: its manifest without what the store adds. ``scope``: of its vectors. ``examples``: for the example
    questions of each dispute, their vectors (examples, d). ``asked``: those of the questions asked of a document's
    sentences, by `collection.key_of`.
    """

    id: GenerationId | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    entries: Mapping[str, Entry] = field(default_factory=dict)
    scope: str = ""
    embedded: Mapping[str, Embedded] = field(default_factory=dict)
    examples: Mapping[tuple[str, ...], Vectors] = field(default_factory=dict)
    asked: Mapping[bytes, NDArray[np.int8]] = field(default_factory=dict)

    def within(self, wanted: str) -> Previous:
        """Keep the vectors only if they were made in this scope."""
        if wanted == self.scope:
            return self
        return replace(self, scope=wanted, embedded={}, examples={})  # ``asked`` has its own keys

    def get(self, passages: Sequence[Passage]) -> Embedded | None:
        """Return the arrays of a document's passages; ``None`` if they were not encoded before."""
        return self.embedded.get(_key(self.scope, passages))


NOTHING = Previous()


def read_previous(generation: Generation | None) -> Previous:
    """Read a verified generation as a cache. If its parts do not fit one another, the cache is empty."""
    try:
        return previous_of(generation) if generation else NOTHING
    except _UNREADABLE:
        return NOTHING


def previous_of(generation: Generation) -> Previous:
    """Read a generation as a cache. Raises ``IndexDamagedError`` if its parts do not fit one another."""
    manifest: Mapping[str, Any] = generation.manifest
    files = generation.files
    entries = entries_from_bytes(files["documents.jsonl"])
    made_in = scope(
        manifest["model"]["sha256"], manifest["runtime"], manifest["chunking"]["title_pieces"], manifest["method"]
    )
    sizes = [(len(entry.passages), sum(len(passage.sentences) for passage in entry.passages)) for entry in entries]
    rows, sentences = sum(passages for passages, _ in sizes), sum(sentences for _, sentences in sizes)
    dimension = int(manifest["model"]["dimension"])
    kind = manifest.get("vectors", ROWS_ALONE)  # indexes made before codes existed lack this
    vectors = read_index(files, kind, rows=rows, dimension=dimension).vectors()
    context = TokenStore.from_bytes(files[CONTEXT])
    alone = TokenStore.from_bytes(files[ALONE]) if ALONE in files else None
    if len(context) != rows + sentences or (alone is not None and len(alone) != sentences):
        raise IndexDamagedError("token vectors do not fit documents.jsonl", hint=REBUILD)
    keys = [_key(made_in, entry.passages) for entry in entries]
    return Previous(
        generation.id,
        {key: value for key, value in manifest.items() if key not in _OF_THE_STORE},
        files,
        {entry.report.file: entry for entry in entries},
        made_in,
        dict(zip(keys, _documents(sizes, vectors, context, alone), strict=True)),
        _examples(files, entries),
        AskedQuestions.from_bytes(files[ASKED], sentences, dimension).by_key() if ASKED in files else {},
    )


@dataclass(frozen=True)
class Shipped:
    """The embeddings that ship with the program, made in ``scope``; none by default.

    ``file``: their bytes, whose arrays are read when a document is first found in it.
    """

    scope: str = ""
    file: bytes = field(default=b"", repr=False)

    def get(self, passages: Sequence[Passage]) -> Embedded | None:
        """Return the arrays of a document's passages; ``None`` if they are not in the file, or if it is damaged."""
        return self.known.get(passages) if _key(self.scope, passages) in self._keys else None

    @cached_property
    def _keys(self) -> frozenset[str]:
        return frozenset(key.decode() for key in _members(self.file, "keys").get("keys", np.empty(0, "S64")).tolist())

    @cached_property
    def known(self) -> Previous:
        """Return all that the file holds, after comparing it with its digest; nothing if it differs."""
        arrays = _members(self.file, *_ARRAYS, "sha256")
        if not arrays or str(arrays["sha256"]) != _digest(arrays):
            return NOTHING
        context, alone = (TokenStore(*(arrays[f"{store}_{part}"] for part in _STORE)) for store in ("context", "alone"))
        sizes = zip(arrays["passages"].tolist(), arrays["sentences"].tolist(), strict=True)
        keys = (key.decode() for key in arrays["keys"].tolist())
        examples = [tuple(json.loads(each)) for each in arrays["examples"]]
        return Previous(
            scope=self.scope,
            embedded=dict(zip(keys, _documents(sizes, arrays["vectors"], context, alone), strict=True)),
            examples=_by_key(examples, map(len, examples), arrays["example_vectors"]),
            asked=_by_key(arrays["question_keys"].tolist(), arrays["question_counts"], arrays["question_codes"]),
        )


def _by_key(keys: Sequence[Any], sizes: Iterable[int], rows: NDArray[Any]) -> dict[Any, NDArray[Any]]:
    """Cut rows into those of each key."""
    return dict(zip(keys, np.split(rows, np.cumsum(list(sizes))[:-1]), strict=bool(keys)))


NONE_SHIPPED = Shipped()
_STORE = ("tokens", "pieces", "starts")
_ARRAYS = (
    *("keys", "passages", "sentences", "vectors", "examples", "example_vectors"),
    *("question_keys", "question_counts", "question_codes"),
    *(f"{store}_{part}" for store in ("context", "alone") for part in _STORE),
)


def shipped_scope(encoder: Encoder, projection: Projection, title_pieces: int) -> str:
    """Describe what shipped vectors depend on besides the text, except versions that change no more than a rounding."""
    matrix = b"" if projection.matrix is None else projection.matrix.tobytes()
    runtime = {name: value for name, value in encoder.runtime.items() if name not in _VERSIONS}
    return json.dumps(
        [_METHOD, encoder.digest, runtime, hashlib.sha256(matrix).hexdigest(), title_pieces], sort_keys=True
    )


def read_shipped(wanted: str) -> Shipped:
    """Read the embeddings that ship with the program, if they were made in this scope."""
    try:
        file = resources.files("b12assistant").joinpath(SHIPPED).read_bytes()
    except OSError:  # a checkout where they were not made yet
        return NONE_SHIPPED
    return Shipped(wanted, file) if str(_members(file, "scope").get("scope")) == wanted else NONE_SHIPPED


def shipped_bytes(made_in: str, previous: Previous) -> bytes:
    """Write the embeddings of a generation, which has vectors of single sentences, as a file to ship."""
    passages = [entry.passages for entry in previous.entries.values()]
    found = [embedded for each in passages if (embedded := previous.get(each)) is not None]
    alone = [embedded.alone for embedded in found if embedded.alone is not None]
    if not len(passages) == len(found) == len(alone):
        raise IndexDamagedError("the index has no vectors of single sentences", hint=REBUILD)
    stores = {"context": TokenStore.join([embedded.context for embedded in found]), "alone": TokenStore.join(alone)}
    arrays: dict[str, NDArray[Any]] = {
        "keys": np.array([_key(made_in, each).encode() for each in passages]),
        "passages": np.array([len(each) for each in passages]),
        "sentences": np.array([sum(len(passage.sentences) for passage in each) for each in passages]),
        "vectors": np.concatenate([embedded.vectors for embedded in found]),
        "examples": np.array([json.dumps(each) for each in previous.examples], dtype=np.str_),
        "example_vectors": np.concatenate([found[0].vectors[:0], *previous.examples.values()]),
        "question_keys": np.array(list(previous.asked), "S64"),
        "question_counts": np.array([len(codes) for codes in previous.asked.values()]),
        "question_codes": np.concatenate([np.empty((0, found[0].vectors.shape[1]), np.int8), *previous.asked.values()]),
        **{f"{name}_{part}": getattr(store, part) for name, store in stores.items() for part in _STORE},
    }
    buffer = io.BytesIO()
    arrays |= {"scope": np.array(made_in), "sha256": np.array(_digest(arrays))}
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    return buffer.getvalue()


def _members(file: bytes, *names: str) -> Mapping[str, NDArray[Any]]:
    """Return these arrays of a file; none if one of them cannot be read."""
    try:
        with np.load(io.BytesIO(file), allow_pickle=False) as arrays:
            return {name: arrays[name] for name in names}
    except (*_UNREADABLE, zlib.error):
        return {}


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    digest = hashlib.sha256()
    for name in _ARRAYS:
        array = arrays[name]
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _key(made_in: str, passages: Iterable[Passage]) -> str:
    texts = [[span.text for span in passage.sentences] for passage in passages]
    title = next((passage.document.title for passage in passages), "")
    described = json.dumps([made_in, title, texts])
    return hashlib.sha256(described.encode()).hexdigest()


def _documents(
    sizes: Iterable[tuple[int, int]], vectors: Vectors, context: TokenStore, alone: TokenStore | None
) -> Iterator[Embedded]:
    """Cut the arrays of all documents into those of each; ``sizes``: its passages and its sentences."""
    row = sentence = 0
    for passages, sentences in sizes:
        last, end = row + passages, sentence + sentences
        units = alone.part(sentence, end) if alone else None
        yield Embedded(vectors[row:last], context.part(row + sentence, last + end), units)
        row, sentence = last, end


def _examples(files: Mapping[str, bytes], entries: Sequence[Entry]) -> dict[tuple[str, ...], Vectors]:
    """Return the vectors of the example questions of each dispute."""
    if "disputes.json" not in files:
        return {}
    disputes = disputes_from_bytes(files["disputes.json"], [entry.document for entry in entries])
    vectors = np.load(io.BytesIO(files["disputes.npy"]), allow_pickle=False)
    examples = [dispute.examples for dispute in disputes]
    if len(vectors) != sum(map(len, examples)):
        raise IndexDamagedError("disputes.npy does not fit disputes.json", hint=REBUILD)
    return _by_key(examples, map(len, examples), vectors)
