"""A generation opened for questions: passages with their rows in every index, how it was built, and asked questions.

A question needs the text of a few dozen passages, but the place of each. So the documents of a large collection are
parsed when they are asked for, and of every passage only an `Outline` is known: arrays of a mapped file.
"""

from __future__ import annotations

import json
import threading
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from b12assistant.corpus.disputes import Dispute
from b12assistant.corpus.switched_off import NOTHING_OFF, SwitchedOff
from b12assistant.errors import REBUILD, IndexDamagedError
from b12assistant.index.arrays import from_npz, to_npz
from b12assistant.index.asked_questions import AskedQuestions
from b12assistant.index.documents import Entry, entries_to_bytes, entry_from_bytes
from b12assistant.index.lexical_index import FIELDS
from b12assistant.index.source_words import SourceWords
from b12assistant.index.store import Data
from b12assistant.index.token_store import TokenStore
from b12assistant.protocols import Encoder, LexicalIndex, VectorIndex
from b12assistant.threads import cached, once
from b12assistant.types import (
    Document,
    DocumentId,
    GenerationId,
    Origin,
    OriginId,
    Passage,
    PassageId,
)

Vectors = NDArray[np.float32]

DOCUMENTS, OUTLINE = "documents.jsonl", "outline.npz"
_KEPT = 20_000  # passages of the documents that are kept parsed, at 4 KB each: all of a library such as ours
_LOOKED_UP = 4096  # ids of passages whose rows are cached
Item = TypeVar("Item", covariant=True)


class OnDemand(Sequence[Item]):
    """A sequence whose items are made when they are asked for."""

    def __init__(self, length: int, make: Callable[[int], Item]) -> None:
        self._length, self._make = length, make

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, at: int) -> Item: ...
    @overload
    def __getitem__(self, at: slice) -> tuple[Item, ...]: ...
    def __getitem__(self, at: int | slice) -> Item | tuple[Item, ...]:
        if isinstance(at, slice):
            return tuple(self._make(each) for each in range(*at.indices(self._length)))
        return self._make(range(self._length)[at])  # counts from the end, or raises ``IndexError``


class ByName(Mapping[DocumentId, Item]):
    """Items of documents by their ids; ``numbers``: the number of each."""

    def __init__(self, numbers: Mapping[DocumentId, int], items: Sequence[Item]) -> None:
        self._numbers, self._items = numbers, items

    def __getitem__(self, name: DocumentId) -> Item:
        return self._items[self._numbers[name]]

    def __iter__(self) -> Iterator[DocumentId]:
        return iter(self._numbers)

    def __len__(self) -> int:
        return len(self._numbers)


@dataclass(frozen=True, eq=False)
class Outline:
    """``n`` passages of ``m`` documents, in order.

    ``lines``: (m + 1,) where each document's line begins in the file. ``names``: JSON of the documents' ids.
    ``in_force``: (m,) whether its source may be quoted. ``firsts``: (m + 1,) the row of its first passage.
    ``ids``: (n,) of passages. ``order``: (n,) rows by rising id. ``sentences``: (n + 1,) how many come before each.
    ``references``: (n,) whether it is an item of a reference list.
    """

    lines: NDArray[np.int64]
    names: NDArray[np.uint8]
    in_force: NDArray[np.bool_]
    firsts: NDArray[np.int64]
    ids: NDArray[np.bytes_]
    order: NDArray[np.int64]
    sentences: NDArray[np.int64]
    references: NDArray[np.bool_]

    @classmethod
    def of(cls, documents: Iterable[tuple[Document, Sequence[Passage]]], lines: Sequence[int] = ()) -> Outline:
        """Describe documents with their passages; each may be forgotten once it was read."""
        names, in_force, sizes = [], [], [0]
        found = []
        for document, passages in documents:
            names.append(document.id)
            in_force.append(document.source.in_force)
            sizes.append(len(passages))
            found += [(passage.id.encode(), len(passage.sentences), passage.reference) for passage in passages]
        ids, sentences, references = zip(*found, strict=True) if found else ((), (), ())
        keys = np.array(ids, "S")
        return cls(
            np.array(lines, np.int64),
            np.frombuffer(json.dumps(names).encode(), np.uint8),
            np.array(in_force, np.bool_),
            np.cumsum(sizes, dtype=np.int64),
            keys,
            np.argsort(keys, kind="stable"),
            np.cumsum([0, *sentences], dtype=np.int64),
            np.array(references, np.bool_),
        )

    @classmethod
    def from_bytes(cls, data: Data) -> Outline:
        """Read bytes that were already verified against their digest; the arrays are views of them."""
        arrays = from_npz(data)
        return cls(*(arrays[name] for name in cls.__dataclass_fields__))

    def to_bytes(self) -> Data:
        return to_npz({name: getattr(self, name) for name in self.__dataclass_fields__})

    @once
    def numbers(self) -> Mapping[DocumentId, int]:
        return {DocumentId(name): number for number, name in enumerate(json.loads(self.names.tobytes()))}

    def __len__(self) -> int:
        return len(self.ids)

    def document_at(self, row: int) -> int:
        """Return the number of the document that the passage in ``row`` is from."""
        return int(np.searchsorted(self.firsts, row, side="right")) - 1

    def rows_of(self, document: DocumentId) -> range:
        """Return the rows of a document's passages, none if it is unknown."""
        number = self.numbers.get(document)
        return range(0) if number is None else range(*self.firsts[number : number + 2].tolist())

    @cached(_LOOKED_UP)
    def row_of(self, passage: PassageId) -> int | None:
        """Return the row of a passage; ``None`` if there is none of this id."""
        rows = self.rows_named(passage)
        return rows[0] if rows and self.ids[rows[0]] == passage.encode() else None

    def rows_named(self, begins: str) -> list[int]:
        """Return the rows whose ids begin with ``begins``."""
        key, width = begins.encode(), self.ids.itemsize
        if len(key) > width:
            return []
        # Of the type of the ids: others would be converted, all of them.
        first, last = np.array([key, key.ljust(width, b"\xff")], self.ids.dtype)
        begin = np.searchsorted(self.ids, first, sorter=self.order)
        end = np.searchsorted(self.ids, last, side="right", sorter=self.order)
        return [int(row) for row in self.order[begin:end]]


