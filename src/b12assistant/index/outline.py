"""What is known of every passage and document without reading it: arrays of a mapped file, and documents by number.

A question needs the text of a few dozen passages, but the place of each. So texts are parsed when they are asked for,
and what grows with the collection is a few bytes for each passage.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import REBUILD, IndexDamagedError
from b12assistant.index.arrays import from_npz, to_npz
from b12assistant.index.documents import Entry, entries_to_bytes, entry_from_bytes
from b12assistant.index.store import Data
from b12assistant.threads import cached, once
from b12assistant.types import Document, DocumentId, Passage, PassageId

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

    def to_bytes(self) -> bytes:
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


def entries_to_files(entries: Sequence[Entry]) -> dict[str, bytes]:
    """Write entries, and the outline with which each can be read by itself."""
    data = entries_to_bytes(entries)
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == ord("\n")) + 1  # JSON has no line ends inside
    outline = Outline.of([(entry.document, entry.passages) for entry in entries], [0, *ends.tolist()])
    return {DOCUMENTS: data, OUTLINE: outline.to_bytes()}


def read_entries(data: Data, outline: Outline) -> Sequence[Entry]:
    """Return the entries of verified bytes, each parsed when it is asked for; the latest are kept.

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

    return OnDemand(len(lines) - 1, _Kept(read, lambda entry: len(entry.passages), _KEPT))


def passages_in(entries: Sequence[Entry], outline: Outline) -> Sequence[Passage]:
    """Return all passages, each made with its document when it is asked for."""

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
