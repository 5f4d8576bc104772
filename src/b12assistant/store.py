"""`index/`: immutable generations, a manifest written last, one atomic rename that makes a generation current.

    index/CURRENT                          the name of the generation in use
    index/LOCK                             held (flock) by the one process that writes
    index/generations/<name>/manifest.json schema, model, configuration, counts, size and sha256 of each file
    index/generations/<name>/…             the files themselves

A generation's name is the digest of its content. Readers take no lock: they read bytes once, compare their digest,
and only
then hand them to a parser. If anything differs, the last good generation is used and the difference is said.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from b12assistant.errors import IndexBusyError, IndexDamagedError, IndexMissingError, IndexWriteError
from b12assistant.types import GenerationId

SCHEMA = 1
_MANIFEST = "manifest.json"
_REBUILD = "run `b12assistant index`"


@dataclass(frozen=True, slots=True)
class Generation:
    """A verified generation: its manifest and the bytes of its files; ``problems`` says what had to be passed over."""

    id: GenerationId
    manifest: Mapping[str, object]
    files: Mapping[str, bytes]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Store:
    """The directory of an index."""

    root: Path

    @property
    def _generations(self) -> Path:
        return self.root / "generations"

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock; it dies with its process. Raises ``IndexBusyError`` if another process holds it."""
        with _write_errors(self.root):
            self._generations.mkdir(parents=True, exist_ok=True)
            lock = (self.root / "LOCK").open("a+", encoding="utf-8")
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                lock.seek(0)
                holder = lock.read().strip() or "another process"
                raise IndexBusyError(f"{holder} is writing {self.root}/", hint="wait until it has finished") from error
            with _write_errors(self.root):
                lock.truncate(0)
                lock.write(f"process {os.getpid()}")
                lock.flush()
                self._sweep()
            yield

    def publish(self, files: Mapping[str, bytes], facts: Mapping[str, object]) -> GenerationId:
        """Write a complete generation and make it current; ``facts`` go into the manifest. Call under ``writing``.

        If its content is what is current already, nothing is written. Any failure leaves the former one in use.
        """
        described = {name: {"size": len(data), "sha256": _sha256(data)} for name, data in sorted(files.items())}
        content = {"schema": SCHEMA, **facts, "files": described}
        name = GenerationId(_sha256(_json(content))[:32])
        with _write_errors(self.root):
            if self._current() == name and self._is_sound(name):
                return name
            self._write(name, files, _sealed({"generation": name, "counter": self._next_counter(), **content}))
            _replace(self.root / "CURRENT", f"{name}\n".encode())
            self._retire(name)
        return name

    def open(self) -> Generation:
        """The current generation, verified, or else the last good one.

        Raises ``IndexMissingError`` if there is none, ``IndexDamagedError`` if none is whole.
        """
        names = self._names()
        if not names:
            raise IndexMissingError(f"there is no index in {self.root}/", hint=f"{_REBUILD} (or `make index`)")
        problems: list[str] = []
        current = self._current()
        if current not in names:
            problems.append(f"{self.root}/CURRENT names no generation")
        for name in names:
            try:
                generation = self._read(name)
            except (IndexDamagedError, OSError) as error:
                problems.append(str(error.message if isinstance(error, IndexDamagedError) else error))
                continue
            return Generation(generation.id, generation.manifest, generation.files, tuple(problems))
        raise IndexDamagedError("; ".join(problems), hint=_REBUILD)

    def _names(self) -> list[GenerationId]:
        """Generations, the current one first, then the newest."""
        if not self._generations.is_dir():
            return []
        found = [path.name for path in self._generations.iterdir() if path.is_dir() and not path.name.startswith(".")]
        current = self._current()
        return [
            GenerationId(name) for name in sorted(found, key=lambda name: (name != current, -self._counter(name), name))
        ]

    def _current(self) -> str | None:
        try:
            return (self.root / "CURRENT").read_text("ascii").removesuffix("\n")
        except (OSError, UnicodeDecodeError):
            return None

    def _counter(self, name: str) -> int:
        """How late a generation was made; clocks may be set back, counters are not."""
        try:
            counter = json.loads((self._generations / name / _MANIFEST).read_bytes())["counter"]
        except (OSError, ValueError, KeyError, TypeError):
            return -1
        return counter if isinstance(counter, int) else -1

    def _next_counter(self) -> int:
        return 1 + max((self._counter(name) for name in self._names()), default=0)

    def _is_sound(self, name: str) -> bool:
        try:
            self._read(GenerationId(name))
        except (IndexDamagedError, OSError):
            return False
        return True

    def _read(self, name: GenerationId) -> Generation:
        folder = self._generations / name
        manifest = _parsed_manifest(folder, name)
        files: dict[str, bytes] = {}
        described: dict[str, dict[str, object]] = manifest["files"]
        for file, facts in described.items():
            data = _read_bytes(folder / file)
            if data is None or len(data) != facts["size"] or _sha256(data) != facts["sha256"]:
                what = "is missing" if data is None else "differs from its manifest"
                raise IndexDamagedError(f"{folder}/{file} {what}", hint=_REBUILD)
            files[file] = data
        return Generation(name, manifest, files)

    def _write(self, name: GenerationId, files: Mapping[str, bytes], manifest: bytes) -> None:
        draft = self._generations / f".{name}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        for file, data in files.items():
            _write_synced(draft / file, data)
        _write_synced(draft / _MANIFEST, manifest)
        _sync_folder(draft)
        target = self._generations / name
        if target.exists():  # the same content, damaged: moved aside at once, swept later
            target.rename(self._generations / f".damaged-{name}")
        draft.rename(target)
        _sync_folder(self._generations)

    def _retire(self, name: GenerationId) -> None:
        """Keep the new generation and one good spare."""
        others = [other for other in self._names() if other != name]
        spare = next((other for other in others if self._is_sound(other)), None)
        for other in others:
            if other != spare:
                shutil.rmtree(self._generations / other, ignore_errors=True)
        self._sweep()

    def _sweep(self) -> None:
        """Remove drafts that a killed process left behind."""
        for path in self._generations.glob(".*"):
            shutil.rmtree(path, ignore_errors=True)


