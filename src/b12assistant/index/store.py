"""Store the index: immutable generations, a manifest written last, one atomic rename that makes one current.

    index/CURRENT                          the name of the generation in use
    index/LOCK                             held (flock) by the one process that writes
    index/generations/<name>/manifest.json schema, model, configuration, counts, size and sha256 of each file
    index/generations/<name>/…             the files themselves

A generation's name is the digest of its manifest, so that no byte can change unnoticed. Readers take no lock: they read
bytes once, compare their digest, and only then parse them. If anything differs, the last good generation is used and
the difference is reported. A file that is not in the manifest is never read.

A large file is mapped, not read: its pages are the system's to keep or to drop, so that what a process holds does not
grow with the collection. Nothing may be written into it in place; a published file is only ever replaced or removed.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import mmap
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from b12assistant.data_files import open_regular
from b12assistant.errors import (
    REBUILD,
    AssistantError,
    IndexBusyError,
    IndexDamagedError,
    IndexMismatchError,
    IndexMissingError,
    IndexWriteError,
)
from b12assistant.types import GenerationId

Data = bytes | memoryview  # of a file; a view of a mapped one

SCHEMA = 9  # raise when the files of a generation, or this file, change their form
MAPPED_FROM = 32 << 20  # bytes of a file; smaller ones are read, so that nothing done to them later can be seen
MANIFEST = "manifest.json"
_LARGEST = 1 << 20  # bytes of a file that no manifest describes
_NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO)  # other errors may be temporary


@dataclass(frozen=True, slots=True)
class Generation:
    """A verified generation: its manifest and the bytes of its files. ``problems``: why others were skipped."""

    id: GenerationId
    manifest: Mapping[str, Any]
    files: Mapping[str, Data]
    problems: tuple[str, ...] = ()


def read_generation(folder: Path) -> Generation:
    """Read a generation. Raises ``IndexDamagedError``, ``IndexMismatchError``; ``OSError`` if it may be temporary."""
    manifest = read_manifest(folder)
    files = {file: _read(folder / file, facts) for file, facts in manifest["files"].items()}
    return Generation(GenerationId(folder.name), manifest, files)


def describe(data: Data) -> dict[str, object]:
    """Describe a file for the manifest."""
    return {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def generation_name(manifest: Data) -> GenerationId:
    """Return the name of a generation, which depends only on its content, not on when or where it was built."""
    return GenerationId(hashlib.sha256(manifest).hexdigest()[:32])


def read_bytes(path: Path, size: int | None = None) -> Data | None:
    """Read a regular file's bytes, at most one more than its ``size``; ``None`` if there is no such file.

    A large file is mapped, and gives an empty view if it has another size. Links are not followed, and a pipe does not
    block. Raises ``OSError`` for errors that may be temporary.
    """
    try:
        file = open_regular(path)
    except OSError as error:
        if error.errno in _NO_FILE:
            return None
        raise
    if file is None:
        return None
    with file:
        if size is None or size < MAPPED_FROM:
            return file.read((_LARGEST if size is None else size) + 1)
        is_whole = os.fstat(file.fileno()).st_size == size
        return memoryview(mmap.mmap(file.fileno(), size, access=mmap.ACCESS_READ) if is_whole else b"")


def write_synced(path: Path, data: Data) -> None:
    """Write a file; it is on the disk when this returns."""
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(path: Path) -> None:
    """Write a folder's list of names to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a generation; its files may still be damaged. Raises what `read_generation` does."""
    data = read_bytes(folder / MANIFEST)
    if data is None or generation_name(data) != folder.name:
        what = "is missing" if data is None else "was changed, or is of another version"
        raise IndexDamagedError(f"{folder}/{MANIFEST} {what}", hint=REBUILD)
    manifest: dict[str, Any] = json.loads(bytes(data))
    if manifest.get("schema") != SCHEMA:
        raise IndexMismatchError(
            f"the index has schema {manifest.get('schema')}, this version reads {SCHEMA}", hint=REBUILD
        )
    return manifest


def _read(path: Path, facts: Mapping[str, Any]) -> Data:
    data = read_bytes(path, facts["size"])
    if data is None or describe(data) != facts:
        what = "is missing" if data is None else "differs from its manifest"
        raise IndexDamagedError(f"{path} {what}", hint=REBUILD)
    return data


