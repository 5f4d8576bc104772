"""Keep what an unfinished build has encoded in a file that grows by whole blocks: the next build goes on from there.

A block is a line with the size and digest of its data, then the data: entries, and their arrays. The digest covers what
the arrays were made with. A file is read up to the first block that is cut off, changed, or made with something else.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import tempfile
import threading
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import IndexWriteError
from b12assistant.index.arrays import LINE, from_npz, to_npz
from b12assistant.index.documents import Entry, entries_to_bytes, entry_from_bytes
from b12assistant.index.store import SCHEMA, Data
from b12assistant.index.token_store import TokenStore, Vectors

PASSAGES = 1000  # of a block, at least: a minute's work of one core
_HEADER = 128  # bytes


@dataclass(frozen=True)
class Embedded:
    """``vectors``: (passages, d). ``context``: a unit for each title and sentence. ``alone``: one for each sentence."""

    vectors: Vectors
    context: TokenStore
    alone: TokenStore | None


class Blocks:
    """What is encoded, by file: in memory until a block is full, then in a file. Several threads may call it.

    ``path``: of the file, made when it is needed; ``None``: a file without a name. ``scope``: what the arrays depend on
    besides their texts. Raises ``IndexWriteError`` if the file is there and cannot be opened.
    """

    def __init__(self, path: Path | None = None, scope: str = "") -> None:
        self._path, self._scope = path, f"{SCHEMA} {scope}".encode()
        self._file: IO[bytes] | None = None
        self._lock = threading.Lock()
        self._waiting: dict[str, tuple[Entry, Embedded]] = {}
        self._passages = 0  # of those that wait
        self._places: dict[str, tuple[int, int]] = {}  # of a file: its block, and its number there
        self._begins: list[int] = []  # of blocks, then where the next begins
        self._open: dict[int, _Block] = {}
        self._mapped = memoryview(b"")
        self._begins.append(self._find(self._opened()) if path and os.path.lexists(path) else 0)

    def close(self) -> None:
        """Close the file; what is in memory is lost."""
        if self._file:
            with suppress(OSError):  # what a full disk did not take was reported
                self._file.close()

    @property
    def written(self) -> int:
        """Return how many files are in blocks that are written."""
        return len(self._places)

    def entry(self, file: str) -> Entry | None:
        """Return the entry of a file that an earlier build, or this one, has encoded."""
        with self._lock:
            if file in self._waiting:
                return self._waiting[file][0]
            return self._block(file).entry(self._places[file][1]) if file in self._places else None

    def embedded(self, file: str) -> Embedded:
        """Return the arrays of such a file."""
        with self._lock:
            if file in self._waiting:
                return self._waiting[file][1]
            return self._block(file).embedded(self._places[file][1])

    def add(self, entry: Entry, embedded: Embedded) -> None:
        """Keep the arrays of a document. Raises ``IndexWriteError`` if there is no room for them."""
        with self._lock:
            self._waiting[entry.report.file] = entry, embedded
            self._passages += len(embedded.vectors)
            if self._passages >= PASSAGES:
                self._write()

    def _write(self) -> None:
        data = _block_of(list(self._waiting.values()))
        file = self._opened()
        try:
            file.seek(self._begins[-1])
            for part in (self._header(data), data, bytes(-len(data) % LINE)):
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        except OSError as error:
            raise IndexWriteError(
                f"what was encoded could not be written ({error.strerror or type(error).__name__})",
                hint="free disk space; the next `b12assistant index` goes on from the blocks that are written",
            ) from error
        self._places |= {file: (len(self._begins) - 1, number) for number, file in enumerate(self._waiting)}
        self._begins.append(file.tell())
        self._waiting, self._passages = {}, 0

    def _header(self, data: Data) -> bytes:
        digest = hashlib.sha256(self._scope)
        digest.update(data)
        return f"{len(data)} {digest.hexdigest()}".encode().ljust(_HEADER - 1) + b"\n"

    def _opened(self) -> IO[bytes]:
        """Open the file, if it is not open yet."""
        if self._file is None:
            place, hint = self._path or tempfile.gettempdir(), "remove it, or fix the permissions of its folder"
            try:
                self._file = _regular(self._path) if self._path else tempfile.TemporaryFile()  # noqa: SIM115 - `close`
            except OSError as error:
                why = error.strerror or type(error).__name__
                raise IndexWriteError(f"{place} cannot be opened ({why})", hint=hint) from error
        return self._file

    def _find(self, file: IO[bytes]) -> int:
        """Find the whole blocks at the beginning of the file, and cut off the rest. Return where the last ends."""
        at, size = 0, os.fstat(file.fileno()).st_size
        self._map(size)
        while at + _HEADER < size:
            header = bytes(self._mapped[at : at + _HEADER])
            length = int(header.partition(b" ")[0]) if header.partition(b" ")[0].isdigit() else 0
            data = self._mapped[at + _HEADER : at + _HEADER + length]
            if not length or len(data) < length or header != self._header(data):
                break
            try:
                files = json.loads(from_npz(data)["files"].tobytes())
            except (BadZipFile, ValueError, KeyError):  # of another version
                break
            self._places |= {name: (len(self._begins), number) for number, name in enumerate(files)}
            self._begins.append(at)
            at += _HEADER + length + -length % LINE
        file.truncate(at)
        return at

    def _block(self, file: str) -> _Block:
        """Return the block that a file is in. No thread may change anything meanwhile."""
        number = self._places[file][0]
        if number not in self._open:
            first, end = self._begins[number : number + 2]
            if end > len(self._mapped):
                self._map(self._begins[-1])
            length = int(bytes(self._mapped[first : first + _HEADER]).partition(b" ")[0])
            self._open[number] = _Block(from_npz(self._mapped[first + _HEADER : first + _HEADER + length]))
        return self._open[number]

    def _map(self, size: int) -> None:
        mapped = mmap.mmap(self._opened().fileno(), size, access=mmap.ACCESS_READ) if size else b""
        self._mapped = memoryview(mapped)


@dataclass(frozen=True)
class _Block:
    """The arrays of a block, by name."""

    arrays: dict[str, NDArray[Any]]

    def entry(self, number: int) -> Entry:
        first, end = self.arrays["lines"][number : number + 2]
        return entry_from_bytes(self.arrays["entries"][first:end].tobytes())

    def embedded(self, number: int) -> Embedded:
        first, end = self.arrays["passages"][number : number + 2]
        alone = self._units("alone", number)
        context = self._units("context", number)
        return Embedded(self.arrays["vectors"][first:end], context, alone if len(alone) else None)

    def _units(self, name: str, number: int) -> TokenStore:
        tokens, pieces, starts, ends = (
            self.arrays[f"{name}_{part}"] for part in ("tokens", "pieces", "starts", "ends")
        )
        return TokenStore(tokens, pieces, starts).part(*ends[number : number + 2].tolist())


def _block_of(documents: Sequence[tuple[Entry, Embedded]]) -> Data:
    lines = [entries_to_bytes([entry]) for entry, _ in documents]
    arrays: dict[str, NDArray[Any]] = {
        "files": np.frombuffer(json.dumps([entry.report.file for entry, _ in documents]).encode(), np.uint8),
        "entries": np.frombuffer(b"".join(lines), np.uint8),
        "lines": _ends(map(len, lines)),
        "vectors": np.concatenate([embedded.vectors for _, embedded in documents]),
        "passages": _ends(len(embedded.vectors) for _, embedded in documents),
    }
    context = [embedded.context for _, embedded in documents]
    alone = [embedded.alone or embedded.context.part(0, 0) for _, embedded in documents]
    for name, stores in (("context", context), ("alone", alone)):
        ends = _ends(map(len, stores))
        joined = TokenStore.join(stores)
        named: dict[str, NDArray[Any]] = {
            "tokens": joined.tokens,
            "pieces": joined.pieces,
            "starts": joined.starts,
            "ends": ends,
        }
        arrays |= {f"{name}_{part}": array for part, array in named.items()}
    return to_npz(arrays)


def _ends(lengths: Iterable[int]) -> NDArray[np.int64]:
    return np.cumsum([0, *lengths], dtype=np.int64)


def _regular(path: Path) -> IO[bytes]:
    """Open a file to read and write, and make it if it is not there; a link is not followed."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666), "r+b")