def entries_to_files(entries: Sequence[Entry]) -> dict[str, Data]:
    """Write entries, and the outline with which each can be read by itself."""
    data = entries_to_bytes(entries)
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1  # JSON has no line ends inside
    outline = Outline.of([(entry.document, entry.passages) for entry in entries], [0, *ends.tolist()])
    return {DOCUMENTS: data, OUTLINE: outline.to_bytes()}


def read_entries(data: Data, outline: Outline) -> Sequence[Entry]:
    """Return the entries of verified bytes. Those of a large collection are parsed when they are asked for.

    Raises ``IndexDamagedError`` if the outline does not fit, now or when an entry is asked for.
    """
    lines = outline.lines
    fits = len(lines) == len(outline.firsts) == len(outline.numbers) + 1 and int(lines[-1]) == len(data)
    if not (fits and len(outline.sentences) == len(outline.ids) + 1 == int(outline.firsts[-1]) + 1):
        raise _unfit()

    def read(number: int) -> Entry:
        try:
            entry = entry_from_bytes(bytes(data[lines[number] : lines[number + 1]]))
        except (ValueError, KeyError, TypeError) as error:
            raise _unfit() from error
        if len(entry.passages) != int(outline.firsts[number + 1] - outline.firsts[number]):
            raise _unfit()
        return entry

    if len(outline) <= _KEPT:
        return tuple(map(read, range(len(lines) - 1)))
    return OnDemand(len(lines) - 1, _Kept(read, lambda entry: len(entry.passages), _KEPT))


def passages_in(entries: Sequence[Entry], outline: Outline) -> Sequence[Passage]:
    """Return all passages; those of a large collection are made with their document when they are asked for."""
    if isinstance(entries, tuple):
        return tuple(chain.from_iterable(entry.passages for entry in entries))

    def passage(row: int) -> Passage:
        number = outline.document_at(row)
        return entries[number].passages[row - int(outline.firsts[number])]

    return OnDemand(len(outline), passage)


def _unfit() -> IndexDamagedError:
    return IndexDamagedError(f"{OUTLINE} does not fit {DOCUMENTS}", hint=REBUILD)


class _Kept:
    """Keep the latest entries that a function makes, as long as together they do not weigh more than ``most``."""

    def __init__(self, make: Callable[[int], Entry], weigh: Callable[[Entry], int], most: int) -> None:
        self._make, self._weigh, self._most = make, weigh, most
        self._entries: dict[int, Entry] = {}  # the latest last
        self._weight = 0
        self._changing = threading.Lock()

    def __call__(self, number: int) -> Entry:
        with self._changing:
            entry = self._entries.pop(number, None)
            if entry is not None:
                self._entries[number] = entry
                return entry
        entry = self._make(number)
        with self._changing:
            if number in self._entries:  # another thread was first
                return self._entries[number]
            self._entries[number] = entry
            self._weight += self._weigh(entry)
            while self._weight > self._most and len(self._entries) > 1:
                self._weight -= self._weigh(self._entries.pop(next(iter(self._entries))))
        return entry


