"""A generation opened for questions: passages with their rows in every index. Parts meet here as Protocols."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.corpus.disputes import Dispute
from b12assistant.corpus.switched_off import NOTHING_OFF, SwitchedOff
from b12assistant.index.token_store import TokenStore
from b12assistant.protocols import LexicalIndex, VectorIndex
from b12assistant.types import Document, DocumentId, GenerationId, Passage, PassageId, SourceKind

if TYPE_CHECKING:
    from numpy.typing import NDArray

Indexes = tuple[VectorIndex, LexicalIndex]

_TOPIC = range(2, 16)  # documents that share a title


@dataclass(frozen=True)
class Collection:
    """``passages[row]`` is row ``row`` of ``vectors`` and ``lexical``.

    ``context``: for each passage one unit for the title in front of it and one for each of its sentences, read from one
    pass over the passage. ``alone``: one unit for each sentence, encoded by itself; ``None`` in large collections.
    """

    generation: GenerationId
    documents: tuple[Document, ...]
    passages: tuple[Passage, ...]
    vectors: VectorIndex
    matrix: NDArray[np.float32]
    lexical: LexicalIndex
    context: TokenStore
    alone: TokenStore | None
    piece_idf: NDArray[np.float32]  # over this collection's sentences and titles, by word piece
    disputes: tuple[Dispute, ...] = ()
    asked: NDArray[np.float32] | None = None  # a vector for each way to ask of each dispute, in order
    off: SwitchedOff = NOTHING_OFF
    narrowed: Callable[[frozenset[SourceKind]], Indexes] | None = None  # of an engine that can pass rows over itself

    def searched(self, kinds: frozenset[SourceKind] = frozenset()) -> Indexes:
        """The indexes to search for sources of ``kinds`` (empty: any). They may find others too: who asks still checks.

        What is switched off, or of another kind, is passed over by an engine that can: the rows it gives are then not
        filled with what is thrown away here.
        """
        return self.narrowed(kinds) if self.narrowed else (self.vectors, self.lexical)

    @cached_property
    def context_starts(self) -> NDArray[np.int64]:
        """Unit of ``context`` at which each passage begins (its title), ``(n + 1,)``."""
        return _starts([1 + len(passage.sentences) for passage in self.passages])

    @cached_property
    def sentence_starts(self) -> NDArray[np.int64]:
        """Unit of ``alone`` at which each passage's sentences begin, ``(n + 1,)``."""
        return _starts([len(passage.sentences) for passage in self.passages])

    @cached_property
    def first_rows(self) -> NDArray[np.int64]:
        """For each row, the row of its document's first passage, ``(n,)``."""
        first: dict[DocumentId, int] = {}
        return np.array([first.setdefault(p.document.id, row) for row, p in enumerate(self.passages)], dtype=np.int64)

    @cached_property
    def shared_titles(self) -> dict[str, tuple[int, ...]]:
        """Rows by title, of titles that a few documents share: those are on one topic. An empty title is none."""
        titles = {passage.document.id: passage.document.title for passage in self.passages}
        topics = {title for title, documents in Counter(titles.values()).items() if title and documents in _TOPIC}
        rows: dict[str, list[int]] = {}
        for row, passage in enumerate(self.passages):
            if passage.document.title in topics:
                rows.setdefault(passage.document.title, []).append(row)
        return {title: tuple(found) for title, found in rows.items()}

    @cached_property
    def off_in_part(self) -> frozenset[DocumentId]:
        """Documents of which some passages are switched off."""
        return self.off.in_part(self.passages)

    @cached_property
    def rows(self) -> dict[PassageId, int]:
        return {passage.id: row for row, passage in enumerate(self.passages)}


def _starts(sizes: list[int]) -> NDArray[np.int64]:
    return np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
