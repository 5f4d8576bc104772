"""Write arrays as an npz file whose parts begin at whole cache lines, and read them as views of its bytes.

`numpy.savez` puts arrays at any byte, so all but those of single bytes would have to be copied to be used. A copy is
memory of the process's own; a view of a mapped file is not.
"""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from b12assistant.index.store import Data

_LINE = 64  # bytes
_HEADER = 30  # of a member of a zip file, without its name and extra fields
_SIZES = 20  # bytes of the extra field that holds sizes of 64 bits
_PADDING = b"\xff\xfe"  # an extra field that readers skip


def to_npz(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """Return the file with ``arrays`` by name. Raises ``ValueError`` for objects, which no reader may run."""
    buffer = io.BytesIO()
    with ZipFile(buffer, "w") as archive:
        for name, array in arrays.items():
            member = ZipInfo(f"{name}.npy")
            begins = buffer.tell() + _HEADER + len(member.filename) + _SIZES + 4
            padding = -begins % _LINE
            member.extra = _PADDING + padding.to_bytes(2, "little") + bytes(padding)
            with archive.open(member, "w", force_zip64=True) as file:
                np.lib.format.write_array(file, np.ascontiguousarray(array), version=(1, 0), allow_pickle=False)
    return buffer.getvalue()


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
