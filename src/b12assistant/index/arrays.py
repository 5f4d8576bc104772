"""Write arrays as an npz file whose parts begin at whole cache lines, and read them as views of its bytes.

`numpy.savez` puts arrays at any byte, so all but those of single bytes would have to be copied to be used. A copy is
memory of the process's own; a view of a mapped file is not.
"""

from __future__ import annotations

import io
import math
import mmap
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import IO, Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from b12assistant.errors import IndexWriteError
from b12assistant.index.store import MAPPED_FROM, Data

LINE = 64  # bytes
_HEADER = 30  # of a member of a zip file, without its name and extra fields
_SIZES = 20  # bytes of the extra field that holds sizes of 64 bits
_PADDING = b"\xff\xfe"  # an extra field that readers skip


def empty(shape: tuple[int, ...], kind: type[np.generic]) -> NDArray[Any]:
    """Return an array to be filled: a large one in a file without a name, so that the system can drop its pages."""
    size = math.prod(shape) * np.dtype(kind).itemsize
    return np.empty(shape, kind) if size < MAPPED_FROM else np.frombuffer(_nameless(size), kind).reshape(shape)


def _nameless(size: int) -> mmap.mmap:
    with _temporary() as file:
        os.posix_fallocate(file.fileno(), 0, size)  # now, since a full disk would end the process later
        return mmap.mmap(file.fileno(), size)


@contextmanager
def _temporary() -> Iterator[IO[bytes]]:
    """Open a file without a name. Raises ``IndexWriteError`` if there is no room for what it gets."""
    try:
        with tempfile.TemporaryFile() as file:
            yield file
    except OSError as error:
        reason, folder = error.strerror or type(error).__name__, tempfile.gettempdir()
        hint = "free disk space, or name a folder on another disk in TMPDIR"
        raise IndexWriteError(f"a part of the index could not be put into {folder} ({reason})", hint=hint) from error


def to_npz(arrays: Mapping[str, NDArray[Any]]) -> Data:
    """Return the file with ``arrays`` by name, large ones mapped. Raises ``ValueError`` for objects, which no reader
    may run."""
    if sum(array.nbytes for array in arrays.values()) < MAPPED_FROM:
        buffer = io.BytesIO()
        _write(buffer, arrays)
        return buffer.getvalue()
    with _temporary() as file:
        _write(file, arrays)
        return memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))


def _write(buffer: IO[bytes], arrays: Mapping[str, NDArray[Any]]) -> None:
    with ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            member = ZipInfo(f"{name}.npy")
            begins = buffer.tell() + _HEADER + len(member.filename) + _SIZES + 4
            padding = -begins % LINE
            member.extra = _PADDING + padding.to_bytes(2, "little") + bytes(padding)
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    buffer.flush()


def from_npz(data: Data) -> dict[str, NDArray[Any]]:
    """Return the arrays of an npz file that is not compressed: views where they are aligned, not to be changed."""
    found = {}
    with ZipFile(io.BytesIO(data) if isinstance(data, bytes) else io.BufferedReader(_Mapped(data))) as archive:
        for member in archive.infolist():
            with archive.open(member) as file:
                is_stored = np.lib.format.read_magic(file) == (1, 0) and member.compress_type == ZIP_STORED
                shape, by_columns, kind = np.lib.format.read_array_header_1_0(file) if is_stored else ((), True, None)
                if not is_stored or by_columns:
                    raise ValueError(f"{member.filename} is not a stored array of format 1.0, row by row")
                header = file.tell()
            name, more = np.frombuffer(data, "<u2", 2, member.header_offset + 26).tolist()  # their lengths
            first = member.header_offset + _HEADER + name + more + header
            array = np.frombuffer(data, kind, math.prod(shape), first).reshape(shape)
            found[member.filename.removesuffix(".npy")] = array if array.flags.aligned else array.copy()
    return found


class _Mapped(io.RawIOBase):
    """A file over mapped bytes, which `io.BytesIO` would copy."""

    def __init__(self, data: memoryview) -> None:
        self._data, self._at = data, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._at = offset + (0, self._at, len(self._data))[whence]
        return self._at

    def readinto(self, buffer: Any) -> int:
        part = self._data[self._at : self._at + len(buffer)]
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)
