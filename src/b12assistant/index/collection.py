"""A generation opened for questions: passages with their rows in every index, and how it was built."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from b12assistant.config import Settings
from b12assistant.corpus.disputes import Dispute
from b12assistant.corpus.switched_off import NOTHING_OFF, SwitchedOff
from b12assistant.index.asked import AskedQuestions
from b12assistant.index.documents import Entry
from b12assistant.index.token_store import TokenStore
from b12assistant.protocols import Encoder, LexicalIndex, VectorIndex
from b12assistant.types import Document, DocumentId, FileEnd, FileReport, GenerationId, Passage, PassageId, SourceKind

Indexes = tuple[VectorIndex, LexicalIndex]

_TOPIC = range(2, 16)  # documents that share a title


@dataclass(frozen=True)
class Collection:
    """Passages with their indexes: ``passages[row]`` is row ``row`` of ``vectors`` and ``lexical``.

    ``context``: for each passage one unit for its title and one for each of its sentences, all from encoding the
    passage once. ``alone``: one unit for each sentence, encoded by itself; ``None`` in large collections.
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
    examples: NDArray[np.float32] | None = None  # a vector for each example question of each dispute, in order
    off: SwitchedOff = NOTHING_OFF
    asked: AskedQuestions | None = None
    narrowed: Callable[[frozenset[SourceKind]], Indexes] | None = None  # for engines that filter rows themselves

    def searched(self, kinds: frozenset[SourceKind] = frozenset()) -> Indexes:
        """Return the indexes to search for sources of ``kinds`` (empty: any).

        An engine that can skips what is switched off or of another kind, so that none of its rows is wasted. Others
        return such rows too: the caller must still check.
        """
        return self.narrowed(kinds) if self.narrowed else (self.vectors, self.lexical)

    @cached_property
    def context_starts(self) -> NDArray[np.int64]:
        """Return the unit of ``context`` at which each passage begins (its title), ``(n + 1,)``."""
        return np.cumsum([0, *(1 + len(passage.sentences) for passage in self.passages)], dtype=np.int64)

    @cached_property
    def sentence_starts(self) -> NDArray[np.int64]:
        """Return the unit of ``alone`` at which each passage's sentences begin, ``(n + 1,)``."""
        return np.cumsum([0, *(len(passage.sentences) for passage in self.passages)], dtype=np.int64)

    @cached_property
    def not_answered(self) -> NDArray[np.float32]:
        """Return the questions that nothing answers, ``(m, d)``: every question is compared with all of them."""
        if self.asked is None:
            return np.empty((0, self.matrix.shape[1]), np.float32)
        return self.asked.of_none(int(self.sentence_starts[-1]))

    @cached_property
    def first_rows(self) -> NDArray[np.int64]:
        """Return, for each row, the row of its document's first passage, ``(n,)``."""
        first: dict[DocumentId, int] = {}
        return np.array([first.setdefault(p.document.id, row) for row, p in enumerate(self.passages)], dtype=np.int64)

    @cached_property
    def shared_titles(self) -> dict[str, tuple[int, ...]]:
        """Return the rows of each non-empty title that a few documents share: those are on one topic."""
        titles = {passage.document.id: passage.document.title for passage in self.passages}
        topics = {title for title, documents in Counter(titles.values()).items() if title and documents in _TOPIC}
        by_title: dict[str, list[int]] = {}
        for row, passage in enumerate(self.passages):
            if passage.document.title in topics:
                by_title.setdefault(passage.document.title, []).append(row)
        return {title: tuple(rows) for title, rows in by_title.items()}

    @cached_property
    def off_in_part(self) -> frozenset[DocumentId]:
        """Return the documents of which some passages are switched off."""
        return self.off.in_part(self.passages)

    @cached_property
    def rows(self) -> dict[PassageId, int]:
        return {passage.id: row for row, passage in enumerate(self.passages)}


METHOD = 7  # raise when extraction, cleaning, chunking, embedding or terms change: old results are then not reused


def built_with(encoder: Encoder, settings: Settings) -> dict[str, object]:
    """Return what an index depends on besides corpus, model and runtime. It is stored in the manifest and compared."""
    return {
        "chunking": {"pieces": most_pieces(encoder, settings), "title_pieces": settings.chunking.title_pieces},
        "lexical": asdict(settings.lexical),
        "method": METHOD,
    }


def most_pieces(encoder: Encoder, settings: Settings) -> int:
    """Return the most word pieces of a passage: with its title in front it must fit the encoder."""
    chunking = settings.chunking
    return max(16, min(chunking.pieces, encoder.limit - chunking.title_pieces - 4))


def all_reports(reports: Iterable[FileReport], entries: Iterable[Entry]) -> tuple[FileReport, ...]:
    """Return the reports of all files, sorted, with a warning for each copy of another file: it is quoted only once."""
    first: dict[str, str] = {}
    twins = {entry.report.file: first.setdefault(entry.file_sha256, entry.report.file) for entry in entries}
    found = []
    for report in sorted(reports, key=lambda report: report.file):
        twin = twins.get(report.file, report.file)
        if twin != report.file:
            report = replace(report, end=FileEnd.WARNINGS, reasons=(*report.reasons, f"the same bytes as {twin}"))
        found.append(report)
    return tuple(found)
