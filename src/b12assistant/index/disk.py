"""Bytes from and to the disk: read from regular files alone, written so that a loss of power keeps them."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_LARGEST = 1 << 20  # bytes of a file that no manifest describes; ours are far smaller
_BLOCK = 1 << 20  # bytes that are held of a file that is only compared
_NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)  # no file stands there; other errors may pass


def open_regular(path: Path) -> BinaryIO | None:
    """A regular file, opened to be read; ``None`` if no such file stands there.

    No link is followed, and a pipe in its place is not waited for. Raises ``OSError`` for what may pass.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _NO_FILE:
            return None
        raise
    try:
        if stat.S_ISREG(os.fstat(handle).st_mode):
            return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise
    os.close(handle)
    return None


def read_bytes(path: Path, *, most: int = _LARGEST) -> bytes | None:
    """A regular file's bytes, at most one more than ``most``; ``None`` if no such file stands there.

    Raises ``OSError`` for what may pass.
    """
    file = open_regular(path)
    if file is None:
        return None
    with file:
        return file.read(most + 1)


def size_and_sha256(file: BinaryIO, *, most: int) -> tuple[int, str]:
    """Of all that is in a file, or of one byte more than ``most``; a block at a time is held."""
    digest, size = hashlib.sha256(), 0
    while block := file.read(min(_BLOCK, most + 1 - size)):
        digest.update(block)
        size += len(block)
    return size, digest.hexdigest()


def write_synced(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """Have a file written; when this returns, the disk has it."""
    with path.open("wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """What a folder holds, its names, is on the disk when this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
