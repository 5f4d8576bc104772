"""Read the bytes of one regular file, safe against links, pipes, devices and writers at work."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from b12assistant.errors import SourceError

_TRIES = 2


def read_file(path: Path, *, root: Path | None, limit: int) -> bytes:
    """Read all bytes of ``path``, at most ``limit``.

    ``root``: the folder that the file must be in once links are followed; ``None`` follows no link. Raises
    ``SourceError`` with the reason, which never names the file: the report does.
    """
    try:
        target = _resolved(path, root)
        for _ in range(_TRIES):
            data = _read_once(target, limit)
            if data is not None:
                return data
    except OSError as error:
        raise SourceError(f"cannot be read ({error.strerror or type(error).__name__})") from error
    raise SourceError("changes while it is read", hint="index again when it is complete")


def _resolved(path: Path, root: Path | None) -> Path:
    if root is None:
        if path.is_symlink():
            raise SourceError("a link, not a file")
        return path
    # Not ``Path.resolve``: it raises RuntimeError for links in a circle, which is not an error of this file alone.
    target = os.path.realpath(path, strict=True)
    if not Path(target).is_relative_to(os.path.realpath(root, strict=True)):
        raise SourceError("a link out of the corpus")
    return Path(target)


def _read_once(path: Path, limit: int) -> bytes | None:
    """Read the bytes; ``None`` if the file changed meanwhile."""
    # Check before opening: opening a device may have effects.
    if not stat.S_ISREG(path.lstat().st_mode):
        raise SourceError("not a regular file")
    # The file may be swapped after the check: then a link is not followed, and a pipe does not block.
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags), "rb") as file:  # noqa: PTH123 - a descriptor, not a path
        before = os.fstat(file.fileno())
        if not stat.S_ISREG(before.st_mode):
            raise SourceError("not a regular file")
        if before.st_size > limit:
            raise SourceError(f"larger than {limit / 1_000_000:g} MB")
        data = file.read(limit + 1)
        after = os.fstat(file.fileno())
    unchanged = _state(before) == _state(after) and len(data) == after.st_size
    return data if unchanged else None


def _state(status: os.stat_result) -> tuple[int, int, int]:
    return status.st_size, status.st_mtime_ns, status.st_ino