def _parsed_manifest(folder: Path, name: GenerationId) -> dict[str, Any]:
    """The manifest, if its bytes are exactly those that were sealed and give the generation its name."""
    data = _read_bytes(folder / _MANIFEST)
    damaged = IndexDamagedError(
        f"{folder}/{_MANIFEST} {'is missing' if data is None else 'was changed'}", hint=_REBUILD
    )
    if data is None:
        raise damaged
    try:
        manifest = json.loads(data)
    except ValueError as error:
        raise damaged from error
    if not isinstance(manifest, dict):
        raise damaged
    unsealed = {key: value for key, value in manifest.items() if key != "seal"}
    content = {key: value for key, value in unsealed.items() if key not in ("generation", "counter")}
    if _sealed(unsealed) != data or manifest.get("generation") != name or _sha256(_json(content))[:32] != name:
        raise damaged
    return manifest


def _sealed(manifest: Mapping[str, object]) -> bytes:
    """The manifest's bytes, with a digest of all the rest of it: also what the generation's name does not cover."""
    return _json({**manifest, "seal": _sha256(_json(manifest))})


def _json(value: object) -> bytes:
    return (json.dumps(value, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode("utf-8", "surrogatepass")


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _read_bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.is_file() else None
    except FileNotFoundError:
        return None


def _write_synced(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _replace(path: Path, data: bytes) -> None:
    draft = path.with_name(f".{path.name}.new")
    _write_synced(draft, data)
    draft.replace(path)
    _sync_folder(path.parent)


def _sync_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextlib.contextmanager
def _write_errors(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise IndexWriteError(
            f"the index in {root}/ could not be written ({reason})",
            hint="free space or mend permissions; the former index stays",
        ) from error
