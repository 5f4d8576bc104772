"""Encode a document's passages: vectors, and token vectors grouped by title and sentence.

Batches never span documents: a document's arrays depend only on the document, so that an index that grew file by file
is bit for bit the one that a rebuild gives. (Other batches change vectors by up to 1e-7.)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Protocol, Self

import numpy as np

from b12assistant.config import Settings
from b12assistant.index.documents import Entry
from b12assistant.index.token_store import Projection, TokenStore
from b12assistant.protocols import Encoded, Encoder
from b12assistant.types import Passage

if TYPE_CHECKING:
    from numpy.typing import NDArray

_TITLE_END = ". "
_AT_ONCE = 512  # texts encoded at once: their full token vectors take 100 MB


@dataclass(frozen=True)
class Embedded:
    """``vectors``: (passages, d). ``context``: a unit for each title and sentence. ``alone``: one for each sentence."""

    vectors: NDArray[np.float32]
    context: TokenStore
    alone: TokenStore | None


class EmbeddingCache(Protocol):
    """The arrays of passages that were encoded before."""

    def get(self, passages: Sequence[Passage]) -> Embedded | None:
        """Return the arrays of a document's passages, ``None`` if unknown; ``alone`` may be missing in them."""


@dataclass(frozen=True)
class Caches:
    """Caches asked in order."""

    caches: Sequence[EmbeddingCache]

    def get(self, passages: Sequence[Passage]) -> Embedded | None:
        return next((found for cache in self.caches if (found := cache.get(passages)) is not None), None)


def embed(
    passages: Sequence[Passage], encoder: Encoder, projection: Projection, *, title_pieces: int, alone: bool
) -> Embedded:
    """Encode the passages of one document, each with the title, cut to ``title_pieces`` word pieces, in front."""
    vectors, context = embed_passages(passages, encoder, projection, title_pieces=title_pieces)
    return Embedded(vectors, context, embed_sentences(passages, encoder, projection) if alone else None)


def embed_passages(
    passages: Sequence[Passage], encoder: Encoder, projection: Projection, *, title_pieces: int
) -> tuple[NDArray[np.float32], TokenStore]:
    """Return ``vectors`` and ``context`` of ``Embedded``."""
    title = _short_title(passages[0].document.title, encoder, title_pieces)
    texts, bounds = zip(*(_running_text(title, passage) for passage in passages), strict=True)
    vectors, stores = [], []
    for encoded, ends in zip(_encoded(texts, encoder), bounds, strict=True):
        vectors.append(encoded.vector)
        stores.append(_grouped(encoded, ends, projection))
    return np.stack(vectors), TokenStore.join(stores)


def embed_sentences(passages: Sequence[Passage], encoder: Encoder, projection: Projection) -> TokenStore:
    """Return ``alone`` of ``Embedded``: each sentence encoded by itself."""
    sentences = [span.text for passage in passages for span in passage.sentences]
    return TokenStore.join([_as_one_unit(encoded, projection) for encoded in _encoded(sentences, encoder)])


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


def _grouped(encoded: Encoded, ends: list[int], projection: Projection) -> TokenStore:
    starts = np.searchsorted(encoded.offsets[:, 0], ends, side="left")
    bounds = np.concatenate([np.zeros(1, np.int64), starts.astype(np.int64)])
    return TokenStore.of(projection.reduce(encoded.tokens), encoded.pieces, bounds)


def _as_one_unit(encoded: Encoded, projection: Projection) -> TokenStore:
    bounds = np.array([0, len(encoded.tokens)], dtype=np.int64)
    return TokenStore.of(projection.reduce(encoded.tokens), encoded.pieces, bounds)


class EmbeddingPool:
    """The encoding of one build's documents, with as many at a time as bulk encoding has threads.

    ``cache``: what the previous build encoded. No work continues after the ``with``.
    """

    def __init__(
        self,
        encoder: Encoder,
        projection: Projection,
        settings: Settings,
        cache: EmbeddingCache,
    ) -> None:
        self._encoder, self._projection, self._chunking, self._cache = encoder, projection, settings.chunking, cache
        self._pool = ThreadPoolExecutor(settings.encoder.threads or os.cpu_count() or 1)
        self._begun: list[tuple[Entry, Embedded | Future[Embedded]]] = []
        self.read: set[str] = set()  # files that went through the encoder, at least in part

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def begin(self, entry: Entry) -> None:
        """Take the document's arrays from the cache, or start encoding it."""
        self._begun.append((entry, self._cache.get(entry.passages) or self._pool.submit(self._passages, entry)))

    def finish(self, progress: Callable[[int, int], None]) -> list[Embedded]:
        """Return all arrays, in the order of ``begin``. In a small collection sentences are also encoded alone."""
        total = len(self._begun)
        alone = sum(len(entry.passages) for entry, _ in self._begun) <= self._chunking.sentence_vectors_up_to
        pending = [self._complete(entry, begun, alone=alone) for entry, begun in self._begun]
        arrays = []
        for number, embedded in enumerate(pending):
            progress(number, total)
            arrays.append(embedded.result() if isinstance(embedded, Future) else embedded)
        progress(total, total)
        return arrays

    def _passages(self, entry: Entry) -> Embedded:
        self.read.add(entry.report.file)
        title_pieces = self._chunking.title_pieces
        vectors, context = embed_passages(entry.passages, self._encoder, self._projection, title_pieces=title_pieces)
        return Embedded(vectors, context, None)

    def _complete(
        self, entry: Entry, begun: Embedded | Future[Embedded], *, alone: bool
    ) -> Embedded | Future[Embedded]:
        if not alone:
            return replace(begun, alone=None) if isinstance(begun, Embedded) else begun
        if isinstance(begun, Embedded) and begun.alone is not None:
            return begun
        return self._pool.submit(self._with_sentences, entry, begun)

    def _with_sentences(self, entry: Entry, begun: Embedded | Future[Embedded]) -> Embedded:
        """Add ``alone`` to ``begun``, which is ahead of this task in the queue, so that waiting for it cannot block."""
        arrays = begun if isinstance(begun, Embedded) else begun.result()
        self.read.add(entry.report.file)
        return replace(arrays, alone=embed_sentences(entry.passages, self._encoder, self._projection))
