"""Encode a document's passages: vectors, and token vectors grouped by title and sentence.

Batches never span documents: a document's arrays depend only on the document, so that an index that grew file by file
is bit for bit the one that a rebuild gives. (Other batches change vectors by up to 1e-7.)
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from b12assistant.index.blocks import Blocks, Embedded
from b12assistant.index.collection import CHUNKING
from b12assistant.index.documents import Entry
from b12assistant.index.token_store import Projection, TokenStore
from b12assistant.memory import give_back
from b12assistant.protocols import Encoded, Encoder
from b12assistant.types import Passage

_TITLE_END = ". "
# Passages. A larger collection gets no sentence vectors: they nearly double its token vectors (ours: 25 beside 28 MB).
SENTENCE_VECTORS_UP_TO = 3000
_AT_ONCE = 512  # texts encoded at once
_MANY = 200  # texts of a document: after each lot, memory is given back; without, 5,000 passages took 1.2 GB


def embed(
    passages: Sequence[Passage],
    encoder: Encoder,
    projection: Projection,
    *,
    title_pieces: int = CHUNKING.title_pieces,
    alone: bool,
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
        lot = texts[start : start + _AT_ONCE]
        distinct = list(dict.fromkeys(lot))
        if 2 * len(distinct) > len(lot):
            yield from encoder.encode(lot)
        else:  # one thing over and over; other batches would change the vectors of ordinary documents by a hair
            encoded = dict(zip(distinct, encoder.encode(distinct), strict=True))
            yield from (encoded[text] for text in lot)
        if len(texts) >= _MANY:
            give_back()


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

    ``known``: returns the arrays of passages that were encoded before. ``blocks``: keep those that are encoded now.
    ``threads``: 0 means one for each core. No work continues after ``close``.
    """

    def __init__(
        self,
        encoder: Encoder,
        projection: Projection,
        known: Callable[[Sequence[Passage]], Embedded | None],
        blocks: Blocks,
        threads: int,
    ) -> None:
        self._encoder, self._projection, self._known, self._blocks = encoder, projection, known, blocks
        self._pool = ThreadPoolExecutor(threads or os.cpu_count() or 1)
        self._begun: list[tuple[Entry, Embedded | Future[None]]] = []
        self.read: set[str] = set()  # files that went through the encoder, at least in part

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def begin(self, entry: Entry) -> None:
        """Take the document's arrays from what is known, or start encoding it."""
        self._begun.append((entry, self._known(entry.passages) or self._pool.submit(self._passages, entry)))

    def finish(self, progress: Callable[[int, int], None]) -> list[Embedded]:
        """Return all arrays, in the order of ``begin``. In a small collection sentences are also encoded alone.

        ``progress`` counts the documents that go through the encoder, if there are any.
        """
        alone = sum(len(entry.passages) for entry, _ in self._begun) <= SENTENCE_VECTORS_UP_TO
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

    def _passages(self, entry: Entry) -> None:
        self.read.add(entry.report.file)
        self._blocks.add(entry, embed(entry.passages, self._encoder, self._projection, alone=False))

    def _completed(self, entry: Entry, begun: Embedded | Future[None], *, alone: bool) -> Embedded:
        """Encode sentences alone. ``begun`` was queued earlier, so waiting for it cannot deadlock."""
        if isinstance(begun, Future):
            begun.result()
        arrays = self._blocks.embedded(entry.report.file) if isinstance(begun, Future) else begun
        if not alone:
            return replace(arrays, alone=None)
        if arrays.alone is not None:
            return arrays
        self.read.add(entry.report.file)
        made = replace(arrays, alone=embed_sentences(entry.passages, self._encoder, self._projection))
        self._blocks.add(entry, made)
        return made