@dataclass(frozen=True)
class Collection:
    """Passages with their indexes: ``passages[row]`` is row ``row`` of ``vectors`` and ``lexical``.

    ``context``: for each passage one unit for its title and one for each of its sentences, all from encoding the
    passage once. ``alone``: one unit for each sentence, encoded by itself; ``None`` in large collections.
    """

    generation: GenerationId
    documents: Sequence[Document]
    passages: Sequence[Passage]
    vectors: VectorIndex
    matrix: NDArray[np.float32]
    lexical: LexicalIndex
    context: TokenStore
    alone: TokenStore | None
    piece_idf: NDArray[np.float32]  # over this collection's sentences and titles, by word piece
    outline: Outline
    words: SourceWords
    disputes: tuple[Dispute, ...] = ()
    examples: NDArray[np.float32] | None = None  # a vector for each example question of each dispute, in order
    off: SwitchedOff = NOTHING_OFF
    asked: AskedQuestions | None = None

    def origins(self, passage: Passage) -> tuple[tuple[Origin, ...], ...]:
        """Return the publications that each sentence of a passage rests on."""
        attributions = sorted(passage.document.attributions, key=lambda each: each.range)
        starts = [each.range.start for each in attributions]
        ends = [each.range.end for each in attributions]
        places = [slice(bisect_right(ends, s.start), bisect_left(starts, s.end)) for s in passage.sentences]
        return tuple(tuple(each.origin for each in attributions[place]) for place in places)

    @once
    def known_origins(self) -> Mapping[OriginId, Origin]:
        """Return the publications that any sentence rests on."""
        return {each.origin.id: each.origin for document in self.documents for each in document.attributions}

    @once
    def context_starts(self) -> NDArray[np.int64]:
        """Return the unit of ``context`` at which each passage begins (its title), ``(n + 1,)``."""
        return self.sentence_starts + np.arange(len(self.sentence_starts))

    @property
    def sentence_starts(self) -> NDArray[np.int64]:
        """Return the unit of ``alone`` at which each passage's sentences begin, ``(n + 1,)``."""
        return self.outline.sentences

    def barred(self, queries: Sequence[Vectors]) -> list[float | None]:
        """Return, for each of ``queries``, ``(d,)``, the best cosine with a question that nothing answers, if any are
        listed."""
        if self.asked is None:
            return [None] * len(queries)
        return self.asked.best_of_none(queries, int(self.sentence_starts[-1]))

    def asked_alike(self, query: Vectors, least: float) -> list[int]:
        """Return the rows of passages with a sentence that is asked a question as near as ``least`` to ``query``."""
        if self.asked is None:
            return []
        sentences = self.asked.alike(query, least)
        known = sentences[sentences < self.sentence_starts[-1]]
        rows: list[int] = np.unique(np.searchsorted(self.sentence_starts, known, side="right") - 1).tolist()
        return rows

    @once
    def asked_throughout(self) -> bool:
        """Return whether nearly every sentence is asked something, as in the corpus that ships."""
        return self.asked is not None and self.asked.is_thorough(int(self.sentence_starts[-1]))

    @once
    def first_rows(self) -> NDArray[np.int64]:
        """Return, for each row, the row of its document's first passage, ``(n,)``."""
        firsts = self.outline.firsts
        return np.repeat(firsts[:-1], np.diff(firsts))

    @once
    def off_in_part(self) -> frozenset[DocumentId]:
        """Return the documents that are on but have passages that are off."""
        rows = [row for row in map(self.outline.row_of, self.off.passages) if row is not None]
        return frozenset({self.passages[row].document.id for row in rows} - self.off.documents.keys())

    @once
    def rows_off(self) -> tuple[int, ...]:
        """Return the rows of what is switched off, by itself or with its document."""
        passages = (self.outline.row_of(each) for each in self.off.passages)
        documents = chain.from_iterable(map(self.outline.rows_of, self.off.documents))
        return tuple(sorted({*documents, *(row for row in passages if row is not None)}))

    @once
    def is_kept_back(self) -> NDArray[np.bool_]:
        """Return whether each passage is off, or its source is withdrawn or superseded, ``(n,)``."""
        kept_back = np.repeat(~self.outline.in_force, np.diff(self.outline.firsts))
        kept_back[list(self.rows_off)] = True
        return kept_back

    def row(self, passage: Passage) -> int:
        """Return the row of one of the passages. Raises ``KeyError`` for another."""
        row = self.outline.row_of(passage.id)
        if row is None:
            raise KeyError(passage.id)
        return row


# An index records their versions: extraction, terms and searches depend on them.
LIBRARIES = ("faiss-cpu", "markdown-it-py", "numpy", "pypdf", "PyStemmer", "selectolax", "sentencex")
METHOD = 9  # raise when chunking, embedding or terms change: an index of another method is not opened
READING = 3  # raise when extraction or cleaning change: files are then read again, and vectors of the same text kept


@dataclass(frozen=True, slots=True)
class Chunking:
    """Word pieces, at most: ``pieces`` of a passage, ``title_pieces`` of the title put in front of it for ranking.

    Passages of 120 pieces move hit@1 and hit@3 by one or two questions of 40: a plateau.
    """

    pieces: int = 200
    title_pieces: int = 48


CHUNKING = Chunking()


def built_with(encoder: Encoder, chunking: Chunking = CHUNKING) -> dict[str, object]:
    """Return what an index depends on besides corpus, model and runtime. It is stored in the manifest and compared."""
    return {
        "chunking": {"pieces": most_pieces(encoder, chunking), "title_pieces": chunking.title_pieces},
        "lexical": asdict(FIELDS),
        "method": METHOD,
    }


def most_pieces(encoder: Encoder, chunking: Chunking = CHUNKING) -> int:
    """Return the most word pieces of a passage: with its title in front it must fit the encoder."""
    return max(16, min(chunking.pieces, encoder.limit - chunking.title_pieces - 4))
