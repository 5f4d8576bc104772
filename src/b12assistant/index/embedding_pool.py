"""Documents embedded behind the back of the reader: while a file is read, those before it go through the encoder."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Self

from b12assistant.config import Settings
from b12assistant.display.records import Entry
from b12assistant.index.embedding import Embedded, embed_passages, embed_sentences
from b12assistant.index.token_store import Projection
from b12assistant.protocols import Encoder


class EmbeddingPool:
    """The arrays of the documents of one build, in the order in which they are begun.

    ``former``: arrays of a file in the last generation. As many documents are under way as bulk encoding has threads:
    the arrays of a document do not depend on those of another. Nothing goes on after the ``with``.
    """

    def __init__(
        self,
        encoder: Encoder,
        projection: Projection,
        settings: Settings,
        former: Callable[[str], Embedded] | None,
    ) -> None:
        self._encoder, self._projection, self._chunking, self._former = encoder, projection, settings.chunking, former
        self._pool = ThreadPoolExecutor(settings.encoder.threads or os.cpu_count() or 1)
        self._begun: list[tuple[Entry, Future[Embedded]]] = []
        self.read: set[str] = set()  # files of which the encoder read something

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def begin(self, entry: Entry, *, known: bool) -> None:
        """``known``: its arrays are those of the last generation."""
        self._begun.append((entry, self._pool.submit(self._passages, entry, known=known)))

    def finish(self, progress: Callable[[int, int], None]) -> list[Embedded]:
        """All arrays. Sentences are encoded by themselves as well if all that was begun is a small collection."""
        many = len(self._begun)
        alone = sum(len(entry.passages) for entry, _ in self._begun) <= self._chunking.sentence_vectors_up_to
        whole = [self._pool.submit(self._whole, entry, begun, alone=alone) for entry, begun in self._begun]
        embedded = []
        for number, each in enumerate(whole):
            progress(number, many)
            embedded.append(each.result())
        progress(many, many)
        return embedded

    def _passages(self, entry: Entry, *, known: bool) -> Embedded:
        if known and self._former:
            return self._former(entry.report.file)
        self.read.add(entry.report.file)
        title_pieces = self._chunking.title_pieces
        vectors, context = embed_passages(entry.passages, self._encoder, self._projection, title_pieces=title_pieces)
        return Embedded(vectors, context, None)

    def _whole(self, entry: Entry, begun: Future[Embedded], *, alone: bool) -> Embedded:
        """``begun`` stands before this in the queue, so that it is done, or under way, when this one's turn comes."""
        embedded = begun.result()
        if not alone:
            return replace(embedded, alone=None)
        if embedded.alone is not None:
            return embedded
        self.read.add(entry.report.file)
        return replace(embedded, alone=embed_sentences(entry.passages, self._encoder, self._projection))
