"""Bytes from and to the disk: read from regular files alone, written so that a loss of power keeps them."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

_LARGEST = 1 << 20  # bytes of a file that no manifest describes; ours are far smaller
_NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)  # no file stands there; other errors may pass


def read_bytes(path: Path, *, most: int = _LARGEST) -> bytes | None:
    """A regular file's bytes, at most one more than ``most``; ``None`` if no such file stands there.

    No link is followed, and a pipe in its place is not waited for. Raises ``OSError`` for what may pass.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _NO_FILE:
            return None
        raise
    try:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return None
        with open(handle, "rb", closefd=False) as file:
            return file.read(most + 1)
    finally:
        os.close(handle)


def write_synced(path: Path, data: bytes) -> None:
    """Write a file; when this returns, the disk has it."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """What a folder holds, its names, is on the disk when this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
