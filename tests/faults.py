"""A file system whose nth operation fails, once or for good."""

import errno
import io
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

_CHANGES = ("fsync", "ftruncate", "mkdir", "pwrite", "rename", "replace", "rmdir", "unlink")
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass
class Faults:
    """Counts operations from 1; number ``at`` fails, and with ``for_good`` all after it."""

    at: int
    for_good: bool
    code: int = errno.ENOSPC
    done: list[str] = field(default_factory=list)

    @property
    def struck(self) -> bool:
        return len(self.done) >= self.at

    def count(self, operation: str) -> None:
        self.done.append(operation)
        if len(self.done) == self.at or (self.for_good and self.struck):
            raise OSError(self.code, os.strerror(self.code))


class _Raw(io.FileIO):
    """A file whose failing write leaves the first half behind, as a full disk does."""

    def __init__(self, file: Any, faults: Faults) -> None:
        super().__init__(file, "w")
        self._faults = faults

    def write(self, data: Any, /) -> int:
        view = memoryview(data)
        try:
            self._faults.count("write")
        except OSError:
            super().write(view[: len(view) // 2])
            raise
        return super().write(view) or 0


@contextmanager
def failing(at: int, *, for_good: bool = False, code: int = errno.ENOSPC) -> Iterator[Faults]:
    """Within it, every change by `pathlib`, `shutil` and `os` goes through a ``Faults``."""
    faults = Faults(at, for_good, code)

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def change(*args: Any, **kwargs: Any) -> Any:
            faults.count(name)
            return real(*args, **kwargs)

        return change

    real_open, real_os_open = io.open, os.open

    def open_file(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if "r" in mode and "+" not in mode:
            return real_open(file, mode, *args, **kwargs)
        assert mode == "wb", f"not prepared for mode {mode!r}"
        faults.count("open")
        return io.BufferedWriter(_Raw(file, faults))

    def open_descriptor(path: Any, flags: int, *args: Any, **kwargs: Any) -> int:
        if flags & _TO_WRITE:
            faults.count("open")
        return real_os_open(path, flags, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        for name in _CHANGES:
            patch.setattr(os, name, counted(name, getattr(os, name)))
        patch.setattr(io, "open", open_file)
        patch.setattr(os, "open", open_descriptor)
        yield faults


_READS = ("listdir", "lstat", "open", "scandir", "stat")


@contextmanager
def failing_reads(under: Path, at: int, *, for_good: bool = False, code: int = errno.EIO) -> Iterator[Faults]:
    """Within it, every look at ``under`` and what is in it goes through a ``Faults``."""
    faults, place = Faults(at, for_good, code), str(under)

    def counted(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def ask(*args: Any, **kwargs: Any) -> Any:
            if args and isinstance(args[0], str | Path) and str(args[0]).startswith(place):
                faults.count(name)
            return real(*args, **kwargs)

        return ask

    with pytest.MonkeyPatch.context() as patch:
        for name in _READS:
            patch.setattr(os, name, counted(name, getattr(os, name)))
        yield faults
