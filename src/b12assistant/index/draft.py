"""A generation that is being written: a hidden folder beside the others, until a rename gives it its name."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from b12assistant.index.disk import size_and_sha256, sync_folder, write_synced
from b12assistant.types import GenerationId

_NAME = ".draft"


class Streamed(Protocol):
    """A file's content that is never all in memory."""

    def write(self, file: BinaryIO) -> None: ...

    def is_in(self, file: BinaryIO) -> bool:
        """Whether what is read from a file is what was written to it."""
        ...


@dataclass(frozen=True, slots=True)
class Draft:
    """``folder``: where it is written. Everything here raises ``OSError``."""

    folder: Path

    @classmethod
    def begin(cls, generations: Path) -> Draft:
        """An empty one; what another left is removed."""
        folder = generations / _NAME
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        return cls(folder)

    def stream(self, file: str, content: Streamed) -> dict[str, object]:
        """Write a file and read it again; what the manifest is to say of it."""
        path = self.folder / file
        write_synced(path, content.write)
        with path.open("rb") as written:
            if not content.is_in(written):
                raise OSError(errno.EIO, "what is read is not what was written", str(path))
            written.seek(0)
            size, sha256 = size_and_sha256(written, most=os.fstat(written.fileno()).st_size)
        return {"size": size, "sha256": sha256}

    def add(self, file: str, data: bytes) -> None:
        """A file that is written at once."""
        write_synced(self.folder / file, lambda written: written.write(data))

    def publish(self, name: GenerationId) -> None:
        """What was written, and nothing that is written after it, is the generation of this name."""
        sync_folder(self.folder)
        target = self.folder.with_name(name)
        if target.exists():  # the same content, damaged: moved aside at once, swept later
            target.rename(target.with_name(f".damaged-{name}"))
        self.folder.rename(target)
        sync_folder(target.parent)
