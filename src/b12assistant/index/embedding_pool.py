"""Documents embedded behind the back of the reader: while a file is read, those before it go through the encoder."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from types import TracebackType
from typing import Self

from b12assistant.config import Settings
from b12assistant.index.documents import Entry
from b12assistant.index.embedding import embed_passages, embed_sentences
from b12assistant.index.token_files import Arrays
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
        former: Callable[[str], Arrays] | None,
    ) -> None:
        self._encoder, self._projection, self._chunking, self._former = encoder, projection, settings.chunking, former
        self._pool = ThreadPoolExecutor(settings.encoder.threads or os.cpu_count() or 1)
        self._begun: list[tuple[Entry, Arrays | Future[Arrays]]] = []
        self.read: set[str] = set()  # files of which the encoder read something

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._pool.shutdown(cancel_futures=True)

    def begin(self, entry: Entry, *, known: bool) -> None:
        """``known``: its arrays are those of the last generation."""
        taken = self._former(entry.report.file) if known and self._former else None
        self._begun.append((entry, taken or self._pool.submit(self._passages, entry)))

    def finish(self, progress: Callable[[int, int], None]) -> list[Arrays]:
        """All arrays. Sentences are encoded by themselves as well if all that was begun is a small collection."""
        many = len(self._begun)
        alone = sum(len(entry.passages) for entry, _ in self._begun) <= self._chunking.sentence_vectors_up_to
        whole = [self._whole(entry, begun, alone=alone) for entry, begun in self._begun]
        arrays = []
        for number, each in enumerate(whole):
            progress(number, many)
            arrays.append(each.result() if isinstance(each, Future) else each)
        progress(many, many)
        return arrays

    def _passages(self, entry: Entry) -> Arrays:
        self.read.add(entry.report.file)
        title_pieces = self._chunking.title_pieces
        vectors, context = embed_passages(entry.passages, self._encoder, self._projection, title_pieces=title_pieces)
        return Arrays(vectors, context, None)

    def _whole(self, entry: Entry, begun: Arrays | Future[Arrays], *, alone: bool) -> Arrays | Future[Arrays]:
        if not alone:
            return replace(begun, alone=None) if isinstance(begun, Arrays) else begun
        if isinstance(begun, Arrays) and begun.alone is not None:
            return begun
        return self._pool.submit(self._with_sentences, entry, begun)

    def _with_sentences(self, entry: Entry, begun: Arrays | Future[Arrays]) -> Arrays:
        """``begun`` stands before this in the queue, so that it is done, or under way, when this one's turn comes."""
        arrays = begun if isinstance(begun, Arrays) else begun.result()
        self.read.add(entry.report.file)
        return replace(arrays, alone=embed_sentences(entry.passages, self._encoder, self._projection))