_DRAFT = ".draft"  # folder of the generation that is being written
_POINTER_DRAFT = ".CURRENT.new"
_TRIES = 5  # of a reader: a writer may retire its generation meanwhile, which is not damage


@dataclass(frozen=True, slots=True)
class Store:
    """The directory of an index."""

    root: Path

    @property
    def _rebuild(self) -> str:
        """Return what to type, without naming a folder: hints are sent over HTTP too."""
        return f"{REBUILD} (or `make index`)" if self.root == Path("index") else f"{REBUILD} with the same --index"

    @property
    def _generations(self) -> Path:
        return self.root / "generations"

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock; it dies with its process. Raises ``IndexBusyError`` if another process holds it."""
        with _write_errors(self.root):
            self._generations.mkdir(parents=True, exist_ok=True)
            lock = os.open(self.root / "LOCK", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
        with contextlib.ExitStack() as after:
            after.callback(os.close, lock)
            self._take(lock)
            after.callback(self._sweep)
            yield

    def _take(self, lock: int) -> None:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(lock, 80, 0).decode("ascii", "replace").strip() or "another process"
            raise IndexBusyError(f"{holder} is writing {self.root}/", hint="wait until it has finished") from error
        except OSError as error:
            reason = error.strerror or type(error).__name__
            raise IndexWriteError(
                f"{self.root}/LOCK cannot be locked ({reason})", hint="put the index on a local disk"
            ) from error
        with _write_errors(self.root):
            os.ftruncate(lock, 0)
            os.pwrite(lock, f"process {os.getpid()}".encode("ascii"), 0)
            self._sweep()

    def publish(self, files: Mapping[str, Data], facts: Mapping[str, object]) -> GenerationId:
        """Write a complete generation and make it current; ``facts`` go into the manifest. Call under ``writing``.

        If the current generation has the same content, it stays. Any failure leaves the previous one in use.
        """
        with _write_errors(self.root):
            content = {"schema": SCHEMA, **facts, "files": {file: describe(data) for file, data in files.items()}}
            manifest = (json.dumps(content, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()
            name, previous = generation_name(manifest), self.current()
            if previous != name or self._fault(name):
                self._write(name, {**files, MANIFEST: manifest})
                draft = self.root / _POINTER_DRAFT
                write_synced(draft, f"{name}\n".encode())
                draft.replace(self.root / "CURRENT")
                sync_folder(self.root)
        self._retire(name, previous)
        return name

    def _write(self, name: GenerationId, files: Mapping[str, Data]) -> None:
        """Write a generation into a hidden folder; a rename gives it its name when it is complete."""
        draft, target = self._generations / _DRAFT, self._generations / name
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        for file, data in files.items():
            write_synced(draft / file, data)
        sync_folder(draft)
        if target.exists():  # the same content, damaged: move it aside at once, delete it later
            target.rename(target.with_name(f".damaged-{name}"))
        draft.rename(target)
        sync_folder(self._generations)

    def last_good(self) -> Generation | None:
        """Read what `open` would return, if anything. Call under ``writing``, since a writer may retire it."""
        with contextlib.suppress(IndexDamagedError, IndexMismatchError, IndexMissingError, OSError):
            return self._open_once()
        return None

    def open(self) -> Generation:
        """Read and verify the current generation, or else the last good one.

        Raises ``IndexMissingError`` if there is none, ``IndexDamagedError`` if all are damaged, ``IndexMismatchError``
        if the schema differs.
        """
        for _ in range(_TRIES):
            current = self.current()
            try:
                generation = self._open_once()
            except (IndexDamagedError, IndexMissingError):
                if self.current() == current:
                    raise
            else:
                if not generation.problems or self.current() == current:
                    return generation
        return self._open_once()

    def damage(self) -> Iterator[str]:
        """Yield what is wrong with the pointer and with any generation, including the spare.

        A generation that a writer retires meanwhile is not damaged, nor is a pointer that it moves.
        """
        try:
            names = self._names()
            for _ in range(_TRIES):
                if not names or self.current() in names:
                    break
                names = self._names()
            else:
                yield f"{self.root}/CURRENT names no generation"
            for name in names:
                fault, folder = self._fault(name), self._generations / name
                if fault is not None and not isinstance(fault, IndexMismatchError) and folder.exists():
                    yield _unreadable(fault, folder) if isinstance(fault, OSError) else fault.message
        except OSError as error:
            yield _unreadable(error, self._generations)

    def pointer(self) -> object:
        """Return a value that changes whenever something is published. It is fast, since readers ask often."""
        try:
            status = (self.root / "CURRENT").stat()
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns

    def _open_once(self) -> Generation:
        try:
            names = self._names()
        except OSError as error:
            hint = "fix its permissions or its disk, then try again"
            raise IndexDamagedError(_unreadable(error, self._generations), hint=hint) from error
        if not names:
            if self.root.is_file():
                raise IndexMissingError(f"{self.root} is a file, not an index", hint="name a folder with --index")
            raise IndexMissingError(f"there is no index in {self.root}/", hint=self._rebuild)
        problems: list[str] = []
        if self.current() not in names:
            problems.append(f"{self.root}/CURRENT names no generation")
        for name in names:
            try:
                return replace(read_generation(self._generations / name), problems=tuple(problems))
            except IndexDamagedError as error:
                problems.append(error.message)
            except OSError as error:
                problems.append(_unreadable(error, self._generations / name))
        raise IndexDamagedError("; ".join(problems), hint=self._rebuild)

    def _names(self) -> list[GenerationId]:
        """Return the names of the generations, the current one first, then the newest."""
        if not self._generations.is_dir():
            return []
        current, found = self.current(), list[tuple[bool, int, str]]()
        for path in self._generations.iterdir():
            with contextlib.suppress(FileNotFoundError):  # retired since it was listed
                if path.is_dir() and not path.name.startswith("."):
                    found.append((path.name != current, -path.stat().st_mtime_ns, path.name))
        return [GenerationId(name) for _, _, name in sorted(found)]

    def current(self) -> str | None:
        """Read the name of the generation in use; ``None`` if there is none, or the pointer is damaged."""
        try:
            name, end, rest = bytes(read_bytes(self.root / "CURRENT") or b"").decode("ascii").partition("\n")
        except (OSError, UnicodeDecodeError):
            return None
        return name if end and not rest else None

    def _fault(self, name: GenerationId) -> AssistantError | OSError | None:
        """Return why a generation cannot serve: it is damaged, or (``OSError``) it cannot be read at the moment."""
        folder = self._generations / name
        try:
            for file, facts in read_manifest(folder)["files"].items():
                _read(folder / file, facts)
        except (IndexDamagedError, IndexMismatchError, OSError) as error:
            return error
        return None

    def _retire(self, name: GenerationId, previous: str | None) -> None:
        """Keep the new generation and one good spare: the one that was in use until now, or else the newest."""
        with contextlib.suppress(OSError):  # the new one is in use already; the next run cleans up
            others = sorted((other for other in self._names() if other != name), key=lambda other: other != previous)
            spare = next((other for other in others if not isinstance(self._fault(other), AssistantError)), None)
            for other in others:
                if other != spare:  # hide it at once: half removed, it must not count as damaged
                    aside = self._generations / f".retired-{other}"
                    (self._generations / other).rename(aside)
                    shutil.rmtree(aside, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what a killed or failed process left behind. What cannot be removed is never read."""
        with contextlib.suppress(OSError):
            (self.root / _POINTER_DRAFT).unlink(missing_ok=True)
            for path in self._generations.glob(".*"):
                shutil.rmtree(path, ignore_errors=True)


def _unreadable(error: OSError, place: Path) -> str:
    return f"{error.filename or place} cannot be read ({error.strerror or type(error).__name__})"


@contextlib.contextmanager
def _write_errors(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        is_kept = os.path.isfile(root / "CURRENT")  # noqa: PTH113 - a disk that fails may fail here too: then false
        kept = "; the previous index is still in use" if is_kept else ""
        raise IndexWriteError(
            f"the index in {root}/ could not be written ({reason})", hint=f"free disk space or fix permissions{kept}"
        ) from error
