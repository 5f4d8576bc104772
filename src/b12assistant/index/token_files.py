"""Token vectors from one generation's file to the next without ever being all in memory: rows in blocks.

They are nine tenths of an index. Of a document that did not change they go, byte for byte, from file to file.
"""

from __future__ import annotations

import errno
import io
import os
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

import numpy as np
from numpy.lib import format as npy

from b12assistant.errors import IndexDamagedError
from b12assistant.index.token_store import TokenStore

if TYPE_CHECKING:
    from numpy.typing import NDArray

_BLOCK = 4 << 20  # bytes of rows that are held at once
_ROWS = "tokens.npy"
_LOCAL_HEADER = 30  # bytes in front of a member's name, with the lengths of name and extra field at the end


@dataclass(frozen=True)
class Arrays:
    """Of one document what ``embedding.Embedded`` is, wherever its token vectors are."""

    vectors: NDArray[np.float32]
    context: TokenStore | StoredTokens
    alone: TokenStore | StoredTokens | None


@dataclass(frozen=True)
class StoredTokens:
    """Units whose rows stay in ``file``, from byte ``offset`` on; pieces and starts are held, as in ``TokenStore``."""

    file: IO[bytes]
    offset: int
    width: int
    pieces: NDArray[np.int32]
    starts: NDArray[np.int64]

    @classmethod
    def of(cls, file: IO[bytes], name: str) -> StoredTokens:
        """The units of a whole file, called ``name``, that was already verified against its digest.

        It is read as long as these units, or a part of them, are. Raises ``IndexDamagedError`` if it is none of ours.
        """
        offset, rows, width = _place(file, name)
        file.seek(0)
        with np.load(file, allow_pickle=False) as arrays:
            pieces, starts = arrays["pieces"], arrays["starts"]
        if len(pieces) != rows or starts[-1] != rows:
            raise IndexDamagedError(f"{name} does not fit itself", hint="run `b12assistant index`")
        return cls(file, offset, width, pieces, starts)

    def part(self, first: int, last: int) -> StoredTokens:
        """Units ``first`` … ``last - 1``."""
        begin, end = int(self.starts[first]), int(self.starts[last])
        starts = self.starts[first : last + 1] - begin
        return StoredTokens(self.file, self.offset + begin * self.width, self.width, self.pieces[begin:end], starts)

    def __len__(self) -> int:
        return len(self.starts) - 1

    def blocks(self) -> Iterator[NDArray[np.int8]]:
        """All rows in order, each block (rows, width). Raises ``OSError`` if the file ends before."""
        at_once = max(1, _BLOCK // self.width)
        for row in range(0, len(self.pieces), at_once):
            size = min(at_once, len(self.pieces) - row) * self.width
            data = os.pread(self.file.fileno(), size, self.offset + row * self.width)
            if len(data) != size:
                raise OSError(errno.EIO, "it ends too early", self.file.name)
            yield np.frombuffer(data, np.int8).reshape(-1, self.width)


@dataclass(frozen=True)
class JoinedTokens:
    """The units of all ``parts``, in order, as one file: byte for byte what ``TokenStore.to_bytes`` makes of them."""

    parts: Sequence[TokenStore | StoredTokens]

    def __len__(self) -> int:
        return sum(len(part.starts) - 1 for part in self.parts)

    def write(self, file: IO[bytes]) -> None:
        """Of the rows a block at a time is held."""
        ends = np.cumsum([0, *(part.starts[-1] for part in self.parts)])
        starts = [part.starts[:-1] + end for part, end in zip(self.parts, ends, strict=False)]
        first = self.parts[0]
        width = first.width if isinstance(first, StoredTokens) else first.tokens.shape[1]
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
            with archive.open(_ROWS, "w", force_zip64=True) as member:
                npy.write_array_header_1_0(
                    member, {"descr": "|i1", "fortran_order": False, "shape": (int(ends[-1]), width)}
                )
                for part in self.parts:
                    for block in _rows(part):
                        member.write(np.ascontiguousarray(block).data)
            _write_array(archive, "pieces", np.concatenate([part.pieces for part in self.parts]))
            _write_array(archive, "starts", np.concatenate([*starts, ends[-1:]]).astype(np.int64))

    def to_bytes(self) -> bytes:
        """The whole file."""
        buffer = io.BytesIO()
        self.write(buffer)
        return buffer.getvalue()

    def is_in(self, file: IO[bytes]) -> bool:
        """Whether what is read from a file is what was written to it: its parts hold the sums that were made then."""
        try:
            with zipfile.ZipFile(file) as archive:
                return archive.namelist() == [_ROWS, "pieces.npy", "starts.npy"] and archive.testzip() is None
        except zipfile.BadZipFile:
            return False


def _rows(tokens: TokenStore | StoredTokens) -> Iterator[NDArray[np.int8]]:
    """All rows in order, each block (rows, width)."""
    if isinstance(tokens, StoredTokens):
        yield from tokens.blocks()
    else:
        yield tokens.tokens


def _write_array(archive: zipfile.ZipFile, name: str, array: NDArray[np.int32] | NDArray[np.int64]) -> None:
    with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
        npy.write_array(member, array, allow_pickle=False)


def _place(file: IO[bytes], name: str) -> tuple[int, int, int]:
    """Where the rows begin in the file, in bytes, how many there are and how many bytes each has."""
    with zipfile.ZipFile(file) as archive:
        info = archive.getinfo(_ROWS)
        with archive.open(info) as member:
            version = npy.read_magic(member)
            (rows, width), by_column, kind = npy.read_array_header_1_0(member)
            header = member.tell()
    if version != (1, 0) or by_column or kind != np.int8 or info.compress_type != zipfile.ZIP_STORED:
        raise IndexDamagedError(f"{name} holds no rows of bytes", hint="run `b12assistant index`")
    file.seek(info.header_offset + _LOCAL_HEADER - 4)
    lengths = np.frombuffer(file.read(4), "<u2")
    return info.header_offset + _LOCAL_HEADER + int(lengths.sum()) + header, rows, width
